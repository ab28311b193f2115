/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices: their flushes, and coverage: how many of the requests that a device completed
 * belonged to an operation.
 */
#ifndef IOSTAGE_DEVICE_H
#define IOSTAGE_DEVICE_H

#include "op.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct device);
	__uint(max_entries, MAX_DEVICE_ENTRIES);
} devices __weak SEC(".maps");

/* Devices that share an entry: the later one takes it over. 256 of them are spread well. */
static __always_inline struct device *device_entry(u32 dev)
{
	u32 key = (dev ^ dev >> 16) & (MAX_DEVICE_ENTRIES - 1);
	struct device *d = bpf_map_lookup_elem(&devices, &key);

	if (d && d->dev != dev) {
		d->dev = dev;
		d->recorded = 0;
		d->requests = 0;
		d->attributed = 0;
		d->flush_issued = 0;
		d->flush_done = 0;
		d->flushes = 0;
		d->asked = 0;
		d->journal = 0;
	}
	return d;
}

/* n of the device's completed requests belonged to an operation. */
static __always_inline void attribute(u32 dev, u32 n)
{
	struct device *d;

	if (!n)
		return;
	d = device_entry(dev);
	if (d)
		__sync_fetch_and_add(&d->attributed, n);
}

#endif
