/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The asynchronous I/O stack of a mounted ext4: switches in /sys/fs/ext4/DEVICE/async_*, one
 * for each mechanism that the kernel has, and counters in /proc/fs/ext4/DEVICE/async. All of
 * it is read when it is asked for, and never kept: others may switch, too.
 *
 * root is where sysfs, proc and /lib/modules are: "" but in tests. device is the
 * filesystem's, by its name in /sys/class/block.
 */
#ifndef IOSTAGE_ASYNC_H
#define IOSTAGE_ASYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"

#define ASYNC_NAME	32
#define ASYNC_SWITCHES	16
#define ASYNC_COUNTERS	128

struct async_switch {
	char name[ASYNC_NAME];
	bool on;
	bool chosen;	/* see async_choose() */
};

struct async_counter {
	char name[ASYNC_NAME];
	uint64_t count;		/* since the filesystem was mounted */
};

struct async {
	const char *root, *device;	/* the caller's */
	size_t nr_switches;	/* 0: this ext4 has no async stack */
	struct async_switch switches[ASYNC_SWITCHES];	/* first what others need */
	int error;		/* why there are no counters: 0 or negative errno */
	size_t nr_counters;
	struct async_counter counters[ASYNC_COUNTERS];
};

/* 0 or negative errno: -ENOENT where the device has no mounted ext4, -E2BIG. */
int async_read(struct async *a, const char *root, const char *device);

/* NULL: this kernel has no such mechanism. */
const struct async_switch *async_find(const struct async *a, const char *mechanism);

/*
 * Leaves only these mechanisms chosen; all are where there are none. NULL, or the first one
 * that this kernel does not have.
 */
const char *async_choose(struct async *a, const char *const *mechanisms, size_t nr);

/*
 * What a counter counts of a mechanism, or of a part of one: "" what it served, else why
 * something took the ordinary path; NULL: it is another's.
 */
const char *async_counts(const char *mechanism, const struct async_counter *c);

/* Operations that a mechanism served; that took the ordinary path. */
void async_sums(const struct async *a, const char *mechanism, uint64_t *used,
		uint64_t *fallen_back);

/*
 * Whether something keeps a mechanism from having any effect; text says what. Another one
 * that is off does only where this one is on. n: 0 for the first such thing, 1 for the next.
 */
bool async_obstacle(const struct async *a, const struct async_switch *s, unsigned int n, char *text,
		    size_t size);

/* Switches; was and is: before and after. 0 or negative errno. Safe under any load. */
int async_switch(const char *root, const char *device, const char *mechanism, bool on, bool *was,
		 bool *is);

/* Whether the caller may. 0 or negative errno. */
int async_may_switch(const char *root, const char *device, const char *mechanism);

/* Why an ext4 of this kernel has no switches, and how to get them: for a person. */
void async_absence(const char *root, const char *release, char *text, size_t size);

/* Fills c->async from c->target. */
void async_describe(const char *root, struct capture *c);

#endif
