/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the time of the paths goes, by the tracer of `iostage record': hits of pread, and reads
 * from the device on each path but page faults, one at a time. And what is left where all software
 * is taken away: the device alone, which no path can beat, nor a driver in user space.
 */
#ifndef IOSTAGE_TRACED_H
#define IOSTAGE_TRACED_H

#include "capture.h"
#include "cold.h"

/* The paths: hits of pread, and then the cold ones. */
#define TRACED_HIT	0
#define TRACED(cold)	((cold) + 1)
#define NR_TRACED	TRACED(NR_COLD)

struct traced {
	char absent[256];	/* why there is nothing; "": there is */
	/* of reads one at a time; without latency: not to be had, or not seen */
	struct capture_operation path[NR_TRACED];
};

/* For c's options and those of its paths that could be measured. What fails leaves it absent. */
void traced_measure(struct traced *t, const struct cold *c, const struct source *s);
void traced_free(struct traced *t);

const char *traced_name(unsigned int path);

/* The device's part of direct reads, which wait for nothing else there. NULL: not seen. */
const struct hist *traced_device(const struct traced *t);

#endif
