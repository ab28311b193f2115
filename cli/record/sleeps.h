/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleeps that the programs have written down as they were found, split by what explains them, so
 * that a timeline has nothing but entries and marks (timeline.h).
 */
#ifndef IOSTAGE_SLEEPS_H
#define IOSTAGE_SLEEPS_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "timeline.h"

/* One word of a timeline becomes so many at most. */
#define SPLIT_WORDS 2

/*
 * Writes the timeline of nr words to out, which has room for SPLIT_WORDS * nr, and returns how many
 * words that are. start: of the operation, ns; the instants of what is written are from there on,
 * and never go back: backward is increased by how many did. The pieces of a sleep are a partition of
 * it, whatever its instants are. Nothing comes of a timeline that ends in a sleep.
 */
size_t sleeps_split(const __u64 *timeline, size_t nr, uint64_t start, __u64 *out,
		    uint64_t *backward);

#endif
