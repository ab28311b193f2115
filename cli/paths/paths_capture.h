/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_PATHS_CAPTURE_H
#define IOSTAGE_PATHS_CAPTURE_H

#include "paths.h"

/*
 * What was measured, as a capture that `iostage compare' and `check' read: of each path a class, with
 * the latencies as its histogram (of the hot ones a batch's mean for each batch), all of them
 * unattributed, for nothing was traced. Paths that were not what they are called are left out. depth: which of the cold
 * options' depths. c has its unit, system and target already. 0 or -ENOMEM.
 */
int paths_capture(const struct paths *p, size_t depth, struct capture *c);

#endif
