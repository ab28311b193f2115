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
#define ENTRY_SLEEP	(0x3eU << ENTRY_TIME_BITS)
#define ENTRY_TIME_BITS	23
#define ENTRY_TIME	((1U << ENTRY_TIME_BITS) - 1)

/*
 * A sleep that a request explains is written down as it was found: an entry with stages in place of
 * a time, and behind it instants of two words each (ns, CLOCK_MONOTONIC): what is in the request's
 * stamps, when the task was woken and, with SLEEP_FLUSH, what the stamps have of a flush sequence.
 * When the task ran again is the next entry. iostage splits it (cli/record/sleeps.h).
 */
enum sleep_instant {
	SLEEP_ISSUED,
	SLEEP_IRQ,
	SLEEP_UNMAP,
	SLEEP_COMPLETE,
	SLEEP_WAKE,
	SLEEP_INSTANTS,
	SLEEP_FLUSH_ISSUED = SLEEP_INSTANTS,
	SLEEP_FLUSH_DONE,
	SLEEP_POST_ISSUED,
	SLEEP_POST_DONE,
	SLEEP_FLUSH_INSTANTS
};

#define SLEEP_FLUSH	(1U << 18)
#define SLEEP_POLLED	(1U << 19)	/* no interrupt, but looking for it found the completion */
#define SLEEP_RING	(1U << 20)	/* no sleep, but in flight by io_uring, which then has it posted */
#define SLEEP_WORDS	(1 + 2 * SLEEP_FLUSH_INSTANTS)

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

/*
 * gap: the stage before the request reached the driver; after: that from its completion until the
 * task was woken.
 */
static inline __u32 sleep_make(__u32 gap, __u32 device, __u32 after)
{
	return ENTRY_SLEEP | after << 12 | device << 6 | gap;
}

static inline int entry_is_sleep(__u32 entry)
{
	return (entry & ~ENTRY_TIME) == ENTRY_SLEEP;
}

static inline __u32 sleep_gap(__u32 entry)
{
	return entry & 0x3f;
}

static inline __u32 sleep_device(__u32 entry)
{
	return entry >> 6 & 0x3f;
}

static inline __u32 sleep_after(__u32 entry)
{
	return entry >> 12 & 0x3f;
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
