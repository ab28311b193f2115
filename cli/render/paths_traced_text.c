// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "draw.h"
#include "paths_text.h"
#include "stats.h"

static const struct {
	enum op_class class;
	const char *name;
} columns[] = {
#define TRACED(class, name) { CLASS_##class, name },
	TRACED_PATHS(TRACED)
#undef TRACED
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

static const struct capture_operation *column(const struct traced *t, size_t i)
{
	return &t->capture.operations[columns[i].class];
}

static bool has_stage(const struct traced *t, enum stage stage)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (hist_count(column(t, i)->exposed[stage]) ||
		    hist_count(column(t, i)->hidden[stage]))
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
	fprintf(out, "%16s", cell);
}

static void put_stages(const struct traced *t, const struct scale *s, FILE *out)
{
	char heading[64];

	snprintf(heading, sizeof(heading), "mean of a read, %s", s->unit);
	fprintf(out, "%-24s", heading);
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, "%16s", columns[i].name);
	fputc('\n', out);
	for (enum stage stage = 0; stage < NR_STAGES; stage++) {
		if (!has_stage(t, stage))
			continue;
		fprintf(out, "%-24s", stage_name[stage]);
		for (size_t i = 0; i < COLUMNS; i++)
			put_cell(column(t, i), stage, s, out);
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
	struct scale s =
		scale_for(p->circumstances.unit, hist_quantile(column(t, 2)->latency, 500));

	fputs("the stages that a path goes through, or skips", out);
	if (t->absent[0]) {
		fputs(": not traced: ", out);
		put_text(out, t->absent);
		fputc('\n', out);
		return;
	}
	fputs("; those of io_uring and passthrough are not traced\n\n", out);
	put_stages(t, &s, out);
	fputs("in parentheses: hidden, while the device works\n", out);
	put_bound(p, &s, out);
}
