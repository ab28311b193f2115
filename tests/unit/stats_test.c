// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"
#include "stats.h"

static void test_empty(void **state)
{
	struct hist empty = { 0 };

	(void)state;
	assert_int_equal(hist_count(NULL), 0);
	assert_int_equal(hist_quantile(NULL, 500), 0);
	assert_int_equal(hist_count(&empty), 0);
	assert_int_equal(hist_quantile(&empty, 990), 0);
}

/* 1 to 100, where every value has a bucket of its own: ranks can be told exactly. */
static void test_ranks(void **state)
{
	struct hist *h = NULL;
	uint64_t i;

	(void)state;
	for (i = 1; i <= 100; i++)
		hist_add(&h, i);
	assert_int_equal(hist_count(h), 100);
	assert_int_equal(hist_quantile(h, 1), 1);
	assert_int_equal(hist_quantile(h, 10), 1);
	assert_int_equal(hist_quantile(h, 11), 2);
	assert_int_equal(hist_quantile(h, 500), 50);
	assert_int_equal(hist_quantile(h, 501), 51);
	assert_int_equal(hist_quantile(h, 990), 99);
	assert_int_equal(hist_quantile(h, 999), 100);
	assert_int_equal(hist_quantile(h, 1000), 100);
	free(h);
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the sorted values themselves: at most half a bucket off. */
static void test_quantile_error(void **state)
{
	static const unsigned int permille[] = { 1, 250, 500, 900, 990, 999, 1000 };
	uint64_t values[5000];
	struct hist *h = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		values[i] = 1ULL << (sample_random() % 30);
		values[i] += sample_random() % values[i];
		hist_add(&h, values[i]);
	}
	qsort(values, 5000, sizeof(*values), ascending);
	for (i = 0; i < sizeof(permille) / sizeof(*permille); i++) {
		uint64_t exact = values[(5000 * permille[i] + 999) / 1000 - 1];
		double off = (double)hist_quantile(h, permille[i]) - exact;

		assert_true(fabs(off) <= 0.008 * exact);
	}
	free(h);
}

/* A bucket's middle may lie beyond all the values that are in it. */
static void test_within_min_and_max(void **state)
{
	static const uint64_t edges[] = { 1 << 20, (1 << 21) - 1 };
	struct hist *h = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		hist_add(&h, edges[i]);
		assert_int_equal(hist_quantile(h, 500), edges[i]);
		free(h);
		h = NULL;
	}
}

static void test_beyond_the_last_bucket(void **state)
{
	struct hist *h = NULL;

	(void)state;
	hist_add(&h, 100);
	hist_add(&h, 3ULL << 40);
	assert_int_equal(hist_quantile(h, 990), 3ULL << 40);
	assert_int_equal(hist_quantile(h, 500), 100);
	free(h);
}

static void test_large_counts(void **state)
{
	struct hist h = { .min = 5, .max = 9 };

	(void)state;
	h.bucket[5] = 1ULL << 61;
	h.bucket[9] = 1ULL << 61;
	assert_int_equal(hist_quantile(&h, 500), 5);
	assert_int_equal(hist_quantile(&h, 501), 9);
}

static void test_merge(void **state)
{
	struct hist *both = NULL, *a = NULL, *b = NULL, sum = { 0 };
	uint64_t i;

	(void)state;
	for (i = 10; i < 2000; i++) {
		hist_add(i % 3 ? &a : &b, i * i);
		hist_add(&both, i * i);
	}
	hist_merge(&sum, a);
	hist_merge(&sum, NULL);
	hist_merge(&sum, b);
	assert_memory_equal(&sum, both, sizeof(sum));
	/* the min of an empty one means nothing */
	memset(&sum, 0, sizeof(sum));
	hist_merge(a, &sum);
	assert_int_equal(a->min, 100);
	free(both);
	free(a);
	free(b);
}

static void test_split_time(void **state)
{
	struct capture_operation o = { 0 };
	struct time_split t;
	enum stage i;

	(void)state;
	hist_add(&o.exposed[STAGE_REQUEST], 100);
	hist_add(&o.exposed[STAGE_UNATTRIBUTED], 5);
	hist_add(&o.exposed[STAGE_DEVICE], 1000);
	hist_add(&o.exposed[STAGE_DEVICE_FLUSH], 2000);
	hist_add(&o.exposed[STAGE_BLOCKED], 30);
	hist_add(&o.exposed[STAGE_PROBES], 7);
	hist_add(&o.hidden[STAGE_SWITCH_OUT], 40);
	hist_add(&o.hidden[STAGE_PROBES], 3);
	split_time(&o, &t);
	assert_int_equal(t.software, 105);
	assert_int_equal(t.device, 3000);
	assert_int_equal(t.waits, 30);
	assert_int_equal(t.probes, 7);
	assert_int_equal(t.hidden, 40);
	for (i = 0; i < NR_STAGES; i++) {
		free(o.exposed[i]);
		free(o.hidden[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_quantile_error),
		cmocka_unit_test(test_within_min_and_max),
		cmocka_unit_test(test_beyond_the_last_bucket),
		cmocka_unit_test(test_large_counts),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_split_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
