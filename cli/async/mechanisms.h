/* SPDX-License-Identifier: GPL-2.0-only */
/* What iostage knows of the asynchronous I/O stack's mechanisms: patches/ has them. */
#ifndef IOSTAGE_MECHANISMS_H
#define IOSTAGE_MECHANISMS_H

#include <stdbool.h>
#include <stddef.h>

struct mechanism {
	const char *name;	/* its switch is /sys/fs/ext4/DEVICE/async_NAME */
	const char *does;
	const char *needs[3];	/* the mechanisms that it works upon, as far as the first NULL */
	const char *part;	/* something of it that is counted by itself, or NULL */
	const char *part_does;
	/*
	 * Whether the device keeps it from having any effect: then text says why, and what
	 * to do. NULL: no device does. root: as in async.h.
	 */
	bool (*obstacle)(const char *root, const char *device, char *text, size_t size);
};

/* NULL: a newer kernel's. */
const struct mechanism *mechanism_find(const char *name);

/* Where in the table, which has first what others need; a newer kernel's come last. */
size_t mechanism_rank(const char *name);

/* What a counter of operations that took the ordinary path means, or NULL. */
const char *mechanism_reason(const char *counter);

#endif
