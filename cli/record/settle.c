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
	if (length)
		s->out[s->nr++] = (struct capture_segment){ stage, hidden, at, length };
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
	put(s, STAGE_PROBES, false, at, probes);
	put(s, stage, false, at + probes, exposed - probes);
	at += exposed;
	put(s, s->device, false, at, covered);
	put(s, STAGE_PROBES, true, at, cost - probes);
	put(s, stage, true, at + (cost - probes), covered - (cost - probes));
}

static void settle_mark(struct settling *s, enum stage device, uint64_t since)
{
	if (since < s->cover) {
		s->cover = since;
		s->device = device;
	}
}

static void settle_entry(struct settling *s, __u64 entry, const uint64_t cost[NR_COSTS])
{
	/* clocks of two CPUs may differ by some ns */
	uint64_t at = least(entry_time(entry), s->end);
	__u32 stage = entry_stage(entry), hook = entry_cost(entry);

	if (stage >= NR_STAGES)
		stage = STAGE_UNATTRIBUTED;
	if (entry & ENTRY_MARK) {
		settle_mark(s, stage, entry_time(entry));
		return;
	}
	settle_segment(s, stage, at, hook < NR_COSTS ? cost[hook] : 0);
	s->end = at;
	if (at <= s->cover)
		s->cover = UINT64_MAX;
}

size_t settle(const __u64 *timeline, size_t nr, uint64_t latency, const uint64_t cost[NR_COSTS],
	      struct capture_segment *out)
{
	struct settling s = { .end = latency, .cover = UINT64_MAX, .out = out };

	while (nr--)
		settle_entry(&s, timeline[nr], cost);
	return s.nr;
}
