// SPDX-License-Identifier: GPL-2.0-only
/* For the text of a pull request: what has regressed, and all the rest folded away. */
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
		fputs(" | | | | | |\n", out);
		return;
	}
	fprintf(out, " | %s", scale_format(&s, a, buf));
	fprintf(out, " | %s %s", scale_format(&s, b, buf), s.unit);
	fprintf(out, " | %s", percent_change(a, b, buf));
	fprintf(out, " | %s", ratio_format(j, buf));
	fprintf(out, " | %s |\n", limit_format(j, buf));
}

static void put_table(const struct check *check, enum verdict verdict, FILE *out)
{
	fputs("| operation | stage | figure | A | B | change | 95 % interval | limit |\n"
	      "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
	      out);
	for (size_t i = 0; i < check->nr; i++) {
		if (check->judgements[i].verdict == verdict)
			put_row(check, &check->judgements[i], out);
	}
}

static void put_folded(const struct check *check, enum verdict verdict, FILE *out)
{
	if (!check->nr_of[verdict])
		return;
	fprintf(out, "\n<details><summary>%s: %zu figures</summary>\n\n", verdict_name[verdict],
		check->nr_of[verdict]);
	put_table(check, verdict, out);
	fputs("\n</details>\n", out);
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
	fprintf(out, "### iostage: %s\n\n", verdict_name[check->verdict]);
	put_outcome(check, out);
	fputs(".\n\n", out);
	put_circumstances(check, out);
	if (check->nr_of[VERDICT_REGRESSION]) {
		fputc('\n', out);
		put_table(check, VERDICT_REGRESSION, out);
	}
	put_folded(check, VERDICT_INCONCLUSIVE, out);
	put_folded(check, VERDICT_PASS, out);
}
