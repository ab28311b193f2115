// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fit.h"

static const double sizes[] = { 1, 64, 512, 4096, 8192, 16384, 32768, 65536 };
#define NR (sizeof(sizes) / sizeof(*sizes))

static void costs_of(const struct fit *f, double *cost)
{
	for (size_t i = 0; i < NR; i++)
		cost[i] = fit_cost(f, sizes[i]);
}

static void assert_near(double is, double expected)
{
	if (fabs(is - expected) > 1e-6 * (1 + fabs(expected)))
		fail_msg("%g is not %g", is, expected);
}

static void test_cost(void **state)
{
	static const struct fit f = { 200, 0.01, 80 };

	(void)state;
	assert_near(fit_cost(&f, 1), 200.01);
	assert_near(fit_cost(&f, 4096), 240.96);
	assert_near(fit_cost(&f, 4097), 320.97);
	assert_near(fit_cost(&f, 65536), 200 + 655.36 + 15 * 80);
}

/* What is exactly so is found. */
static void test_exact(void **state)
{
	static const struct fit with = { 230, 0.0079, 85 }, without = { 228, 0.0122, 0 };
	double cost[NR];
	struct fit f;

	(void)state;
	costs_of(&without, cost);
	assert_int_equal(fit_points(sizes, cost, NR, false, &f), 0);
	assert_near(f.alpha, 228);
	assert_near(f.beta, 0.0122);
	assert_near(f.gamma, 0);
	assert_near(fit_worst(&f, sizes, cost, NR), 0);
	costs_of(&with, cost);
	assert_int_equal(fit_points(sizes, cost, NR, true, &f), 0);
	assert_near(f.alpha, 230);
	assert_near(f.beta, 0.0079);
	assert_near(f.gamma, 85);
	assert_near(fit_worst(&f, sizes, cost, NR), 0);
}

/* A cost per page is not explained by one per byte, and the residuals say so. */
static void test_misspecified(void **state)
{
	static const struct fit with = { 230, 0.0079, 85 };
	double cost[NR];
	struct fit f;

	(void)state;
	costs_of(&with, cost);
	assert_int_equal(fit_points(sizes, cost, NR, false, &f), 0);
	assert_true(fabs(fit_worst(&f, sizes, cost, NR)) > FIT_GOOD);
}

/* The errors are relative: 10 % of a large cost do not move alpha by 10 %. */
static void test_weights(void **state)
{
	static const struct fit with = { 200, 0.02, 0 };
	double cost[NR];
	struct fit f;

	(void)state;
	costs_of(&with, cost);
	cost[NR - 1] *= 1.1;
	assert_int_equal(fit_points(sizes, cost, NR, false, &f), 0);
	assert_true(fabs(f.alpha - 200) < 4);
}

static void test_undetermined(void **state)
{
	static const double same[] = { 64, 64 }, small[] = { 1, 64, 512 };
	double cost[] = { 100, 200, 300 };
	struct fit f;

	(void)state;
	assert_int_equal(fit_points(same, cost, 2, false, &f), -EDOM);
	assert_int_equal(fit_points(small, cost, 3, true, &f), -EDOM); /* all within a page */
	cost[1] = 0;
	assert_int_equal(fit_points(small, cost, 3, false, &f), -EDOM);
}

static void test_break_even(void **state)
{
	static const struct fit cheap_call = { 100, 0.1, 0 }, cheap_byte = { 300, 0.05, 0 };
	static const struct fit cheaper = { 50, 0.01, 0 };

	(void)state;
	assert_near(round(fit_break_even(&cheap_call, &cheap_byte, 1, 65536) / 10), 400);
	assert_near(round(fit_break_even(&cheap_byte, &cheap_call, 1, 65536) / 10), 400);
	assert_near(fit_break_even(&cheap_call, &cheaper, 1, 65536), 0);
	assert_near(fit_break_even(&cheap_call, &cheap_byte, 1, 2048), 0);
}

/* The step from one page to the next is where the one gets dearer. */
static void test_break_even_at_page(void **state)
{
	static const struct fit flat = { 300, 0, 0 }, paged = { 200, 0.001, 150 };

	(void)state;
	assert_true(fabs(fit_break_even(&flat, &paged, 1, 65536) - 4096) <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_misspecified),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_undetermined),
		cmocka_unit_test(test_break_even),
		cmocka_unit_test(test_break_even_at_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
