/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: whether B is worse than A, figure by figure, of what lengthens operations
 * (hidden time does not). A difference is a regression only where the evidence says so,
 * and no difference is a pass only where the evidence says that.
 *
 * In nanoseconds, a figure has regressed where all of its ratio's interval is beyond the
 * limit, the difference is beyond the floor, and Mann and Whitney's test with Holm's
 * correction over all figures rejects chance. It passes where the interval stays within
 * the limit, or the difference's within the floor.
 *
 * In the instruction clock runs repeat, so that one is enough: a figure has regressed
 * where B is beyond A by more than the limit and the floor, and, of several runs, all of
 * B's are beyond all of A's.
 */
#ifndef IOSTAGE_CHECK_H
#define IOSTAGE_CHECK_H

#include "compare.h"
#include "thresholds.h"

/*
 * How often, at most, chance may look like a regression in any figure: in the one direction
 * that counts, half of what a two-sided test at 5 % allows.
 */
#define CHECK_LEVEL	0.025
#define CHECK_RUNS	6	/* of each side, at least, in nanoseconds */

enum verdict {
	VERDICT_PASS,
	VERDICT_INCONCLUSIVE,
	VERDICT_REGRESSION,
	NR_VERDICTS
};

/* Why a figure is inconclusive. */
enum doubt {
	DOUBT_NONE,
	DOUBT_RUNS,		/* fewer than CHECK_RUNS */
	DOUBT_OPERATIONS,	/* too few operations in a run */
	DOUBT_CLASS,		/* no such operations in some capture */
	DOUBT_DROPPED,		/* so many that those left may be another mix */
	DOUBT_INTERVAL,		/* reaches beyond the limit */
	DOUBT_CHANCE,		/* beyond the limit, but so might chance be */
	DOUBT_OVERLAP,		/* beyond the limit, but the sides' runs overlap */
	NR_DOUBTS
};

struct judgement {
	enum op_class class;
	unsigned int row;	/* a stage, or ROW_LATENCY: the total */
	enum figure figure;
	const struct difference *d;
	double limit, floor;	/* of struct thresholds */
	bool tested;
	double p;		/* of chance, after Holm's correction; where tested */
	enum verdict verdict;
	enum doubt doubt;
};

struct check {
	const struct comparison *c;
	bool exact;		/* the instruction clock */
	struct judgement *judgements;
	size_t nr, nr_of[NR_VERDICTS], nr_doubted[NR_DOUBTS];
	size_t runs_needed;	/* to show a regression of one figure; 0: there are enough */
	enum verdict verdict;	/* the worst */
};

extern const char *const verdict_name[NR_VERDICTS];
/* "why it is inconclusive", for people and programs. */
extern const char *const doubt_name[NR_DOUBTS];

/* Judges a comparison that has been run. 0 or -ENOMEM. check_free() in any case. */
int check_run(struct check *check, const struct comparison *c, const struct thresholds *t);
void check_free(struct check *check);

/* From how much more on, in the captures' unit, it is a regression: limit or floor. */
double judged_allowance(const struct judgement *j);

/* "total", or the stage's name. */
const char *judged_name(const struct judgement *j);

#endif
