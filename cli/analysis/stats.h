/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures from histograms, in the capture's unit (ns). A NULL histogram is an empty
 * one everywhere, and all of its figures are 0.
 */
#ifndef IOSTAGE_STATS_H
#define IOSTAGE_STATS_H

#include "capture.h"

/* How many values fell into it. */
uint64_t hist_count(const struct hist *h);

/*
 * The rank of the permille (1 to 1000) quantile among count values, as fio has it:
 * ceil(count * permille / 1000), from 1 for the smallest.
 */
uint64_t quantile_rank(uint64_t count, unsigned int permille);

/*
 * The value of a rank, from 1 to hist_count(h). It stands for itself by the middle of its
 * bucket (at most 0.8 % off) - but never outside of [min, max], and max where it lies in
 * the last bucket, which has no upper end.
 */
uint64_t hist_at_rank(const struct hist *h, uint64_t rank);

/* The value below which permille (1 to 1000) thousandths of the values lie. */
uint64_t hist_quantile(const struct hist *h, unsigned int permille);

/* Adds one value; the first one makes the histogram. 0 or -ENOMEM. */
int hist_add(struct hist **h, uint64_t value);

/* Adds the values of from. */
void hist_merge(struct hist *into, const struct hist *from);

/* Whether the operation waits there for somebody else than the device. */
bool stage_is_wait(enum stage stage);

/* Where the time of a class of operations went; all but hidden sum up to its latency. */
struct time_split {
	uint64_t device;
	uint64_t waits;		/* for the CPU, locks, an older commit, a stacked device */
	uint64_t probes;
	uint64_t software;	/* all the rest, named or not */
	uint64_t hidden;	/* software that ran while an awaited I/O was in flight */
};

void split_time(const struct capture_operation *o, struct time_split *t);

#endif
