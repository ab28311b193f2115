// SPDX-License-Identifier: GPL-2.0-only
/* The histogram's layout is fio's: bucket by bucket, and at every power of two. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hist.h"

/* The bucket as fio's documentation of its layout has it, with the compiler's own clz. */
static uint32_t fio_bucket(uint64_t value)
{
	unsigned int msb = value ? 63 - __builtin_clzll(value) : 0;
	unsigned int dropped = msb > HIST_BITS ? msb - HIST_BITS : 0;
	uint64_t bucket;

	if (!dropped)
		return value;
	bucket = (dropped + 1) * HIST_GROUP + (value >> dropped) % HIST_GROUP;
	return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

static void test_dimensions(void **state)
{
	(void)state;
	assert_int_equal(HIST_BUCKETS, 1856);
	assert_int_equal(hist_bucket((1ULL << 34) - 1), HIST_BUCKETS - 1);
	assert_int_equal(hist_bucket(1ULL << 34), HIST_BUCKETS - 1);
	assert_int_equal(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
}

static void test_powers_of_two(void **state)
{
	unsigned int bit;
	int off;

	(void)state;
	for (bit = 0; bit < 64; bit++) {
		for (off = -1; off <= 1; off++) {
			uint64_t value = (1ULL << bit) + off;

			assert_int_equal(hist_bucket(value), fio_bucket(value));
		}
	}
}

/* Buckets in a row without gaps: 128 of width 1, then 64 each of width 2, 4, 8, ... */
static void test_every_bucket(void **state)
{
	uint64_t floor = 0, width = 1;
	uint32_t i;

	(void)state;
	for (i = 0; i < HIST_BUCKETS; i++) {
		if (i >= 2 * HIST_GROUP && i % HIST_GROUP == 0)
			width *= 2;
		assert_int_equal(hist_floor(i), floor);
		assert_int_equal(hist_bucket(floor), i);
		assert_int_equal(hist_bucket(floor + width - 1), i);
		assert_int_equal(hist_middle(i), floor + width / 2);
		assert_true(width == 1 || width * HIST_GROUP <= floor);
		floor += width;
	}
	assert_int_equal(floor, 1ULL << 34);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dimensions),
		cmocka_unit_test(test_powers_of_two),
		cmocka_unit_test(test_every_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
