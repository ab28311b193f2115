/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operation's timeline to where its time went.
 *
 * The timeline is settled backwards: behind a mark, whatever ran while the awaited I/O was
 * in flight is hidden, and the exposed track shows the device.
 *
 * The cost of the hook that made an entry is taken out of the entry's segment and
 * charged to STAGE_PROBES, so that a path with fewer hooks does not look faster than
 * it is. In hidden time the hooks lengthen nothing; their cost is hidden too.
 */
#ifndef IOSTAGE_SETTLE_H
#define IOSTAGE_SETTLE_H

#include <linux/types.h>
#include <stddef.h>

#include "capture.h"
#include "timeline.h"

/* One word of a timeline makes so many segments at most. */
#define SETTLED_SEGMENTS 5

/*
 * Writes the segments of a timeline of nr words, as sleeps_split() makes it, to out, which has room
 * for SETTLED_SEGMENTS * nr, and returns how many there are. Those that are not hidden are a
 * partition of [0, latency), whatever the entries are. One is empty where the hook's cost is all of
 * its time: the operation was in that stage all the same. The last entry's come first. latency: ns.
 * cost: ns by kind of hook.
 */
size_t settle(const __u64 *timeline, size_t nr, uint64_t latency, const uint64_t cost[NR_COSTS],
	      struct capture_segment *out);

#endif
