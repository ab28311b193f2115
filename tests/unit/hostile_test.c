// SPDX-License-Identifier: GPL-2.0-only
/*
 * Captures that somebody bent. Each case is corpus/read.json with one place changed;
 * the reader has to refuse it, and to say where and why.
 */
#include <errno.h>
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"

static char good[8192];

static int load_good(void **state)
{
	FILE *in = fopen("tests/unit/corpus/read.json", "r");

	(void)state;
	assert_non_null(in);
	assert_true(fread(good, 1, sizeof(good) - 1, in) > 0);
	fclose(in);
	return 0;
}

static int parse(const char *text, size_t length, char *err, size_t size)
{
	/* of its very size, so that reading beyond it is seen */
	char *copy = malloc(length ? length : 1);
	struct capture c;
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, length);
	rc = capture_parse(&c, copy, length, err, size);
	if (!rc)
		capture_free(&c);
	free(copy);
	return rc;
}

/* Replaces the first from behind after; the result is the caller's to free. */
static char *bend(const char *after, const char *from, const char *to)
{
	const char *at = strstr(good, after);
	char *text;

	if (at)
		at = strstr(at, from);
	if (!at)
		fail_msg("corpus/read.json has no %s behind %s", from, after);
	text = malloc(strlen(good) + strlen(to) + 1);
	assert_non_null(text);
	sprintf(text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	return text;
}

struct bent {
	const char *after, *from, *to;
	const char *message; /* part of the message; NULL: it is accepted */
};

#define EIGHT ",1,2,3,4,5,6,7,8"
#define MANY EIGHT EIGHT EIGHT EIGHT

static const struct bent cases[] = {
	/* what is not said is allowed for, within a version */
	{ "", "\"unit\"", "\"later\": {\"x\": [1, null]}, \"unit\"", NULL },
	{ "", "\"device\": \"vda\", ", "", NULL },
	{ "", ", \"write_cache\": true", "", NULL },
	{ "", "\"async\"", "\"past\"", NULL },
	/* no JSON, or not quite */
	{ "", "\"cpus\": 2", "\"cpus\": NaN", "invalid token" },
	{ "", "1.5", "Infinity", "invalid token" },
	{ "", "1.5", "1e400", "real number overflow" },
	{ "", "1.5", "-1.5", "seconds: not a time" },
	{ "", "1.5", "\"long\"", "seconds: not a time" },
	{ "", "\"seen\": 6", "\"seen\": 9223372036854775808", "too big integer" },
	{ "", "\"seen\": 6", "\"seen\": 6, \"seen\": 6", "duplicate object key" },
	{ "", "A CPU", "A \\u0000 CPU", "NUL" },
	{ "", "A CPU", "A \xff CPU", "unable to decode byte 0xff" },
	{ "", "\"vda\"", "17", "target.device: not a string" },
	/* another format, or another version of it */
	{ "", "iostage-capture", "perf", "no iostage-capture" },
	{ "", "\"version\": 1", "\"version\": 0", "version: there is no version 0" },
	{ "", "\"version\": 1", "\"version\": \"1\"", "version: not an integer" },
	{ "", "\"ns\"", "\"us\"", "unit: neither ns nor insn" },
	{ "", "{\"kernel\"", "1, \"y\": {\"kernel\"", "system: not an object" },
	{ "", "[\"iostage\"", "[7", "command[0]: not a string" },
	{ "", "[\"comm=fio\"]", "{}", "filters: not an array" },
	{ "", "\"light\"", "7", "async.on[1]: not a string" },
	{ "", "\"light\"", "\"light\"" MANY MANY, "async.on: more than 64" },
	{ "", "\"present\": true", "\"present\": false", "async.on: something is, that is not" },
	{ "", "\"present\": true", "\"present\": 1", "async.present: neither true" },
	{ "", "\"present\": true, ", "", "async.present: missing" },
	{ "", "\"cpus\": 2", "\"cpus\": 4294967296", "system.cpus: too large" },
	/* hooks and accounting */
	{ "hooks", "\"device\"", "\"divice\"", "hooks: unknown stage divice: read it with" },
	{ "hooks", "\"request\"", "\"re\\u001bquest\"",
	  "hooks.dma_map.merged_into: unknown stage" },
	{ "hooks", ", \"hits\": 2", "", "hooks.device.hits: missing" },
	{ "hooks", ", \"reason\": \"no such tracepoint\"", "", "hooks.dma_map.reason: missing" },
	{ "hooks", "\"merged_into\": \"request\", \"reason\": \"no such tracepoint\"", "",
	  "hooks.dma_map: neither" },
	{ "hooks", "\"merged_into\"", "\"also\": 7, \"merged_into\"",
	  "hooks.dma_map.also: not an array" },
	{ "hooks", "\"merged_into\"", "\"also\": [7], \"merged_into\"",
	  "hooks.dma_map.also[0]: not an object" },
	{ "hooks", "\"merged_into\"", "\"also\": [{}], \"merged_into\"",
	  "hooks.dma_map.also[0].reason: missing" },
	{ "hooks", "\"merged_into\"",
	  "\"also\": [{\"reason\": \"\"}, {\"reason\": \"\"}, {\"reason\": \"\"}], \"merged_into\"",
	  "hooks.dma_map.also[2]: too many" },
	{ "", "\"seen\": 6", "\"seen\": 7", "accounting: seen is not reported" },
	{ "", "\"seen\": 6", "\"seen\": 1", "accounting: seen is not reported" },
	{ "", "\"seen\": 6", "\"seen\": -6", "accounting.seen: -6 is negative" },
	{ "", "\"seen\": 6", "\"seen\": 6.0", "accounting.seen: not an integer" },
	{ "", "\"nested\": 1", "\"nested\": 2", "accounting.drops: more than" },
	{ "", "\"nested\": 1", "\"nested\": 0", "accounting.drops: they sum up to 2" },
	{ "", "\"seen\": 6, \"reported\": 2", "\"seen\": 7, \"reported\": 3",
	  "accounting.reported is 3, but the operations are 2" },
	{ "", "\"attributed\": 2", "\"attributed\": 4", "coverage[0]: more attributed" },
	{ "", "\"attributed\": 2", "\"attributed\": 2, \"outside\": -1",
	  "coverage[0].outside: -1 is negative" },
	{ "", "\"device\": \"nvme0n1\"", "\"device\": 1", "coverage[0].device" },
	/* operations */
	{ "\"operations\"", "\"miss\"", "\"amiss\"", "operations[0]: unknown operation read" },
	{ "\"operations\"", "\"miss\"", "null", "operations[0]: op, path and outcome" },
	{ "\"operations\"", "\"count\": 2", "\"count\": 3", "operations[0]: count differs" },
	{ "\"operations\"", "\"count\": 2", "\"count\": 2, \"elsewhere\": 3",
	  "operations[0]: more elsewhere" },
	{ "\"operations\"", "\"latency\"", "\"l\"", "operations[0].latency: missing" },
	{ "\"latency\"", "\"count\": 2", "\"count\": 3",
	  "operations[0].latency: count is 3, but the buckets hold 2" },
	{ "\"latency\"", "\"sum\": 220", "\"sum\": 219", "sum is impossible" },
	{ "\"latency\"", "\"sum\": 220", "\"sum\": 221", "sum is impossible" },
	{ "\"latency\"", "\"min\": 100", "\"min\": 121", "min is above max" },
	{ "\"latency\"", "\"min\": 100", "\"min\": 99", "min is not in the first bucket" },
	{ "\"latency\"", "\"max\": 120", "\"max\": 121", "max is not in the last bucket" },
	{ "\"latency\"", "[120, 1]", "[1856, 1]", "latency.buckets[1]: bucket 1856 is beyond" },
	{ "\"latency\"", "[120, 1]", "[100, 1]", "latency.buckets[1]: bucket 100 is out of" },
	{ "\"latency\"", "[120, 1]", "[120, 0]", "latency.buckets[1]: an empty bucket" },
	{ "\"latency\"", "[120, 1]", "[120, -1]", "latency.buckets[1][1]: -1 is negative" },
	{ "\"latency\"", "[120, 1]", "[120]", "latency.buckets[1]: not a pair" },
	{ "\"latency\"", "[120, 1]", "[120, 9223372036854775807]", "the counts overflow" },
	{ "\"latency\"", "[[100, 1], [120, 1]]", "[]", "latency: an empty histogram" },
	{ "\"stages\"", "\"cache_lookup\"", "\"lookup\"",
	  "operations[0].stages[0].stage: unknown stage lookup: read it with" },
	{ "\"stages\"", "\"cache_lookup\"", "\"unattributed\"", "stages[0]: unattributed is no" },
	{ "\"stages\"", "\"cache_lookup\"", "\"device\"", "stages[1]: a second row for device" },
	{ "\"stages\"",
	  "{\"count\": 1, \"sum\": 10, \"min\": 10, \"max\": 10, \"buckets\": [[10, 1]]}",
	  "{\"count\": 1, \"sum\": 11, \"min\": 11, \"max\": 11, \"buckets\": [[11, 1]]}",
	  "operations[0]: the exposed stages and unattributed sum up to 221, the latency to 220" },
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 3, \"sum\": 60, \"min\": 20, \"max\": 20, \"buckets\": [[20, 3]]}",
	  "operations[0]: switch_out is in more operations" },
	/* buckets wider than 1: two values are min and max, so that their sum is known */
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 2, \"sum\": 1030, \"min\": 512, \"max\": 519, \"buckets\": [[256, 2]]}",
	  "stages[2].hidden: sum is impossible" },
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 2, \"sum\": 1031, \"min\": 512, \"max\": 519, \"buckets\": [[256, 2]]}",
	  NULL },
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 2, \"sum\": 1032, \"min\": 512, \"max\": 519, \"buckets\": [[256, 2]]}",
	  "stages[2].hidden: sum is impossible" },
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 2, \"sum\": 1036, \"min\": 515, \"max\": 522, \"buckets\": [[256, 1], [257, "
	  "1]]}",
	  "stages[2].hidden: sum is impossible" },
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 2, \"sum\": 1037, \"min\": 515, \"max\": 522, \"buckets\": [[256, 1], [257, "
	  "1]]}",
	  NULL },
	{ "\"stages\"",
	  "{\"count\": 2, \"sum\": 50, \"min\": 20, \"max\": 30, \"buckets\": [[20, 1], [30, 1]]}",
	  "{\"count\": 2, \"sum\": 1038, \"min\": 515, \"max\": 522, \"buckets\": [[256, 1], [257, "
	  "1]]}",
	  "stages[2].hidden: sum is impossible" },
	/* samples */
	{ "\"samples\":", "\"slow\": true", "\"slow\": 1", "samples[0].slow: neither" },
	{ "\"samples\":", "\"pid\": 42", "\"pid\": 4294967296", "samples[0].pid: too large" },
	{ "\"samples\":", "\"fio\"", "\"sixteen bytes!!!\"", "samples[0].comm: not a string of" },
	{ "\"samples\":", "4096", "\"4096\"", "samples[0].result: not an integer" },
	{ "\"samples\":", "4096", "-5", NULL },
	{ "\"samples\":", "[\"device\", 10, 90]", "[\"device\", 10, 91]",
	  "samples[0].timeline: the exposed segments are longer" },
	{ "\"samples\":", "[\"device\", 10, 90]", "[\"device\", 10, 89]",
	  "samples[0].timeline: the exposed segments are shorter" },
	{ "\"samples\":", "[\"device\", 10, 90]", "[\"device\", 31, 90]",
	  "samples[0].timeline[1]: beyond the operation's end" },
	{ "\"samples\":", "[\"device\", 10, 90]", "[\"device\", 10, 9223372036854775807]",
	  "samples[0].timeline[1]: beyond the operation's end" },
	{ "\"samples\":", "30, true", "30, 1", "samples[0].timeline[2][3]: neither" },
	{ "\"samples\":", "10, 30, true", "10", "samples[0].timeline[2]: not an array of" },
};

static void test_bent(void **state)
{
	char err[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = bend(cases[i].after, cases[i].from, cases[i].to);
		int rc = parse(text, strlen(text), err, sizeof(err));

		if (!cases[i].message && rc)
			fail_msg("%s is not allowed: %s", cases[i].to, err);
		if (cases[i].message && rc != -EPROTO)
			fail_msg("%s gave %d, not -EPROTO", cases[i].to, rc);
		if (cases[i].message && !strstr(err, cases[i].message))
			fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].to, cases[i].message, err);
		free(text);
	}
}

static void test_newer_version(void **state)
{
	char *text = bend("", "\"version\": 1", "\"version\": 2"), err[256];

	(void)state;
	assert_int_equal(parse(text, strlen(text), err, sizeof(err)), -EPROTONOSUPPORT);
	assert_non_null(strstr(err, "version 2"));
	assert_non_null(strstr(err, "the iostage that recorded it, or a newer one"));
	free(text);
}

static void test_truncated_anywhere(void **state)
{
	size_t length = strlen(good), i;
	char err[256];

	(void)state;
	assert_int_equal(parse(good, length, err, sizeof(err)), 0);
	/* the last byte is a newline */
	for (i = 0; i < length - 1; i++) {
		err[0] = '\0';
		assert_int_equal(parse(good, i, err, sizeof(err)), -EPROTO);
		assert_true(strlen(err) > 0);
	}
}

/* Every byte becomes another: whatever it gives, it is no crash, and has a message. */
static void test_flipped_anywhere(void **state)
{
	static const char with[] = { '\0', '9', '-', '"', '[', '}', '\xff' };
	size_t length = strlen(good), i, j;
	char text[sizeof(good)], err[256];

	(void)state;
	for (i = 0; i < length; i++) {
		for (j = 0; j < sizeof(with); j++) {
			memcpy(text, good, length);
			text[i] = with[j];
			err[0] = '\0';
			if (parse(text, length, err, sizeof(err)))
				assert_true(strlen(err) > 0);
		}
	}
}

static void assert_refused(char fill, size_t length, const char *message)
{
	char *text = malloc(length), err[256];

	assert_non_null(text);
	memset(text, fill, length);
	text[0] = '[';
	assert_int_equal(parse(text, length, err, sizeof(err)), -EPROTO);
	assert_non_null(strstr(err, message));
	free(text);
}

static void test_out_of_bounds(void **state)
{
	(void)state;
	assert_refused('[', 17, "nested deeper");
	assert_refused('[', 4 << 20, "nested deeper");
	assert_refused(',', 5 << 20, "more values");
	assert_refused(':', 1 << 20, "more values");
}

/* [[],[],...] is what takes the parser the most memory for a byte. */
static void test_samples_without_end(void **state)
{
	size_t nr = 65537, length, i;
	char *text, *with, err[256], *at;

	(void)state;
	with = malloc(2 * nr + 1);
	assert_non_null(with);
	for (i = 0; i < nr; i++)
		memcpy(with + 2 * i, "0,", 2);
	with[2 * nr] = '\0';
	text = bend("\"samples\":", "[", "[#");
	length = strlen(text) + 2 * nr;
	text = realloc(text, length + 1);
	assert_non_null(text);
	at = strchr(text, '#');
	memmove(at + 2 * nr, at + 1, strlen(at + 1) + 1);
	memcpy(at, with, 2 * nr);
	assert_int_equal(parse(text, strlen(text), err, sizeof(err)), -EPROTO);
	assert_non_null(strstr(err, "samples: more than"));
	free(text);
	free(with);
}

/* Names out of the file are in messages, too. */
static void test_messages_are_harmless(void **state)
{
	char *text = bend("hooks", "\"device\"", "\"\\u001b[2J\\u009b\\u202e\\n\""), err[256];
	const char *p;

	(void)state;
	assert_int_equal(parse(text, strlen(text), err, sizeof(err)), -EPROTO);
	assert_non_null(strstr(err, "\\x1b[2J\\xc2\\x9b"));
	for (p = err; *p; p++)
		assert_true(*p >= ' ' && *p <= '~');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bent),
		cmocka_unit_test(test_newer_version),
		cmocka_unit_test(test_truncated_anywhere),
		cmocka_unit_test(test_flipped_anywhere),
		cmocka_unit_test(test_out_of_bounds),
		cmocka_unit_test(test_samples_without_end),
		cmocka_unit_test(test_messages_are_harmless),
	};

	return cmocka_run_group_tests(tests, load_good, NULL);
}
