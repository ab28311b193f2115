// SPDX-License-Identifier: GPL-2.0-only
/* What is drawn: the figures, the bars' places, and nothing that harms a terminal. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draw.h"
#include "render.h"
#include "sample.h"
#include "text.h"

static char *rendered(const struct capture *c, unsigned int operations)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (operations)
		assert_int_equal(render_operations(c, operations, out), 0);
	else
		render_text(c, out);
	fclose(out);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static size_t occurrences(const char *text, const char *part)
{
	size_t nr = 0;

	for (; (text = strstr(text, part)); text++)
		nr++;
	return nr;
}

static void test_numbers(void **state)
{
	struct scale us = { "us", 1e3, 2 }, insn = { "insn", 1, 0 };
	char buf[DRAW_NUMBER];

	(void)state;
	assert_string_equal(grouped(0, buf), "0");
	assert_string_equal(grouped(999, buf), "999");
	assert_string_equal(grouped(1000, buf), "1,000");
	assert_string_equal(grouped(UINT64_MAX, buf), "18,446,744,073,709,551,615");
	assert_string_equal(scale_format(&us, 1234, buf), "1.23");
	assert_string_equal(scale_format(&us, 12345678, buf), "12346");
	assert_string_equal(scale_format(&insn, 12345, buf), "12345");
	assert_string_equal(scale_format(&us, 1e18, buf), "1e+15");
}

/* All and nothing are said of all and nothing only. */
static void test_percent(void **state)
{
	char buf[DRAW_NUMBER];

	(void)state;
	assert_string_equal(percent(0, 10, buf), "0 %");
	assert_string_equal(percent(10, 10, buf), "100 %");
	assert_string_equal(percent(99999, 100000, buf), "99.9 %");
	assert_string_equal(percent(1, 100000, buf), "<0.1 %");
	assert_string_equal(percent(1, 3, buf), "33 %");
	assert_string_equal(percent(1, 30, buf), "3.3 %");
	assert_string_equal(percent(0, 0, buf), "0 %");
}

static void test_units(void **state)
{
	(void)state;
	assert_string_equal(scale_for("ns", 500).unit, "µs");
	assert_string_equal(scale_for("ns", 2e8).unit, "ms");
	assert_string_equal(scale_for("ns", 2e9).unit, "s");
	assert_string_equal(scale_for("insn", 2e3).unit, "insn");
	assert_string_equal(scale_for("insn", 2e9).unit, "Minsn");
}

static void test_escape(void **state)
{
	char buf[32];

	(void)state;
	text_escape(buf, sizeof(buf), "caf\xc3\xa9 \xe2\x82\xac");
	assert_string_equal(buf, "caf\xc3\xa9 \xe2\x82\xac");
	text_escape(buf, sizeof(buf), "a\x1b[1m\x7f\xc2\x9b");
	assert_string_equal(buf, "a\\x1b[1m\\x7f\\xc2\\x9b");
	text_escape(buf, sizeof(buf), "\xe2\x80\xae\xff");
	assert_string_equal(buf, "\\xe2\\x80\\xae\\xff");
	/* cut off between characters, never within one */
	text_escape(buf, 4, "ab\xc3\xa9");
	assert_string_equal(buf, "ab");
	text_escape(buf, 6, "ab\n\n");
	assert_string_equal(buf, "ab");
	/* overlong, surrogate, and beyond Unicode */
	text_escape(buf, sizeof(buf), "\xc0\xaf\xed\xa0\x80");
	assert_string_equal(buf, "\\xc0\\xaf\\xed\\xa0\\x80");
	text_escape(buf, sizeof(buf), "\xf4\x90\x80\x80");
	assert_string_equal(buf, "\\xf4\\x90\\x80\\x80");
}

static void assert_bar(double start, double length, bool hidden, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	put_bar(out, start, length, DRAW_BAR, hidden);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_bars(void **state)
{
	(void)state;
	assert_bar(0, 2, false, "██");
	assert_bar(3, 1.5, false, "   █▌");
	assert_bar(3, 2, true, "   ░░");
	assert_bar(3, 0, false, "   ▏");
	assert_bar(3, 0, true, "   ░");
	/* at the end, and beyond it */
	assert_bar(DRAW_BAR, 1, false, "                           █");
	assert_bar(DRAW_BAR - 2, 9, false, "                          ██");
	assert_bar(DRAW_BAR + 1, 1, false, "");
}

/* One miss of known figures. */
static void test_breakdown(void **state)
{
	struct capture_operation *o;
	struct capture_coverage coverage[] = { { "nvme0n1", 2, 2, 5 }, { "vda", 0, 0, 1 } };
	struct capture c = { .unit = "ns", .target.write_cache = -1 };
	enum stage i;
	char *text;

	(void)state;
	o = &c.operations[CLASS_READ_MISS];
	hist_add(&o->latency, 10000);
	hist_add(&o->latency, 30000);
	hist_add(&o->exposed[STAGE_CACHE_LOOKUP], 4000);
	hist_add(&o->exposed[STAGE_DEVICE], 5000);
	hist_add(&o->exposed[STAGE_DEVICE], 29000);
	hist_add(&o->exposed[STAGE_PROBES], 400);
	hist_add(&o->exposed[STAGE_PROBES], 600);
	hist_add(&o->exposed[STAGE_UNATTRIBUTED], 1000);
	hist_add(&o->hidden[STAGE_SWITCH_OUT], 2000);
	c.accounting.seen = c.accounting.reported = 2;
	c.coverage = coverage;
	c.nr_coverage = 2;
	c.hooks[STAGE_DMA_MAP] = (struct capture_hook){
		.merged = { { "read", STAGE_REQUEST, "why" }, { "fsync", STAGE_DEVICE, "so" } },
		.nr_merged = 2,
	};
	c.hooks[STAGE_REQUEST].hits = 2;
	c.hooks[STAGE_DEVICE].hits = 2;
	c.hooks[STAGE_PASSTHRU] = (struct capture_hook){
		.merged = { { NULL, STAGE_RING_SUBMIT, "nobody was there" } },
		.nr_merged = 1,
	};
	c.hooks[STAGE_IRQ] = (struct capture_hook){
		.merged = { { NULL, -1, "why not" } },
		.nr_merged = 1,
	};
	text = rendered(&c, 0);
	assert_has(text, "read · buffered miss\n");
	assert_has(text, "2 operations   mean 20.00 µs, 19.50 without the probes\n");
	assert_has(text, "software 3.50, 1.00 hidden (29 %)\n");
	assert_has(text,
		   "page cache  cache_lookup          2.00     4.00     4.00   10 %   50 %  ██▊\n");
	assert_has(text,
		   "device      device               17.00     5.02    29.00   85 %           █");
	assert_has(text,
		   "scheduler   switch_out            1.00     2.00     2.00 hidden   50 %    ░\n");
	assert_has(text,
		   "            probes                0.50     0.40     0.60  2.5 %         calib");
	assert_has(text, "2 seen = 2 reported + 0 dropped + 0 in flight · 100 % of 2 device req");
	assert_has(text, "bios for no recorded operation: 5 on nvme0n1, 1 on vda (as of ");
	assert_has(text, "not seen here: dma_map of read (in request: why), "
			 "dma_map of fsync (in device: so), irq (why not)\n");
	assert_null(strstr(text, "nobody was there"));
	free(text);
	free(o->latency);
	for (i = 0; i < NR_STAGES; i++) {
		free(o->exposed[i]);
		free(o->hidden[i]);
	}
}

static void test_nothing_recorded(void **state)
{
	struct capture_coverage coverage = { "vda", 0, 0, 3 };
	struct capture c = { .unit = "ns" };
	char *text = rendered(&c, 0);

	(void)state;
	assert_string_equal(text,
			    "no operations\n\n0 seen = 0 reported + 0 dropped + 0 in flight · "
			    "no device requests\n");
	free(text);
	c.coverage = &coverage;
	c.nr_coverage = 1;
	text = rendered(&c, 0);
	assert_has(text, "no device requests\nbios for no recorded operation: 3 on vda (as of ");
	free(text);
}

/* As in a capture of iostage paths: the device is in that time, too. */
static void test_no_stage_no_software(void **state)
{
	struct capture c = { .unit = "ns" };
	struct capture_operation *o = &c.operations[CLASS_READ_DIRECT];
	char *text;

	(void)state;
	hist_add(&o->latency, 5000);
	hist_add(&o->exposed[STAGE_UNATTRIBUTED], 5000);
	text = rendered(&c, 0);
	assert_has(text, "1 operation   mean 5.00 µs");
	assert_null(strstr(text, "software"));
	free(text);
	free(o->latency);
	free(o->exposed[STAGE_UNATTRIBUTED]);
}

static size_t columns(const char *line, size_t bytes)
{
	size_t nr = 0, i;

	for (i = 0; i < bytes; i++)
		nr += ((unsigned char)line[i] & 0xc0) != 0x80;
	return nr;
}

static void assert_narrow(const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		if (columns(text, end - text) > DRAW_COLUMNS)
			fail_msg("too wide: %.*s", (int)(end - text), text);
	}
}

/* The sample, stretched over the whole range of what a histogram holds. */
static void test_width(void **state)
{
	static const uint64_t factors[] = { 1, 100, 20000, 30000000 };
	struct capture c;
	size_t f, i, j;
	char *text;

	(void)state;
	for (f = 0; f < sizeof(factors) / sizeof(*factors); f++) {
		sample_capture(&c);
		for (i = 0; i < NR_CLASSES * NR_STAGES; i++) {
			struct capture_operation *o = &c.operations[i / NR_STAGES];

			if (o->exposed[i % NR_STAGES])
				o->exposed[i % NR_STAGES]->sum *= factors[f];
			if (o->latency && i % NR_STAGES == 0)
				o->latency->sum *= factors[f];
		}
		for (i = 0; i < c.nr_samples; i++) {
			c.samples[i].latency *= factors[f];
			for (j = 0; j < c.samples[i].nr_segments; j++) {
				c.samples[i].segments[j].at *= factors[f];
				c.samples[i].segments[j].length *= factors[f];
			}
		}
		text = rendered(&c, 0);
		assert_narrow(text);
		free(text);
		text = rendered(&c, 3);
		assert_narrow(text);
		free(text);
		capture_free(&c);
	}
}

static void test_hostile_strings(void **state)
{
	static const char hostile[] = "\x1b]0;x\x07\xc2\x9b\n";
	struct capture c;
	char *text;

	(void)state;
	sample_capture(&c);
	free(c.target.device);
	c.target.device = strdup(hostile);
	free(c.system.kernel);
	c.system.kernel = strdup(hostile);
	free(c.hooks[STAGE_PIN_PAGES].merged[0].reason);
	c.hooks[STAGE_PIN_PAGES].merged[0].reason = strdup(hostile);
	free(c.accounting.drops[0].reason);
	c.accounting.drops[0].reason = strdup(hostile);
	strcpy(c.samples[0].comm, hostile);
	text = rendered(&c, 0);
	assert_int_equal(occurrences(text, "\\x1b]0;x\\x07\\xc2\\x9b\\x0a"), 3 + 3 + 1 + 1);
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xc2\x9b"));
	free(text);
	text = rendered(&c, 9);
	assert_int_equal(occurrences(text, "\\x1b]0;x\\x07\\xc2\\x9b\\x0a"), 1);
	assert_null(strchr(text, '\x1b'));
	free(text);
	capture_free(&c);
}

static void test_waterfall(void **state)
{
	struct capture_segment segments[] = {
		{ STAGE_SYSCALL_EXIT, false, 9000, 1000 }, { STAGE_PROBES, false, 0, 500 },
		{ STAGE_SYSCALL_ENTRY, false, 500, 1500 }, { STAGE_DEVICE, false, 2000, 1000 },
		{ STAGE_SWITCH_OUT, true, 2000, 400 },	   { STAGE_PROBES, true, 2400, 600 },
		{ STAGE_SWITCH_OUT, true, 3000, 100 },	   { STAGE_DEVICE, false, 3000, 6000 },
		{ STAGE_SWITCH_OUT, true, 8000, 500 },
	};
	struct capture_sample samples[] = {
		{ CLASS_READ_MISS, true, false, 7, "fio", 4096, 5, 10000, 9, segments },
		{ CLASS_READ_MISS, true, false, 7, "fio", -5, 5, 20000, 1, segments + 2 },
		{ CLASS_READ_MISS, false, true, 7, "fio", 0, 5, 10000, 0, NULL },
		{ CLASS_READ_MISS, false, false, 8, "cat", 0, 5, 30000, 0, NULL },
	};
	struct capture c = { .unit = "ns", .nr_samples = 4, .samples = samples };
	char *text = rendered(&c, 1);

	(void)state;
	/* the slowest of the slow ones, but the first of the random ones */
	assert_has(text, "slow · 20.00 µs · fio[7] · Input/output error · at 0.000000 s\n");
	assert_has(text, "random · 10.00 µs · fio[7] · returned 0 · at 0.000000 s\ntoo long");
	assert_int_equal(occurrences(text, "read · buffered miss"), 2);
	free(text);
	c.nr_samples = 1;
	text = rendered(&c, 1);
	assert_has(text, "returned 4096");
	assert_has(text, "0.50 µs of it");
	/* in time; the probes left out, what they part joined, what they do not part not */
	assert_has(text, "syscall     syscall_entry         0.50        1.50");
	assert_has(text, "device      device                2.00        7.00");
	assert_int_equal(occurrences(text, " device "), 1);
	assert_has(text, "scheduler   switch_out            2.00        1.10  hidden  ");
	assert_has(text, "scheduler   switch_out            8.00        0.50  hidden  ");
	assert_has(text, "syscall     syscall_exit          9.00        1.00");
	assert_int_equal(occurrences(text, "probes   "), 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_breakdown),
		cmocka_unit_test(test_nothing_recorded),
		cmocka_unit_test(test_no_stage_no_software),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_waterfall),
	};

	/* before anything asks for the locale's characters */
	setenv("LC_ALL", "C.UTF-8", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
