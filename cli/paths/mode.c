// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "mode.h"

struct sums {
	double reads, bytes, read_bytes, cached, interrupts;
	bool counts_bytes, counts_interrupts, sees_cache;
	unsigned int workers, pollers;
};

static struct sums sum(const struct cold_run *runs, size_t nr, size_t size)
{
	struct sums s = { .counts_bytes = true, .counts_interrupts = true, .sees_cache = true };

	for (size_t i = 0; i < nr; i++) {
		const struct cold_run *run = &runs[i];

		s.reads += run->reads;
		s.bytes += (double)run->reads * size;
		s.counts_bytes &= run->read_bytes != UINT64_MAX;
		s.read_bytes += run->read_bytes;
		s.counts_interrupts &= run->interrupts >= 0;
		s.interrupts += run->interrupts;
		s.sees_cache &= run->cached_before >= 0 && run->cached_after >= 0;
		s.cached += run->cached_after - run->cached_before;
		s.workers = run->workers > s.workers ? run->workers : s.workers;
		s.pollers = run->pollers > s.pollers ? run->pollers : s.pollers;
	}
	return s;
}

/* One interrupt can complete all reads that are in flight. */
static void judge_polling(const struct sums *s, unsigned int depth, char *was, size_t size)
{
	if (!s->counts_interrupts)
		snprintf(was, size,
			 "polling not verified: this device's interrupts are not told apart");
	else if (s->interrupts * depth >= s->reads / 2)
		snprintf(was, size, "by interrupts, not polled: %.2f for a read",
			 s->interrupts / s->reads);
	else if (s->interrupts > 0)
		snprintf(was, size, "polled, with %.0f interrupts of the device in %.0f reads",
			 s->interrupts, s->reads);
}

static void judge_buffered(const struct sums *s, char *was, size_t size)
{
	if (s->counts_bytes && s->read_bytes < 0.9 * s->bytes)
		snprintf(was, size, "%.0f %% of it from the page cache",
			 100 * (1 - s->read_bytes / s->bytes));
	else if (s->workers)
		snprintf(was, size, "by %u io-wq threads, not by the submitter", s->workers);
}

void mode_judge(struct cold_result *r, enum cold_path p, size_t size, unsigned int depth,
		const struct cold_run *runs, size_t nr)
{
	struct sums s = sum(runs, nr, size);
	unsigned int parts = cold_parts[p];

	r->interrupts = s.counts_interrupts ? s.interrupts / s.reads : -1;
	if (parts & PART_IOPOLL)
		judge_polling(&s, depth, r->was, sizeof(r->was));
	else if (parts & PART_SQPOLL && !s.pollers)
		snprintf(r->was, sizeof(r->was), "without a thread that polls for submissions");
	else if (!cold_is_direct(p))
		judge_buffered(&s, r->was, sizeof(r->was));
	if (parts & PART_DIRECT && s.sees_cache && s.cached > s.bytes / 2)
		snprintf(r->was, sizeof(r->was), "buffered: it went through the page cache");
}
