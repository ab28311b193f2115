/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From where on more is a regression. A rule is
 *
 *	[STAGE.]FIGURE=LIMIT	request.p99=8%   total.mean=off   *=2%
 *	[STAGE.]floor=AMOUNT	floor=50
 *
 * STAGE: a stage's name, "total" (the latency), or "*", which is every one but probes and
 * can be left out. FIGURE: p50, mean, trimmed, p99, or "*". LIMIT: in percent, or "off": not judged.
 * AMOUNT: in the captures' unit; a smaller difference is none. Of rules that say something
 * of the same, the last one holds.
 */
#ifndef IOSTAGE_THRESHOLDS_H
#define IOSTAGE_THRESHOLDS_H

#include "figures.h"

struct thresholds {
	double limit[NR_CLASS_ROWS][NR_FIGURES];	/* 0.05 is 5 %; infinite: off */
	double floor[NR_CLASS_ROWS];
};

/* Nothing is said yet. */
void thresholds_init(struct thresholds *t);

/* Both: 0 or negative errno; err gets one line for a person. */
int thresholds_rule(struct thresholds *t, const char *rule, char *err, size_t size);
/* A rule a line; what follows a # is a comment. */
int thresholds_read(struct thresholds *t, const char *path, char *err, size_t size);

/* What the rules have not said is set to what suits captures of that unit. */
void thresholds_complete(struct thresholds *t, const char *unit);

#endif
