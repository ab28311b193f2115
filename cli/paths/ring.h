/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading through io_uring: of a file, or by NVMe commands. */
#ifndef IOSTAGE_RING_H
#define IOSTAGE_RING_H

#include "cold.h"

struct ring;

/*
 * Opens one for reads of size bytes, depth (1 to COLD_DEEPEST) at a time. parts: PART_*.
 * 0 or negative errno; what: which step failed.
 */
int ring_open(struct ring **ring, const struct source *s, int fd, unsigned int parts, size_t size,
	      unsigned int depth, const char **what);
void ring_close(struct ring *r); /* r may be NULL */

/*
 * Reads at each of nr offsets, and adds the latencies to the histogram: from when the read was
 * handed to the ring until its completion was taken out. 0 or negative errno.
 */
int ring_read(struct ring *r, const uint64_t *offsets, size_t nr, struct hist *latency);

/* One read; what the completion says: bytes (0 of passthrough), negative errno, NVMe status. */
int ring_read_one(struct ring *r, uint64_t offset);

#endif
