/* SPDX-License-Identifier: GPL-2.0-only */
/* NVMe's queues, as sysfs shows them. */
#ifndef IOSTAGE_QUEUES_H
#define IOSTAGE_QUEUES_H

#include <stdbool.h>

/*
 * Can a request be completed by another CPU than the one whose interrupt announced it, or without an
 * interrupt? So it is where a queue of any NVMe disk serves several CPUs, or is polled. Where each
 * CPU has a queue, the queue's interrupt goes to that CPU (managed affinity, Linux 4.8).
 * block: /sys/block.
 */
bool queues_are_shared(const char *block);

#endif
