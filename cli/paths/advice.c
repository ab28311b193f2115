// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"

/* What the workload costs on each path, resample by resample. */
struct resampled {
	double hits[NR_HOT][RESAMPLES];
	double cost[NR_COLD][RESAMPLES];
	double spread[RESAMPLES];
};

/* The page cache serves them by a system call, or mapped; a cache of one's own by a copy. */
static enum hot_path hits_by(enum cold_path p)
{
	return cold_is_direct(p) || cold_parts[p] & PART_MMAP ? HOT_MAPPED : HOT_PREAD;
}

static int resample(const double *values, size_t nr, uint64_t seed, double *medians)
{
	struct resampler r;

	if (resampler_init(&r, nr, seed))
		return -ENOMEM;
	resample_medians(&r, values, medians);
	resampler_free(&r);
	return 0;
}

static int resample_hits(const struct hot *hot, enum hot_path p, double *medians)
{
	double values[RESAMPLE_RUNS];

	for (size_t run = 0; run < hot->nr_runs; run++)
		values[run] = hot->runs[run][p][hot->chosen];
	return resample(values, hot->nr_runs, 1, medians);
}

static int weigh(struct candidate *c, const struct hot *hot, const struct cold_result *r,
		 struct resampled *s)
{
	double ratio = hot->options.hit_ratio, *cost = s->cost[c->path];
	enum hot_path hits = hits_by(c->path);

	c->hits = ratio * hot->cost[hits][hot->chosen];
	c->cost = c->hits + (1 - ratio) * r->elapsed;
	if (resample(r->each, r->nr_runs, 2 + c->path, cost))
		return -ENOMEM;
	for (size_t n = 0; n < RESAMPLES; n++)
		cost[n] = ratio * s->hits[hits][n] + (1 - ratio) * cost[n];
	memcpy(s->spread, cost, sizeof(s->spread));
	resample_interval(s->spread, &c->low, &c->high);
	return 0;
}

static void compare_with_best(struct advice *a, struct resampled *s)
{
	const double *best = s->cost[a->candidate[0].path];

	for (size_t i = 0; i < a->nr; i++) {
		struct candidate *c = &a->candidate[i];

		for (size_t n = 0; n < RESAMPLES; n++)
			s->spread[n] = s->cost[c->path][n] / best[n];
		resample_interval(s->spread, &c->ratio_low, &c->ratio_high);
	}
}

static int by_cost(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->cost > y->cost) - (x->cost < y->cost);
}

int advice_give(struct advice *a, const struct hot *hot, const struct cold *cold, size_t d)
{
	struct resampled *s = malloc(sizeof(*s));
	int rc = s ? 0 : -ENOMEM;

	*a = (struct advice){ .noisy = hot->noisy };
	if (!rc)
		rc = resample_hits(hot, HOT_PREAD, s->hits[HOT_PREAD]);
	if (!rc)
		rc = resample_hits(hot, HOT_MAPPED, s->hits[HOT_MAPPED]);
	for (enum cold_path p = 0; !rc && p < NR_COLD; p++) {
		const struct cold_result *r = &cold->result[p][d];

		if (!r->nr_runs || r->was[0])
			continue;
		a->noisy |= r->noisy;
		a->candidate[a->nr].path = p;
		rc = weigh(&a->candidate[a->nr++], hot, r, s);
	}
	if (!rc && a->nr) {
		qsort(a->candidate, a->nr, sizeof(*a->candidate), by_cost);
		compare_with_best(a, s);
	}
	free(s);
	return rc;
}
