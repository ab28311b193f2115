/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that the operations' files are on. A program that is recorded reads its own
 * libraries, too: a recording is of the device that most of its operations are on.
 */
#ifndef IOSTAGE_ORIGINS_H
#define IOSTAGE_ORIGINS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iostage.h"
#include "operations.h"

struct origin {
	__u32 dev;	/* kernel dev_t */
	uint64_t mounted; /* operations on files of its filesystem, and not on the device itself */
	uint64_t count[NR_CLASSES];
};

struct origins {
	struct origin *all;
	size_t nr;
};

/* 0 or -ENOMEM. */
int origins_add(struct origins *o, const struct operation *operation);

/* That of more than half of the operations; NULL: there is none. */
const struct origin *origins_most(const struct origins *o);

/* Most of them are on files of its filesystem. */
bool origin_is_mounted(const struct origin *origin);
void origins_free(struct origins *o);

#endif
