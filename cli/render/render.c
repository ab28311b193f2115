// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "render.h"
#include "stats.h"
#include "text.h"

/* Below this count the 99.9th percentile is the luck of a few operations. */
#define ENOUGH_FOR_P999 10000

/* The table of one class. Sums and counts are over all its operations. */
struct table {
	FILE *out;
	struct scale scale;
	uint64_t count;
	double sum;	   /* of the latency: the end of the axis, times count */
	double at;	   /* where the next exposed bar begins */
	double hidden_at;  /* where the next hidden bar begins */
	const char *layer; /* of the row above */
	int width;	   /* of the column of stages */
};

static uint64_t hist_sum(const struct hist *h)
{
	return h ? h->sum : 0;
}

static void put_title(const struct capture *c, enum op_class class, FILE *out)
{
	const struct capture_operation *o = &c->operations[class];

	put_class_name(out, class);
	if ((c->target.filesystem || c->target.device) && o->elsewhere < hist_count(o->latency)) {
		fputs(separator(), out);
		put_text(out, c->target.filesystem ? c->target.filesystem : "");
		if (c->target.filesystem && c->target.device)
			fputs(" on ", out);
		put_text(out, c->target.device ? c->target.device : "");
		fputs(o->elsewhere ? " and others" : "", out);
	}
	if (c->system.kernel) {
		fprintf(out, "%sLinux ", separator());
		put_text(out, c->system.kernel);
	}
	put_async(out, c);
	fputc('\n', out);
}

/* The kernel's own work, unless no stage has been looked at, as in a capture of iostage paths. */
static void put_software(const struct capture_operation *o, const struct table *t,
			 const struct time_split *split)
{
	double kernel = (double)split->software + split->hidden;
	char buf[DRAW_NUMBER];

	if (hist_sum(o->exposed[STAGE_UNATTRIBUTED]) == hist_sum(o->latency))
		return;
	fprintf(t->out, "   software %s", scale_format(&t->scale, kernel / t->count, buf));
	if (!split->device)
		return;
	fprintf(t->out, ", %s hidden",
		scale_format(&t->scale, split->hidden / (double)t->count, buf));
	fprintf(t->out, " (%s)", percent(split->hidden, kernel, buf));
}

static void put_summary(const struct capture_operation *o, const struct table *t)
{
	const struct hist *h = o->latency;
	const struct scale *s = &t->scale;
	struct time_split split;
	char buf[DRAW_NUMBER];

	split_time(o, &split);
	fprintf(t->out, "%s operation%s", grouped(t->count, buf), t->count == 1 ? "" : "s");
	fprintf(t->out, "   mean %s %s", scale_format(s, t->sum / t->count, buf), s->unit);
	fprintf(t->out, ", %s without the probes\n",
		scale_format(s, (t->sum - split.probes) / t->count, buf));
	fprintf(t->out, "p50 %s", scale_format(s, hist_quantile(h, 500), buf));
	fprintf(t->out, "   p99 %s", scale_format(s, hist_quantile(h, 990), buf));
	if (t->count >= ENOUGH_FOR_P999)
		fprintf(t->out, "   p99.9 %s", scale_format(s, hist_quantile(h, 999), buf));
	fprintf(t->out, "   max %s", scale_format(s, h->max, buf));
	put_software(o, t, &split);
	fputs("\n\n", t->out);
}

static void put_heading(const struct table *t)
{
	fprintf(t->out, "%-10s  %-*s", "layer", t->width, "stage");
	put_unit_heading(t->out, &t->scale, "mean", 10);
	fprintf(t->out, "%9s%9s%7s%7s  ", "p50", "p99", "share", "of ops");
	put_axis(t->out, &t->scale, t->sum / t->count);
	fputc('\n', t->out);
}

/* The columns up to the bar. */
static void put_figures(struct table *t, enum stage stage, const struct hist *h, const char *share)
{
	char mean[DRAW_NUMBER], p50[DRAW_NUMBER], p99[DRAW_NUMBER], part[DRAW_NUMBER] = "";
	bool same = t->layer && !strcmp(t->layer, stage_layer[stage]);
	uint64_t count = hist_count(h);
	/* these stand below the stages, in no layer */
	bool beside = stage == STAGE_PROBES || stage == STAGE_UNATTRIBUTED;

	if (count < t->count)
		percent(count, t->count, part);
	fprintf(t->out, "%-10s  %-*s%10s%9s%9s%7s%7s", same || beside ? "" : stage_layer[stage],
		t->width, stage_name[stage],
		scale_format(&t->scale, (double)h->sum / t->count, mean),
		scale_format(&t->scale, hist_quantile(h, 500), p50),
		scale_format(&t->scale, hist_quantile(h, 990), p99), share, part);
	t->layer = stage_layer[stage];
}

static void put_exposed(struct table *t, enum stage stage, const struct hist *h)
{
	char share[DRAW_NUMBER];

	if (!hist_count(h))
		return;
	put_figures(t, stage, h, percent(h->sum, t->sum, share));
	if (stage == STAGE_PROBES) {
		fputs("  calibrated, taken out above", t->out);
	} else if (stage == STAGE_UNATTRIBUTED) {
		fputs("  what no hook names", t->out);
	} else {
		fputs("  ", t->out);
		put_bar(t->out, t->at, h->sum, t->sum, false);
		t->at += h->sum;
	}
	fputc('\n', t->out);
}

static void put_hidden(struct table *t, enum stage stage, const struct hist *h)
{
	if (!hist_count(h))
		return;
	put_figures(t, stage, h, "hidden");
	fputs("  ", t->out);
	put_bar(t->out, t->hidden_at, h->sum, t->sum, true);
	t->hidden_at += h->sum;
	fputc('\n', t->out);
}

/* Where the first device stage's bar begins: what is hidden is hidden behind it. */
static double device_start(const struct capture_operation *o)
{
	double at = 0;
	enum stage i;

	for (i = 0; i < NR_STAGES; i++) {
		if (stage_is_device(i) && hist_count(o->exposed[i]))
			return at;
		at += hist_sum(o->exposed[i]);
	}
	return 0;
}

static void put_table(const struct capture *c, enum op_class class, FILE *out)
{
	const struct capture_operation *o = &c->operations[class];
	struct table t = { .out = out, .width = STAGE_COLUMN };
	enum stage i;

	t.count = hist_count(o->latency);
	if (!t.count)
		return;
	t.sum = o->latency->sum;
	t.scale = scale_for(c->unit, t.sum / t.count);
	t.hidden_at = device_start(o);
	for (i = 0; i < NR_STAGES; i++) {
		if (hist_count(o->exposed[i]) || hist_count(o->hidden[i]))
			t.width = stage_column(t.width, i);
	}
	put_title(c, class, out);
	put_summary(o, &t);
	put_heading(&t);
	for (i = 0; i < NR_STAGES; i++) {
		put_exposed(&t, i, o->exposed[i]);
		put_hidden(&t, i, o->hidden[i]);
	}
	fputc('\n', out);
}

static void put_drops(const struct capture *c, FILE *out)
{
	char buf[DRAW_NUMBER];
	size_t i;

	for (i = 0; i < c->accounting.nr_drops; i++) {
		const struct capture_drop *drop = &c->accounting.drops[i];

		if (!drop->count)
			continue;
		fprintf(out, "dropped: %s ", grouped(drop->count, buf));
		put_text(out, drop->reason);
		fputc('\n', out);
	}
	if (c->accounting.clock_backward)
		fprintf(out, "clock ran backward: %s (counted as no time)\n",
			grouped(c->accounting.clock_backward, buf));
	if (c->accounting.untracked)
		fprintf(out, "requests not followed: %s (their stages merge)\n",
			grouped(c->accounting.untracked, buf));
	if (c->accounting.unsynced)
		fprintf(out, "waits for the journal not split exactly: %s\n",
			grouped(c->accounting.unsynced, buf));
}

/* One device is the one in the title; several are named. */
static void put_coverage(const struct capture *c, FILE *out)
{
	size_t i, devices = 0, shown = 0;
	char buf[DRAW_NUMBER];

	for (i = 0; i < c->nr_coverage; i++)
		devices += c->coverage[i].requests > 0;
	if (!devices)
		fputs("no device requests", out);
	for (i = 0; i < c->nr_coverage; i++) {
		const struct capture_coverage *d = &c->coverage[i];

		if (!d->requests)
			continue;
		fprintf(out, "%s%s of ", shown++ ? ", " : "",
			percent(d->attributed, d->requests, buf));
		fputs(grouped(d->requests, buf), out);
		if (devices > 1) {
			fputs(" on ", out);
			put_text(out, d->device);
		}
	}
	fputs(devices ? " device requests attributed\n" : "\n", out);
}

/* I/O of the tasks that were recorded which the breakdowns say nothing of. */
static void put_outside(const struct capture *c, FILE *out)
{
	const char *before = "bios for no recorded operation: ";
	char buf[DRAW_NUMBER];

	for (size_t i = 0; i < c->nr_coverage; i++) {
		const struct capture_coverage *d = &c->coverage[i];

		if (!d->outside)
			continue;
		fprintf(out, "%s%s on ", before, grouped(d->outside, buf));
		put_text(out, d->device);
		before = ", ";
	}
	if (*before == ',')
		fputs(" (as of libaio, mmap, metadata)\n", out);
}

static void put_accounting(const struct capture *c, FILE *out)
{
	char buf[DRAW_NUMBER];

	fprintf(out, "%s seen", grouped(c->accounting.seen, buf));
	fprintf(out, " = %s reported", grouped(c->accounting.reported, buf));
	fprintf(out, " + %s dropped", grouped(c->accounting.dropped, buf));
	fprintf(out, " + %s in flight%s", grouped(c->accounting.in_flight, buf), separator());
	put_coverage(c, out);
	put_outside(c, out);
	put_drops(c, out);
}

/* Of a stage that no operation was in, it does not matter what else is in it. */
static bool matters(const struct capture *c, const struct capture_merge *m)
{
	return m->into < 0 || c->hooks[m->into].hits;
}

/* "dma_map (in request: why)", on a new line where it does not fit. Returns the column after it. */
static size_t put_merge(const struct capture_merge *m, enum stage stage, size_t column, FILE *out)
{
	char why[160], of[32], item[256];

	text_escape(why, sizeof(why), m->reason);
	text_escape(of, sizeof(of), m->of ? m->of : "");
	snprintf(item, sizeof(item), "%s%s%s (%s%s%s%s)", stage_name[stage], m->of ? " of " : "",
		 of, m->into >= 0 ? "in " : "", m->into >= 0 ? stage_name[m->into] : "",
		 m->into >= 0 ? ": " : "", why);
	column += fprintf(out, "%s", column ? "," : "not seen here:");
	if (column + strlen(item) + 2 > DRAW_COLUMNS)
		column = fprintf(out, "\n ") - 1;
	return column + fprintf(out, " %s", item);
}

static void put_unseen(const struct capture *c, FILE *out)
{
	size_t column = 0;

	for (enum stage i = 0; i < NR_STAGES; i++) {
		const struct capture_hook *h = &c->hooks[i];

		for (size_t m = 0; m < h->nr_merged; m++)
			if (matters(c, &h->merged[m]))
				column = put_merge(&h->merged[m], i, column, out);
	}
	if (column)
		fputc('\n', out);
}

void render_text(const struct capture *c, FILE *out)
{
	enum op_class class;

	if (!c->accounting.reported)
		fputs("no operations\n\n", out);
	for (class = 0; class < NR_CLASSES; class ++)
		put_table(c, class, out);
	put_accounting(c, out);
	put_unseen(c, out);
}
