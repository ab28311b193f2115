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
 * Programs write words of 64 bits, since a boundary must cost little: one store, and nothing to
 * compute from the one before.
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
 * What an entry is, in its lower bits: mark in bit 8, hook in 7..6, stage in 5..0. Above are the
 * lower 55 bits of the instant: ns, CLOCK_MONOTONIC; of a mark, when the I/O was sent.
 */
#define ENTRY_MARK	(1U << 8)
#define ENTRY_SLEEP	0x3eU
#define ENTRY_BITS	9
#define ENTRY_KIND	((1U << ENTRY_BITS) - 1)

/*
 * A sleep that a request explains is written down as it was found: an entry with stages in place of
 * an instant, and behind it instants as words of their own: what is in the request's stamps, when
 * the task was woken and, with SLEEP_FLUSH, what the stamps have of a flush sequence. When the task
 * ran again is the next entry. iostage splits it (cli/record/sleeps.h).
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

#define SLEEP_FLUSH	(1U << 27)
#define SLEEP_POLLED	(1U << 28)	/* no interrupt, but looking for it found the completion */
#define SLEEP_RING	(1U << 29)	/* no sleep, but in flight by io_uring, which then has it posted */
#define SLEEP_WORDS	(1 + SLEEP_FLUSH_INSTANTS)

#define TIMELINE_ENTRIES 256	/* a longer operation is sent in parts */

static inline __u32 entry_make(__u32 stage, enum hook_cost hook)
{
	return (hook & 3U) << 6 | (stage & 0x3f);
}

static inline __u64 entry_at(__u32 kind, __u64 instant)
{
	return instant << ENTRY_BITS | kind;
}

static inline __u32 entry_stage(__u64 entry)
{
	return entry & 0x3f;
}

static inline __u32 entry_cost(__u64 entry)
{
	return entry >> 6 & 3;
}

/* The entry's instant, which is less than 2^54 ns away from `near`. */
static inline __u64 entry_instant(__u64 entry, __u64 near)
{
	__s64 away = (near << ENTRY_BITS) - (entry & ~(__u64)ENTRY_KIND);

	return near - (away >> ENTRY_BITS);
}

/*
 * gap: the stage before the request reached the driver; after: that from its completion until the
 * task was woken.
 */
static inline __u32 sleep_make(__u32 gap, __u32 device, __u32 after)
{
	return after << 21 | device << 15 | gap << ENTRY_BITS | ENTRY_SLEEP;
}

static inline int entry_is_sleep(__u64 entry)
{
	return (entry & ENTRY_KIND) == ENTRY_SLEEP;
}

static inline __u32 sleep_gap(__u64 entry)
{
	return entry >> ENTRY_BITS & 0x3f;
}

static inline __u32 sleep_device(__u64 entry)
{
	return entry >> 15 & 0x3f;
}

static inline __u32 sleep_after(__u64 entry)
{
	return entry >> 21 & 0x3f;
}

#endif
