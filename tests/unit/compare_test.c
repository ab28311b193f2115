// SPDX-License-Identifier: GPL-2.0-only
/* From captures to differences: the figures, their intervals, and what became of the mean. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "compare_render.h"
#include "runs.h"

static char err[COMPARE_ERROR];

static void test_figures(void **state)
{
	struct capture c = { 0 };
	struct run *run = calloc(1, sizeof(*run));
	struct capture_operation *o = &c.operations[CLASS_READ_MISS];

	(void)state;
	assert_non_null(run);
	for (int i = 1; i <= 100; i++)
		hist_add(&o->latency, i);
	/* a tenth of the operations is in the stage: below the 90th percentile it took 0 */
	for (int i = 1; i <= 10; i++)
		hist_add(&o->exposed[STAGE_BLOCKED], i);
	run_reduce(run, &c);
	assert_int_equal(run->count[CLASS_READ_MISS], 100);
	assert_int_equal(run->count[CLASS_READ_HIT], 0);
	double *latency = run->value[CLASS_READ_MISS][TRACK_EXPOSED][ROW_LATENCY];
	double *blocked = run->value[CLASS_READ_MISS][TRACK_EXPOSED][STAGE_BLOCKED];

	assert_true(latency[FIGURE_P50] == 50);
	assert_true(latency[FIGURE_MEAN] == 50.5);
	assert_true(latency[FIGURE_P99] == 99);
	assert_true(blocked[FIGURE_P50] == 0);
	assert_true(blocked[FIGURE_MEAN] == 0.55);
	assert_true(blocked[FIGURE_P99] == 9);
	free(run);
	capture_free(&c);
}

/* The tail is gone, whatever it is like; of the rest not one instruction is lost. */
static void test_trimmed(void **state)
{
	struct run *run = calloc(2, sizeof(*run));

	(void)state;
	assert_non_null(run);
	for (int n = 0; n < 2; n++) {
		struct capture c = { 0 };
		struct hist **latency = &c.operations[CLASS_READ_MISS].latency;

		/* on both sides of a bucket's edge */
		for (int i = 0; i < 900; i++)
			hist_add(latency, 34046 + i % 4 + 84 * n);
		for (int i = 0; i < 100; i++)
			hist_add(latency, i < 60 + n ? 39507 : 60000 + 3000 * i * (2 - n));
		run_reduce(&run[n], &c);
		capture_free(&c);
	}
	double *a = run[0].value[CLASS_READ_MISS][TRACK_EXPOSED][ROW_LATENCY];
	double *b = run[1].value[CLASS_READ_MISS][TRACK_EXPOSED][ROW_LATENCY];

	assert_true(fabs(a[FIGURE_TRIMMED] - 34047.5) < 30);
	assert_true(fabs(b[FIGURE_TRIMMED] - a[FIGURE_TRIMMED] - 84) < 20);
	assert_true(fabs(b[FIGURE_MEAN] - a[FIGURE_MEAN]) > 1000);
	free(run);
}

/* One that hung for an hour is left out whole. */
static void test_trimmed_hang(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	struct capture c = { 0 };

	(void)state;
	assert_non_null(run);
	for (int i = 0; i < 100; i++)
		hist_add(&c.operations[CLASS_READ_MISS].latency, i ? 1000 : 3600000000000);
	run_reduce(run, &c);
	assert_true(run->value[CLASS_READ_MISS][TRACK_EXPOSED][ROW_LATENCY][FIGURE_TRIMMED] ==
		    1000);
	capture_free(&c);
	free(run);
}

static void test_figure_error(void **state)
{
	(void)state;
	assert_true(figure_error(FIGURE_MEAN, 28008) == 0);
	assert_true(figure_error(FIGURE_P50, 100) == 0);
	assert_true(figure_error(FIGURE_P50, 128) == 1);
	assert_true(figure_error(FIGURE_P50, 28008) == 128);
	assert_true(figure_error(FIGURE_P99, 1e18) == 0);
}

static void test_figure_interval(void **state)
{
	struct hist *h = NULL;
	double low, high;

	(void)state;
	for (int i = 1; i <= 100; i++)
		hist_add(&h, i);
	figure_interval(FIGURE_P50, h, 100, &low, &high);
	assert_true(low == 40 && high == 61);
	/* of 1 to 100 the deviation is 28.9: its 95 % over the root of 100 are 5.66 */
	figure_interval(FIGURE_MEAN, h, 100, &low, &high);
	assert_true(fabs(low - (50.5 - 5.66)) < 0.01 && fabs(high - (50.5 + 5.66)) < 0.01);
	/* nine of ten are not in the stage */
	figure_interval(FIGURE_P50, h, 1000, &low, &high);
	assert_true(low == 0 && high == 0);
	figure_interval(FIGURE_P99, h, 100, &low, &high);
	assert_true(low == 97 && high == 100);
	figure_interval(FIGURE_P50, NULL, 100, &low, &high);
	assert_true(low == 0 && high == 0);
	free(h);
}

static struct difference *row(struct comparison *c, unsigned int row, enum figure figure)
{
	return &c->class[CLASS_READ_MISS].row[TRACK_EXPOSED][row][figure];
}

static void test_of_runs(void **state)
{
	struct side_files files[NR_SIDES];
	struct comparison c;

	(void)state;
	runs_open(&c, files, "ns", 9, 9);
	for (size_t i = 0; i < 9; i++) {
		runs_set(&c, SIDE_A, i, CLASS_READ_MISS, ROW_LATENCY, 1000 + i);
		runs_set(&c, SIDE_B, i, CLASS_READ_MISS, ROW_LATENCY, 1200 + i);
		runs_set(&c, SIDE_A, i, CLASS_READ_MISS, STAGE_REQUEST, 0);
		runs_set(&c, SIDE_B, i, CLASS_READ_MISS, STAGE_REQUEST, 200);
	}
	assert_int_equal(compare_run(&c, err, sizeof(err)), 0);
	assert_int_equal(c.nr, 1);
	const struct difference *d = row(&c, ROW_LATENCY, FIGURE_MEAN);

	assert_true(d->of[SIDE_A] == 1004 && d->of[SIDE_B] == 1204);
	assert_true(d->has_interval && d->low >= 194 && d->low < 200);
	assert_true(d->high <= 206 && d->high > 200);
	assert_true(d->has_ratio && d->ratio_low > 1.19 && d->ratio_high < 1.21);
	assert_true(difference_shows(d));
	/* buckets of 16 values each: two medians may be 8 off each */
	d = row(&c, ROW_LATENCY, FIGURE_P50);
	assert_true(d->low >= 194 - 16 && d->low < 200 - 12);
	/* from nothing: no finite ratio, but a difference */
	d = row(&c, STAGE_REQUEST, FIGURE_MEAN);
	assert_true(d->low == 200 && d->high == 200 && isinf(d->ratio_low));
	compare_close(&c);
}

/* Of one run a side, the operations' spread has to do: 5.66 of each mean, joined. */
static void test_of_one_run(void **state)
{
	struct side_files files[NR_SIDES];
	const struct difference *d;
	struct comparison c;

	(void)state;
	runs_open(&c, files, "ns", 1, 1);
	for (int side = 0; side < NR_SIDES; side++) {
		struct capture *first = &c.side[side].first;

		for (int i = 1; i <= 100; i++)
			hist_add(&first->operations[CLASS_READ_MISS].latency,
				 side == SIDE_A ? i : i + 20);
		run_reduce(c.side[side].runs, first);
	}
	assert_int_equal(compare_run(&c, err, sizeof(err)), 0);
	d = row(&c, ROW_LATENCY, FIGURE_MEAN);
	assert_true(fabs(d->low - (20 - 8)) < 0.01 && fabs(d->high - (20 + 8)) < 0.01);
	assert_false(d->has_ratio);
	d = row(&c, ROW_LATENCY, FIGURE_P50);
	assert_true(fabs(d->low - (20 - hypot(10, 11))) < 0.01);
	assert_true(fabs(d->high - (20 + hypot(11, 10))) < 0.01);
	assert_false(row(&c, ROW_LATENCY, FIGURE_P99)->has_interval);
	compare_close(&c);
}

/* The same runs, the same verdicts. */
static void test_deterministic(void **state)
{
	struct side_files files[NR_SIDES];
	struct difference first, again;

	(void)state;
	for (int n = 0; n < 2; n++) {
		struct comparison c;

		sample_state = 42;
		runs_open(&c, files, "ns", 7, 8);
		for (size_t i = 0; i < 8; i++) {
			if (i < 7)
				runs_set(&c, SIDE_A, i, CLASS_READ_MISS, ROW_LATENCY,
					 1000 + 50 * runs_normal());
			runs_set(&c, SIDE_B, i, CLASS_READ_MISS, ROW_LATENCY,
				 1000 + 50 * runs_normal());
		}
		assert_int_equal(compare_run(&c, err, sizeof(err)), 0);
		memcpy(n ? &again : &first, row(&c, ROW_LATENCY, FIGURE_MEAN), sizeof(first));
		compare_close(&c);
	}
	assert_memory_equal(&first, &again, sizeof(first));
}

/* Without an interval where a run has too few operations; not at all without any. */
static void test_too_few(void **state)
{
	struct side_files files[NR_SIDES];
	struct comparison c;

	(void)state;
	runs_open(&c, files, "ns", 2, 2);
	for (size_t i = 0; i < 2; i++) {
		runs_set(&c, SIDE_A, i, CLASS_READ_MISS, ROW_LATENCY, 1000);
		runs_set(&c, SIDE_B, i, CLASS_READ_MISS, ROW_LATENCY, 1000);
		runs_set(&c, SIDE_A, i, CLASS_READ_HIT, ROW_LATENCY, 100);
	}
	c.side[SIDE_B].runs[1].count[CLASS_READ_MISS] = 200;
	assert_int_equal(compare_run(&c, err, sizeof(err)), 0);
	assert_true(row(&c, ROW_LATENCY, FIGURE_P50)->has_interval);
	assert_false(row(&c, ROW_LATENCY, FIGURE_P99)->has_interval);
	assert_false(c.class[CLASS_READ_HIT].compared);
	compare_close(&c);

	runs_open(&c, files, "ns", 1, 1);
	runs_set(&c, SIDE_A, 0, CLASS_READ_MISS, ROW_LATENCY, 1000);
	runs_set(&c, SIDE_B, 0, CLASS_READ_HIT, ROW_LATENCY, 1000);
	assert_int_equal(compare_run(&c, err, sizeof(err)), -ENODATA);
	compare_close(&c);
}

static void set_mean(struct comparison *c, enum side_id side, enum track track, unsigned int row,
		     double value)
{
	for (size_t i = 0; i < 6; i++)
		*runs_value(c, side, i, CLASS_READ_MISS, track, row, FIGURE_MEAN) = value;
}

/* What moved behind the device's back, and what was saved; the sum is the difference. */
static void test_account(void **state)
{
	struct side_files files[NR_SIDES];
	struct comparison c;
	struct account a;
	double sum = 0;

	(void)state;
	runs_open(&c, files, "insn", 6, 6);
	set_mean(&c, SIDE_A, TRACK_EXPOSED, ROW_LATENCY, 28000);
	set_mean(&c, SIDE_B, TRACK_EXPOSED, ROW_LATENCY, 25700);
	set_mean(&c, SIDE_A, TRACK_EXPOSED, STAGE_CACHE_INSERT, 2000);
	set_mean(&c, SIDE_B, TRACK_EXPOSED, STAGE_CACHE_INSERT, 100);
	set_mean(&c, SIDE_B, TRACK_HIDDEN, STAGE_CACHE_INSERT, 1500);
	set_mean(&c, SIDE_A, TRACK_EXPOSED, STAGE_REQUEST, 3000);
	set_mean(&c, SIDE_B, TRACK_EXPOSED, STAGE_REQUEST, 2500);
	set_mean(&c, SIDE_A, TRACK_HIDDEN, STAGE_SWITCH_OUT, 700);
	set_mean(&c, SIDE_B, TRACK_EXPOSED, STAGE_SWITCH_OUT, 800);
	set_mean(&c, SIDE_A, TRACK_EXPOSED, STAGE_DEVICE, 16000);
	set_mean(&c, SIDE_B, TRACK_EXPOSED, STAGE_DEVICE, 15300);
	set_mean(&c, SIDE_A, TRACK_EXPOSED, STAGE_UNATTRIBUTED, 7000);
	set_mean(&c, SIDE_B, TRACK_EXPOSED, STAGE_UNATTRIBUTED, 7000);
	assert_int_equal(compare_run(&c, err, sizeof(err)), 0);
	account(&c.class[CLASS_READ_MISS], &a);
	assert_true(a.sum[CHANGE_HIDDEN] == -1500);
	assert_true(a.stage[CHANGE_HIDDEN][STAGE_CACHE_INSERT] == -1500);
	assert_true(a.sum[CHANGE_CHEAPER] == -400 - 500);
	assert_true(a.sum[CHANGE_EXPOSED] == 700);
	assert_true(a.sum[CHANGE_DEARER] == 100);
	assert_true(a.sum[CHANGE_DEVICE] == -700);
	for (int i = 0; i < NR_CHANGES; i++)
		sum += a.sum[i];
	assert_true(sum == -2300);
	compare_close(&c);
}

static char *sentence(const struct comparison *c)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	put_sentence(c, CLASS_READ_MISS, out);
	fclose(out);
	return text;
}

static void assert_sentence(const char *unit, double a, double b, double b_p50,
			    const char *expected)
{
	struct side_files files[NR_SIDES];
	struct comparison c;
	char *text;

	runs_open(&c, files, unit, 6, 6);
	for (size_t i = 0; i < 6; i++) {
		runs_set(&c, SIDE_A, i, CLASS_READ_MISS, ROW_LATENCY, a);
		runs_set(&c, SIDE_B, i, CLASS_READ_MISS, ROW_LATENCY, b);
		*runs_value(&c, SIDE_B, i, CLASS_READ_MISS, TRACK_EXPOSED, ROW_LATENCY,
			    FIGURE_P50) = b_p50;
	}
	assert_int_equal(compare_run(&c, err, sizeof(err)), 0);
	text = sentence(&c);
	assert_string_equal(text, expected);
	free(text);
	compare_close(&c);
}

static void test_sentence(void **state)
{
	(void)state;
	assert_sentence("ns", 25000, 20000, 20000,
			"read · buffered miss: B takes 20 % less time than A: mean 25.00 → 20.00 "
			"µs, -5.00 (95 % interval -5.00 to -5.00)");
	assert_sentence("ns", 20000, 21000, 20000,
			"read · buffered miss: B takes 5.0 % more time than A: mean 20.00 → 21.00 "
			"µs, +1.00 (95 % interval +1.00 to +1.00)");
	assert_sentence("ns", 20000, 20000, 20000,
			"read · buffered miss: no difference between A and B shows: mean 20.00 → "
			"20.00 µs, +0.00 (95 % interval +0.00 to +0.00)");
	assert_sentence("ns", 20000, 20000, 10000,
			"read · buffered miss: no difference of the mean shows, but B's median is "
			"50 % lower: p50 20.00 → 10.00 µs, -10.00 (95 % interval -10.19 to -9.81)");
	/* instructions are never called anything else */
	assert_sentence("insn", 28008, 28092, 28008,
			"read · buffered miss: B takes 0.30 % more time than A: mean 28008 → 28092 "
			"insn, +84 (95 % interval +84 to +84)");
}

/* Both formats of a comparison with all in it, from real captures; no time unit in insn. */
static void test_insn_everywhere(void **state)
{
	char a[] = "/tmp/iostage-a.XXXXXX", b[] = "/tmp/iostage-b.XXXXXX", *text = NULL;
	struct side_files files[NR_SIDES] = { { { a }, 1 }, { { b }, 1 } };
	struct comparison *c = calloc(1, sizeof(*c));
	struct capture capture;
	size_t size;
	FILE *out;

	(void)state;
	assert_non_null(c);
	sample_capture(&capture);
	free(capture.unit);
	capture.unit = strdup("insn");
	close(mkstemp(a));
	close(mkstemp(b));
	assert_int_equal(capture_write(&capture, a, err, sizeof(err)), 0);
	assert_int_equal(capture_write(&capture, b, err, sizeof(err)), 0);
	assert_int_equal(compare_open(c, files, false, err, sizeof(err)), 0);
	assert_int_equal(compare_run(c, err, sizeof(err)), 0);
	assert_int_equal(c->nr, 3);
	out = open_memstream(&text, &size);
	compare_text(c, out);
	assert_int_equal(compare_json(c, out), 0);
	fclose(out);
	assert_null(strstr(text, "µs"));
	assert_null(strstr(text, " ms"));
	assert_null(strstr(text, " ns"));
	assert_null(strstr(text, "\"ns\""));
	assert_non_null(strstr(text, "stage: mean in insn"));
	free(text);
	capture_free(&capture);
	compare_close(c);
	free(c);
	unlink(a);
	unlink(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),		cmocka_unit_test(test_trimmed),
		cmocka_unit_test(test_trimmed_hang),	cmocka_unit_test(test_figure_error),
		cmocka_unit_test(test_figure_interval), cmocka_unit_test(test_of_runs),
		cmocka_unit_test(test_of_one_run),	cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_too_few),		cmocka_unit_test(test_account),
		cmocka_unit_test(test_sentence),	cmocka_unit_test(test_insn_everywhere),
	};

	setenv("LC_ALL", "C.UTF-8", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
