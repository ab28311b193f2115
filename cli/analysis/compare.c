// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "stats.h"

/* What the classes share while they are compared. */
struct analysis {
	struct comparison *c;
	struct resampler resampler[NR_SIDES];
	double medians[NR_SIDES][RESAMPLES];
	double spread[RESAMPLES];
};

/* "not comparable: ...; ..." */
static int refuse(const struct mismatches *m, char *err, size_t size)
{
	size_t used = snprintf(err, size, "not comparable");

	for (int i = 0; i < NR_TRAITS; i++) {
		if (m->text[i] && used < size)
			used += snprintf(err + used, size - used, "; %s", m->text[i]);
	}
	if (!m->text[TRAIT_UNIT] && used < size)
		snprintf(err + used, size - used, "; --allow-mismatch compares all the same");
	return -EXDEV;
}

int compare_open(struct comparison *c, const struct side_files files[NR_SIDES], bool allow_mismatch,
		 char *err, size_t size)
{
	const struct mismatches *m = &c->mismatches;
	int rc;

	memset(c, 0, sizeof(*c));
	rc = sides_read(c->side, files, &c->mismatches, err, size);
	c->unit = c->side[SIDE_A].first.unit;
	if (!rc && m->nr && (m->text[TRAIT_UNIT] || !allow_mismatch))
		rc = refuse(m, err, size);
	return rc;
}

void compare_close(struct comparison *c)
{
	sides_free(c->side, &c->mismatches);
	memset(c, 0, sizeof(*c));
}

size_t compare_values(const struct comparison *c, enum side_id side, enum op_class class,
		      enum track track, unsigned int row, enum figure figure, double *values)
{
	const struct side *s = &c->side[side];

	for (size_t i = 0; i < s->files->nr; i++)
		values[i] = s->runs[i].value[class][track][row][figure];
	return s->files->nr;
}

/* Of runs by the bootstrap, of a single one by its operations. */
static void side_interval(struct analysis *a, enum side_id side, enum op_class class,
			  enum track track, unsigned int row, enum figure figure, double *low,
			  double *high)
{
	const struct side *s = &a->c->side[side];

	if (s->files->nr > 1) {
		memcpy(a->spread, a->medians[side], sizeof(a->spread));
		resample_interval(a->spread, low, high);
	} else {
		figure_interval(figure, row_hist(&s->first, class, track, row),
				s->runs[0].count[class], low, high);
	}
}

/* The interval of a difference from those of both sides (Zou and Donner's MOVER). */
static void join_intervals(struct difference *d, const double low[NR_SIDES],
			   const double high[NR_SIDES])
{
	double a = d->of[SIDE_A], b = d->of[SIDE_B];

	d->low = b - a - hypot(b - low[SIDE_B], high[SIDE_A] - a);
	d->high = b - a + hypot(high[SIDE_B] - b, a - low[SIDE_A]);
}

static double ratio(double a, double b)
{
	if (a > 0)
		return b / a;
	return b > 0 ? INFINITY : 1;
}

/* Resample by resample; the sides' medians are there. */
static void bootstrap(struct analysis *a, struct difference *d)
{
	const double *of_a = a->medians[SIDE_A], *of_b = a->medians[SIDE_B];

	for (size_t i = 0; i < RESAMPLES; i++)
		a->spread[i] = of_b[i] - of_a[i];
	resample_interval(a->spread, &d->low, &d->high);
	for (size_t i = 0; i < RESAMPLES; i++)
		a->spread[i] = ratio(of_a[i], of_b[i]);
	resample_interval(a->spread, &d->ratio_low, &d->ratio_high);
	d->has_ratio = true;
}

static double most_unsteady(const struct comparison *c, enum op_class class, enum track track,
			    unsigned int row)
{
	double most = 0;

	for (int side = 0; side < NR_SIDES; side++) {
		for (size_t i = 0; i < c->side[side].files->nr; i++)
			most = fmax(most, c->side[side].runs[i].unsteady[class][track][row]);
	}
	return most;
}

double difference_error(const struct difference *d, enum figure figure)
{
	return figure_error(figure, d->of[SIDE_A]) + figure_error(figure, d->of[SIDE_B]);
}

static void compare_figure(struct analysis *a, enum op_class class, enum track track,
			   unsigned int row, enum figure figure)
{
	struct class_comparison *k = &a->c->class[class];
	struct difference *d = &k->row[track][row][figure];
	double values[RESAMPLE_RUNS], low[NR_SIDES], high[NR_SIDES];
	bool several = true;

	for (int side = 0; side < NR_SIDES; side++) {
		size_t nr = compare_values(a->c, side, class, track, row, figure, values);

		d->of[side] = median(values, nr);
		several = several && nr > 1;
		if (nr > 1)
			resample_medians(&a->resampler[side], values, a->medians[side]);
	}
	d->has_interval = figure_enough(figure, k->fewest[SIDE_A]) &&
			  figure_enough(figure, k->fewest[SIDE_B]);
	if (!d->has_interval)
		return;
	if (several) {
		bootstrap(a, d);
	} else {
		for (int side = 0; side < NR_SIDES; side++)
			side_interval(a, side, class, track, row, figure, &low[side], &high[side]);
		join_intervals(d, low, high);
	}
	if (figure == FIGURE_TRIMMED)
		d->unsteady = most_unsteady(a->c, class, track, row);
	d->low -= difference_error(d, figure);
	d->high += difference_error(d, figure);
}

static bool is_present(const struct comparison *c, enum op_class class, enum track track,
		       unsigned int row)
{
	for (int side = 0; side < NR_SIDES; side++) {
		for (size_t i = 0; i < c->side[side].files->nr; i++) {
			if (c->side[side].runs[i].value[class][track][row][FIGURE_MEAN] > 0)
				return true;
		}
	}
	return row == ROW_LATENCY && track == TRACK_EXPOSED;
}

static void compare_class(struct analysis *a, enum op_class class)
{
	struct class_comparison *k = &a->c->class[class];

	for (int track = 0; track < NR_TRACKS; track++) {
		for (int row = 0; row < NR_CLASS_ROWS; row++) {
			k->present[track][row] = is_present(a->c, class, track, row);
			for (int figure = 0; k->present[track][row] && figure < NR_FIGURES;
			     figure++)
				compare_figure(a, class, track, row, figure);
		}
	}
}

static void count_class(struct comparison *c, enum op_class class)
{
	struct class_comparison *k = &c->class[class];

	for (int side = 0; side < NR_SIDES; side++) {
		k->fewest[side] = UINT64_MAX;
		for (size_t i = 0; i < c->side[side].files->nr; i++) {
			uint64_t count = c->side[side].runs[i].count[class];

			k->count[side] += count;
			k->runs[side] += count > 0;
			if (count < k->fewest[side])
				k->fewest[side] = count;
		}
	}
	k->compared = k->fewest[SIDE_A] && k->fewest[SIDE_B];
}

/* The time that both sides' operations took. */
static double weight(const struct comparison *c, enum op_class class)
{
	const struct class_comparison *k = &c->class[class];
	const struct difference *d = &k->row[TRACK_EXPOSED][ROW_LATENCY][FIGURE_MEAN];

	return d->of[SIDE_A] * k->count[SIDE_A] + d->of[SIDE_B] * k->count[SIDE_B];
}

static void insert(struct comparison *c, enum op_class class)
{
	size_t i = c->nr++;

	for (; i && weight(c, c->order[i - 1]) < weight(c, class); i--)
		c->order[i] = c->order[i - 1];
	c->order[i] = class;
}

static void put_classes(const struct comparison *c, enum side_id side, FILE *out)
{
	const char *between = "";

	for (int class = 0; class < NR_CLASSES; class ++) {
		if (!c->class[class].count[side])
			continue;
		fprintf(out, "%s%s %s %s", between, class_op[class], class_path[class],
			class_outcome[class]);
		between = ", ";
	}
}

static int nothing_in_common(const struct comparison *c, char *err, size_t size)
{
	FILE *out = fmemopen(err, size - 1, "w");

	err[size - 1] = '\0'; /* which a stream that is full leaves out */
	if (!out)
		return -ENOMEM;
	fputs("nothing to compare: no class of operations is in every capture; A has ", out);
	put_classes(c, SIDE_A, out);
	fputs(", B has ", out);
	put_classes(c, SIDE_B, out);
	fclose(out);
	return -ENODATA;
}

int compare_run(struct comparison *c, char *err, size_t size)
{
	struct analysis *a = calloc(1, sizeof(*a));
	int rc = a ? 0 : -ENOMEM;

	for (int side = 0; !rc && side < NR_SIDES; side++) {
		a->c = c;
		rc = resampler_init(&a->resampler[side], c->side[side].files->nr, side + 1);
	}
	for (int class = 0; !rc && class < NR_CLASSES; class ++) {
		count_class(c, class);
		if (!c->class[class].compared)
			continue;
		compare_class(a, class);
		insert(c, class);
	}
	for (int side = 0; a && side < NR_SIDES; side++)
		resampler_free(&a->resampler[side]);
	free(a);
	if (rc)
		snprintf(err, size, "%s", strerror(-rc));
	return rc || c->nr ? rc : nothing_in_common(c, err, size);
}

bool difference_shows(const struct difference *d)
{
	return d->has_interval && (d->low > 0 || d->high < 0);
}

static void charge(struct account *a, enum change change, enum stage stage, double part)
{
	a->sum[change] += part;
	a->stage[change][stage] += part;
}

/* A stage's, with those of the async stages that do its work. */
struct work {
	double exposed, hidden; /* what shows of their change */
	bool gone;		/* B has none of it, in no track */
};

/* How much moved, and how much it changed. */
static void charge_work(struct account *a, enum stage stage, const struct work *w)
{
	double exposed = w->exposed, hidden = w->hidden;
	double moved =
		exposed < 0 ? fmin(-exposed, fmax(hidden, 0)) : fmin(exposed, fmax(-hidden, 0));

	if (exposed < 0) {
		charge(a, CHANGE_HIDDEN, stage, -moved);
		charge(a, w->gone ? CHANGE_REMOVED : CHANGE_CHEAPER, stage, exposed + moved);
	} else {
		charge(a, CHANGE_EXPOSED, stage, moved);
		charge(a, CHANGE_DEARER, stage, exposed - moved);
	}
}

static double change_of(const struct difference *d)
{
	return d->of[SIDE_B] - d->of[SIDE_A];
}

static bool is_work(enum stage stage)
{
	return stage != STAGE_PROBES && !stage_is_device(stage) && !stage_is_wait(stage);
}

static void add_work(struct work *w, const struct difference *exposed,
		     const struct difference *hidden)
{
	w->exposed += difference_shows(exposed) ? change_of(exposed) : 0;
	w->hidden += difference_shows(hidden) ? change_of(hidden) : 0;
	w->gone &= !exposed->of[SIDE_B] && !hidden->of[SIDE_B];
}

void account(const struct class_comparison *class, struct account *a)
{
	struct work work[NR_STAGES];

	memset(a, 0, sizeof(*a));
	for (enum stage i = 0; i < NR_STAGES; i++)
		work[i] = (struct work){ .gone = true };
	for (enum stage i = 0; i < NR_STAGES; i++) {
		const struct difference *e = &class->row[TRACK_EXPOSED][i][FIGURE_MEAN];
		const struct difference *h = &class->row[TRACK_HIDDEN][i][FIGURE_MEAN];

		if (is_work(i))
			add_work(&work[stage_work(i)], e, h);
		if (i == STAGE_PROBES)
			charge(a, CHANGE_PROBES, i, change_of(e));
		else if (!difference_shows(e))
			charge(a, CHANGE_CHANCE, i, change_of(e));
		else if (stage_is_device(i))
			charge(a, CHANGE_DEVICE, i, change_of(e));
		else if (stage_is_wait(i))
			charge(a, CHANGE_WAITS, i, change_of(e));
	}
	for (enum stage i = 0; i < NR_STAGES; i++)
		charge_work(a, i, &work[i]);
}

int compare_captures(struct comparison **c, const struct side_files files[NR_SIDES],
		     bool allow_mismatch, char *err, size_t size)
{
	int rc;

	*c = calloc(1, sizeof(**c));
	if (!*c) {
		snprintf(err, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	rc = compare_open(*c, files, allow_mismatch, err, size);
	return rc ? rc : compare_run(*c, err, size);
}

void compare_free(struct comparison *c)
{
	if (c)
		compare_close(c);
	free(c);
}
