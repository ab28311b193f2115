/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures that captures are compared by, in the capture's unit. All of them are over
 * all operations of a class: one that was not in a stage counts there as 0, so that both
 * sides of a comparison speak of the same operations.
 */
#ifndef IOSTAGE_FIGURES_H
#define IOSTAGE_FIGURES_H

#include "capture.h"

/*
 * The trimmed mean leaves out the tails: whatever is more than two buckets (some 3 %)
 * above the 75th percentile or below the 25th. Unlike a percentile it tells single instructions apart, and
 * unlike the mean it does not depend on how many operations met a timer tick.
 */
enum figure {
	FIGURE_P50,
	FIGURE_MEAN,
	FIGURE_TRIMMED,
	FIGURE_P99,
	NR_FIGURES
};

extern const char *const figure_name[NR_FIGURES];

/* Rows of a class: each stage on both tracks, and the operation's latency. */
enum track {
	TRACK_EXPOSED,
	TRACK_HIDDEN,
	NR_TRACKS
};
#define ROW_LATENCY	NR_STAGES	/* beside the stages of TRACK_EXPOSED */
#define NR_CLASS_ROWS	(NR_STAGES + 1)

/* One capture, reduced. A row is a stage, or ROW_LATENCY of TRACK_EXPOSED. */
struct run {
	uint64_t count[NR_CLASSES];
	double value[NR_CLASSES][NR_TRACKS][NR_CLASS_ROWS][NR_FIGURES];
	/* by how much FIGURE_TRIMMED may move though nothing has changed */
	double unsteady[NR_CLASSES][NR_TRACKS][NR_CLASS_ROWS];
};

void run_reduce(struct run *run, const struct capture *c);

/* The histogram behind a row; NULL: nothing fell into it. */
const struct hist *row_hist(const struct capture *c, enum op_class class, enum track track,
			    unsigned int row);

/*
 * A 95 % interval of the figure, as far as the operations of one run can tell; they are
 * count, and enough of them. It says nothing of how runs differ.
 */
void figure_interval(enum figure figure, const struct hist *h, uint64_t count, double *low,
		     double *high);

/* Whether the figure of that many operations is more than the luck of a few. */
bool figure_enough(enum figure figure, uint64_t count);

/*
 * By how much the figure may be off for being taken from a histogram: half of a bucket's
 * width, and nothing where a bucket is one value. Means are exact, or as good as.
 */
double figure_error(enum figure figure, double value);

#endif
