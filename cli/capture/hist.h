/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histograms in fio's layout (stat.h, FIO_IO_U_PLAT_*): 29 groups of
 * 64 buckets, so a bucket is at most 1/64 of its value wide and its middle at most
 * 0.8 % off. Values are in the capture's unit (ns), from 0 to 2^34 - 1 (17 s);
 * larger ones fall into the last bucket, while sum, min and max stay exact.
 */
#ifndef IOSTAGE_HIST_H
#define IOSTAGE_HIST_H

#include <linux/types.h>

#define HIST_BITS	6
#define HIST_GROUP	(1 << HIST_BITS)
#define HIST_GROUPS	29
#define HIST_BUCKETS	(HIST_GROUP * HIST_GROUPS)

/* count is the sum of the buckets. min is meaningful only where count is not 0. */
struct hist {
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 bucket[HIST_BUCKETS];
};

/* The bucket of a value. */
static inline __u32 hist_bucket(__u64 value)
{
	__u32 msb = value ? 63 - __builtin_clzll(value) : 0, shift, index;

	if (msb <= HIST_BITS)
		return value;
	shift = msb - HIST_BITS;
	index = ((shift + 1) << HIST_BITS) + ((value >> shift) & (HIST_GROUP - 1));
	return index < HIST_BUCKETS ? index : HIST_BUCKETS - 1;
}

/* The smallest value of a bucket. */
static inline __u64 hist_floor(__u32 bucket)
{
	__u32 shift;

	if (bucket < 2 * HIST_GROUP)
		return bucket;
	shift = (bucket >> HIST_BITS) - 1;
	return (__u64)(HIST_GROUP + (bucket & (HIST_GROUP - 1))) << shift;
}

/* The value that stands for a bucket: its middle, as fio prints it. */
static inline __u64 hist_middle(__u32 bucket)
{
	__u32 shift;

	if (bucket < 2 * HIST_GROUP)
		return bucket;
	shift = (bucket >> HIST_BITS) - 1;
	return hist_floor(bucket) + ((1ULL << shift) >> 1);
}

#endif
