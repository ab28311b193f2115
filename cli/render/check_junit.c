// SPDX-License-Identifier: GPL-2.0-only
/* JUnit's XML, as CI systems read it: a suite a class, a case a figure. */
#include <string.h>

#include "check_render.h"

/* What comes out of a capture; text_escape() has left no control character in it. */
static void put_escaped(const char *s, FILE *out)
{
	for (; *s; s++) {
		if (strchr("&<>\"", *s))
			fprintf(out, "&#%d;", *s);
		else
			fputc(*s, out);
	}
}

/* In spite of what it was judged. */
static void put_mismatches(const struct mismatches *m, FILE *out)
{
	if (!m->nr)
		return;
	fputs("    <properties>\n", out);
	for (int i = 0; i < NR_TRAITS; i++) {
		if (!m->text[i])
			continue;
		fputs("      <property name=\"mismatch\" value=\"", out);
		put_escaped(m->text[i], out);
		fputs("\"/>\n", out);
	}
	fputs("    </properties>\n", out);
}

static void put_suite_name(enum op_class class, FILE *out)
{
	fprintf(out, "%s.%s.%s", class_op[class], class_path[class], class_outcome[class]);
}

static void put_case(const struct check *check, const struct judgement *j, FILE *out)
{
	static const char *const element[NR_VERDICTS] = {
		[VERDICT_INCONCLUSIVE] = "skipped",
		[VERDICT_REGRESSION] = "failure",
	};

	fputs("    <testcase classname=\"iostage.", out);
	put_suite_name(j->class, out);
	fprintf(out, "\" name=\"%s.%s\"", judged_name(j), figure_name[j->figure]);
	if (j->verdict == VERDICT_PASS) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, ">\n      <%s message=\"", element[j->verdict]);
	put_judgement(check, j, out);
	if (j->doubt != DOUBT_NONE)
		fprintf(out, ": %s", doubt_name[j->doubt]);
	fputs("\"/>\n    </testcase>\n", out);
}

/* A suite's cases: judgements of one class stand together. The index behind the last. */
static size_t put_suite(const struct check *check, size_t first, FILE *out)
{
	size_t nr_of[NR_VERDICTS] = { 0 }, end = first;
	enum op_class class = check->judgements[first].class;

	for (; end < check->nr && check->judgements[end].class == class; end++)
		nr_of[check->judgements[end].verdict]++;
	fputs("  <testsuite name=\"iostage.", out);
	put_suite_name(class, out);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n",
		end - first, nr_of[VERDICT_REGRESSION], nr_of[VERDICT_INCONCLUSIVE]);
	put_mismatches(&check->c->mismatches, out);
	for (size_t i = first; i < end; i++)
		put_case(check, &check->judgements[i], out);
	fputs("  </testsuite>\n", out);
	return end;
}

void check_junit(const struct check *check, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out,
		"<testsuites name=\"iostage check\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
		"skipped=\"%zu\">\n",
		check->nr, check->nr_of[VERDICT_REGRESSION], check->nr_of[VERDICT_INCONCLUSIVE]);
	for (size_t i = 0; i < check->nr;)
		i = put_suite(check, i, out);
	fputs("</testsuites>\n", out);
}
