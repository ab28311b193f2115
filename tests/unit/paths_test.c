// SPDX-License-Identifier: GPL-2.0-only
/* What iostage paths concludes from runs, which are made up here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "advice.h"
#include "mode.h"
#include "paths_capture.h"
#include "stats.h"

#define RUNS 12

static const double sizes[] = { 1, 64, 512, 2048, 4096, 8192, 16384, 32768, 65536 };

static const struct fit of_pread = { 230, 0.0079, 85 };
static const struct fit of_touch = { 900, 0.005, 30 };
static const struct fit of_mapped = { 4, 0.008, 0 };

/* Runs that differ by up to 1 %, as from process to process. */
static void make_hot(struct hot *h)
{
	*h = (struct hot){
		.options = { 0.9, 4096, RUNS }, .nr_sizes = 9, .chosen = 4, .nr_runs = RUNS
	};
	memcpy(h->sizes, sizes, sizeof(sizes));
	h->runs = calloc(RUNS, sizeof(*h->runs));
	h->batches = calloc(RUNS, sizeof(*h->batches));
	for (int run = 0; run < RUNS; run++) {
		double by = 1 + 0.002 * (run * 7 % RUNS - RUNS / 2.0);

		for (enum hot_path p = 0; p < NR_HOT; p++) {
			const struct fit *f = p == HOT_MAP_TOUCH ? &of_touch
					      : p == HOT_MAPPED	 ? &of_mapped
								 : &of_pread;

			for (size_t i = 0; i < hot_sizes(h, p); i++)
				h->runs[run][p][i] = by * fit_cost(f, sizes[i]);
			for (int b = 0; b < HOT_BATCHES; b++)
				h->batches[run][p][b] = by * fit_cost(f, 4096);
		}
	}
	assert_int_equal(hot_reduce(h), 0);
}

static void test_models(void **state)
{
	const struct hot_model *m;
	struct hot h;

	(void)state;
	make_hot(&h);
	m = &h.model[HOT_PREAD];
	assert_true(m->fitted && m->good && m->per_page);
	assert_true(fabs(m->fit.alpha - 230) < 2 && fabs(m->fit.gamma - 85) < 1);
	assert_true(m->low.alpha <= m->fit.alpha && m->fit.alpha <= m->high.alpha);
	assert_true(m->high.alpha - m->low.alpha < 0.02 * 230);
	/* where two terms do, there is no third */
	assert_true(h.model[HOT_MAPPED].good && !h.model[HOT_MAPPED].per_page);
	hot_free(&h);
}

static void test_break_even(void **state)
{
	struct hot h;
	double expected;

	(void)state;
	make_hot(&h);
	expected = fit_break_even(&of_pread, &of_touch, 1, 65536);
	assert_true(h.from_pread[HOT_MAP_TOUCH].certain && !h.from_pread[HOT_MAP_TOUCH].below);
	assert_true(fabs(h.from_pread[HOT_MAP_TOUCH].size - expected) < 100);
	assert_true(h.from_pread[HOT_MAP_TOUCH].low <= expected + 1);
	assert_true(h.from_pread[HOT_MAP_TOUCH].high >= expected - 1);
	/* the mapping is the cheaper one throughout, as far as was measured */
	assert_true(h.from_pread[HOT_MAPPED].measured && h.from_pread[HOT_MAPPED].below);
	assert_true(!h.from_pread[HOT_MAPPED].size);
	/* the same costs are no difference */
	assert_true(!h.from_pread[HOT_MAP_POPULATE].measured);
	hot_free(&h);
}

/* At 90 % hits a buffered read of 64 B took 33; a page costs 262, so that a hit is 7. */
static void test_buffer(void **state)
{
	struct hot h = { .options = { .hit_ratio = 0.9 }, .nr_sizes = 9 };

	(void)state;
	memcpy(h.sizes, sizes, sizeof(sizes));
	h.cost[HOT_PREAD][1] = 230;
	h.cost[HOT_PREAD][4] = 262;
	h.cost[HOT_BUFFER_RANDOM][1] = 7 + 26.2;
	assert_true(fabs(hot_buffer_pays(&h, 1) - (1 - (230 - 7) / 262.0)) < 1e-9);
	h.cost[HOT_BUFFER_RANDOM][1] = 300 + 26.2; /* never */
	assert_true(hot_buffer_pays(&h, 1) > 1);
}

static void test_noise(void **state)
{
	struct noise runs[] = {
		{ .wall = 1000, .work = 100 },
		{ .wall = 1000, .waited = 200, .work = 100 },
		{ .wall = 1000, .work = 110 },
		{ .wall = 1000, .waited = 10, .work = 103 },
	};
	size_t which[4];
	char why[96];

	(void)state;
	assert_int_equal(noise_undisturbed(runs, 4, which, why, sizeof(why)), 2);
	assert_true(which[0] == 0 && which[1] == 3);
	assert_string_equal(why, "the same work took 10 % longer than in the best run");
	assert_true(noise_disturbed(&runs[1], 100, why, sizeof(why)));
	assert_string_equal(why, "others had the CPU for 20 % of the time");
	/* however slow all of them are: what is the same for all is no disturbance */
	assert_false(noise_disturbed(&runs[2], 110, why, sizeof(why)));
}

static const char *judge_at(unsigned int depth, enum cold_path p, struct cold_run run)
{
	static struct cold_result r;

	memset(&r, 0, sizeof(r));
	run.reads = 100;
	mode_judge(&r, p, 4096, depth, &run, 1);
	return r.was;
}

static const char *judge(enum cold_path p, struct cold_run run)
{
	return judge_at(1, p, run);
}

static void test_modes(void **state)
{
	const uint64_t all = 100 * 4096;

	(void)state;
	assert_string_equal(judge(COLD_PREAD, (struct cold_run){ .read_bytes = all }), "");
	assert_string_equal(judge(COLD_PREAD, (struct cold_run){ .read_bytes = all / 4 }),
			    "75 % of it from the page cache");
	assert_string_equal(judge(COLD_PREAD, (struct cold_run){ .read_bytes = UINT64_MAX }), "");
	assert_string_equal(judge(COLD_RING, (struct cold_run){ .read_bytes = all, .workers = 2 }),
			    "by 2 io-wq threads, not by the submitter");
	assert_string_equal(judge(COLD_DIRECT, (struct cold_run){ .cached_after = all }),
			    "buffered: it went through the page cache");
	assert_string_equal(judge(COLD_RING_SQPOLL, (struct cold_run){ .pollers = 1 }), "");
	assert_string_equal(judge(COLD_RING_SQPOLL, (struct cold_run){ 0 }),
			    "without a thread that polls for submissions");
	assert_string_equal(judge(COLD_RING_IOPOLL, (struct cold_run){ .interrupts = 0 }), "");
	assert_string_equal(judge(COLD_RING_IOPOLL, (struct cold_run){ .interrupts = 99 }),
			    "by interrupts, not polled: 0.99 for a read");
	/* interrupts for many reads each are no polling either */
	assert_string_equal(judge_at(32, COLD_RING_IOPOLL, (struct cold_run){ .interrupts = 4 }),
			    "by interrupts, not polled: 0.04 for a read");
	assert_string_equal(judge(COLD_PASSTHRU_IOPOLL, (struct cold_run){ .interrupts = 1 }),
			    "polled, with 1 interrupts of the device in 100 reads");
	assert_string_equal(judge(COLD_RING_IOPOLL, (struct cold_run){ .interrupts = -1 }),
			    "polling not verified: this device's interrupts are not told apart");
}

/* Each run of a path takes that long for a read, and up to 1 % more. */
static void set_cold(struct cold *c, enum cold_path p, double each)
{
	struct cold_result *r = &c->result[p][0];
	struct hist *latency = &r->latency;

	r->nr_runs = RUNS;
	r->elapsed = each;
	latency->min = UINT64_MAX;
	for (int run = 0; run < RUNS; run++) {
		r->each[run] = each * (1 + 0.001 * (run * 5 % RUNS));
		hist_add(&latency, r->each[run]);
	}
}

static void test_advice(void **state)
{
	static struct cold c;
	struct advice a;
	struct hot h;

	(void)state;
	make_hot(&h);
	memset(&c, 0, sizeof(c));
	c.options = (struct cold_options){ .size = 4096, .depths = { 1 }, .nr_depths = 1 };
	set_cold(&c, COLD_PREAD, 12000);
	set_cold(&c, COLD_DIRECT, 10000);
	set_cold(&c, COLD_RING_DIRECT, 10001);
	set_cold(&c, COLD_RING_IOPOLL, 5000);
	strcpy(c.result[COLD_RING_IOPOLL][0].was, "by interrupts, not polled");

	h.options.hit_ratio = 0;
	assert_int_equal(advice_give(&a, &h, &c, 0), 0);
	assert_int_equal(a.nr, 3); /* what it is not called is none of them */
	assert_int_equal(a.candidate[0].path, COLD_DIRECT);
	assert_true(advice_same(&a.candidate[1]) && a.candidate[1].path == COLD_RING_DIRECT);
	assert_true(!advice_same(&a.candidate[2]) && a.candidate[2].ratio_low > 1.15);
	assert_true(a.candidate[2].low <= 12000 * 1.011 && a.candidate[2].high >= 12000);

	/* hits in the page cache cost more than hits in a cache of one's own */
	h.options.hit_ratio = 1;
	assert_int_equal(advice_give(&a, &h, &c, 0), 0);
	assert_int_equal(a.candidate[2].path, COLD_PREAD);
	assert_true(fabs(a.candidate[2].cost - h.cost[HOT_PREAD][4]) < 1e-9);
	assert_true(fabs(a.candidate[2].hits - a.candidate[2].cost) < 1e-9);

	assert_false(a.noisy);
	c.result[COLD_PREAD][0].noisy = true;
	assert_int_equal(advice_give(&a, &h, &c, 0), 0);
	assert_true(a.noisy);
	hot_free(&h);
}

/* The classes are those of the paths, in the same order. */
static void test_classes(void **state)
{
	(void)state;
	assert_int_equal(CLASS_PATHS_COLD, CLASS_PATHS_HOT + NR_HOT);
	assert_int_equal(NR_CLASSES, CLASS_PATHS_COLD + NR_COLD);
	for (enum hot_path p = 0; p < NR_HOT; p++)
		assert_string_equal(class_path[CLASS_PATHS_HOT + p], hot_name[p]);
	for (enum cold_path p = 0; p < NR_COLD; p++)
		assert_string_equal(class_path[CLASS_PATHS_COLD + p], cold_name[p]);
}

static void test_capture(void **state)
{
	static struct paths p;
	struct capture c = { 0 };

	(void)state;
	memset(&p, 0, sizeof(p));
	make_hot(&p.hot);
	p.measured = PATHS_HOT | PATHS_COLD;
	p.source.path = "/somewhere";
	p.cold.options = (struct cold_options){ .size = 4096, .depths = { 8 }, .nr_depths = 1 };
	set_cold(&p.cold, COLD_RING_DIRECT, 10000);
	set_cold(&p.cold, COLD_RING_IOPOLL, 10000);
	strcpy(p.cold.result[COLD_RING_IOPOLL][0].was, "by interrupts, not polled");
	assert_int_equal(paths_capture(&p, 0, &c), 0);
	assert_string_equal(c.command[3], "--");
	assert_string_equal(c.command[7], "depth=8");
	assert_int_equal(hist_count(c.operations[CLASS_PATHS_HOT].latency), RUNS * HOT_BATCHES);
	assert_int_equal(hist_count(c.operations[CLASS_PATHS_RING_DIRECT].latency), RUNS);
	assert_null(c.operations[CLASS_PATHS_RING_IOPOLL].latency);
	assert_int_equal(c.accounting.seen, RUNS * (NR_HOT * HOT_BATCHES + 1));
	assert_int_equal(c.operations[CLASS_PATHS_RING_DIRECT].exposed[STAGE_UNATTRIBUTED]->sum,
			 c.operations[CLASS_PATHS_RING_DIRECT].latency->sum);
	capture_free(&c);
	hot_free(&p.hot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models),	cmocka_unit_test(test_break_even),
		cmocka_unit_test(test_buffer),	cmocka_unit_test(test_noise),
		cmocka_unit_test(test_modes),	cmocka_unit_test(test_advice),
		cmocka_unit_test(test_classes), cmocka_unit_test(test_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
