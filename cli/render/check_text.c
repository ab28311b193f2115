// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "check_render.h"
#include "compare_render.h"

/* So many of the rows that have regressed are named in the sentence. */
#define NAMED 3

struct scale judged_scale(const struct check *check, enum op_class class)
{
	const struct difference *d =
		&check->c->class[class].row[TRACK_EXPOSED][ROW_LATENCY][FIGURE_P50];

	return scale_for(check->c->unit, fmax(d->of[SIDE_A], d->of[SIDE_B]));
}

const char *limit_format(const struct judgement *j, char *buf)
{
	double a = j->d->of[SIDE_A], limit = a > 0 ? 100 * judged_allowance(j) / a : 0;

	if (a > 0)
		snprintf(buf, DRAW_NUMBER, limit < 1000 ? "%.3g %%" : "%.0f %%", limit);
	else
		snprintf(buf, DRAW_NUMBER, "-");
	return buf;
}

const char *ratio_format(const struct judgement *j, char *buf)
{
	double low = 100 * (j->d->ratio_low - 1), high = 100 * (j->d->ratio_high - 1);

	buf[0] = '\0';
	if (j->d->has_ratio && isfinite(high))
		snprintf(buf, 2 * DRAW_NUMBER,
			 fabs(high) < 1e5 ? "%+.1f to %+.1f %%" : "%+.1g to %+.1g %%", low, high);
	return buf;
}

void put_judgement(const struct check *check, const struct judgement *j, FILE *out)
{
	struct scale s = judged_scale(check, j->class);
	double a = j->d->of[SIDE_A], b = j->d->of[SIDE_B];
	char buf[DRAW_NUMBER];

	fprintf(out, "%s %s", judged_name(j), figure_name[j->figure]);
	if (j->doubt == DOUBT_CLASS)
		return;
	fprintf(out, " %s %s ", scale_format(&s, a, buf), arrow());
	fprintf(out, "%s %s, ", scale_format(&s, b, buf), s.unit);
	fprintf(out, "%s (limit ", percent_change(a, b, buf));
	fprintf(out, "%s)", limit_format(j, buf));
}

static double change_of(const struct judgement *j)
{
	return j->d->of[SIDE_B] - j->d->of[SIDE_A];
}

static bool is_named(const struct judgement *const *named, size_t nr, const struct judgement *j)
{
	while (nr--) {
		if (named[nr]->class == j->class && named[nr]->row == j->row)
			return true;
	}
	return false;
}

/* The rows that have regressed most, each by one of its figures. */
static void put_worst(const struct check *check, FILE *out)
{
	const struct judgement *named[NAMED];
	size_t nr;

	for (nr = 0; nr < NAMED; nr++) {
		const struct judgement *worst = NULL;

		for (size_t i = 0; i < check->nr; i++) {
			const struct judgement *j = &check->judgements[i];

			if (j->verdict == VERDICT_REGRESSION && !is_named(named, nr, j) &&
			    (!worst || change_of(j) > change_of(worst)))
				worst = j;
		}
		if (!worst)
			return;
		fputs(nr ? "; " : ": ", out);
		if (!nr || named[nr - 1]->class != worst->class) {
			put_class_name(out, worst->class);
			fputs(", ", out);
		}
		put_judgement(check, worst, out);
		named[nr] = worst;
	}
}

/* Why, too, where it is the same for all of them. */
static void put_inconclusive(const struct check *check, FILE *out)
{
	fputs(" can be called neither a regression nor none", out);
	for (int doubt = DOUBT_NONE + 1; doubt < NR_DOUBTS; doubt++) {
		if (check->nr_doubted[doubt] == check->nr_of[VERDICT_INCONCLUSIVE])
			fprintf(out, ": %s", doubt_name[doubt]);
	}
}

void put_outcome(const struct check *check, FILE *out)
{
	fprintf(out, "%s: ", verdict_name[check->verdict]);
	if (!check->nr) {
		fputs("there is nothing to judge", out);
		return;
	}
	if (check->verdict == VERDICT_PASS) {
		fprintf(out, "none of %zu figures is beyond its limit", check->nr);
		return;
	}
	fprintf(out, "%zu of %zu figures", check->nr_of[check->verdict], check->nr);
	if (check->verdict == VERDICT_REGRESSION)
		put_worst(check, out);
	else
		put_inconclusive(check, out);
}

void put_doubts(const struct check *check, FILE *out)
{
	for (int doubt = DOUBT_NONE + 1; doubt < NR_DOUBTS; doubt++) {
		if (check->nr_doubted[doubt])
			fprintf(out, "Inconclusive: %zu of %zu figures: %s.\n",
				check->nr_doubted[doubt], check->nr, doubt_name[doubt]);
	}
	if (check->runs_needed)
		fprintf(out,
			"With so many figures it takes %zu runs a side to tell one's regression "
			"from chance.\n",
			check->runs_needed);
}

static void put_heading(const struct check *check, const struct scale *s, FILE *out)
{
	char heading[2 * DRAW_NUMBER];

	snprintf(heading, sizeof(heading), "in %s", s->unit);
	fprintf(out, "%-17s %-*s%9s%9s%9s%22s%8s  %s\n", "stage", 8 + !strcmp(s->unit, "µs"),
		heading, "A", "B", "change", check->exact ? "" : "95 % interval", "limit",
		"verdict");
}

static void put_row(const struct check *check, const struct judgement *j, bool same, FILE *out)
{
	struct scale s = judged_scale(check, j->class);
	double of_a = j->d->of[SIDE_A], of_b = j->d->of[SIDE_B];
	char a[DRAW_NUMBER], b[DRAW_NUMBER], change[DRAW_NUMBER], limit[DRAW_NUMBER];
	char interval[2 * DRAW_NUMBER];

	fprintf(out, "%-17s %-8s%9s%9s%9s%22s%8s  %s\n", same ? "" : judged_name(j),
		figure_name[j->figure], scale_format(&s, of_a, a), scale_format(&s, of_b, b),
		percent_change(of_a, of_b, change), ratio_format(j, interval),
		limit_format(j, limit), verdict_name[j->verdict]);
}

static void put_title(const struct check *check, enum op_class class, FILE *out)
{
	const struct class_comparison *k = &check->c->class[class];
	struct scale s = judged_scale(check, class);
	char buf[DRAW_NUMBER];

	fputc('\n', out);
	put_class_name(out, class);
	fprintf(out, "%sA %s operations", separator(), grouped(k->count[SIDE_A], buf));
	fprintf(out, "%sB %s operations\n", separator(), grouped(k->count[SIDE_B], buf));
	if (k->compared)
		put_heading(check, &s, out);
	else
		fprintf(out, "inconclusive: %s\n", doubt_name[DOUBT_CLASS]);
}

void check_text(const struct check *check, FILE *out)
{
	const struct judgement *last = NULL;

	put_outcome(check, out);
	fputs(".\n\n", out);
	put_sides(check->c, out);
	put_doubts(check, out);
	for (size_t i = 0; i < check->nr; i++) {
		const struct judgement *j = &check->judgements[i];

		if (!last || last->class != j->class)
			put_title(check, j->class, out);
		if (j->doubt != DOUBT_CLASS)
			put_row(check, j, last && last->class == j->class && last->row == j->row,
				out);
		last = j;
	}
}
