/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation's timeline, and how it is settled when the operation ends.
 *
 * Crossing a boundary appends one entry: from this instant on the operation is in
 * that stage. Transitions are absolute, so a missed crossing heals at the next one,
 * and the entries partition the operation's time whatever happens.
 *
 * Whether a stage was exposed or hidden is known only afterwards: when a sleep has
 * ended, what ended it says which I/O was waited for, and since when that was in
 * flight. A mark entry behind the sleep carries that instant. So the timeline is
 * settled backwards: behind a mark, whatever ran while the I/O was in flight is
 * hidden, and the exposed track shows the device.
 *
 * The cost of the hook that made an entry is taken out of the entry's segment and
 * charged to STAGE_PROBES, so that a path with fewer hooks does not look faster than
 * it is. In hidden time the hooks lengthen nothing; their cost is hidden too.
 *
 * The CLI settles whole timelines so (waterfalls). The kernel charges a segment when it
 * ends, as exposed, and when a mark comes, charges again what lies behind it: the same
 * totals, without a walk through all of the timeline.
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

/* Settling, from the last entry to the first. */
struct settle {
	__u64 end;		/* where the segment that comes next ends */
	__u64 cover;		/* the awaited I/O is in flight from here; ~0: none is */
	__u32 device;		/* its stage */
};

/*
 * What one entry's segment comes to. The segment is [at, at + length + probes +
 * hidden + hidden_probes): first the exposed part, then the one under cover.
 */
struct settled {
	__u32 stage;
	__u32 device;		/* the stage that the exposed track shows under cover */
	__u64 at;
	__u64 length;		/* exposed, in stage */
	__u64 probes;		/* exposed, the hook's own cost */
	__u64 hidden;		/* of stage, under cover */
	__u64 hidden_probes;	/* the hook's own cost, under cover */
};

static inline void settle_begin(struct settle *s, __u64 latency)
{
	s->end = latency;
	s->cover = ~0ULL;
	s->device = STAGE_DEVICE;
}

/* 0: the entry was a mark and has no segment. cost: ns of the hook behind the entry. */
static inline int settle_step(struct settle *s, __u64 entry, __u64 cost, struct settled *out)
{
	__u64 at = entry_time(entry), whole, covered;

	if (entry & ENTRY_MARK) {
		if (at < s->cover) {
			s->cover = at;
			s->device = entry_stage(entry);
		}
		return 0;
	}
	if (at > s->end)	/* clocks of two CPUs may differ by some ns */
		at = s->end;
	whole = s->end - at;
	out->stage = entry_stage(entry);
	out->device = s->device;
	out->at = at;
	covered = 0;
	if (s->cover < s->end && !stage_is_device(out->stage))
		covered = s->cover > at ? s->end - s->cover : whole;
	if (cost > whole)
		cost = whole;
	out->probes = cost < whole - covered ? cost : whole - covered;
	out->length = whole - covered - out->probes;
	out->hidden_probes = cost - out->probes;
	out->hidden = covered - out->hidden_probes;
	s->end = at;
	if (at <= s->cover)
		s->cover = ~0ULL;
	return 1;
}

#endif
