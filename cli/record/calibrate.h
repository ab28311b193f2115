/* SPDX-License-Identifier: GPL-2.0-only */
/* What a boundary costs, by kind of hook: measured before each recording. */
#ifndef IOSTAGE_CALIBRATE_H
#define IOSTAGE_CALIBRATE_H

#include <stdbool.h>

#include "hooks.h"
#include "skeleton.h"

/* Makes the calibration programs part of what is loaded, as far as their kinds are in use. */
int calibration_select(struct iostage_bpf *skel, const struct hooks *hooks);

/* A calibration program is attached by calibrate() only. */
bool is_calibration(const struct bpf_program *program);

/* Measures: ns by kind of hook, 0 of a kind that is not in use. 0 or negative errno. */
int calibrate(struct iostage_bpf *skel, uint64_t cost[NR_COSTS]);

#endif
