/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finished operations: each is settled, counted in the histograms of its class, and offered
 * to the reservoir.
 */
#ifndef IOSTAGE_TALLY_H
#define IOSTAGE_TALLY_H

#include <linux/types.h>
#include <stddef.h>

#include "iostage.h"
#include "origins.h"
#include "reservoir.h"

/* What has come of an operation that is longer than one timeline. */
struct tally_part {
	__u64 start;	/* of the operation */
	__u64 *entries;	/* NULL: there are none */
	size_t nr;
};

struct tally {
	uint64_t cost[NR_COSTS];	/* ns that a hook adds to the stage that it enters */
	uint64_t reported;		/* operations in the histograms */
	uint64_t backward;		/* boundaries that the clock had before the one before */
	uint64_t torn;			/* records that somebody wrote to while they were sent */
	struct capture_operation operations[NR_CLASSES];
	struct reservoir reservoir;
	struct origins origins;
	struct tally_part parts[MAX_OPERATIONS];	/* by the operation's slot */
	__u64 *entries;			/* room for one operation's timeline, its sleeps split */
	struct capture_segment *segments;	/* and for its segments */
	size_t room;			/* in entries */
};

/*
 * One record of the ring buffer, of size bytes. 0, or -ENOMEM, or -EPROTO where it is none
 * that the programs send; the operation is not counted then.
 */
int tally_add(struct tally *t, const void *record, size_t size);

/* Moves what there is to the capture. 0 or -ENOMEM. */
int tally_export(struct tally *t, struct capture *c);
void tally_free(struct tally *t);

#endif
