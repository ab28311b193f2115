/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The difference between two sides: of each class of operations that all runs have, by
 * row (a stage in one track, or the latency) and figure. Everything is in the captures'
 * unit, and B's less A's. A side's figure is the median of its runs'.
 */
#ifndef IOSTAGE_COMPARE_H
#define IOSTAGE_COMPARE_H

#include "sides.h"

struct difference {
	double of[NR_SIDES];
	double unsteady;	/* the most of any run, for FIGURE_TRIMMED; else 0 */
	/* 95 % intervals, of B less A and of B by A */
	bool has_interval;	/* not where a run has too few operations for the figure */
	double low, high;
	bool has_ratio;		/* only of several runs a side; the high end may be infinite */
	double ratio_low, ratio_high;
};

struct class_comparison {
	bool compared;		/* every run of both sides has such operations: */
	size_t runs[NR_SIDES];	/* how many have */
	uint64_t count[NR_SIDES];	/* operations, of all runs */
	uint64_t fewest[NR_SIDES];	/* in one run */
	bool present[NR_TRACKS][NR_CLASS_ROWS];	/* in any run */
	struct difference row[NR_TRACKS][NR_CLASS_ROWS][NR_FIGURES];
};

struct comparison {
	const char *unit;
	struct side side[NR_SIDES];
	struct mismatches mismatches;
	struct class_comparison class[NR_CLASSES];
	/* the classes that are compared, those that take most of the time first */
	enum op_class order[NR_CLASSES];
	size_t nr;
};

/* Room for what compare_open() may have to say. */
#define COMPARE_ERROR	4096

/*
 * Reads the captures. allow_mismatch: even where they were not made under the same
 * circumstances, but never where they have different units.
 * 0, or negative errno: what sides_read() says, or -EXDEV where they cannot be compared.
 * err gets one line for a person. compare_close() in any case.
 */
int compare_open(struct comparison *c, const struct side_files files[NR_SIDES],
		 bool allow_mismatch, char *err, size_t size);

/* Compares. 0, -ENODATA where the sides have no class in common, -ENOMEM. */
int compare_run(struct comparison *c, char *err, size_t size);

void compare_close(struct comparison *c);

/*
 * All of that: reads the captures of both sides and compares them. *c is for compare_free(), also
 * where there is an error, which is that of compare_open() and compare_run().
 */
int compare_captures(struct comparison **c, const struct side_files files[NR_SIDES],
		     bool allow_mismatch, char *err, size_t size);
void compare_free(struct comparison *c);	/* c may be NULL */

/* The values of a figure, one a run, into RESAMPLE_RUNS places at most; how many. */
size_t compare_values(const struct comparison *c, enum side_id side, enum op_class class,
		      enum track track, unsigned int row, enum figure figure, double *values);

/* By how much it may be off for the histograms' sake; the intervals include it. */
double difference_error(const struct difference *d, enum figure figure);

/* Whether there is a difference that chance alone, as far as the interval covers it, makes not. */
bool difference_shows(const struct difference *d);

/*
 * What became of a class's mean latency; where each side is one run, its sum is the difference.
 * What an async stage does is part of the stage whose work it is: stage_work().
 */
enum change {
	CHANGE_HIDDEN,		/* exposed in A, runs while the device works in B: below 0 */
	CHANGE_REMOVED,		/* B does it no more: below 0 */
	CHANGE_CHEAPER,		/* below 0 */
	CHANGE_EXPOSED,		/* the reverse of CHANGE_HIDDEN: above 0 */
	CHANGE_DEARER,		/* above 0 */
	CHANGE_DEVICE,
	CHANGE_WAITS,		/* for the CPU, locks, others' I/O */
	CHANGE_PROBES,
	CHANGE_CHANCE,		/* of stages whose difference does not show */
	NR_CHANGES
};

struct account {
	double sum[NR_CHANGES];
	double stage[NR_CHANGES][NR_STAGES];
};

void account(const struct class_comparison *class, struct account *a);

#endif
