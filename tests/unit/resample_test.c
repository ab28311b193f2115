// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resample.h"
#include "runs.h"

static void test_median(void **state)
{
	static const double values[] = { 5, 1, 4, 2, 3, 100 };

	(void)state;
	assert_true(median(values, 1) == 5);
	assert_true(median(values, 2) == 3);
	assert_true(median(values, 5) == 3);
	assert_true(median(values, 6) == 3.5);
}

static void medians_of(size_t nr, uint64_t seed, const double *values, double *medians)
{
	struct resampler r;

	assert_int_equal(resampler_init(&r, nr, seed), 0);
	resample_medians(&r, values, medians);
	resampler_free(&r);
}

static void test_deterministic(void **state)
{
	static const double values[] = { 5, 1, 4, 2, 3, 100, 7, 8 };
	double first[RESAMPLES], again[RESAMPLES], other[RESAMPLES];

	(void)state;
	medians_of(8, 1, values, first);
	medians_of(8, 1, values, again);
	medians_of(8, 2, values, other);
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, other, sizeof(first));
}

/* A median is one of the values, or the middle of two; of one run it is that run. */
static void test_range(void **state)
{
	static const double values[] = { 9, 9, 9, 12, 15 };
	double medians[RESAMPLES];

	(void)state;
	medians_of(1, 1, values, medians);
	for (size_t i = 0; i < RESAMPLES; i++)
		assert_true(medians[i] == 9);
	medians_of(5, 1, values, medians);
	for (size_t i = 0; i < RESAMPLES; i++)
		assert_true(medians[i] == 9 || medians[i] == 12 || medians[i] == 15);
}

/* The order of the runs is no information. */
static void test_order(void **state)
{
	static const double up[] = { 1, 2, 3, 4, 5, 6, 7 }, down[] = { 7, 6, 5, 4, 3, 2, 1 };
	double of_up[RESAMPLES], of_down[RESAMPLES], low[2], high[2];

	(void)state;
	medians_of(7, 1, up, of_up);
	medians_of(7, 1, down, of_down);
	resample_interval(of_up, &low[0], &high[0]);
	resample_interval(of_down, &low[1], &high[1]);
	assert_true(low[0] == 2 && high[0] == 6);
	assert_true(low[1] == 2 && high[1] == 6);
}

static void test_most_runs(void **state)
{
	double values[RESAMPLE_RUNS], medians[RESAMPLES], low, high;

	(void)state;
	for (size_t i = 0; i < RESAMPLE_RUNS; i++)
		values[i] = i;
	medians_of(RESAMPLE_RUNS, 1, values, medians);
	resample_interval(medians, &low, &high);
	assert_true(low > 100 && low < 128 && high > 128 && high < 155);
}

static void test_interval(void **state)
{
	double values[RESAMPLES], low, high;

	(void)state;
	for (int n = 0; n < 3; n++) {
		for (size_t i = 0; i < RESAMPLES; i++)
			values[i] = n == 0 ? i : n == 1 ? RESAMPLES - 1 - i : i * 7 % RESAMPLES;
		resample_interval(values, &low, &high);
		assert_true(low == 50 && high == 1949);
	}
	for (size_t i = 0; i < RESAMPLES; i++)
		values[i] = i % 2 ? INFINITY : 1;
	resample_interval(values, &low, &high);
	assert_true(low == 1 && isinf(high));
}

/*
 * What a 95 % interval is: it holds the true value 95 times of 100. Runs that vary by
 * 5 %, some of them by much more.
 */
static double coverage(size_t nr)
{
	struct resampler r[2];
	double values[2][RESAMPLE_RUNS], medians[2][RESAMPLES], low, high;
	size_t held = 0, tries = 400;

	for (int side = 0; side < 2; side++)
		assert_int_equal(resampler_init(&r[side], nr, side + 1), 0);
	for (size_t t = 0; t < tries; t++) {
		for (int side = 0; side < 2; side++) {
			for (size_t i = 0; i < nr; i++)
				values[side][i] = exp(0.05 * runs_normal() +
						      (runs_uniform() < 0.1 ? 0.3 : 0));
			resample_medians(&r[side], values[side], medians[side]);
		}
		for (size_t i = 0; i < RESAMPLES; i++)
			medians[0][i] = medians[1][i] - medians[0][i];
		resample_interval(medians[0], &low, &high);
		held += low <= 0 && high >= 0;
	}
	for (int side = 0; side < 2; side++)
		resampler_free(&r[side]);
	print_message("coverage of %zu runs a side: %.1f %%\n", nr, 100.0 * held / tries);
	return (double)held / tries;
}

static void test_coverage(void **state)
{
	(void)state;
	assert_true(coverage(6) >= 0.94);
	assert_true(coverage(10) >= 0.94);
	assert_true(coverage(20) >= 0.94);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median),	  cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_range),	  cmocka_unit_test(test_order),
		cmocka_unit_test(test_most_runs), cmocka_unit_test(test_interval),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
