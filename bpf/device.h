/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices: their flushes, and coverage: how many of the requests that a device completed
 * belonged to an operation.
 */
#ifndef IOSTAGE_DEVICE_H
#define IOSTAGE_DEVICE_H

#include "op.h"

extern struct device devices[MAX_DEVICE_ENTRIES]; /* in state.bpf.c */

static __always_inline struct device *device_slot(u32 dev)
{
	struct device *d = &devices[(dev ^ dev >> 16) & (MAX_DEVICE_ENTRIES - 1)];

	barrier_var(d);
	return d;
}

/* Devices that share an entry: the later one takes it over. 256 of them are spread well. */
static __always_inline struct device *device_entry(u32 dev)
{
	struct device *d = device_slot(dev);

	if (d->dev != dev) {
		d->dev = dev;
		d->recorded = 0;
		d->requests = 0;
		d->attributed = 0;
		d->flush_issued = 0;
		d->flush_done = 0;
		d->flushes = 0;
		d->asked = 0;
		d->journal = 0;
		d->outside = 0;
	}
	return d;
}

/* A request that is a flush, and has no sectors. */
static __always_inline bool is_flush(const struct stamps *s)
{
	return (s->flags & REQ_OP_MASK) == REQ_OP_FLUSH;
}

/* Whoever waits for such a request looks for its completion: no interrupt tells him. */
static __always_inline bool is_polled(u32 cmd_flags)
{
	return cmd_flags & 1ULL << bpf_core_enum_value(enum req_flag_bits, __REQ_POLLED);
}

/* n of the device's completed requests belonged to an operation. */
static __always_inline void attribute(u32 dev, u32 n)
{
	if (n)
		__sync_fetch_and_add(&device_entry(dev)->attributed, n);
}

/* The completion that runs here, if any, explains the sleep. */
static __always_inline bool completion_wakes(struct sleep *sleep, struct cpu *cpu, u64 now)
{
	sleep->wake = now;
	sleep->waker = WAKER_NONE;
	if (cpu->completing != cpu->interrupts + 1)
		return false;
	sleep->waker = WAKER_REQUEST;
	copy_stamps(&sleep->why, &cpu->done);
	attribute(cpu->done.dev, cpu->unattributed);
	cpu->unattributed = 0;
	return true;
}

#endif
