// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "paths_text.h"
#include "stats.h"

#define WIDTH 12 /* of a column */

/* Lines of a column's heading: the path's name, which has commas. */
#define HEADING 3

static bool has_path(const struct traced *t, unsigned int path)
{
	return hist_count(t->path[path].latency);
}

static bool has_stage(const struct traced *t, enum stage stage)
{
	for (unsigned int path = 0; path < NR_TRACED; path++)
		if (hist_count(t->path[path].exposed[stage]) ||
		    hist_count(t->path[path].hidden[stage]))
			return true;
	return false;
}

/* In parentheses: hidden behind the device. Nothing: the path does not go there. */
static void put_cell(const struct capture_operation *o, enum stage stage, const struct scale *s,
		     FILE *out)
{
	uint64_t all = hist_count(o->latency);
	char buf[DRAW_NUMBER], cell[DRAW_NUMBER + 2] = "";

	if (hist_count(o->exposed[stage]))
		scale_format(s, (double)o->exposed[stage]->sum / all, cell);
	else if (hist_count(o->hidden[stage]))
		snprintf(cell, sizeof(cell), "(%s)",
			 scale_format(s, (double)o->hidden[stage]->sum / all, buf));
	fprintf(out, "%*s", WIDTH, cell);
}

/* A line of a column's heading. */
static void put_name(const char *name, int line, FILE *out)
{
	while (line-- && name)
		name = strstr(name, ", ") ? strstr(name, ", ") + 2 : NULL;
	fprintf(out, "%*.*s", WIDTH, name ? (int)strcspn(name, ",") : 0, name ? name : "");
}

static void put_headings(const struct traced *t, const char *unit, FILE *out)
{
	char left[64];

	snprintf(left, sizeof(left), "mean of a read, %s", unit);
	for (int line = 0; line < HEADING; line++) {
		fprintf(out, "%-24s", line + 1 < HEADING ? "" : left);
		for (unsigned int path = 0; path < NR_TRACED; path++)
			if (has_path(t, path))
				put_name(traced_name(path), line, out);
		fputc('\n', out);
	}
}

static void put_stages(const struct traced *t, const struct scale *s, FILE *out)
{
	put_headings(t, s->unit, out);
	for (enum stage stage = 0; stage < NR_STAGES; stage++) {
		if (!has_stage(t, stage))
			continue;
		fprintf(out, "%-24s", stage_name[stage]);
		for (unsigned int path = 0; path < NR_TRACED; path++)
			if (has_path(t, path))
				put_cell(&t->path[path], stage, s, out);
		fputc('\n', out);
	}
}

/* Of the paths at depth 1: deeper, a read's time is not its own. */
static void put_distances(const struct paths *p, double device, const struct scale *s, FILE *out)
{
	char buf[DRAW_NUMBER];

	for (enum cold_path path = 0; path < NR_COLD; path++) {
		const struct cold_result *r = &p->cold.result[path][0];

		if (!r->nr_runs || r->was[0])
			continue;
		fprintf(out, "  %-34s%9s\n", cold_name[path],
			scale_format_signed(s, hist_quantile(&r->latency, 500) - device, buf));
	}
}

static void put_bound(const struct paths *p, const struct scale *s, FILE *out)
{
	const struct hist *device = traced_device(&p->traced);
	double p50 = hist_quantile(device, 500);
	char buf[DRAW_NUMBER];

	if (!device) {
		fputs("\nThe device alone was not seen.\n", out);
		return;
	}
	fprintf(out, "\nThe device alone: p50 %s %s", scale_format(s, p50, buf), s->unit);
	fprintf(out, ", p99 %s. ", scale_format(s, hist_quantile(device, 990), buf));
	fprintf(out,
		"No software can make\nmore than %s %s of it one at a time, a driver in user space "
		"neither.",
		grouped(1e9 / p50, buf), rate_unit(p->circumstances.unit));
	if (p->cold.options.depths[0] != 1) {
		fputc('\n', out);
		return;
	}
	fputs("\nThe paths' medians at depth 1, less that:\n", out);
	put_distances(p, p50, s, out);
}

void put_traced(const struct paths *p, FILE *out)
{
	const struct traced *t = &p->traced;
	struct scale s = scale_for(p->circumstances.unit,
				   hist_quantile(t->path[TRACED(COLD_DIRECT)].latency, 500));

	fputs("the stages that a path goes through, or skips", out);
	if (t->absent[0]) {
		fputs(": not traced: ", out);
		put_text(out, t->absent);
		fputc('\n', out);
		return;
	}
	fputs("\n\n", out);
	put_stages(t, &s, out);
	fputs("in parentheses: hidden, while the device works\n", out);
	put_bound(p, &s, out);
}
