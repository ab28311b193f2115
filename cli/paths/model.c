// SPDX-License-Identifier: GPL-2.0-only
/* From the runs to models and break-even sizes, with intervals by the bootstrap over runs. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "hot.h"

/* The medians of each resample: of all paths and sizes from the same runs. */
struct resampled {
	struct resampler resampler;
	double medians[NR_HOT][FIT_POINTS][RESAMPLES];
	struct fit fits[NR_HOT][RESAMPLES];
	double spread[RESAMPLES];
};

static void reduce_costs(struct hot *h, enum hot_path p, size_t i, struct resampled *r)
{
	double values[RESAMPLE_RUNS];

	for (size_t run = 0; run < h->nr_runs; run++)
		values[run] = h->runs[run][p][i];
	h->cost[p][i] = median(values, h->nr_runs);
	resample_medians(&r->resampler, values, r->medians[p][i]);
	for (size_t n = 0; n < RESAMPLES; n++)
		r->spread[n] = r->medians[p][i][n];
	resample_interval(r->spread, &h->low[p][i], &h->high[p][i]);
}

/* Without the per-page term where that is enough; it takes some sizes beyond a page. */
static void fit_path(struct hot *h, enum hot_path p)
{
	struct hot_model *m = &h->model[p];
	size_t nr = hot_sizes(h, p);

	for (int per_page = 0; per_page <= !hot_buffers[p]; per_page++) {
		if (fit_points(h->sizes, h->cost[p], nr, per_page, &m->fit))
			continue;
		m->fitted = true;
		m->per_page = per_page;
		m->worst = fit_worst(&m->fit, h->sizes, h->cost[p], nr);
		m->good = fabs(m->worst) <= FIT_GOOD;
		if (fabs(m->worst) <= FIT_SIMPLE)
			break;
	}
}

static double term(const struct fit *f, size_t which)
{
	return which == 0 ? f->alpha : which == 1 ? f->beta : f->gamma;
}

static void fit_resamples(struct hot *h, enum hot_path p, struct resampled *r)
{
	struct hot_model *m = &h->model[p];
	double low[3], high[3], costs[FIT_POINTS];
	size_t nr = hot_sizes(h, p);

	for (size_t n = 0; n < RESAMPLES; n++) {
		for (size_t i = 0; i < nr; i++)
			costs[i] = r->medians[p][i][n];
		if (fit_points(h->sizes, costs, nr, m->per_page, &r->fits[p][n]))
			r->fits[p][n] = m->fit;
	}
	for (size_t t = 0; t < 3; t++) {
		for (size_t n = 0; n < RESAMPLES; n++)
			r->spread[n] = term(&r->fits[p][n], t);
		resample_interval(r->spread, &low[t], &high[t]);
	}
	m->low = (struct fit){ low[0], low[1], low[2] };
	m->high = (struct fit){ high[0], high[1], high[2] };
}

/* One of them costs less at each size, and the intervals do not touch. */
static bool always_cheaper(const struct hot *h, enum hot_path a, enum hot_path b)
{
	for (size_t i = 0; i < hot_sizes(h, a) && i < hot_sizes(h, b); i++)
		if (h->high[a][i] >= h->low[b][i])
			return false;
	return true;
}

static bool same_throughout(struct hot *h, enum hot_path p)
{
	return always_cheaper(h, p, HOT_PREAD) || always_cheaper(h, HOT_PREAD, p);
}

static void break_even(struct hot *h, enum hot_path p, struct resampled *r)
{
	struct hot_break_even *b = &h->from_pread[p];
	const struct fit *pread = &h->model[HOT_PREAD].fit, *other = &h->model[p].fit;
	double last = h->sizes[hot_sizes(h, p) - 1];
	size_t have = 0;

	b->measured = same_throughout(h, p);
	b->below = h->cost[p][0] < h->cost[HOT_PREAD][0];
	if (b->measured) {
		b->certain = true;
		return;
	}
	b->size = fit_break_even(pread, other, 1, last);
	for (size_t n = 0; n < RESAMPLES; n++) {
		double size = fit_break_even(&r->fits[HOT_PREAD][n], &r->fits[p][n], 1, last);

		have += size > 0;
		r->spread[n] = size > 0 ? size : last;
	}
	resample_interval(r->spread, &b->low, &b->high);
	b->certain = b->size ? have >= RESAMPLES * 0.95 : have <= RESAMPLES * 0.05;
}

int hot_reduce(struct hot *h)
{
	struct resampled *r = malloc(sizeof(*r));
	int rc = r ? resampler_init(&r->resampler, h->nr_runs, 1) : -ENOMEM;

	for (enum hot_path p = 0; !rc && p < NR_HOT; p++) {
		for (size_t i = 0; i < hot_sizes(h, p); i++)
			reduce_costs(h, p, i, r);
		fit_path(h, p);
		if (h->model[p].fitted)
			fit_resamples(h, p, r);
	}
	for (enum hot_path p = 0; !rc && p < NR_HOT; p++)
		if (p != HOT_PREAD && h->model[HOT_PREAD].fitted && h->model[p].fitted)
			break_even(h, p, r);
	if (r)
		resampler_free(&r->resampler);
	free(r);
	return rc;
}

double hot_buffer_pays(const struct hot *h, size_t i)
{
	size_t page = 0;
	double pread = h->cost[HOT_PREAD][i], miss, hit, ratio;

	while (h->sizes[page] < FIT_PAGE)
		page++;
	miss = h->cost[HOT_PREAD][page];
	hit = h->cost[HOT_BUFFER_RANDOM][i] - (1 - h->options.hit_ratio) * miss;
	ratio = 1 - (pread - hit) / miss;
	return ratio < 0 ? 0 : ratio;
}
