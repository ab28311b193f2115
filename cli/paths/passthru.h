/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_PASSTHRU_H
#define IOSTAGE_PASSTHRU_H

#include <stdbool.h>

/*
 * Whether NVMe passthrough can be polled for on the running kernel. On Linux 6.1, with the stable
 * updates of 2025, it crashes the machine: what is polled for (io_uring_cmd's cookie) and what is to be
 * called when it completes (task_work_cb) are a union there, and the completion overwrites the one
 * with the other while the request is still polled for. Later kernels have no such cookie. Where
 * there is no BTF to look it up in, the answer is no.
 */
bool passthru_polls_safely(void);

#endif
