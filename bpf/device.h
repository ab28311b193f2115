/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices: their flushes, and coverage: how many of the requests that a device completed
 * belonged to an operation.
 */
#ifndef IOSTAGE_DEVICE_H
#define IOSTAGE_DEVICE_H

#include "op.h"

extern struct device devices[MAX_DEVICE_ENTRIES]; /* in state.bpf.c */

#define DEVICE_PROBES	8

/* A table with open addressing. No entry is given back: a recording meets few devices. */
static __always_inline struct device *device_cell(u32 dev, u32 probe)
{
	u32 hash = dev * 0x9E3779B1U >> 16;
	struct device *d = &devices[(hash + probe) & (MAX_DEVICE_ENTRIES - 1)];

	barrier_var(d);
	return d;
}

/* NULL: nothing that is recorded has gone to the device. */
static __always_inline struct device *device_find(u32 dev)
{
	for (u32 i = 0; i < DEVICE_PROBES; i++) {
		struct device *d = device_cell(dev, i);

		if (d->dev == dev)
			return d;
	}
	return NULL;
}

static __noinline struct device *device_claim(u32 dev)
{
	for (u32 i = 0; i < DEVICE_PROBES; i++) {
		struct device *d = device_cell(dev, i);
		u32 of = d->dev;

		if (!of)
			of = __sync_val_compare_and_swap(&d->dev, 0, dev);
		if (!of || of == dev)
			return d;
	}
	count(untracked, 1);
	return NULL;
}

/* NULL: there is no room for one more. */
static __always_inline struct device *device_entry(u32 dev)
{
	struct device *d = device_cell(dev, 0);

	return likely(d->dev == dev) ? d : device_claim(dev);
}

/* From now on the device's requests are counted. */
static __always_inline void device_recorded(u32 dev)
{
	struct device *d = device_entry(dev);

	if (d)
		d->recorded = 1;
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
	struct device *d = n ? device_find(dev) : NULL;

	if (d)
		__sync_fetch_and_add(&d->attributed, n);
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
