// SPDX-License-Identifier: GPL-2.0-only
/* What the programs send, counted: whole operations, those in parts, and nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "stats.h"
#include "tally.h"

static int set_up(void **state)
{
	struct tally *t = calloc(1, sizeof(*t));

	*state = t;
	return !t;
}

static int tear_down(void **state)
{
	tally_free(*state);
	free(*state);
	return 0;
}

static int send(struct tally *t, struct operation *o)
{
	return tally_add(t, o, o->size);
}

static void append(struct operation *o, __u32 kind, uint64_t at)
{
	if (!o->size)
		o->size = NO_ENTRIES;
	o->timeline[(o->size - NO_ENTRIES) / sizeof(__u64)] = entry_at(kind, o->start + at);
	o->size += sizeof(__u64);
}

/* at: since the operation's start */
static void enter(struct operation *o, enum stage stage, uint64_t at)
{
	append(o, entry_make(stage, COST_NONE), at);
}

static void hit(struct operation *o, uint64_t latency)
{
	*o = (struct operation){
		.start = 1000,
		.latency = latency,
		.class = CLASS_READ_HIT,
		.comm = "reader",
	};
	enter(o, STAGE_SYSCALL_ENTRY, 0);
	enter(o, STAGE_COPY_TO_USER, latency / 4);
}

static void test_whole(void **state)
{
	struct tally *t = *state;
	struct operation o;
	struct capture c = {};

	hit(&o, 400);
	assert_int_equal(send(t, &o), 0);
	hit(&o, 800);
	assert_int_equal(send(t, &o), 0);
	assert_int_equal(tally_export(t, &c), 0);
	assert_int_equal(c.accounting.reported, 2);
	assert_int_equal(c.operations[CLASS_READ_HIT].latency->sum, 1200);
	assert_int_equal(c.operations[CLASS_READ_HIT].latency->min, 400);
	assert_int_equal(c.operations[CLASS_READ_HIT].latency->max, 800);
	assert_int_equal(c.operations[CLASS_READ_HIT].exposed[STAGE_SYSCALL_ENTRY]->sum, 300);
	assert_int_equal(c.operations[CLASS_READ_HIT].exposed[STAGE_COPY_TO_USER]->sum, 900);
	assert_null(c.operations[CLASS_READ_HIT].hidden[STAGE_COPY_TO_USER]);
	assert_null(c.operations[CLASS_READ_MISS].latency);
	assert_int_equal(c.nr_samples, 4);
	assert_string_equal(c.samples[0].comm, "reader");
	assert_int_equal(c.samples[0].nr_segments, 2);
	assert_int_equal(c.samples[0].segments[1].at, 100);
	capture_free(&c);
}

static void send_on(struct tally *t, __u32 dev, bool mounted)
{
	struct operation o;

	hit(&o, 400);
	o.dev = dev;
	o.mounted = mounted;
	assert_int_equal(send(t, &o), 0);
}

/* A recording is of what more than half of its operations are on. */
static void test_devices(void **state)
{
	struct tally *t = *state;
	struct capture c = {};

	assert_null(origins_most(&t->origins));
	send_on(t, 8, true);
	send_on(t, 9, true);
	assert_null(origins_most(&t->origins));
	send_on(t, 8, false);
	assert_int_equal(origins_most(&t->origins)->dev, 8);
	assert_false(origin_is_mounted(origins_most(&t->origins)));
	send_on(t, 8, true);
	assert_true(origin_is_mounted(origins_most(&t->origins)));
	send_on(t, 9, true);
	assert_int_equal(tally_export(t, &c), 0);
	assert_int_equal(c.operations[CLASS_READ_HIT].elsewhere, 2);
	assert_int_equal(c.operations[CLASS_READ_MISS].elsewhere, 0);
	capture_free(&c);
	send_on(t, 9, true);
	assert_int_equal(origins_most(&t->origins)->dev, 9);
}

/* Its mark is in the last part, and hides what the first one has. */
static void test_parts(void **state)
{
	struct tally *t = *state;
	struct capture c = {};
	struct capture_operation *miss = &c.operations[CLASS_READ_MISS];
	struct operation o = { .start = 7, .slot = 3, .part = 1 };

	enter(&o, STAGE_SYSCALL_ENTRY, 0);
	enter(&o, STAGE_DRIVER_SUBMIT, 100);
	assert_int_equal(send(t, &o), 0);
	o.size = 0;
	enter(&o, STAGE_CACHE_LOOKUP, 200);
	assert_int_equal(send(t, &o), 0);
	assert_int_equal(t->reported, 0);
	o.size = 0;
	o.part = 0;
	o.class = CLASS_READ_MISS;
	o.latency = 1000;
	enter(&o, STAGE_DEVICE, 300);
	append(&o, ENTRY_MARK | entry_make(STAGE_DEVICE, COST_NONE), 150);
	enter(&o, STAGE_COPY_TO_USER, 900);
	assert_int_equal(send(t, &o), 0);
	assert_int_equal(tally_export(t, &c), 0);
	assert_int_equal(miss->latency->sum, 1000);
	assert_int_equal(miss->exposed[STAGE_DRIVER_SUBMIT]->sum, 50);
	assert_int_equal(miss->hidden[STAGE_DRIVER_SUBMIT]->sum, 50);
	assert_int_equal(miss->hidden[STAGE_CACHE_LOOKUP]->sum, 100);
	assert_null(miss->exposed[STAGE_CACHE_LOOKUP]);
	assert_int_equal(miss->exposed[STAGE_DEVICE]->sum, 750);
	capture_free(&c);
}

/* The end of the slot's last operation never came: its parts are no part of the next. */
static void test_part_without_end(void **state)
{
	struct tally *t = *state;
	struct operation o = { .start = 7, .part = 1 };

	enter(&o, STAGE_DRIVER_SUBMIT, 0);
	assert_int_equal(send(t, &o), 0);
	hit(&o, 400);
	assert_int_equal(send(t, &o), 0);
	assert_int_equal(t->reported, 1);
	assert_null(t->operations[CLASS_READ_HIT].exposed[STAGE_DRIVER_SUBMIT]);
	assert_int_equal(hist_count(t->operations[CLASS_READ_HIT].latency), 1);
}

/* It has begun or ended on a CPU whose clock is behind. */
static void test_backward(void **state)
{
	struct tally *t = *state;
	struct capture c = {};
	struct operation o;

	hit(&o, 400);
	enter(&o, STAGE_SYSCALL_EXIT, 410);
	assert_int_equal(send(t, &o), 0);
	hit(&o, 400);
	enter(&o, STAGE_SYSCALL_EXIT, 50);
	assert_int_equal(send(t, &o), 0);
	assert_int_equal(tally_export(t, &c), 0);
	assert_int_equal(c.accounting.clock_backward, 1);
	assert_int_equal(c.operations[CLASS_READ_HIT].exposed[STAGE_SYSCALL_EXIT]->sum, 300);
	capture_free(&c);
}

static void test_nonsense(void **state)
{
	struct tally *t = *state;
	struct operation o;

	hit(&o, 400);
	assert_int_equal(tally_add(t, &o, 8), -EPROTO);
	assert_int_equal(tally_add(t, &o, NO_ENTRIES + 4), -EPROTO);
	o.class = NR_CLASSES;
	assert_int_equal(send(t, &o), -EPROTO);
	hit(&o, 400);
	o.slot = MAX_OPERATIONS;
	assert_int_equal(send(t, &o), -EPROTO);
	hit(&o, 400);
	o.size = NO_ENTRIES;
	assert_int_equal(send(t, &o), -EPROTO);
	assert_int_equal(t->reported, 0);
}

/* Of many, the slowest ones are all there, and the drawn ones come from all of the time. */
static void test_reservoir(void **state)
{
	struct tally *t = *state;
	struct capture c = {};
	uint64_t late = 0;
	struct operation o;

	for (uint64_t i = 1; i <= 10000; i++) {
		hit(&o, i * 7 % 10007);
		o.start = i;
		assert_int_equal(send(t, &o), 0);
	}
	assert_int_equal(tally_export(t, &c), 0);
	assert_int_equal(c.nr_samples, 2 * SAMPLES_PER_CLASS);
	for (size_t i = 0; i < c.nr_samples; i++) {
		if (c.samples[i].slow)
			assert_true(c.samples[i].latency > 10007 - 2 * SAMPLES_PER_CLASS);
		else
			late += c.samples[i].start > 5000;
	}
	assert_in_range(late, 1, SAMPLES_PER_CLASS - 1);
	capture_free(&c);
}

/* More segments than a sample may have: the last ones, and it says so. */
static void test_folded(void **state)
{
	struct tally *t = *state;
	struct capture c = {};
	struct operation o = { .start = 7, .part = 1 };

	for (uint64_t i = 0; i < 2 * CAPTURE_SEGMENTS; i++) {
		enter(&o, i % 2 ? STAGE_PAGE_ALLOC : STAGE_CACHE_INSERT, 10 * i);
		if (o.size == sizeof(o)) {
			assert_int_equal(send(t, &o), 0);
			o.size = 0;
		}
	}
	o.part = 0;
	o.class = CLASS_READ_MISS;
	o.latency = 20 * CAPTURE_SEGMENTS;
	enter(&o, STAGE_COPY_TO_USER, o.latency - 1);
	assert_int_equal(send(t, &o), 0);
	assert_int_equal(tally_export(t, &c), 0);
	assert_int_equal(c.operations[CLASS_READ_MISS].exposed[STAGE_CACHE_INSERT]->sum,
			 10 * CAPTURE_SEGMENTS);
	assert_true(c.samples[0].folded);
	assert_int_equal(c.samples[0].nr_segments, CAPTURE_SEGMENTS);
	assert_int_equal(c.samples[0].segments[CAPTURE_SEGMENTS - 1].stage, STAGE_COPY_TO_USER);
	capture_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_devices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_part_without_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_backward, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reservoir, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
