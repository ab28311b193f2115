// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "runs.h"
#include "thresholds.h"

static char err[512];

static void accept(struct thresholds *t, const char *rule)
{
	if (thresholds_rule(t, rule, err, sizeof(err)))
		fail_msg("'%s' was refused: %s", rule, err);
}

static void test_defaults(void **state)
{
	struct thresholds t;

	(void)state;
	thresholds_init(&t);
	thresholds_complete(&t, "ns");
	assert_true(t.limit[ROW_LATENCY][FIGURE_P50] == 0.05);
	assert_true(t.limit[ROW_LATENCY][FIGURE_MEAN] == 0.10);
	assert_true(isinf(t.limit[ROW_LATENCY][FIGURE_TRIMMED]));
	assert_true(t.limit[STAGE_REQUEST][FIGURE_P99] == 0.10);
	assert_true(t.floor[STAGE_REQUEST] == 50);
	assert_true(isinf(t.limit[STAGE_PROBES][FIGURE_P50]));
	thresholds_init(&t);
	thresholds_complete(&t, "insn");
	assert_true(t.limit[ROW_LATENCY][FIGURE_TRIMMED] == 0.001);
	assert_true(isinf(t.limit[ROW_LATENCY][FIGURE_MEAN]));
	assert_true(isinf(t.limit[ROW_LATENCY][FIGURE_P99]));
	assert_true(t.floor[ROW_LATENCY] == 16);
}

static void test_rules(void **state)
{
	struct thresholds t;

	(void)state;
	thresholds_init(&t);
	accept(&t, "p50=2%");
	accept(&t, " total.p99 = 7.5 % ");
	accept(&t, "request.*=off");
	accept(&t, "floor=100");
	accept(&t, "device.floor=0");
	accept(&t, "*.mean=0%");
	accept(&t, "probes.p50=1%");
	thresholds_complete(&t, "ns");
	assert_true(t.limit[STAGE_DEVICE][FIGURE_P50] == 0.02);
	assert_true(t.limit[ROW_LATENCY][FIGURE_P50] == 0.02);
	assert_true(t.limit[ROW_LATENCY][FIGURE_P99] == 0.075);
	assert_true(t.limit[STAGE_DEVICE][FIGURE_P99] == 0.10);
	assert_true(isinf(t.limit[STAGE_REQUEST][FIGURE_P50]));
	/* the last rule holds */
	assert_true(t.limit[STAGE_REQUEST][FIGURE_MEAN] == 0);
	assert_true(t.floor[STAGE_REQUEST] == 100);
	assert_true(t.floor[STAGE_DEVICE] == 0);
	assert_true(t.limit[STAGE_PROBES][FIGURE_P50] == 0.01);
	/* which rules for all stages do not mean */
	assert_true(isinf(t.limit[STAGE_PROBES][FIGURE_MEAN]));
}

static void test_refused(void **state)
{
	static const char *const rules[] = {
		"",	    "p50",	"p50=",		 "p50=5",      "p50=-1%",    "p50=nan%",
		"p50=inf%", "p50=1e9%", "p50=1001%",	 "p50=5%%",    "p50=5%x",    "p50=offf",
		"p75=5%",   ".p50=5%",	"nosuch.p50=5%", "total.=5%",  "total=5%",   "floor=5%",
		"floor=-1", "floor=x",	"floor=off",	 "floor=1e13", "a.b.p50=5%", "p50=5%=5%",
	};
	struct thresholds t;
	char large[1000];

	(void)state;
	thresholds_init(&t);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (!thresholds_rule(&t, rules[i], err, sizeof(err)))
			fail_msg("'%s' was accepted", rules[i]);
	}
	memset(large, '9', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	assert_int_not_equal(thresholds_rule(&t, large, err, sizeof(err)), 0);
	assert_int_not_equal(thresholds_rule(&t, "\x1b[2J=5%", err, sizeof(err)), 0);
	assert_null(strchr(err, '\x1b'));
	/* and nothing of it was set */
	for (int row = 0; row < NR_CLASS_ROWS; row++) {
		assert_true(isnan(t.floor[row]));
		assert_true(isnan(t.limit[row][FIGURE_P50]));
	}
}

static int read_text(struct thresholds *t, const char *text)
{
	char path[] = "/tmp/thresholds.XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	thresholds_init(t);
	rc = thresholds_read(t, path, err, sizeof(err));
	unlink(path);
	return rc;
}

static void test_file(void **state)
{
	struct thresholds t;

	(void)state;
	assert_int_equal(read_text(&t, "# what we allow\n\n  p50 = 3%  # all stages\n"
				       "\tdevice.*=off\r\nfloor=20"),
			 0);
	assert_true(t.limit[ROW_LATENCY][FIGURE_P50] == 0.03);
	assert_true(isinf(t.limit[STAGE_DEVICE][FIGURE_MEAN]));
	assert_true(t.floor[ROW_LATENCY] == 20);
	assert_int_equal(read_text(&t, ""), 0);
	assert_int_not_equal(read_text(&t, "p50=3%\n\nbogus\n"), 0);
	assert_non_null(strstr(err, "line 3: threshold 'bogus'"));
	assert_int_not_equal(thresholds_read(&t, "/no/such/file", err, sizeof(err)), 0);
	assert_string_equal(err, "/no/such/file: No such file or directory");
	assert_int_not_equal(thresholds_read(&t, "/dev/zero", err, sizeof(err)), 0);
	assert_int_not_equal(thresholds_read(&t, "/", err, sizeof(err)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
