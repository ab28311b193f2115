// SPDX-License-Identifier: GPL-2.0-only
/* For the text of a pull request: what has not passed, and all the rest folded away. */
#include <stdlib.h>
#include <string.h>

#include "check_render.h"
#include "compare_render.h"

static void put_row(const struct check *check, const struct judgement *j, FILE *out)
{
	struct scale s = judged_scale(check, j->class);
	double a = j->d->of[SIDE_A], b = j->d->of[SIDE_B];
	char buf[2 * DRAW_NUMBER];

	fputs("| ", out);
	put_class_name(out, j->class);
	fprintf(out, " | %s | %s", judged_name(j), figure_name[j->figure]);
	if (j->doubt == DOUBT_CLASS) {
		fputs(" | | | | | | ", out);
	} else {
		fprintf(out, " | %s", scale_format(&s, a, buf));
		fprintf(out, " | %s %s", scale_format(&s, b, buf), s.unit);
		fprintf(out, " | %s", percent_change(a, b, buf));
		fprintf(out, " | %s", ratio_format(j, buf));
		fprintf(out, " | %s | ", limit_format(j, buf));
	}
	if (j->verdict == VERDICT_REGRESSION)
		fprintf(out, "**%s** |\n", verdict_name[j->verdict]);
	else
		fprintf(out, "%s |\n", verdict_name[j->verdict]);
}

/* Of the class or of all figures, those that passed or those that did not. */
static void put_table(const struct check *check, bool passed, FILE *out)
{
	fputs("| operation | stage | figure | A | B | change | 95 % interval | limit | verdict |\n"
	      "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n",
	      out);
	for (size_t i = 0; i < check->nr; i++) {
		const struct judgement *j = &check->judgements[i];

		if ((j->verdict == VERDICT_PASS) == passed)
			put_row(check, j, out);
	}
	fputc('\n', out);
}

/*
 * What names files and kernels is quoted whole, by a fence that nothing in it closes:
 * text_escape() has left no line break in a string, and a backtick at a line's start none.
 */
static void put_circumstances(const struct check *check, FILE *out)
{
	fputs("```\n", out);
	put_sides(check->c, out);
	put_doubts(check, out);
	fputs("```\n", out);
}

void check_markdown(const struct check *check, FILE *out)
{
	size_t passed = check->nr_of[VERDICT_PASS];

	fputs("### iostage: ", out);
	put_outcome(check, out);
	fputs("\n\n", out);
	put_circumstances(check, out);
	if (passed < check->nr) {
		fputc('\n', out);
		put_table(check, false, out);
	}
	if (!passed)
		return;
	fprintf(out, "\n<details><summary>%zu figures passed</summary>\n\n", passed);
	put_table(check, true, out);
	fputs("</details>\n", out);
}
