// SPDX-License-Identifier: GPL-2.0-only
/* The trimmed mean: what its tails are, and how steady it is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "figures.h"
#include "stats.h"

#define OPERATIONS 300

struct trimmed {
	double mean, unsteady;
};

/* Of OPERATIONS operations, nr took `other` in a stage, and the rest `usual`. */
static struct trimmed trim(uint64_t usual, size_t nr, uint64_t other)
{
	struct run *run = calloc(1, sizeof(*run));
	struct capture c = {};
	struct capture_operation *o = &c.operations[CLASS_READ_MISS];
	struct trimmed t;

	assert_non_null(run);
	for (size_t i = 0; i < OPERATIONS; i++) {
		hist_add(&o->latency, 50000);
		hist_add(&o->exposed[STAGE_WAKEUP], i < nr ? other : usual);
	}
	run_reduce(run, &c);
	t.mean = run->value[CLASS_READ_MISS][TRACK_EXPOSED][STAGE_WAKEUP][FIGURE_TRIMMED];
	t.unsteady = run->unsteady[CLASS_READ_MISS][TRACK_EXPOSED][STAGE_WAKEUP];
	free(run);
	capture_free(&c);
	return t;
}

/* Instruction by instruction, whatever the tails are. */
static void test_one_mode(void **state)
{
	(void)state;
	assert_float_equal(trim(4650, 0, 0).mean, 4650, 0);
	assert_float_equal(trim(4651, 0, 0).mean, 4651, 0);
	assert_float_equal(trim(4650, 0, 0).unsteady, 0, 0);
	assert_float_equal(trim(4650, 15, 4200).mean, 4650, 2);
	assert_float_equal(trim(4650, 15, 9000).mean, 4650, 4);
}

/* A quarter of the operations takes another time: a few more, or less, change the mean. */
static void test_two_modes(void **state)
{
	(void)state;
	for (size_t nr = 70; nr < 80; nr++) {
		struct trimmed a = trim(4650, 70, 4200), b = trim(4650, nr, 4200);

		assert_true(fabs(a.mean - b.mean) <= fmax(a.unsteady, b.unsteady));
		a = trim(4650, 70, 6000);
		b = trim(4650, nr, 6000);
		assert_true(fabs(a.mean - b.mean) <= fmax(a.unsteady, b.unsteady));
	}
	assert_true(fabs(trim(4650, 74, 6000).mean - trim(4650, 76, 6000).mean) > 46);
}

/* Values far out are known as well as their buckets are wide. */
static void test_far_out(void **state)
{
	(void)state;
	for (uint64_t far = 1000000; far < 1020000; far += 1000) {
		struct trimmed t = trim(11300, 10, far);

		assert_true(fabs(t.mean - 11300) <= t.unsteady * sqrt(10));
		assert_true(t.unsteady > 11.3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_mode),
		cmocka_unit_test(test_two_modes),
		cmocka_unit_test(test_far_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
