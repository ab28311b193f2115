/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_PIDS_H
#define IOSTAGE_PIDS_H

#include <sys/types.h>

#include "skeleton.h"

/* What the task is in, and whose, as the programs see it from now on. 0 or negative errno. */
int pids_set(struct iostage_bpf *skel, pid_t pid, u16 in);

#endif
