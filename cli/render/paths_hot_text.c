// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "paths_text.h"

const char *size_format(double bytes, char *buf)
{
	if (bytes < 1024)
		snprintf(buf, DRAW_NUMBER, "%.0f B", bytes);
	else
		snprintf(buf, DRAW_NUMBER, "%.3g KiB", bytes / 1024);
	return buf;
}

/* Three digits, whatever the size. */
static const char *cost_format(double cost, char *buf)
{
	snprintf(buf, DRAW_NUMBER, fabs(cost) < 99.95 ? "%.3g" : "%.0f", cost);
	return buf;
}

static void put_residuals(const struct hot *h, enum hot_path p, FILE *out)
{
	fprintf(out, "%-24s", "  model off by");
	for (size_t i = 0; i < hot_sizes(h, p); i++)
		fprintf(out, "%+6.1f %%",
			100 * (fit_cost(&h->model[p].fit, h->sizes[i]) / h->cost[p][i] - 1));
	fputc('\n', out);
}

static void put_costs(const struct hot *h, const char *unit, FILE *out)
{
	char buf[DRAW_NUMBER], heading[64];

	snprintf(heading, sizeof(heading), "one read, %s", unit);
	fprintf(out, "%-24s", heading);
	for (size_t i = 0; i < h->nr_sizes; i++)
		fprintf(out, "%8s", size_format(h->sizes[i], buf));
	fputc('\n', out);
	for (enum hot_path p = 0; p < NR_HOT; p++) {
		fprintf(out, "%-24s", hot_name[p]);
		for (size_t i = 0; i < hot_sizes(h, p); i++)
			fprintf(out, "%8s", cost_format(h->cost[p][i], buf));
		fputc('\n', out);
		if (h->model[p].fitted)
			put_residuals(h, p, out);
	}
}

static void put_term(double value, double low, double high, FILE *out)
{
	char text[3][DRAW_NUMBER], all[4 * DRAW_NUMBER];

	snprintf(all, sizeof(all), "%s (%s to %s)", cost_format(value, text[0]),
		 cost_format(low, text[1]), cost_format(high, text[2]));
	fprintf(out, "%24s", all);
}

static void put_model(const struct hot *h, enum hot_path p, FILE *out)
{
	const struct hot_model *m = &h->model[p];

	fprintf(out, "%-24s", hot_name[p]);
	if (!m->fitted) {
		fputs("  the sizes determine no fit\n", out);
		return;
	}
	put_term(m->fit.alpha, m->low.alpha, m->high.alpha, out);
	put_term(1024 * m->fit.beta, 1024 * m->low.beta, 1024 * m->high.beta, out);
	if (m->per_page)
		put_term(m->fit.gamma, m->low.gamma, m->high.gamma, out);
	if (!m->good)
		fprintf(out, "  not good enough: %+.0f %%", 100 * m->worst);
	fputc('\n', out);
}

static void put_break_even(const struct hot *h, enum hot_path p, FILE *out)
{
	const struct hot_break_even *b = &h->from_pread[p];
	const char *small = b->below ? hot_name[p] : hot_name[HOT_PREAD];
	const char *large = b->below ? hot_name[HOT_PREAD] : hot_name[p];
	char size[DRAW_NUMBER], low[DRAW_NUMBER], high[DRAW_NUMBER];

	fprintf(out, "%-24s  ", hot_name[p]);
	if (!b->measured && (!h->model[HOT_PREAD].good || !h->model[p].good))
		fputs("cannot be said: the fit is not good enough\n", out);
	else if (!b->certain)
		fputs("cannot be said: the runs do not agree\n", out);
	else if (!b->size)
		fprintf(out, "%s is the cheaper one at all these sizes\n", small);
	else
		fprintf(out, "%s up to %s (%s to %s), then %s\n", small, size_format(b->size, size),
			size_format(b->low, low), size_format(b->high, high), large);
}

static void put_buffer(const struct hot *h, FILE *out)
{
	char size[DRAW_NUMBER];
	double ratio;

	if (h->sizes[h->chosen] > FIT_PAGE)
		return;
	ratio = hot_buffer_pays(h, h->chosen);
	fprintf(out, "A page buffer for reads of %s ", size_format(h->sizes[h->chosen], size));
	if (ratio < 1)
		fprintf(out, "costs less than a pread for each at hit ratios above %.2f.\n", ratio);
	else
		fputs("costs more than a pread for each at any hit ratio.\n", out);
}

static void put_disturbances(const struct hot *h, FILE *out)
{
	fprintf(out, "hot cache%s%zu runs", separator(), h->nr_runs);
	if (h->noisy)
		fprintf(out, ", nearly all of them disturbed: %s", h->why);
	else if (h->disturbed)
		fprintf(out, "%s%u more were disturbed and left out: %s", separator(), h->disturbed,
			h->why);
	fputs("\n\n", out);
}

void put_hot(const struct hot *h, const char *unit, FILE *out)
{
	put_disturbances(h, out);
	put_costs(h, unit, out);
	fprintf(out, "\n%-24s%24s%24s%24s\n", "model, with intervals", "alpha, a read",
		"beta, a KiB", "gamma, a further page");
	for (enum hot_path p = 0; p < NR_HOT; p++)
		put_model(h, p, out);
	fputs("\nbreak-even with pread: which one is cheaper\n", out);
	for (enum hot_path p = 0; p < NR_HOT; p++)
		if (p != HOT_PREAD)
			put_break_even(h, p, out);
	put_buffer(h, out);
}
