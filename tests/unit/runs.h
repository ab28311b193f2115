/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up runs for a comparison, without captures behind them; the same at every run. */
#ifndef IOSTAGE_TESTS_RUNS_H
#define IOSTAGE_TESTS_RUNS_H

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "sample.h"

/* From 0 to 1. */
static inline double runs_uniform(void)
{
	return (sample_random() - 0.5) / 2147483646;
}

/* Standard normal: Box and Muller. */
static inline double runs_normal(void)
{
	double radius = sqrt(-2 * log(runs_uniform()));

	return radius * cos(2 * M_PI * runs_uniform());
}

/* compare_close() frees it; files outlives it. */
static inline void runs_open(struct comparison *c, struct side_files files[NR_SIDES],
			     const char *unit, size_t nr_a, size_t nr_b)
{
	static char name[] = "run.json";

	memset(c, 0, sizeof(*c));
	memset(files, 0, NR_SIDES * sizeof(*files));
	files[SIDE_A].nr = nr_a;
	files[SIDE_B].nr = nr_b;
	for (int side = 0; side < NR_SIDES; side++) {
		for (size_t i = 0; i < files[side].nr; i++)
			files[side].name[i] = name;
		c->side[side].files = &files[side];
		c->side[side].runs = calloc(files[side].nr, sizeof(struct run));
		assert(c->side[side].runs);
		c->side[side].first.unit = strdup(unit);
	}
	c->unit = c->side[SIDE_A].first.unit;
}

static inline double *runs_value(struct comparison *c, enum side_id side, size_t run,
				 enum op_class class, enum track track, unsigned int row,
				 enum figure figure)
{
	struct run *r = &c->side[side].runs[run];

	if (!r->count[class])
		r->count[class] = 1000;
	return &r->value[class][track][row][figure];
}

/* The same value of all figures of an exposed row. */
static inline void runs_set(struct comparison *c, enum side_id side, size_t run,
			    enum op_class class, unsigned int row, double value)
{
	for (int figure = 0; figure < NR_FIGURES; figure++)
		*runs_value(c, side, run, class, TRACK_EXPOSED, row, figure) = value;
}

#endif
