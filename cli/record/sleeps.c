// SPDX-License-Identifier: GPL-2.0-only
#include "sleeps.h"

struct splitting {
	uint64_t start;
	uint64_t since; /* of the last entry, as all instants ns of the programs' clock */
	uint64_t backward;
	__u64 *out;
	size_t nr;
};

static void put(struct splitting *s, __u32 kind, uint64_t at)
{
	s->out[s->nr++] = entry_at(kind, at - s->start);
}

static uint64_t clip(uint64_t t, uint64_t low, uint64_t high)
{
	if (t < low)
		return low;
	return t > high ? high : t;
}

static void enter(struct splitting *s, __u32 kind, uint64_t at)
{
	put(s, kind, at);
	s->since = at;
}

static uint64_t until(struct splitting *s, __u32 stage, uint64_t at, uint64_t end, uint64_t in)
{
	end = clip(end, at, in);
	if (end > at)
		enter(s, entry_make(stage, COST_NONE), at);
	return end;
}

/* What ran from `issued` on, until the next entry, was hidden, but not a device's stage. */
static void hide(struct splitting *s, __u32 device, uint64_t issued)
{
	put(s, ENTRY_MARK | entry_make(device, COST_NONE), clip(issued, s->start, s->since));
}

static void mark(struct splitting *s, __u32 device, uint64_t issued, uint64_t done, uint64_t out)
{
	if (issued < out && done > out)
		hide(s, device, issued);
}

#define SLEEPER struct splitting
#include "sleep.h"

static uint64_t instant(const __u64 *sleep, enum sleep_instant which)
{
	return sleep[1 + which];
}

static size_t words_of(__u64 sleep)
{
	return 1 + (sleep & SLEEP_FLUSH ? SLEEP_FLUSH_INSTANTS : SLEEP_INSTANTS);
}

/* [s->since, in) */
static void split(struct splitting *s, const __u64 *sleep, uint64_t in)
{
	__u32 found = *sleep & SLEEP_POLLED ? STAGE_POLL : STAGE_IRQ;
	uint64_t at = s->since, wake = clip(instant(sleep, SLEEP_WAKE), at, in);
	struct stamps why = {
		.issued = instant(sleep, SLEEP_ISSUED),
		.irq = instant(sleep, SLEEP_IRQ),
		.unmap = instant(sleep, SLEEP_UNMAP),
		.complete = instant(sleep, SLEEP_COMPLETE),
		.sequence = !!(*sleep & SLEEP_FLUSH),
	};

	if (why.sequence) {
		why.flush_issued = instant(sleep, SLEEP_FLUSH_ISSUED);
		why.flush_done = instant(sleep, SLEEP_FLUSH_DONE);
		why.post_issued = instant(sleep, SLEEP_POST_ISSUED);
		why.post_done = instant(sleep, SLEEP_POST_DONE);
	}
	at = split_by_request(s, &why, sleep_gap(*sleep), sleep_device(*sleep), found, at, wake);
	at = until(s, sleep_after(*sleep), at, wake, wake);
	until(s, *sleep & SLEEP_RING ? STAGE_RING_COMPLETE : STAGE_WAKEUP, at, in, in);
}

/* An entry begins at `at`, which a clock that went back between CPUs can have before the last one. */
static uint64_t ahead(struct splitting *s, uint64_t at)
{
	if (at >= s->since)
		return at;
	s->backward++;
	return s->since;
}

size_t sleeps_split(const __u64 *timeline, size_t nr, uint64_t start, __u64 *out,
		    uint64_t *backward)
{
	struct splitting s = { .start = start, .since = start, .out = out };
	const __u64 *sleep = NULL;

	for (size_t i = 0; i < nr; i++) {
		__u64 entry = timeline[i];
		uint64_t at = entry_instant(entry, s.since);

		if (entry_is_sleep(entry)) {
			sleep = timeline + i;
			i += words_of(entry) - 1;
		} else if (entry & ENTRY_MARK) {
			hide(&s, entry_stage(entry), at);
		} else {
			at = ahead(&s, at);
			if (sleep)
				split(&s, sleep, at);
			sleep = NULL;
			enter(&s, entry & ENTRY_KIND, at);
		}
	}
	*backward += s.backward;
	return s.nr;
}
