/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which path to use for a workload: reads of a size, of which a part is in memory already. A path
 * through the page cache finds them there; one past it needs a cache of the user's own, from which
 * they are copied.
 */
#ifndef IOSTAGE_ADVICE_H
#define IOSTAGE_ADVICE_H

#include "cold.h"
#include "hot.h"

/* For one read of the workload, ns (insn), hits and misses together. */
struct candidate {
	enum cold_path path;
	double cost, low, high;		/* with a 95 % interval over the runs */
	double hits;			/* so much of it are the reads that are in memory */
	double ratio_low, ratio_high;	/* of its cost to the best one's */
};

struct advice {
	bool noisy;			/* disturbed runs are among them: nothing is recommended */
	size_t nr;			/* candidates, the cheapest one first */
	struct candidate candidate[NR_COLD];
};

/*
 * For cold->options.depths[d] reads in flight, and the hit ratio of hot->options. A path that was
 * not what it is called is no candidate. 0 or -ENOMEM.
 */
int advice_give(struct advice *a, const struct hot *hot, const struct cold *cold, size_t d);

/* Whether it costs as much as the best one, as far as the runs can tell. */
static inline bool advice_same(const struct candidate *c)
{
	return c->ratio_low <= 1;
}

#endif
