// SPDX-License-Identifier: GPL-2.0-only
#include "settle.h"

struct settling {
	uint64_t end;	   /* where the segment that comes next ends */
	uint64_t cover;	   /* the awaited I/O is in flight from here; UINT64_MAX: none is */
	enum stage device; /* its stage */
	struct capture_segment *out;
	size_t nr;
};

static void put(struct settling *s, enum stage stage, bool hidden, uint64_t at, uint64_t length)
{
	s->out[s->nr++] = (struct capture_segment){ stage, hidden, at, length };
}

/* A part of an entry's time: the hook's cost first, which may be all of it. */
static void put_part(struct settling *s, enum stage stage, bool hidden, uint64_t at,
		     uint64_t length, uint64_t probes)
{
	if (!length)
		return;
	if (probes)
		put(s, STAGE_PROBES, hidden, at, probes);
	put(s, stage, hidden, at + probes, length - probes);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The segment is [at, s->end): first what is exposed, then what is under cover. */
static void settle_segment(struct settling *s, enum stage stage, uint64_t at, uint64_t cost)
{
	uint64_t whole = s->end - at, covered = 0, exposed, probes;

	if (s->cover < s->end && !stage_is_device(stage))
		covered = least(s->end - s->cover, whole);
	exposed = whole - covered;
	cost = least(cost, whole);
	probes = least(cost, exposed);
	put_part(s, stage, false, at, exposed, probes);
	put_part(s, s->device, false, at + exposed, covered, 0);
	put_part(s, stage, true, at + exposed, covered, cost - probes);
}

static void settle_mark(struct settling *s, __u32 device, uint64_t since)
{
	if (since < s->cover && device < NR_STAGES) {
		s->cover = since;
		s->device = device;
	}
}

/* at: when the entry begins. */
static void settle_entry(struct settling *s, __u64 entry, uint64_t at, uint64_t cost)
{
	__u32 stage = entry_stage(entry);

	at = least(at, s->end);
	settle_segment(s, stage < NR_STAGES ? stage : STAGE_UNATTRIBUTED, at, cost);
	s->end = at;
	if (at <= s->cover)
		s->cover = UINT64_MAX;
}

size_t settle(const __u64 *timeline, size_t nr, uint64_t latency, const uint64_t cost[NR_COSTS],
	      struct capture_segment *out)
{
	struct settling s = { .end = latency, .cover = UINT64_MAX, .out = out };

	while (nr--) {
		__u64 entry = timeline[nr];
		uint64_t at = entry >> ENTRY_BITS;

		if (entry & ENTRY_MARK)
			settle_mark(&s, entry_stage(entry), at);
		else
			settle_entry(&s, entry, at, cost[entry_cost(entry)]);
	}
	return s.nr;
}
