// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>

#include "draw.h"
#include "paths_text.h"

/* What it takes besides, of who wants to use it. */
static const char *on_condition(enum cold_path p, double hit_ratio)
{
	if (cold_parts[p] & PART_MMAP)
		return "an I/O error is a SIGBUS there";
	if (cold_is_direct(p) && hit_ratio > 0)
		return "with a cache of your own";
	return NULL;
}

static void put_best(const struct advice *a, const struct hot *h, const char *unit, FILE *out)
{
	const struct candidate *best = &a->candidate[0];
	const char *condition = on_condition(best->path, h->options.hit_ratio);
	struct scale s = scale_for(unit, best->cost);
	char cost[DRAW_NUMBER], low[DRAW_NUMBER], high[DRAW_NUMBER], part[DRAW_NUMBER];

	fprintf(out, "%s: %s %s a read (%s to %s), %s of it for those from the device%s%s\n",
		cold_name[best->path], scale_format(&s, best->cost, cost), s.unit,
		scale_format(&s, best->low, low), scale_format(&s, best->high, high),
		percent(best->cost - best->hits, best->cost, part), condition ? "; " : "",
		condition ? condition : "");
}

/* Those that the runs cannot tell from the best one, and the first one that they can. */
static void put_others(const struct advice *a, FILE *out)
{
	size_t next = 1;

	while (next < a->nr && advice_same(&a->candidate[next])) {
		fprintf(out, "%s%s", next == 1 ? "  no difference shows to: " : "; ",
			cold_name[a->candidate[next].path]);
		next++;
	}
	if (next > 1)
		fputc('\n', out);
	if (next < a->nr)
		fprintf(out, "  %s takes %.2f times as long (%.2f to %.2f)\n",
			cold_name[a->candidate[next].path],
			a->candidate[next].cost / a->candidate[0].cost,
			a->candidate[next].ratio_low, a->candidate[next].ratio_high);
}

void put_advice(const struct paths *p, FILE *out)
{
	const struct cold_options *o = &p->cold.options;
	char size[DRAW_NUMBER];

	fprintf(out, "which path for %s reads of %s, %.0f %% of them in memory already\n\n",
		o->sequential ? "sequential" : "random", size_format(o->size, size),
		100 * p->hot.options.hit_ratio);
	for (size_t d = 0; d < o->nr_depths; d++) {
		const struct advice *a = &p->advice[d];

		fprintf(out, "depth %u: ", o->depths[d]);
		if (a->noisy) {
			fputs("not to be said: nearly all runs were disturbed\n", out);
		} else if (!a->nr) {
			fputs("nothing that is measured has that depth\n", out);
		} else {
			put_best(a, &p->hot, p->circumstances.unit, out);
			put_others(a, out);
		}
	}
}
