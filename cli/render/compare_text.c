// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_render.h"
#include "draw.h"
#include "text.h"

/* With fewer runs the bootstrap's intervals are narrower than they say. */
#define FEW_RUNS 6
/* Of each change, so many stages are named. */
#define NAMED 3

static const char *const side_name[NR_SIDES] = { "A", "B" };

static const struct difference *total(const struct comparison *c, enum op_class class,
				      enum figure figure)
{
	return &c->class[class].row[TRACK_EXPOSED][ROW_LATENCY][figure];
}

static struct scale class_scale(const struct comparison *c, enum op_class class)
{
	const struct difference *d = total(c, class, FIGURE_MEAN);

	return scale_for(c->unit, d->of[d->of[SIDE_B] > d->of[SIDE_A]]);
}

/* "18 % less": without a sign, which the word that follows says. */
static void put_amount(const struct difference *d, const char *less, const char *more, FILE *out)
{
	char buf[DRAW_NUMBER];

	percent_change(d->of[SIDE_A], d->of[SIDE_B], buf);
	fprintf(out, "%s %s", buf + strspn(buf, "+-"), d->of[SIDE_B] < d->of[SIDE_A] ? less : more);
}

static void put_figures(const struct comparison *c, enum op_class class, enum figure figure,
			FILE *out)
{
	const struct difference *d = total(c, class, figure);
	struct scale s = class_scale(c, class);
	char buf[DRAW_NUMBER];

	fprintf(out, ": %s %s ", figure_name[figure], scale_format(&s, d->of[SIDE_A], buf));
	fprintf(out, "%s %s %s", arrow(), scale_format(&s, d->of[SIDE_B], buf), s.unit);
	fprintf(out, ", %s", scale_format_signed(&s, d->of[SIDE_B] - d->of[SIDE_A], buf));
	if (!d->has_interval)
		return;
	fprintf(out, " (95 %% interval %s", scale_format_signed(&s, d->low, buf));
	fprintf(out, " to %s)", scale_format_signed(&s, d->high, buf));
}

void put_sentence(const struct comparison *c, enum op_class class, FILE *out)
{
	const struct difference *mean = total(c, class, FIGURE_MEAN);
	const struct difference *p50 = total(c, class, FIGURE_P50);
	size_t runs = c->side[SIDE_A].files->nr + c->side[SIDE_B].files->nr;
	enum figure figure = FIGURE_MEAN;

	put_class_name(out, class);
	fputs(": ", out);
	if (!mean->has_interval) {
		fputs("too few operations to tell a difference", out);
	} else if (difference_shows(mean)) {
		fputs("B takes ", out);
		put_amount(mean, "less time than A", "more time than A", out);
		fputs(runs == NR_SIDES ? " in these two runs" : "", out);
	} else if (difference_shows(p50)) {
		figure = FIGURE_P50;
		fputs("no difference of the mean shows, but B's median is ", out);
		put_amount(p50, "lower", "higher", out);
	} else {
		fputs("no difference between A and B shows", out);
	}
	put_figures(c, class, figure, out);
}

static void put_side(const struct comparison *c, enum side_id id, FILE *out)
{
	const struct side *side = &c->side[id];
	const struct side_files *files = side->files;
	char buf[DRAW_NUMBER];

	fprintf(out, "%s: ", side_name[id]);
	if (files->nr > 1)
		fprintf(out, "%zu runs, ", files->nr);
	put_text(out, files->name[0]);
	if (files->nr > 1) {
		fputs(" to ", out);
		put_text(out, files->name[files->nr - 1]);
	}
	if (side->first.system.kernel) {
		fprintf(out, "%sLinux ", separator());
		put_text(out, side->first.system.kernel);
	}
	if (side->first.target.filesystem || side->first.target.device) {
		fputs(separator(), out);
		put_text(out, side->first.target.filesystem ? side->first.target.filesystem : "");
		fputs(side->first.target.filesystem && side->first.target.device ? " on " : "",
		      out);
		put_text(out, side->first.target.device ? side->first.target.device : "");
	}
	put_async(out, &side->first);
	if (side->dropped) {
		fprintf(out, "%s%s of ", separator(), grouped(side->dropped, buf));
		fprintf(out, "%s operations dropped", grouped(side->seen, buf));
	}
	fputc('\n', out);
}

static void put_runs(const struct comparison *c, FILE *out)
{
	size_t a = c->side[SIDE_A].files->nr, b = c->side[SIDE_B].files->nr;

	if (a == 1 && b == 1)
		fputs("One run a side: the intervals cover these two runs only, not how runs "
		      "differ.\n",
		      out);
	else if (a == 1 || b == 1)
		fprintf(out, "%s is one run: the intervals do not cover how its runs differ.\n",
			side_name[b == 1]);
	else if (a < FEW_RUNS || b < FEW_RUNS)
		fprintf(out, "Fewer than %d runs a side: the intervals cover less than 95 %%.\n",
			FEW_RUNS);
}

static void put_skipped(const struct comparison *c, FILE *out)
{
	for (int class = 0; class < NR_CLASSES; class ++) {
		const struct class_comparison *k = &c->class[class];
		char a[DRAW_NUMBER], b[DRAW_NUMBER];

		if (k->compared || (!k->count[SIDE_A] && !k->count[SIDE_B]))
			continue;
		fputs("Not in every capture, not compared: ", out);
		put_class_name(out, class);
		fprintf(out, " (%s operations in A, %s in B)\n", grouped(k->count[SIDE_A], a),
			grouped(k->count[SIDE_B], b));
	}
}

void put_sides(const struct comparison *c, FILE *out)
{
	for (int side = 0; side < NR_SIDES; side++)
		put_side(c, side, out);
	for (int i = 0; i < NR_TRAITS; i++) {
		if (c->mismatches.text[i])
			fprintf(out, "Compared in spite of: %s\n", c->mismatches.text[i]);
	}
	put_skipped(c, out);
}

static bool prints_as_zero(const struct scale *s, double value)
{
	return fabs(value) / s->divisor < 0.5 * pow(10, -s->decimals);
}

static void put_heading(enum figure figure, const struct scale *s, int width, FILE *out)
{
	char heading[2 * DRAW_NUMBER];

	snprintf(heading, sizeof(heading), "stage: %s in %s", figure_name[figure], s->unit);
	/* the micro sign is two bytes, but one column */
	fprintf(out, "%-10s  %-*s%10s%10s", "layer", width + !strcmp(s->unit, "µs"), heading, "A",
		"B");
	fprintf(out, "%11s%24s%9s\n", "difference", "95 % interval", "change");
}

static void put_row(const char *layer, const char *stage, const struct difference *d,
		    const struct scale *s, int width, FILE *out)
{
	char a[DRAW_NUMBER], b[DRAW_NUMBER], change[DRAW_NUMBER], low[DRAW_NUMBER];
	char high[DRAW_NUMBER], interval[2 * DRAW_NUMBER + 4] = "";

	scale_format(s, d->of[SIDE_A], a);
	scale_format(s, d->of[SIDE_B], b);
	scale_format_signed(s, d->of[SIDE_B] - d->of[SIDE_A], change);
	if (d->has_interval)
		snprintf(interval, sizeof(interval), "%s to %s",
			 scale_format_signed(s, d->low, low),
			 scale_format_signed(s, d->high, high));
	fprintf(out, "%-10s  %-*s%10s%10s%11s%24s", layer, width, stage, a, b, change, interval);
	fprintf(out, "%9s\n",
		!d->has_interval      ? ""
		: difference_shows(d) ? percent_change(d->of[SIDE_A], d->of[SIDE_B], change)
				      : "~");
}

static void put_stage(const struct class_comparison *k, enum track track, enum stage stage,
		      enum figure figure, const struct scale *s, int width, const char **layer,
		      FILE *out)
{
	const struct difference *d = &k->row[track][stage][figure];
	bool beside = stage == STAGE_PROBES || stage == STAGE_UNATTRIBUTED;
	bool same = *layer && !strcmp(*layer, stage_layer[stage]);
	char name[64];

	if (prints_as_zero(s, d->of[SIDE_A]) && prints_as_zero(s, d->of[SIDE_B]))
		return;
	snprintf(name, sizeof(name), "%s%s", stage_name[stage],
		 track == TRACK_HIDDEN ? " hidden" : "");
	put_row(same || beside ? "" : stage_layer[stage], name, d, s, width, out);
	*layer = stage_layer[stage];
}

/* Of the column of stages, with " hidden" behind them. */
static int name_width(const struct class_comparison *k)
{
	int width = STAGE_COLUMN;

	for (int stage = 0; stage < NR_STAGES; stage++) {
		if (k->present[TRACK_EXPOSED][stage] || k->present[TRACK_HIDDEN][stage])
			width = stage_column(width, stage);
	}
	return width + strlen(" hidden") + 1;
}

static void put_table(const struct comparison *c, enum op_class class, enum figure figure,
		      FILE *out)
{
	const struct class_comparison *k = &c->class[class];
	struct scale s = class_scale(c, class);
	int width = name_width(k);
	const char *layer = NULL;

	fputc('\n', out);
	put_heading(figure, &s, width, out);
	put_row("", "total", total(c, class, figure), &s, width, out);
	for (int stage = 0; stage < NR_STAGES; stage++) {
		for (int track = 0; track < NR_TRACKS; track++)
			put_stage(k, track, stage, figure, &s, width, &layer, out);
	}
}

/* The stages with the most of a change, the largest part first. */
static void put_parts(const double *parts, const struct scale *s, FILE *out)
{
	bool named[NR_STAGES] = { false };

	for (int n = 0; n < NAMED; n++) {
		char buf[DRAW_NUMBER];
		int most = -1;

		for (int i = 0; i < NR_STAGES; i++) {
			double part = parts[i] < 0 ? -parts[i] : parts[i];

			if (!named[i] && part > 0 &&
			    (most < 0 || part > (parts[most] < 0 ? -parts[most] : parts[most])))
				most = i;
		}
		if (most < 0)
			break;
		named[most] = true;
		fprintf(out, "%s%s %s", n ? ", " : " (", stage_name[most],
			scale_format_signed(s, parts[most], buf));
	}
	fputc(')', out);
}

static void put_account(const struct comparison *c, enum op_class class, FILE *out)
{
	static const char *const what[NR_CHANGES] = {
		[CHANGE_HIDDEN] = "became hidden",
		[CHANGE_REMOVED] = "is done no more",
		[CHANGE_CHEAPER] = "became cheaper",
		[CHANGE_EXPOSED] = "became exposed",
		[CHANGE_DEARER] = "became dearer",
		[CHANGE_DEVICE] = "device",
		[CHANGE_WAITS] = "waits for others",
		[CHANGE_PROBES] = "probes",
		[CHANGE_CHANCE] = "the rest, no more than chance",
	};
	struct scale s = class_scale(c, class);
	struct account a;

	account(&c->class[class], &a);
	fprintf(out, "%31s %s\n", "change of the mean in", s.unit);
	for (int i = 0; i < NR_CHANGES; i++) {
		char buf[DRAW_NUMBER];

		if (prints_as_zero(&s, a.sum[i]))
			continue;
		fprintf(out, "%31s %9s", what[i], scale_format_signed(&s, a.sum[i], buf));
		if (i < CHANGE_PROBES)
			put_parts(a.stage[i], &s, out);
		fputc('\n', out);
	}
}

static void put_class(const struct comparison *c, enum op_class class, FILE *out)
{
	const struct class_comparison *k = &c->class[class];
	char buf[DRAW_NUMBER];

	fputc('\n', out);
	put_class_name(out, class);
	fprintf(out, "%sA %s operations", separator(), grouped(k->count[SIDE_A], buf));
	fprintf(out, "%sB %s operations\n", separator(), grouped(k->count[SIDE_B], buf));
	put_account(c, class, out);
	put_table(c, class, FIGURE_MEAN, out);
	put_table(c, class, FIGURE_P50, out);
	put_table(c, class, FIGURE_P99, out);
}

void compare_text(const struct comparison *c, FILE *out)
{
	for (size_t i = 0; i < c->nr; i++) {
		put_sentence(c, c->order[i], out);
		fputs(".\n", out);
	}
	fputc('\n', out);
	put_sides(c, out);
	put_runs(c, out);
	for (size_t i = 0; i < c->nr; i++)
		put_class(c, c->order[i], out);
}
