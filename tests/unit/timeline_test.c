// SPDX-License-Identifier: GPL-2.0-only
/* Settling timelines: what is exposed, what is hidden, and that not one ns is lost. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settle.h"

/* Instants are from the operation's begin. */
#define ENTER(stage, at) entry_at(entry_make(STAGE_##stage, COST_NONE), at)
#define HOOKED(stage, at) entry_at(entry_make(STAGE_##stage, COST_FENTRY), at)
#define MARK(stage, since) entry_at(entry_make(STAGE_##stage, COST_NONE) | ENTRY_MARK, since)

#define HOOK_COST 10

struct totals {
	uint64_t exposed[NR_STAGES];
	uint64_t hidden[NR_STAGES];
	uint64_t met[2]; /* a bit for each stage that has a segment, be it empty */
};

static void totals(const __u64 *timeline, size_t nr, uint64_t latency, struct totals *t)
{
	const uint64_t cost[NR_COSTS] = { 0, HOOK_COST, HOOK_COST, HOOK_COST };
	struct capture_segment segments[64 * SETTLED_SEGMENTS];
	size_t i, n = settle(timeline, nr, latency, cost, segments);

	assert_true(n <= nr * SETTLED_SEGMENTS);
	memset(t, 0, sizeof(*t));
	for (i = 0; i < n; i++) {
		t->met[segments[i].hidden] |= 1ULL << segments[i].stage;
		(segments[i].hidden ? t->hidden : t->exposed)[segments[i].stage] +=
			segments[i].length;
	}
}

static uint64_t sum(const uint64_t *stages)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < NR_STAGES; i++)
		all += stages[i];
	return all;
}

#define SETTLE(entries, latency, t) \
	totals(entries, sizeof(entries) / sizeof(*(entries)), latency, t)

static void test_entry(void **state)
{
	const uint64_t instant = (1ULL << (64 - ENTRY_BITS)) + 5; /* one bit more than it holds */
	__u64 entry = entry_at(entry_make(NR_STAGES - 1, COST_TRACEPOINT), instant);

	(void)state;
	assert_true(NR_STAGES <= entry_stage(ENTRY_SLEEP));
	assert_true(NR_COSTS <= 4);
	assert_int_equal(entry_stage(entry), NR_STAGES - 1);
	assert_int_equal(entry_cost(entry), COST_TRACEPOINT);
	assert_int_equal(entry_instant(entry, instant), instant);
	assert_int_equal(entry_instant(entry, instant - 10), instant);
	assert_int_equal(entry_instant(entry, instant + 10000000000), instant);
	assert_false(entry & ENTRY_MARK);
	assert_false(entry_is_sleep(entry));
}

static void test_sleep(void **state)
{
	const __u64 sleep = SLEEP_RING | sleep_make(NR_STAGES - 1, STAGE_DEVICE, NR_STAGES - 2);

	(void)state;
	assert_true(entry_is_sleep(sleep));
	assert_int_equal(sleep_gap(sleep), NR_STAGES - 1);
	assert_int_equal(sleep_device(sleep), STAGE_DEVICE);
	assert_int_equal(sleep_after(sleep), NR_STAGES - 2);
	assert_false(sleep & (SLEEP_FLUSH | SLEEP_POLLED));
}

/* Seconds, and a mark that is minutes back. */
static void test_long(void **state)
{
	const uint64_t second = 1000000000;
	const __u64 entries[] = {
		ENTER(SYSCALL_ENTRY, 0),	 ENTER(SWITCH_OUT, second),
		ENTER(DEVICE_DATA, 2 * second),	 MARK(DEVICE_DATA, 1),
		ENTER(WAKEUP, 200 * second + 5),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 300 * second, &t);
	assert_int_equal(t.exposed[STAGE_SYSCALL_ENTRY], 1);
	assert_int_equal(t.exposed[STAGE_DEVICE_DATA], 200 * second + 4);
	assert_int_equal(t.hidden[STAGE_SWITCH_OUT], second);
	assert_int_equal(t.exposed[STAGE_WAKEUP], 100 * second - 5);
	assert_int_equal(sum(t.exposed), 300 * second);
}

static void test_no_io(void **state)
{
	const __u64 entries[] = {
		ENTER(SYSCALL_ENTRY, 0),
		ENTER(CACHE_LOOKUP, 100),
		ENTER(COPY_TO_USER, 250),
		ENTER(SYSCALL_EXIT, 400),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 500, &t);
	assert_int_equal(t.exposed[STAGE_SYSCALL_ENTRY], 100);
	assert_int_equal(t.exposed[STAGE_CACHE_LOOKUP], 150);
	assert_int_equal(t.exposed[STAGE_COPY_TO_USER], 150);
	assert_int_equal(t.exposed[STAGE_SYSCALL_EXIT], 100);
	assert_int_equal(sum(t.exposed), 500);
	assert_int_equal(sum(t.hidden), 0);
}

/* Sent in the middle of driver_submit, which straddles: its tail is hidden. */
static void test_miss(void **state)
{
	const __u64 entries[] = {
		ENTER(SYSCALL_ENTRY, 0), ENTER(REQUEST, 100), ENTER(DRIVER_SUBMIT, 200),
		ENTER(SWITCH_OUT, 300),	 ENTER(DEVICE, 400),  MARK(DEVICE, 230),
		ENTER(IRQ, 1000),	 ENTER(WAKEUP, 1100), ENTER(SYSCALL_EXIT, 1200),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 1250, &t);
	assert_int_equal(t.exposed[STAGE_SYSCALL_ENTRY], 100);
	assert_int_equal(t.exposed[STAGE_REQUEST], 100);
	assert_int_equal(t.exposed[STAGE_DRIVER_SUBMIT], 30);
	assert_int_equal(t.hidden[STAGE_DRIVER_SUBMIT], 70);
	assert_int_equal(t.exposed[STAGE_SWITCH_OUT], 0);
	assert_int_equal(t.hidden[STAGE_SWITCH_OUT], 100);
	assert_int_equal(t.exposed[STAGE_DEVICE], 770);
	assert_int_equal(t.hidden[STAGE_DEVICE], 0);
	assert_int_equal(t.exposed[STAGE_IRQ], 100);
	assert_int_equal(sum(t.exposed), 1250);
	assert_int_equal(sum(t.hidden), 170);
}

/* What runs between two I/Os is hidden by neither; each cover is its own device's. */
static void test_two_ios(void **state)
{
	const __u64 entries[] = {
		ENTER(DATA_SUBMIT, 0),	   ENTER(SWITCH_OUT, 100),   ENTER(DEVICE_DATA, 200),
		MARK(DEVICE_DATA, 100),	   ENTER(WAKEUP, 500),	     ENTER(BIO_SUBMIT, 600),
		ENTER(SWITCH_OUT, 700),	   ENTER(DEVICE_FLUSH, 750), MARK(DEVICE_FLUSH, 650),
		ENTER(SYSCALL_EXIT, 1000),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 1100, &t);
	assert_int_equal(t.exposed[STAGE_DATA_SUBMIT], 100);
	assert_int_equal(t.exposed[STAGE_DEVICE_DATA], 400);
	assert_int_equal(t.exposed[STAGE_WAKEUP], 100);
	assert_int_equal(t.exposed[STAGE_BIO_SUBMIT], 50);
	assert_int_equal(t.hidden[STAGE_BIO_SUBMIT], 50);
	assert_int_equal(t.hidden[STAGE_SWITCH_OUT], 150);
	assert_int_equal(t.exposed[STAGE_DEVICE_FLUSH], 350);
	assert_int_equal(sum(t.exposed), 1100);
	assert_int_equal(sum(t.hidden), 200);
}

/* Readahead is in flight while the task runs on, but nobody waits: there is no mark. */
static void test_readahead_nobody_waited_for(void **state)
{
	const __u64 entries[] = {
		ENTER(CACHE_LOOKUP, 0),
		ENTER(DRIVER_SUBMIT, 100),
		ENTER(COPY_TO_USER, 200),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 300, &t);
	assert_int_equal(sum(t.hidden), 0);
	assert_int_equal(t.exposed[STAGE_DEVICE], 0);
	assert_int_equal(t.exposed[STAGE_COPY_TO_USER], 100);
}

/* Two I/Os overlap, and both are waited for, in either order: hidden since the first was sent. */
static void test_overlapping_ios(void **state)
{
	static const uint64_t sent[][2] = { { 100, 200 }, { 200, 100 } };
	struct totals t;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		const __u64 entries[] = {
			ENTER(REQUEST, 0),  ENTER(DEVICE, 300),	      MARK(DEVICE, sent[i][0]),
			ENTER(DEVICE, 400), MARK(DEVICE, sent[i][1]), ENTER(WAKEUP, 600),
		};

		SETTLE(entries, 700, &t);
		assert_int_equal(t.exposed[STAGE_REQUEST], 100);
		assert_int_equal(t.hidden[STAGE_REQUEST], 200);
		assert_int_equal(t.exposed[STAGE_DEVICE], 500);
		assert_int_equal(t.exposed[STAGE_WAKEUP], 100);
	}
}

static void test_probes_exposed(void **state)
{
	const __u64 entries[] = {
		HOOKED(SYSCALL_ENTRY, 0),
		HOOKED(CACHE_LOOKUP, 100),
		HOOKED(COPY_TO_USER, 104),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 200, &t);
	assert_int_equal(t.exposed[STAGE_SYSCALL_ENTRY], 90);
	/* shorter than the hook's cost: no more is taken out than there is */
	assert_int_equal(t.exposed[STAGE_CACHE_LOOKUP], 0);
	assert_true(t.met[false] & 1ULL << STAGE_CACHE_LOOKUP);
	assert_int_equal(t.exposed[STAGE_COPY_TO_USER], 86);
	assert_int_equal(t.exposed[STAGE_PROBES], 24);
	assert_int_equal(sum(t.exposed), 200);
}

/* Under cover the hooks lengthen nothing; where the cover begins in a hook, it is split. */
static void test_probes_hidden(void **state)
{
	const __u64 entries[] = {
		HOOKED(SYSCALL_ENTRY, 0), HOOKED(DRIVER_SUBMIT, 100), HOOKED(SWITCH_OUT, 200),
		ENTER(DEVICE, 300),	  MARK(DEVICE, 104),	      HOOKED(WAKEUP, 500),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 600, &t);
	assert_int_equal(t.exposed[STAGE_SYSCALL_ENTRY], 90);
	assert_int_equal(t.exposed[STAGE_DRIVER_SUBMIT], 0);
	assert_int_equal(t.hidden[STAGE_DRIVER_SUBMIT], 90);
	assert_int_equal(t.hidden[STAGE_SWITCH_OUT], 90);
	assert_int_equal(t.hidden[STAGE_PROBES], 6 + 10);
	assert_int_equal(t.exposed[STAGE_PROBES], 10 + 4 + 10);
	assert_int_equal(t.exposed[STAGE_DEVICE], 396);
	assert_int_equal(t.exposed[STAGE_WAKEUP], 90);
	assert_int_equal(sum(t.exposed), 600);
}

/* The device's own time cannot hide behind itself. */
static void test_device_is_never_hidden(void **state)
{
	const __u64 entries[] = {
		ENTER(DEVICE_JOURNAL, 0),
		ENTER(COMMIT_PREPARE, 100),
		ENTER(DEVICE_FLUSH, 150),
		MARK(DEVICE_FLUSH, 0),
	};
	struct totals t;

	(void)state;
	SETTLE(entries, 300, &t);
	assert_int_equal(t.exposed[STAGE_DEVICE_JOURNAL], 100);
	assert_int_equal(t.hidden[STAGE_DEVICE_JOURNAL], 0);
	assert_int_equal(t.hidden[STAGE_COMMIT_PREPARE], 50);
	assert_int_equal(t.exposed[STAGE_DEVICE_FLUSH], 200);
}

/* Any timeline, be it nonsense: the exposed track is a partition of the latency. */
static void test_sums_are_exact(void **state)
{
	__u64 entries[64];
	struct totals t;
	int round;

	(void)state;
	srandom(1);
	for (round = 0; round < 20000; round++) {
		size_t nr = 1 + random() % 63, i;
		uint64_t now = 0, latency;

		entries[0] = HOOKED(SYSCALL_ENTRY, 0);
		for (i = 1; i < nr; i++) {
			now += random() % 50;
			entries[i] = entry_at(entry_make(random() % 62, random() % NR_COSTS), now);
			if (random() % 6 == 0)
				entries[i] = MARK(DEVICE, random() % (now + 1));
		}
		/* now and then the clock of another CPU, which is behind */
		latency = random() % 8 ? now + random() % 50 : now / 2;
		totals(entries, nr, latency, &t);
		assert_int_equal(sum(t.exposed), latency);
		assert_true(sum(t.hidden) <= latency);
		for (i = 0; i < NR_STAGES; i++)
			assert_true(!stage_is_device(i) || !t.hidden[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_no_io),
		cmocka_unit_test(test_miss),
		cmocka_unit_test(test_two_ios),
		cmocka_unit_test(test_readahead_nobody_waited_for),
		cmocka_unit_test(test_overlapping_ios),
		cmocka_unit_test(test_probes_exposed),
		cmocka_unit_test(test_probes_hidden),
		cmocka_unit_test(test_device_is_never_hidden),
		cmocka_unit_test(test_sums_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
