/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bootstrap, over runs: how much would a median of runs vary if the same number of
 * runs were made again? Always in the same way: the same runs give the same answer.
 */
#ifndef IOSTAGE_RESAMPLE_H
#define IOSTAGE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define RESAMPLES	2000
#define RESAMPLE_RUNS	256	/* at most, of one side */

/* The next number of a pseudo-random sequence, which state says, and any seed begins. */
uint64_t next_random(uint64_t *state);

/* Which of nr runs each resample is made of. */
struct resampler {
	size_t nr;
	uint8_t *picks;		/* RESAMPLES times nr */
};

/*
 * nr: 1 to RESAMPLE_RUNS. Two sides of a comparison need different seeds, or they would
 * vary together. 0 or -ENOMEM.
 */
int resampler_init(struct resampler *r, size_t nr, uint64_t seed);
void resampler_free(struct resampler *r);

/* The median of each resample of the runs' values. */
void resample_medians(const struct resampler *r, const double *values, double *medians);

/* The middle 95 % of RESAMPLES values, which change places. */
void resample_interval(double *values, double *low, double *high);

/* The median of nr values, 1 at least; that of an even number is the middle of two. */
double median(const double *values, size_t nr);

#endif
