/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation's timeline, as the programs write it.
 *
 * Crossing a boundary appends one entry: from this instant on the operation is in
 * that stage. Transitions are absolute, so a missed crossing heals at the next one,
 * and the entries partition the operation's time whatever happens.
 *
 * Whether a stage was exposed or hidden is known only afterwards: when a sleep has
 * ended, what ended it says which I/O was waited for, and since when that was in
 * flight. A mark entry behind the sleep carries that instant. iostage settles the
 * timeline by it when the operation has ended (cli/record/settle.h).
 *
 * Entries are small, since a finished operation goes to another CPU, and each cache line
 * of it costs the operation as much as two boundaries.
 */
#ifndef IOSTAGE_TIMELINE_H
#define IOSTAGE_TIMELINE_H

#include "stages.h"

/* What made an entry, by what it costs. */
enum hook_cost {
	COST_NONE,		/* a boundary inside a sleep, or computed */
	COST_FENTRY,
	COST_FEXIT,
	COST_TRACEPOINT,
	NR_COSTS
};

/*
 * mark in bit 31, hook in 30..29, stage in 28..23, time in 22..0: ns since the entry before it,
 * of a mark back from there. A longer time has its upper bits in an entry of their own, which
 * stands before it.
 */
#define ENTRY_MARK	(1U << 31)
#define ENTRY_LONG	(0x3fU << ENTRY_TIME_BITS)
#define ENTRY_TIME_BITS	23
#define ENTRY_TIME	((1U << ENTRY_TIME_BITS) - 1)

#define TIMELINE_ENTRIES 512	/* a longer operation is sent in parts */

static inline __u32 entry_make(__u32 stage, enum hook_cost hook)
{
	return (hook & 3U) << 29 | (stage & 0x3f) << ENTRY_TIME_BITS;
}

static inline __u32 entry_stage(__u32 entry)
{
	return entry >> ENTRY_TIME_BITS & 0x3f;
}

static inline __u32 entry_cost(__u32 entry)
{
	return entry >> 29 & 3;
}

/* Only a high time: nothing else is in the entry. */
static inline int entry_is_long(__u32 entry)
{
	return (entry & ~ENTRY_TIME) == ENTRY_LONG;
}

/* Appends an entry, one or two words; what has no room is left out. Returns how many there are. */
static inline __u32 timeline_put(__u32 *timeline, __u32 nr, __u32 entry, __u64 time)
{
	__u64 high = time >> ENTRY_TIME_BITS;

	if (high && nr < TIMELINE_ENTRIES)
		timeline[nr++] = ENTRY_LONG | (high & ENTRY_TIME);
	if (nr < TIMELINE_ENTRIES)
		timeline[nr++] = entry | (time & ENTRY_TIME);
	return nr;
}

#endif
