/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole operations, SAMPLES_PER_CLASS at random and as many of the slowest. The kernel
 * sends the n-th operation of a class with probability SAMPLES_PER_CLASS / n (algorithm
 * R) or because it is slower than the slowest kept, so the stream thins out by itself.
 */
#ifndef IOSTAGE_RESERVOIR_H
#define IOSTAGE_RESERVOIR_H

#include <linux/types.h>
#include <stddef.h>

#include "capture.h"
#include "iostage.h"

struct reservoir_class {
	struct sample *chance[SAMPLES_PER_CLASS];
	struct sample *slow[SAMPLES_PER_CLASS];
	size_t nr_chance;
	size_t nr_slow;
};

struct reservoir {
	struct reservoir_class class[NR_CLASSES];
};

/*
 * Keeps a copy of the sample, or not. Returns what an operation of its class has to
 * exceed from now on to be among the slowest, in ns.
 */
__u64 reservoir_add(struct reservoir *r, const struct sample *s);

/* Settles the timelines into the capture's samples. cost: ns by kind of hook. */
int reservoir_export(const struct reservoir *r, const __u64 cost[NR_COSTS], struct capture *c);
void reservoir_free(struct reservoir *r);

#endif
