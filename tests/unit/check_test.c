// SPDX-License-Identifier: GPL-2.0-only
/* The gate: each rule by itself, and how often it is wrong, by simulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check_render.h"
#include "runs.h"

#define PAIRS 100

static char err[COMPARE_ERROR];

/* Runs c with the rules; rules end with NULL. */
static void run(struct check *check, struct comparison *c, const char *const *rules)
{
	struct thresholds t;

	thresholds_init(&t);
	for (; *rules; rules++)
		assert_int_equal(thresholds_rule(&t, *rules, err, sizeof(err)), 0);
	thresholds_complete(&t, c->unit);
	assert_int_equal(compare_run(c, err, sizeof(err)), 0);
	assert_int_equal(check_run(check, c, &t), 0);
}

static const char *const defaults[] = { NULL };

static const struct judgement *find(const struct check *check, unsigned int row, enum figure figure)
{
	for (size_t i = 0; i < check->nr; i++) {
		const struct judgement *j = &check->judgements[i];

		if (j->class == CLASS_READ_MISS && j->row == row && j->figure == figure)
			return j;
	}
	fail_msg("not judged: %d %s", row, figure_name[figure]);
	return NULL;
}

/* Of nr runs a side, whose total is what a and b say, give or take spread. */
static void run_total(struct check *check, struct comparison *c, struct side_files *files,
		      const char *unit, size_t nr, double a, double b, double spread)
{
	runs_open(c, files, unit, nr, nr);
	for (size_t i = 0; i < nr; i++) {
		double offset = nr > 1 ? spread * (2.0 * i / (nr - 1) - 1) : 0;

		runs_set(c, SIDE_A, i, CLASS_READ_MISS, ROW_LATENCY, a + offset);
		runs_set(c, SIDE_B, i, CLASS_READ_MISS, ROW_LATENCY, b + offset);
	}
	run(check, c, defaults);
}

static void assert_total(const char *unit, size_t nr, double a, double b, double spread,
			 enum verdict verdict, enum doubt doubt)
{
	enum figure figure = strcmp(unit, "ns") ? FIGURE_TRIMMED : FIGURE_P50;
	struct side_files files[NR_SIDES];
	const struct judgement *j;
	struct comparison c;
	struct check check;

	run_total(&check, &c, files, unit, nr, a, b, spread);
	j = find(&check, ROW_LATENCY, figure);
	if (j->verdict != verdict || j->doubt != doubt)
		fail_msg("%zu runs, %g to %g %s: %s (%s)", nr, a, b, unit, verdict_name[j->verdict],
			 doubt_name[j->doubt]);
	check_free(&check);
	compare_close(&c);
}

static void test_ns(void **state)
{
	(void)state;
	assert_total("ns", 10, 20000, 20000, 100, VERDICT_PASS, DOUBT_NONE);
	assert_total("ns", 10, 20000, 10000, 100, VERDICT_PASS, DOUBT_NONE);
	assert_total("ns", 10, 20000, 20800, 100, VERDICT_PASS, DOUBT_NONE);
	assert_total("ns", 10, 20000, 22000, 100, VERDICT_REGRESSION, DOUBT_NONE);
	assert_total("ns", 6, 20000, 22000, 100, VERDICT_REGRESSION, DOUBT_NONE);
	/* not significant is not a pass */
	assert_total("ns", 10, 20000, 20500, 4000, VERDICT_INCONCLUSIVE, DOUBT_INTERVAL);
	assert_total("ns", 5, 20000, 40000, 100, VERDICT_INCONCLUSIVE, DOUBT_RUNS);
	assert_total("ns", 1, 20000, 20000, 0, VERDICT_INCONCLUSIVE, DOUBT_RUNS);
	/* below the floor, whatever the ratio; at the floor, too */
	assert_total("ns", 10, 100, 140, 1, VERDICT_PASS, DOUBT_NONE);
	assert_total("ns", 10, 100, 300, 1, VERDICT_REGRESSION, DOUBT_NONE);
	/* a stage that was not there */
	assert_total("ns", 10, 0, 300, 0, VERDICT_REGRESSION, DOUBT_NONE);
}

static void test_insn(void **state)
{
	(void)state;
	assert_total("insn", 1, 28008, 28008, 0, VERDICT_PASS, DOUBT_NONE);
	assert_total("insn", 1, 28008, 28036, 0, VERDICT_PASS, DOUBT_NONE);
	assert_total("insn", 1, 28008, 28037, 0, VERDICT_REGRESSION, DOUBT_NONE);
	assert_total("insn", 1, 28008, 20000, 0, VERDICT_PASS, DOUBT_NONE);
	assert_total("insn", 1, 1000, 1016, 0, VERDICT_PASS, DOUBT_NONE);
	assert_total("insn", 1, 1000, 1017, 0, VERDICT_REGRESSION, DOUBT_NONE);
	assert_total("insn", 3, 28008, 28092, 14, VERDICT_REGRESSION, DOUBT_NONE);
	assert_total("insn", 3, 28008, 28092, 500, VERDICT_INCONCLUSIVE, DOUBT_OVERLAP);
}

/* One instruction more can move a percentile by a whole bucket. */
static void test_bucket_edge(void **state)
{
	struct side_files files[NR_SIDES];
	struct comparison c;
	struct check check;

	(void)state;
	runs_open(&c, files, "insn", 1, 1);
	runs_set(&c, SIDE_A, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
	runs_set(&c, SIDE_B, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
	*runs_value(&c, SIDE_A, 0, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY, FIGURE_P50) =
		hist_middle(hist_bucket(28008));
	*runs_value(&c, SIDE_B, 0, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY, FIGURE_P50) =
		hist_middle(hist_bucket(28008) + 1);
	run(&check, &c, defaults);
	assert_int_equal(find(&check, ROW_LATENCY, FIGURE_P50)->verdict, VERDICT_PASS);
	check_free(&check);
	compare_close(&c);
}

/* What is not in both is no pass, unless it is rare. */
static void assert_other_class(uint64_t hits, double length, enum verdict verdict)
{
	struct side_files files[NR_SIDES];
	struct comparison c;
	struct check check;

	runs_open(&c, files, "insn", 1, 1);
	runs_set(&c, SIDE_A, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
	runs_set(&c, SIDE_B, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
	runs_set(&c, SIDE_A, 0, CLASS_READ_HIT, ROW_LATENCY, length);
	c.side[SIDE_A].runs[0].count[CLASS_READ_HIT] = hits;
	run(&check, &c, defaults);
	assert_int_equal(check.verdict, verdict);
	check_free(&check);
	compare_close(&c);
}

static void test_other_class(void **state)
{
	(void)state;
	assert_other_class(0, 0, VERDICT_PASS);
	assert_other_class(5, 28008, VERDICT_PASS);
	assert_other_class(50, 28008, VERDICT_INCONCLUSIVE);
	/* by time, not by number */
	assert_other_class(50, 2000, VERDICT_PASS);
	assert_other_class(5, 280080, VERDICT_INCONCLUSIVE);
}

/* Of a hundred operations one or less stalls: no percentile knows. */
static void test_stalls(void **state)
{
	struct side_files files[NR_SIDES];
	const struct judgement *j;
	struct comparison c;
	struct check check;

	(void)state;
	runs_open(&c, files, "ns", 10, 10);
	for (size_t i = 0; i < 10; i++) {
		runs_set(&c, SIDE_A, i, CLASS_READ_MISS, ROW_LATENCY, 40000 + 10 * i);
		runs_set(&c, SIDE_B, i, CLASS_READ_MISS, ROW_LATENCY, 40000 + 10 * i);
		*runs_value(&c, SIDE_B, i, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY,
			    FIGURE_MEAN) = 160000 + 10 * i;
	}
	run(&check, &c, defaults);
	j = find(&check, ROW_LATENCY, FIGURE_MEAN);
	assert_int_equal(j->verdict, VERDICT_REGRESSION);
	assert_int_equal(check.nr_of[VERDICT_REGRESSION], 1);
	check_free(&check);
	compare_close(&c);
}

/* The median of a few operations is luck in the instruction clock, too. */
static void assert_few(uint64_t misses, uint64_t hits, enum verdict verdict)
{
	struct side_files files[NR_SIDES];
	struct comparison c;
	struct check check;

	runs_open(&c, files, "insn", 1, 1);
	for (int side = 0; side < NR_SIDES; side++) {
		runs_set(&c, side, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
		runs_set(&c, side, 0, CLASS_READ_HIT, ROW_LATENCY, 28008 * (side + 1));
		c.side[side].runs[0].count[CLASS_READ_MISS] = misses;
		c.side[side].runs[0].count[CLASS_READ_HIT] = hits;
	}
	run(&check, &c, defaults);
	assert_int_equal(check.verdict, verdict);
	check_free(&check);
	compare_close(&c);
}

static void test_few(void **state)
{
	(void)state;
	assert_few(1000, 100, VERDICT_REGRESSION);
	assert_few(1000, 29, VERDICT_INCONCLUSIVE);
	assert_few(10000, 29, VERDICT_PASS);
}

/* What was dropped may be just what has become slower. */
static void test_dropped(void **state)
{
	struct side_files files[NR_SIDES];

	(void)state;
	for (uint64_t dropped = 10; dropped < 12; dropped++) {
		struct comparison c;
		struct check check;

		runs_open(&c, files, "insn", 1, 1);
		runs_set(&c, SIDE_A, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
		runs_set(&c, SIDE_B, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
		c.side[SIDE_B].seen = 1000;
		c.side[SIDE_B].dropped = dropped;
		run(&check, &c, defaults);
		assert_int_equal(check.verdict,
				 dropped == 10 ? VERDICT_PASS : VERDICT_INCONCLUSIVE);
		check_free(&check);
		compare_close(&c);
	}
}

static void test_off(void **state)
{
	static const char *const rules[] = { "*=off", NULL };
	struct side_files files[NR_SIDES];
	struct comparison c;
	struct check check;

	(void)state;
	runs_open(&c, files, "insn", 1, 1);
	runs_set(&c, SIDE_A, 0, CLASS_READ_MISS, ROW_LATENCY, 28008);
	runs_set(&c, SIDE_B, 0, CLASS_READ_MISS, ROW_LATENCY, 50000);
	run(&check, &c, rules);
	/* nothing judged is nothing passed */
	assert_int_equal(check.nr, 0);
	assert_int_equal(check.verdict, VERDICT_INCONCLUSIVE);
	check_free(&check);
	compare_close(&c);
}

static const struct {
	enum stage stage;
	double length;
} stages[] = {
	{ STAGE_SYSCALL_ENTRY, 270 }, { STAGE_CACHE_LOOKUP, 360 },     { STAGE_PAGE_ALLOC, 250 },
	{ STAGE_CACHE_INSERT, 390 },  { STAGE_BLOCK_MAP, 310 },	       { STAGE_BIO_SUBMIT, 280 },
	{ STAGE_REQUEST, 1520 },      { STAGE_DRIVER_SUBMIT, 240 },    { STAGE_DEVICE, 16000 },
	{ STAGE_IRQ, 620 },	      { STAGE_REQUEST_COMPLETE, 480 }, { STAGE_WAKEUP, 1300 },
	{ STAGE_COPY_TO_USER, 340 },  { STAGE_SYSCALL_EXIT, 160 },
};

#define NR_SIMULATED (sizeof(stages) / sizeof(*stages))

/*
 * One run of a made-up workload: every stage varies by itself from run to run, and all of
 * them together; percentiles more than the mean. planted: what one stage takes longer.
 */
static void simulate_ns(struct comparison *c, enum side_id side, size_t run, size_t where,
			double planted)
{
	double machine = exp(0.03 * runs_normal()), total[NR_FIGURES] = { 0 };

	for (size_t i = 0; i < NR_SIMULATED; i++) {
		static const double at[NR_FIGURES] = { 0.97, 1, 0.98, 2.5 };
		static const double spread[NR_FIGURES] = { 0.03, 0.04, 0.03, 0.06 };

		for (int figure = 0; figure < NR_FIGURES; figure++) {
			double length = stages[i].length * (i == where ? planted : 1);
			double value =
				length * at[figure] * machine * exp(spread[figure] * runs_normal());

			*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, stages[i].stage,
				    figure) = value;
			total[figure] += value;
		}
	}
	for (int figure = 0; figure < NR_FIGURES; figure++)
		*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY, figure) =
			total[figure];
}

/* In the instruction clock medians repeat within some 5 instructions of 28,000. */
static void simulate_insn(struct comparison *c, enum side_id side, size_t run, size_t where,
			  double planted)
{
	double total = 0;

	for (size_t i = 0; i < NR_SIMULATED; i++) {
		double mean = stages[i].length + runs_normal() + (i == where ? planted : 0);
		double p50 = hist_middle(hist_bucket(mean));

		*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, stages[i].stage,
			    FIGURE_MEAN) = mean;
		*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, stages[i].stage,
			    FIGURE_TRIMMED) = mean;
		*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, stages[i].stage,
			    FIGURE_P50) = p50;
		total += mean;
	}
	*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY, FIGURE_TRIMMED) =
		total;
	*runs_value(c, side, run, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY, FIGURE_P50) =
		hist_middle(hist_bucket(total));
}

struct outcome {
	size_t regressions; /* pairs with any */
	size_t found;	    /* pairs with one in the stage that has it planted */
	size_t elsewhere;   /* pairs with one in any other stage */
	size_t passed;
};

static void count(const struct check *check, size_t where, struct outcome *o)
{
	bool found = false, elsewhere = false;

	for (size_t i = 0; i < check->nr; i++) {
		const struct judgement *j = &check->judgements[i];

		if (j->verdict != VERDICT_REGRESSION || j->row == ROW_LATENCY)
			continue;
		if (j->row == stages[where].stage)
			found = true;
		else
			elsewhere = true;
	}
	o->regressions += check->verdict == VERDICT_REGRESSION;
	o->passed += check->verdict == VERDICT_PASS;
	o->found += found;
	o->elsewhere += elsewhere;
}

/* PAIRS pairs of nr runs a side; in B, stages[where] is by planted longer. */
static struct outcome simulate(const char *unit, size_t nr, size_t where, double planted,
			       const char *const *rules)
{
	bool exact = !strcmp(unit, "insn");
	struct outcome o = { 0 };

	sample_state = 1;
	for (size_t pair = 0; pair < PAIRS; pair++) {
		struct side_files files[NR_SIDES];
		struct comparison c;
		struct check check;

		runs_open(&c, files, unit, nr, nr);
		for (size_t i = 0; i < nr; i++) {
			if (exact) {
				simulate_insn(&c, SIDE_A, i, where, 0);
				simulate_insn(&c, SIDE_B, i, where, planted);
			} else {
				simulate_ns(&c, SIDE_A, i, where, 1);
				simulate_ns(&c, SIDE_B, i, where, planted);
			}
		}
		run(&check, &c, rules);
		count(&check, where, &o);
		check_free(&check);
		compare_close(&c);
	}
	print_message("%s, %zu runs a side, %g planted: of %d pairs %zu with a regression, %zu "
		      "with it where it is, %zu with one elsewhere, %zu passed\n",
		      unit, nr, planted, PAIRS, o.regressions, o.found, o.elsewhere, o.passed);
	return o;
}

/*
 * The same on both sides: false regressions, of the family of all figures, in at most 5 %
 * of the pairs - even where no limit and no floor helps the statistics.
 */
static void test_same(void **state)
{
	static const char *const strict[] = { "*=0%", "floor=0", NULL };

	(void)state;
	assert_true(simulate("ns", 10, 0, 1, defaults).regressions == 0);
	assert_true(simulate("ns", 10, 0, 1, strict).regressions <= PAIRS / 20);
	assert_true(simulate("ns", 7, 0, 1, strict).regressions <= PAIRS / 20);
	assert_true(simulate("insn", 1, 0, 0, defaults).regressions == 0);
	assert_true(simulate("insn", 3, 0, 0, defaults).passed == PAIRS);
}

/* What is there is found, in the stage where it is. */
static void test_planted(void **state)
{
	struct outcome o;

	(void)state;
	o = simulate("ns", 10, 6, 1.25, defaults);
	assert_true(o.found >= PAIRS * 95 / 100 && o.elsewhere == 0);
	/* 0.3 % of a total of 22,520 instructions */
	for (size_t where = 0; where < NR_SIMULATED; where++) {
		o = simulate("insn", 1, where, 68, defaults);
		assert_true(o.found == PAIRS && o.elsewhere == 0);
	}
	o = simulate("insn", 3, 6, 68, defaults);
	assert_true(o.found == PAIRS && o.elsewhere == 0 && o.regressions == PAIRS);
}

static char *rendered(const struct check *check,
		      void (*render)(const struct check *check, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	render(check, out);
	fclose(out);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_rendered(void **state)
{
	struct side_files files[NR_SIDES];
	struct comparison c;
	struct check check;
	char *text;

	(void)state;
	runs_open(&c, files, "insn", 1, 1);
	for (int side = 0; side < NR_SIDES; side++) {
		runs_set(&c, side, 0, CLASS_READ_MISS, ROW_LATENCY, 28008 + 84 * side);
		runs_set(&c, side, 0, CLASS_READ_MISS, STAGE_REQUEST, 520 + 84 * side);
		runs_set(&c, side, 0, CLASS_READ_MISS, STAGE_DEVICE, 16000);
	}
	run(&check, &c, defaults);
	text = rendered(&check, check_text);
	assert_has(text, "regression: 3 of 6 figures: read · buffered miss, total trimmed 28008 → "
			 "28092 insn, +0.30 % (limit 0.1 %); request p50 520 → 604 insn, +16 % "
			 "(limit 3.08 %).\n");
	assert_null(strstr(text, "µs"));
	free(text);
	text = rendered(&check, check_junit);
	assert_has(text, "<testsuites name=\"iostage check\" tests=\"6\" failures=\"3\" ");
	assert_has(text,
		   "<testcase classname=\"iostage.read.buffered.miss\" "
		   "name=\"request.trimmed\">\n      <failure message=\"request trimmed 520 → ");
	assert_has(text, "name=\"device.p50\"/>\n");
	free(text);
	text = rendered(&check, check_markdown);
	assert_has(text, "### iostage: regression\n\nregression: 3 of 6 figures");
	assert_has(text, "| read · buffered miss | request | trimmed | 520 | 604 insn | +16 % |  | "
			 "3.08 % |\n");
	assert_has(text, "<details><summary>pass: 3 figures</summary>\n");
	free(text);
	check_free(&check);
	compare_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ns),	    cmocka_unit_test(test_insn),
		cmocka_unit_test(test_bucket_edge), cmocka_unit_test(test_other_class),
		cmocka_unit_test(test_stalls),	    cmocka_unit_test(test_few),
		cmocka_unit_test(test_dropped),	    cmocka_unit_test(test_off),
		cmocka_unit_test(test_same),	    cmocka_unit_test(test_planted),
		cmocka_unit_test(test_rendered),
	};

	setenv("LC_ALL", "C.UTF-8", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
