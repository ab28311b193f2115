/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the time of the paths goes, by the tracer of `iostage record': hits and misses of pread, and
 * direct reads, one at a time. And what is left where all software is taken away: the device alone,
 * which no path can beat, nor a driver in user space.
 */
#ifndef IOSTAGE_TRACED_H
#define IOSTAGE_TRACED_H

#include "capture.h"
#include "cold.h"

/* TRACED(class, name) */
#define TRACED_PATHS(TRACED) \
	TRACED(READ_HIT, "pread, hit") \
	TRACED(READ_MISS, "pread") \
	TRACED(READ_DIRECT, "pread, direct")

struct traced {
	char absent[256];	/* why there is nothing; "": there is */
	struct capture capture;	/* has the classes above */
};

/* For c's options. 0 or -ENOMEM; a kernel that cannot be traced is no error, but absent. */
int traced_measure(struct traced *t, const struct cold *c, const struct source *s);

/* The device's part of direct reads, which wait for nothing else there. NULL: not seen. */
const struct hist *traced_device(const struct traced *t);

#endif
