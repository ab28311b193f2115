// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ranks.h"

/* A class with a smaller part of both sides' time may be too rare to be judged. */
#define RARE 0.01
/* With a larger part of a side's operations dropped, the others may not stand for all. */
#define LOSSY 0.01

const char *const verdict_name[NR_VERDICTS] = {
	[VERDICT_PASS] = "pass",
	[VERDICT_INCONCLUSIVE] = "inconclusive",
	[VERDICT_REGRESSION] = "regression",
};

const char *const doubt_name[NR_DOUBTS] = {
	[DOUBT_NONE] = "",
	[DOUBT_RUNS] = "too few runs a side",
	[DOUBT_OPERATIONS] = "too few operations in a run; p99 takes 299, any other 30",
	[DOUBT_CLASS] = "not in every capture",
	[DOUBT_DROPPED] = "more than 1 % of a side's operations were dropped",
	[DOUBT_INTERVAL] = "the interval reaches beyond the limit",
	[DOUBT_CHANCE] = "beyond the limit, but chance is not excluded",
	[DOUBT_OVERLAP] = "beyond the limit, but runs of A and B overlap",
};

const char *judged_name(const struct judgement *j)
{
	return j->row == ROW_LATENCY ? "total" : stage_name[j->row];
}

static void decide(struct judgement *j, enum verdict verdict, enum doubt doubt)
{
	j->verdict = verdict;
	j->doubt = doubt;
}

/* Whether the lowest of B is above the highest of A. */
static bool apart(const struct comparison *c, const struct judgement *j)
{
	double values[RESAMPLE_RUNS], highest = 0, lowest = INFINITY;
	size_t nr;

	nr = compare_values(c, SIDE_A, j->class, TRACK_EXPOSED, j->row, j->figure, values);
	while (nr--)
		highest = fmax(highest, values[nr]);
	nr = compare_values(c, SIDE_B, j->class, TRACK_EXPOSED, j->row, j->figure, values);
	while (nr--)
		lowest = fmin(lowest, values[nr]);
	return lowest > highest;
}

static double change_of(const struct difference *d)
{
	return d->of[SIDE_B] - d->of[SIDE_A];
}

/* A percentile that moved to the next bucket may have moved by one instruction. */
static double least_change(const struct judgement *j)
{
	return fmax(j->floor, difference_error(j->d, j->figure));
}

double judged_allowance(const struct judgement *j)
{
	return fmax(fmax(least_change(j), j->d->unsteady), j->limit * j->d->of[SIDE_A]);
}

static void judge_exact(const struct comparison *c, struct judgement *j)
{
	if (change_of(j->d) <= judged_allowance(j))
		decide(j, VERDICT_PASS, DOUBT_NONE);
	else if (apart(c, j))
		decide(j, VERDICT_REGRESSION, DOUBT_NONE);
	else
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_OVERLAP);
}

/* Where j->p is known. */
static void judge_tested(struct judgement *j)
{
	const struct difference *d = j->d;
	double most = 1 + j->limit;

	if (d->ratio_high <= most || d->high <= j->floor)
		decide(j, VERDICT_PASS, DOUBT_NONE);
	else if (d->ratio_low <= most || change_of(d) <= least_change(j))
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_INTERVAL);
	else if (j->p > CHECK_LEVEL)
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_CHANCE);
	else
		decide(j, VERDICT_REGRESSION, DOUBT_NONE);
}

static bool enough_runs(const struct comparison *c)
{
	return c->side[SIDE_A].files->nr >= CHECK_RUNS && c->side[SIDE_B].files->nr >= CHECK_RUNS;
}

static bool is_lossy(const struct comparison *c)
{
	for (int side = 0; side < NR_SIDES; side++) {
		if (c->side[side].dropped > LOSSY * c->side[side].seen)
			return true;
	}
	return false;
}

static void test(const struct comparison *c, struct judgement *j)
{
	double a[RESAMPLE_RUNS], b[RESAMPLE_RUNS];
	size_t nr_a, nr_b;

	nr_a = compare_values(c, SIDE_A, j->class, TRACK_EXPOSED, j->row, j->figure, a);
	nr_b = compare_values(c, SIDE_B, j->class, TRACK_EXPOSED, j->row, j->figure, b);
	j->p = rank_test(a, nr_a, b, nr_b);
	j->tested = true;
}

/* What of it can be said before the family is known. */
static void judge(const struct check *check, struct judgement *j)
{
	const struct comparison *c = check->c;

	if (!c->class[j->class].compared)
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_CLASS);
	else if (is_lossy(c))
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_DROPPED);
	else if (!check->exact && !enough_runs(c))
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_RUNS);
	else if (!j->d->has_interval)
		decide(j, VERDICT_INCONCLUSIVE, DOUBT_OPERATIONS);
	else if (check->exact)
		judge_exact(c, j);
	else
		test(c, j);
}

/* Of so many, as a family: how many runs a side could show that one differs? */
static size_t runs_needed(size_t nr)
{
	size_t runs = CHECK_RUNS;

	while (rank_test_least(runs, runs) * nr > CHECK_LEVEL)
		runs++;
	return runs;
}

static int judge_family(struct check *check)
{
	const struct comparison *c = check->c;
	double *p = calloc(check->nr + 1, sizeof(*p));
	size_t nr = 0, family = 0;
	int rc;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < check->nr; i++) {
		if (check->judgements[i].tested)
			p[nr++] = check->judgements[i].p;
		family += check->judgements[i].tested || check->judgements[i].doubt == DOUBT_RUNS;
	}
	rc = holm(p, nr);
	if (family &&
	    (!enough_runs(c) ||
	     rank_test_least(c->side[SIDE_A].files->nr, c->side[SIDE_B].files->nr) * family >
		     CHECK_LEVEL))
		check->runs_needed = runs_needed(family);
	nr = 0;
	for (size_t i = 0; !rc && i < check->nr; i++) {
		if (!check->judgements[i].tested)
			continue;
		check->judgements[i].p = p[nr++];
		judge_tested(&check->judgements[i]);
	}
	free(p);
	return rc;
}

static double time_of(const struct side *s, enum op_class class)
{
	double sum = 0;

	for (size_t i = 0; i < s->files->nr; i++)
		sum += s->runs[i].count[class] *
		       s->runs[i].value[class][TRACK_EXPOSED][ROW_LATENCY][FIGURE_MEAN];
	return sum;
}

/* A few operations can be most of the time: fsyncs among reads, misses among hits. */
static bool is_rare(const struct comparison *c, enum op_class class)
{
	for (int side = 0; side < NR_SIDES; side++) {
		double all = 0;

		for (int i = 0; i < NR_CLASSES; i++)
			all += time_of(&c->side[side], i);
		if (time_of(&c->side[side], class) > RARE * all)
			return false;
	}
	return true;
}

static void add(struct check *check, const struct thresholds *t, enum op_class class,
		unsigned int row, enum figure figure)
{
	const struct class_comparison *k = &check->c->class[class];
	struct judgement *j = &check->judgements[check->nr];

	*j = (struct judgement){
		.class = class,
		.row = row,
		.figure = figure,
		.d = &k->row[TRACK_EXPOSED][row][figure],
		.limit = t->limit[row][figure],
		.floor = t->floor[row],
	};
	if (isinf(j->limit))
		return;
	judge(check, j);
	if (j->doubt != DOUBT_OPERATIONS || !is_rare(check->c, class))
		check->nr++;
}

/* Whether any run of either side has a value other than 0: without, there is nothing to judge. */
static bool has_values(const struct comparison *c, enum op_class class, unsigned int row,
		       enum figure figure)
{
	for (int side = 0; side < NR_SIDES; side++) {
		double values[RESAMPLE_RUNS];
		size_t nr = compare_values(c, side, class, TRACK_EXPOSED, row, figure, values);

		while (nr--) {
			if (values[nr] > 0)
				return true;
		}
	}
	return false;
}

/* The total first. Of a class that some capture has not, there is only the total. */
static void add_class(struct check *check, const struct thresholds *t, enum op_class class)
{
	const struct class_comparison *k = &check->c->class[class];

	if (!k->compared) {
		if (!is_rare(check->c, class))
			add(check, t, class, ROW_LATENCY, FIGURE_P50);
		return;
	}
	for (int figure = 0; figure < NR_FIGURES; figure++)
		add(check, t, class, ROW_LATENCY, figure);
	for (int stage = 0; stage < NR_STAGES; stage++) {
		for (int figure = 0; figure < NR_FIGURES; figure++) {
			if (has_values(check->c, class, stage, figure))
				add(check, t, class, stage, figure);
		}
	}
}

/* A gate that has judged nothing has not passed. */
static void summarise(struct check *check)
{
	check->verdict = check->nr ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
	for (size_t i = 0; i < check->nr; i++) {
		const struct judgement *j = &check->judgements[i];

		check->nr_of[j->verdict]++;
		check->nr_doubted[j->doubt]++;
		if (j->verdict > check->verdict)
			check->verdict = j->verdict;
	}
}

int check_run(struct check *check, const struct comparison *c, const struct thresholds *t)
{
	int rc;

	memset(check, 0, sizeof(*check));
	check->c = c;
	check->exact = !strcmp(c->unit, "insn");
	check->judgements =
		calloc(NR_CLASSES * NR_CLASS_ROWS * NR_FIGURES, sizeof(*check->judgements));
	if (!check->judgements)
		return -ENOMEM;
	for (size_t i = 0; i < c->nr; i++)
		add_class(check, t, c->order[i]);
	for (int class = 0; class < NR_CLASSES; class ++) {
		if (!c->class[class].compared)
			add_class(check, t, class);
	}
	rc = judge_family(check);
	if (!rc)
		summarise(check);
	return rc;
}

void check_free(struct check *check)
{
	free(check->judgements);
	memset(check, 0, sizeof(*check));
}
