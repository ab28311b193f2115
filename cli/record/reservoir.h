/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole operations of each class: SAMPLES_PER_CLASS drawn at random (algorithm R), and as
 * many of the slowest.
 */
#ifndef IOSTAGE_RESERVOIR_H
#define IOSTAGE_RESERVOIR_H

#include <linux/types.h>
#include <stddef.h>

#include "capture.h"
#include "iostage.h"

#define SAMPLES_PER_CLASS	32

struct reservoir_class {
	uint64_t offered;
	struct capture_sample drawn[SAMPLES_PER_CLASS];
	struct capture_sample slow[SAMPLES_PER_CLASS];
	size_t nr_drawn;
	size_t nr_slow;
	uint64_t least;	/* latency of the fastest among the slowest */
};

struct reservoir {
	struct reservoir_class class[NR_CLASSES];
};

/* Keeps a copy of the operation and its nr segments, or not. 0 or -ENOMEM. */
int reservoir_offer(struct reservoir *r, const struct operation *o,
		    const struct capture_segment *segments, size_t nr);

/* Moves the operations to the capture, which has no samples yet. 0 or -ENOMEM. */
int reservoir_export(struct reservoir *r, struct capture *c);

#endif
