/* SPDX-License-Identifier: GPL-2.0-only */
/* What reading costs where the data is in memory already: by path, by size, run by run. */
#ifndef IOSTAGE_HOT_H
#define IOSTAGE_HOT_H

#include "fit.h"
#include "noise.h"
#include "resample.h"
#include "source.h"

/*
 * The paths. One that buffers reads a page at a time and hands out parts of it: no read of it is
 * larger than a page.
 *
 *	HOT(ID, name, buffers, what a read is)
 */
#define HOT_PATHS(HOT) \
	HOT(PREAD, "pread", false, "a system call, which copies from the page cache") \
	HOT(BUFFER_SEQUENTIAL, "page buffer, sequential", true, \
	    "copied from a page in user space, which pread fills; each part of the file once") \
	HOT(BUFFER_RANDOM, "page buffer, random", true, \
	    "the same, where a part of the reads (--hit-ratio) finds its page in the buffer") \
	HOT(MAP_TOUCH, "mmap, first touch", false, "mmap, faults, copy, munmap") \
	HOT(MAP_POPULATE, "mmap, populated", false, "mmap with MAP_POPULATE, copy, munmap") \
	HOT(MAPPED, "mmap, mapped", false, "copied from a mapping whose pages are there")

enum hot_path {
#define HOT(id, name, buffers, what) HOT_##id,
	HOT_PATHS(HOT)
#undef HOT
	NR_HOT
};

extern const char *const hot_name[NR_HOT];
extern const bool hot_buffers[NR_HOT];

#define HOT_BATCHES	24	/* of each path and size in a run */
#define HOT_BATCH	64	/* reads in a batch, which is timed as a whole */

struct hot_options {
	double hit_ratio;	/* of BUFFER_RANDOM, 0 to 1 */
	size_t size;		/* bytes of the read that is to be known, too: 1 to 64 KiB */
	unsigned int runs;	/* undisturbed ones, 1 to RESAMPLE_RUNS */
};

/* The model of one path, with 95 % intervals over the runs. */
struct hot_model {
	bool fitted;		/* else the points determine no fit */
	bool per_page;		/* the per-page term was needed */
	bool good;		/* no point is further off than FIT_GOOD */
	struct fit fit, low, high;
	double worst;		/* as fit_worst() */
};

/* From which size on another path costs less than pread. */
struct hot_break_even {
	double size, low, high;	/* bytes; 0: one is the cheaper one throughout */
	bool certain;		/* 95 % of the resamples have a break-even, or none has */
	bool below;		/* the other path is the cheaper one for the smaller reads */
	bool measured;		/* the sizes that were measured say the same of all of them */
};

struct hot {
	struct hot_options options;
	double sizes[FIT_POINTS];	/* bytes, ascending */
	size_t nr_sizes;
	size_t chosen;			/* of sizes: options.size */
	size_t nr_runs;
	unsigned int disturbed;		/* runs left out for it */
	bool noisy;			/* all were, or nearly: they are kept all the same */
	char why[96];			/* the last one of them was */
	/* ns (insn) for one read, the median of its batches: by run, and of the runs the median */
	double (*runs)[NR_HOT][FIT_POINTS];
	uint64_t (*batches)[NR_HOT][HOT_BATCHES];	/* of the chosen size, by run */
	double cost[NR_HOT][FIT_POINTS], low[NR_HOT][FIT_POINTS], high[NR_HOT][FIT_POINTS];
	struct hot_model model[NR_HOT];
	struct hot_break_even from_pread[NR_HOT];
};

/* How many of the sizes a path has. */
size_t hot_sizes(const struct hot *h, enum hot_path path);

/* Measures. 0 or negative errno; err gets one line for a person. */
int hot_measure(struct hot *h, const struct hot_options *o, const struct source *s, char *err,
		size_t size);

/*
 * From which hit ratio on a page buffer costs less than a pread for each of the small reads of
 * sizes[i], which is no more than a page: 0 to 1; above 1: never.
 */
double hot_buffer_pays(const struct hot *h, size_t i);

/* Medians, intervals, models and break-evens from the runs. 0 or -ENOMEM. */
int hot_reduce(struct hot *h);
void hot_free(struct hot *h);

#endif
