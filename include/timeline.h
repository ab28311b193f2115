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

/* entry: mark in bit 63, hook cost in 62..60, stage in 59..52, ns since the start in 51..0 */
#define ENTRY_MARK	(1ULL << 63)
#define ENTRY_TIME	((1ULL << 52) - 1)

static inline __u64 entry_make(__u32 stage, __u32 cost, __u64 at)
{
	return (__u64)(cost & 7) << 60 | (__u64)(stage & 0xff) << 52 | (at & ENTRY_TIME);
}

static inline __u32 entry_stage(__u64 entry)
{
	return entry >> 52 & 0xff;
}

static inline __u32 entry_cost(__u64 entry)
{
	return entry >> 60 & 7;
}

static inline __u64 entry_time(__u64 entry)
{
	return entry & ENTRY_TIME;
}

#endif
