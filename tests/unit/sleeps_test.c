// SPDX-License-Identifier: GPL-2.0-only
/* Splitting sleeps by the requests that explain them: the pieces, and that no sleep changes its length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sleeps.h"

#define START 1000000ULL

static __u64 timeline[TIMELINE_ENTRIES];
static __u64 split[SPLIT_WORDS * TIMELINE_ENTRIES];
static size_t nr;
static uint64_t start, now;

/* time: since the entry before it */
static void enter(enum stage stage, enum hook_cost hook, uint64_t time)
{
	now += time;
	timeline[nr++] = entry_at(entry_make(stage, hook), now);
}

/* A sleep with its instants, since the operation's start; 0 stays 0. */
static void slept(__u64 entry, const uint64_t *instants, size_t instants_nr)
{
	timeline[nr++] = entry;
	for (size_t i = 0; i < instants_nr; i++)
		timeline[nr++] = instants[i] ? start + instants[i] : 0;
}

struct expected {
	enum stage stage;
	uint64_t time; /* since the entry before it; of a mark, back from there */
	int mark;
};

/* Returns how many boundaries were before the one before. */
static uint64_t check(const struct expected *e, size_t expected)
{
	uint64_t backward = 0, last = 0;
	size_t words = sleeps_split(timeline, nr, start, split, &backward);

	assert_int_equal(words, expected);
	for (size_t i = 0; i < words; i++) {
		uint64_t at = split[i] >> ENTRY_BITS;

		assert_int_equal(entry_stage(split[i]), e[i].stage);
		assert_int_equal(!!(split[i] & ENTRY_MARK), e[i].mark);
		assert_int_equal(e[i].mark ? last - at : at - last, e[i].time);
		if (!e[i].mark)
			last = at;
	}
	return backward;
}

#define CHECK(...) \
	do { \
		const struct expected e_[] = { __VA_ARGS__ }; \
		assert_int_equal(check(e_, sizeof(e_) / sizeof(*e_)), 0); \
	} while (0)

static int set_up(void **state)
{
	(void)state;
	nr = 0;
	start = START;
	now = start;
	enter(STAGE_SYSCALL_ENTRY, COST_NONE, 0);
	return 0;
}

static void test_without_sleep(void **state)
{
	const uint64_t minute = 60000000000;

	(void)state;
	enter(STAGE_CACHE_LOOKUP, COST_FENTRY, 10);
	enter(STAGE_COPY_TO_USER, COST_FEXIT, minute);
	timeline[nr++] = entry_at(ENTRY_MARK | entry_make(STAGE_DEVICE, COST_NONE), now - 7);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 }, { STAGE_CACHE_LOOKUP, 10, 0 },
	      { STAGE_COPY_TO_USER, minute, 0 }, { STAGE_DEVICE, 7, 1 });
	assert_int_equal(entry_cost(split[1]), COST_FENTRY);
	assert_int_equal(entry_cost(split[2]), COST_FEXIT);
}

/* The machine has been up for so long that an entry has not all of the instant's bits. */
static void test_uptime(void **state)
{
	const uint64_t instants[SLEEP_INSTANTS] = { 2, 0, 0, 20, 25 };

	(void)state;
	nr = 0;
	start = (3ULL << (64 - ENTRY_BITS)) - 5;
	now = start;
	enter(STAGE_SYSCALL_ENTRY, COST_NONE, 0);
	enter(STAGE_UNATTRIBUTED, COST_TRACEPOINT, 3);
	slept(sleep_make(STAGE_REQUEST, STAGE_DEVICE, STAGE_REQUEST_COMPLETE), instants,
	      SLEEP_INSTANTS);
	enter(STAGE_CACHE_LOOKUP, COST_TRACEPOINT, 30);
	timeline[nr++] = entry_at(ENTRY_MARK | entry_make(STAGE_DEVICE, COST_NONE), now - 7);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 }, { STAGE_UNATTRIBUTED, 3, 0 }, { STAGE_DEVICE, 0, 0 },
	      { STAGE_DEVICE, 1, 1 }, { STAGE_REQUEST_COMPLETE, 17, 0 }, { STAGE_WAKEUP, 5, 0 },
	      { STAGE_CACHE_LOOKUP, 8, 0 }, { STAGE_DEVICE, 7, 1 });
}

/* Another CPU's clock is behind: no time passes. What was sent before the begin, was by then. */
static void test_backward(void **state)
{
	const struct expected e[] = {
		{ STAGE_SYSCALL_ENTRY, 0, 0 },
		{ STAGE_CACHE_LOOKUP, 10, 0 },
		{ STAGE_COPY_TO_USER, 0, 0 },
		{ STAGE_DEVICE, 10, 1 },
	};

	(void)state;
	enter(STAGE_CACHE_LOOKUP, COST_FENTRY, 10);
	enter(STAGE_COPY_TO_USER, COST_FEXIT, -3);
	timeline[nr++] = entry_at(ENTRY_MARK | entry_make(STAGE_DEVICE, COST_NONE), start - 7);
	assert_int_equal(check(e, 4), 1);
}

/* Sent at 50, asleep at 100: all of what the request tells. */
static void test_read(void **state)
{
	const uint64_t instants[SLEEP_INSTANTS] = { 50, 600, 650, 700, 800 };

	(void)state;
	enter(STAGE_UNATTRIBUTED, COST_TRACEPOINT, 100);
	slept(sleep_make(STAGE_REQUEST, STAGE_DEVICE, STAGE_REQUEST_COMPLETE), instants,
	      SLEEP_INSTANTS);
	enter(STAGE_CACHE_LOOKUP, COST_TRACEPOINT, 900);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 }, { STAGE_UNATTRIBUTED, 100, 0 }, { STAGE_DEVICE, 0, 0 },
	      { STAGE_DEVICE, 50, 1 }, { STAGE_IRQ, 500, 0 }, { STAGE_DMA_UNMAP, 50, 0 },
	      { STAGE_REQUEST_COMPLETE, 50, 0 }, { STAGE_WAKEUP, 100, 0 },
	      { STAGE_CACHE_LOOKUP, 200, 0 });
}

/* Issued by another task while it slept, without a driver that has hooks. */
static void test_held(void **state)
{
	const uint64_t instants[SLEEP_INSTANTS] = { 300, 0, 0, 700, 800 };

	(void)state;
	enter(STAGE_UNATTRIBUTED, COST_TRACEPOINT, 100);
	slept(sleep_make(STAGE_BLOCKED, STAGE_DEVICE, STAGE_EXTENT_CONVERT), instants,
	      SLEEP_INSTANTS);
	enter(STAGE_CACHE_LOOKUP, COST_TRACEPOINT, 900);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 }, { STAGE_UNATTRIBUTED, 100, 0 },
	      { STAGE_BLOCKED, 0, 0 }, { STAGE_DEVICE, 200, 0 }, { STAGE_EXTENT_CONVERT, 400, 0 },
	      { STAGE_WAKEUP, 100, 0 }, { STAGE_CACHE_LOOKUP, 200, 0 });
}

/* In flight by io_uring: nobody is woken; and where it is polled, nobody is interrupted. */
static void test_ring(void **state)
{
	const uint64_t instants[SLEEP_INSTANTS] = { 50, 600, 650, 700, 800 };

	(void)state;
	enter(STAGE_UNATTRIBUTED, COST_NONE, 100);
	slept(SLEEP_RING | SLEEP_POLLED |
		      sleep_make(STAGE_REQUEST, STAGE_DEVICE, STAGE_REQUEST_COMPLETE),
	      instants, SLEEP_INSTANTS);
	enter(STAGE_RING_COMPLETE, COST_TRACEPOINT, 900);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 }, { STAGE_UNATTRIBUTED, 100, 0 }, { STAGE_DEVICE, 0, 0 },
	      { STAGE_DEVICE, 50, 1 }, { STAGE_POLL, 500, 0 }, { STAGE_DMA_UNMAP, 50, 0 },
	      { STAGE_REQUEST_COMPLETE, 50, 0 }, { STAGE_RING_COMPLETE, 100, 0 },
	      { STAGE_RING_COMPLETE, 200, 0 });
}

/* A flush before the data and one after it. */
static void test_flush(void **state)
{
	const uint64_t instants[SLEEP_FLUSH_INSTANTS] = {
		400, 500, 0, 510, 800, 150, 350, 520, 700
	};

	(void)state;
	enter(STAGE_UNATTRIBUTED, COST_TRACEPOINT, 100);
	slept(SLEEP_FLUSH | sleep_make(STAGE_REQUEST, STAGE_DEVICE_DATA, STAGE_REQUEST_COMPLETE),
	      instants, SLEEP_FLUSH_INSTANTS);
	enter(STAGE_DATA_SUBMIT, COST_TRACEPOINT, 900);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 }, { STAGE_UNATTRIBUTED, 100, 0 },
	      { STAGE_REQUEST, 0, 0 }, { STAGE_DEVICE_FLUSH, 50, 0 }, { STAGE_REQUEST, 200, 0 },
	      { STAGE_DEVICE_DATA, 50, 0 }, { STAGE_IRQ, 100, 0 }, { STAGE_REQUEST, 10, 0 },
	      { STAGE_DEVICE_FLUSH, 10, 0 }, { STAGE_REQUEST_COMPLETE, 180, 0 },
	      { STAGE_WAKEUP, 100, 0 }, { STAGE_DATA_SUBMIT, 200, 0 });
}

/* Its end never came. */
static void test_open(void **state)
{
	const uint64_t instants[SLEEP_INSTANTS] = { 50, 600, 650, 700, 800 };

	(void)state;
	slept(sleep_make(STAGE_REQUEST, STAGE_DEVICE, STAGE_REQUEST_COMPLETE), instants,
	      SLEEP_INSTANTS);
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 });
	nr -= 2; /* and not all of its instants */
	CHECK({ STAGE_SYSCALL_ENTRY, 0, 0 });
}

/* Whatever the instants: what comes after a sleep is where it was. */
static void test_nonsense(void **state)
{
	(void)state;
	srandom(1);
	for (int round = 0; round < 20000; round++) {
		uint64_t instants[SLEEP_FLUSH_INSTANTS], backward = 0, last = 0;
		__u32 flush = random() % 2 ? SLEEP_FLUSH : 0;
		size_t words;

		for (int i = 0; i < SLEEP_FLUSH_INSTANTS; i++)
			instants[i] = random() % 3 ? random() % 1200 : 0;
		set_up(NULL);
		enter(STAGE_UNATTRIBUTED, COST_TRACEPOINT, 100);
		slept(flush | sleep_make(random() % 64, random() % 64, random() % 64), instants,
		      flush ? SLEEP_FLUSH_INSTANTS : SLEEP_INSTANTS);
		enter(STAGE_COPY_TO_USER, COST_TRACEPOINT, 900);
		words = sleeps_split(timeline, nr, start, split, &backward);
		assert_true(words <= SPLIT_WORDS * nr);
		for (size_t i = 0; i < words; i++) {
			assert_true(split[i] & ENTRY_MARK || split[i] >> ENTRY_BITS >= last);
			if (!(split[i] & ENTRY_MARK))
				last = split[i] >> ENTRY_BITS;
		}
		assert_int_equal(last, 1000);
		assert_int_equal(backward, 0);
		assert_int_equal(entry_stage(split[words - 1]), STAGE_COPY_TO_USER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_without_sleep, set_up),
		cmocka_unit_test_setup(test_uptime, set_up),
		cmocka_unit_test_setup(test_backward, set_up),
		cmocka_unit_test_setup(test_read, set_up),
		cmocka_unit_test_setup(test_held, set_up),
		cmocka_unit_test_setup(test_ring, set_up),
		cmocka_unit_test_setup(test_flush, set_up),
		cmocka_unit_test_setup(test_open, set_up),
		cmocka_unit_test_setup(test_nonsense, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
