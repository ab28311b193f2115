// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ranks.h"
#include "runs.h"

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

/* All of B above all of A: one choice of all there are. */
static void test_apart(void **state)
{
	static const double low[] = { 1, 2, 3, 4, 5, 6 }, high[] = { 7, 8, 9, 10, 11, 12 };

	(void)state;
	assert_true(near(rank_test(low, 6, high, 6), 1.0 / 924));
	assert_true(near(rank_test(low, 5, high, 5), 1.0 / 252));
	assert_true(near(rank_test(high, 6, low, 6), 1));
	assert_true(near(rank_test_least(6, 6), 1.0 / 924));
	assert_true(near(rank_test_least(2, 3), 1.0 / 10));
}

/* A table of the test's: U = 23 of 25 for five and five is 4 of 252. */
static void test_known(void **state)
{
	static const double a[] = { 1, 2, 3, 5, 6 }, b[] = { 4, 7, 8, 9, 10 };

	(void)state;
	assert_true(near(rank_test(a, 5, b, 5), 4.0 / 252));
}

static void test_ties(void **state)
{
	static const double same[] = { 3, 3, 3, 3 }, a[] = { 1, 2 }, b[] = { 2, 3 };

	(void)state;
	assert_true(near(rank_test(same, 4, same, 4), 1));
	/* doubled ranks 2, 5, 5, 8: of six choices of two, 5 + 8 comes twice, none is above */
	assert_true(near(rank_test(a, 2, b, 2), 2.0 / 6));
}

/* Beyond RANK_EXACT values the approximation takes over, and says about the same. */
static void test_approximation(void **state)
{
	double a[RANK_EXACT], b[RANK_EXACT];
	size_t half = RANK_EXACT / 2;
	double exact, approximate;

	(void)state;
	for (size_t i = 0; i < RANK_EXACT; i++) {
		a[i] = i + 0.25;
		b[i] = i + 4;
	}
	exact = rank_test(a, half, b, half);
	approximate = rank_test(a, half, b, half + 1);
	print_message("exact %g, approximate with one more %g\n", exact, approximate);
	assert_true(exact > 0.001 && exact < 0.1);
	assert_true(fabs(approximate - exact) < 0.5 * exact);
	for (size_t i = 0; i < RANK_EXACT; i++)
		a[i] = b[i] = 7;
	assert_true(near(rank_test(a, RANK_EXACT, b, RANK_EXACT), 1));
}

static void test_holm(void **state)
{
	double p[] = { 0.01, 0.04, 0.03, 0.005 }, large[] = { 0.9, 0.8 };

	(void)state;
	assert_int_equal(holm(p, 4), 0);
	assert_true(near(p[0], 0.03) && near(p[1], 0.06) && near(p[2], 0.06) && near(p[3], 0.02));
	assert_int_equal(holm(large, 2), 0);
	assert_true(near(large[0], 1) && near(large[1], 1));
	assert_int_equal(holm(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),	      cmocka_unit_test(test_known),
		cmocka_unit_test(test_ties),	      cmocka_unit_test(test_holm),
		cmocka_unit_test(test_approximation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
