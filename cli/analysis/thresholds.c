// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "thresholds.h"

#define ANY "*"
#define MAX_PERCENT 1000
#define MAX_FLOOR 1e12
#define MAX_LINE 256
#define ALL_FIGURES NR_FIGURES
#define FIGURE_FLOOR (NR_FIGURES + 1)

static int complain(char *err, size_t size, const char *rule, const char *what)
{
	char safe[MAX_LINE];

	text_escape(safe, sizeof(safe), rule);
	snprintf(err, size, "threshold '%s': %s", safe, what);
	return -EINVAL;
}

void thresholds_init(struct thresholds *t)
{
	for (int row = 0; row < NR_CLASS_ROWS; row++) {
		t->floor[row] = NAN;
		for (int figure = 0; figure < NR_FIGURES; figure++)
			t->limit[row][figure] = NAN;
	}
}

/* A row, or NR_CLASS_ROWS for all of them; -1 for none. */
static int find_row(const char *name)
{
	if (!strcmp(name, ANY))
		return NR_CLASS_ROWS;
	if (!strcmp(name, "total"))
		return ROW_LATENCY;
	for (int i = 0; i < NR_STAGES; i++) {
		if (!strcmp(name, stage_name[i]))
			return i;
	}
	return -1;
}

static int find_figure(const char *name)
{
	if (!strcmp(name, ANY))
		return ALL_FIGURES;
	if (!strcmp(name, "floor"))
		return FIGURE_FLOOR;
	for (int i = 0; i < NR_FIGURES; i++) {
		if (!strcmp(name, figure_name[i]))
			return i;
	}
	return -1;
}

/* Blanks and tabs at both ends are taken off, in place. */
static char *trim(char *s)
{
	size_t length;

	s += strspn(s, " \t\r\n");
	length = strlen(s);
	while (length && strchr(" \t\r\n", s[length - 1]))
		s[--length] = '\0';
	return s;
}

/* A number of 0 to most, with the suffix behind it: 0 or -EINVAL. */
static int parse_number(const char *s, double most, const char *suffix, double *value)
{
	char *end;

	*value = strtod(s, &end);
	if (end == s || !(*value >= 0 && *value <= most))
		return -EINVAL;
	end += strspn(end, " \t");
	return strcmp(end, suffix) ? -EINVAL : 0;
}

/* What iostage costs itself is nobody's regression, unless a rule names it. */
static void set(struct thresholds *t, int row, int figure, double value)
{
	for (int i = 0; i < NR_CLASS_ROWS; i++) {
		if (row == NR_CLASS_ROWS ? i == STAGE_PROBES : i != row)
			continue;
		if (figure == FIGURE_FLOOR)
			t->floor[i] = value;
		for (int k = 0; k < NR_FIGURES; k++) {
			if (figure == ALL_FIGURES || k == figure)
				t->limit[i][k] = value;
		}
	}
}

int thresholds_rule(struct thresholds *t, const char *rule, char *err, size_t size)
{
	char copy[MAX_LINE], *name = copy, *value, *dot;
	int row = NR_CLASS_ROWS, figure;
	double number;

	if (strlen(rule) >= sizeof(copy))
		return complain(err, size, "", "longer than any rule");
	strcpy(copy, rule);
	value = strchr(copy, '=');
	if (!value)
		return complain(err, size, rule, "not of the form [STAGE.]FIGURE=LIMIT");
	*value++ = '\0';
	dot = strchr(name, '.');
	if (dot) {
		*dot = '\0';
		row = find_row(trim(name));
		name = dot + 1;
	}
	figure = find_figure(trim(name));
	value = trim(value);
	if (row < 0)
		return complain(err, size, rule, "the stage is neither one of iostage's nor total");
	if (figure < 0)
		return complain(err, size, rule,
				"the figure is none of p50, mean, trimmed, p99, floor");
	if (figure == FIGURE_FLOOR) {
		if (parse_number(value, MAX_FLOOR, "", &number))
			return complain(err, size, rule, "the floor is no amount in ns or insn");
	} else if (!strcmp(value, "off")) {
		number = INFINITY;
	} else {
		if (parse_number(value, MAX_PERCENT, "%", &number))
			return complain(err, size, rule,
					"the limit is neither off nor a percentage, 0% to 1000%");
		number /= 100;
	}
	set(t, row, figure, number);
	return 0;
}

static int read_rules(struct thresholds *t, FILE *f, char *err, size_t size)
{
	char line[MAX_LINE], what[MAX_LINE + 128];

	for (int n = 1; fgets(line, sizeof(line), f); n++) {
		int rc = 0;

		if (!strchr(line, '\n') && !feof(f))
			rc = complain(what, sizeof(what), "", "the line is longer than any rule");
		line[strcspn(line, "#")] = '\0';
		if (!rc && *trim(line))
			rc = thresholds_rule(t, trim(line), what, sizeof(what));
		if (rc) {
			snprintf(err, size, "line %d: %s", n, what);
			return rc;
		}
	}
	if (!ferror(f))
		return 0;
	snprintf(err, size, "%s", strerror(errno));
	return -errno;
}

int thresholds_read(struct thresholds *t, const char *path, char *err, size_t size)
{
	char what[512], safe[256];
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (f) {
		rc = read_rules(t, f, what, sizeof(what));
		fclose(f);
	} else {
		rc = -errno;
		snprintf(what, sizeof(what), "%s", strerror(errno));
	}
	text_escape(safe, sizeof(safe), path);
	if (rc)
		snprintf(err, size, "%s: %s", safe, what);
	return rc;
}

static void complete(double *value, double otherwise)
{
	if (isnan(*value))
		*value = otherwise;
}

/*
 * A stall that few operations meet shows in the mean only, be it ever so long.
 *
 * In the instruction clock the trimmed mean repeats almost to the instruction. Mean and 99th
 * percentile do not: how many operations meet a timer tick is a toss-up in any clock.
 */
void thresholds_complete(struct thresholds *t, const char *unit)
{
	static const double ns[NR_FIGURES] = {
		[FIGURE_P50] = 0.05,
		[FIGURE_MEAN] = 0.10,
		[FIGURE_TRIMMED] = INFINITY,
		[FIGURE_P99] = 0.10,
	};
	static const double insn[NR_FIGURES] = {
		[FIGURE_P50] = 0.001,
		[FIGURE_MEAN] = INFINITY,
		[FIGURE_TRIMMED] = 0.001,
		[FIGURE_P99] = INFINITY,
	};
	bool exact = !strcmp(unit, "insn");

	for (int row = 0; row < NR_CLASS_ROWS; row++) {
		complete(&t->floor[row], exact ? 16 : 50);
		for (int figure = 0; figure < NR_FIGURES; figure++)
			complete(&t->limit[row][figure], row == STAGE_PROBES ? INFINITY
							 : exact	     ? insn[figure]
									     : ns[figure]);
	}
}
