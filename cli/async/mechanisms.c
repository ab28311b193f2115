// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "async_device.h"
#include "mechanisms.h"

static const struct mechanism mechanisms[] = {
	{
		.name = "read",
		.does = "random reads submit first, then insert into the page cache",
	},
	{
		.name = "pool",
		.does = "their pages come from a pool, refilled while the device works",
		.needs = { "read" },
	},
	{
		.name = "light",
		.does = "they go to the driver as requests, past the bio layer",
		.needs = { "read" },
		.obstacle = device_not_light,
	},
	{
		.name = "poll",
		.does = "they look for their completion instead of sleeping",
		.needs = { "light" },
		.obstacle = device_not_polled,
	},
	{
		.name = "premap",
		.does = "their pages were mapped for the device during earlier reads",
		.needs = { "pool", "light" },
	},
	{
		.name = "unmap",
		.does = "such pages are unmapped during later reads",
		.needs = { "premap" },
	},
	{
		.name = "fsync",
		.does = "fsyncs commit while their data is in flight",
		.part = "alloc",
		.part_does = "of it, extents that the commit waits for the data of",
	},
};

#define NR_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

static const struct {
	const char *counter;
	const char *means;
} reasons[] = {
	{ "read_flags", "must not block, or not do I/O" },
	{ "read_sequential", "not declared random (POSIX_FADV_RANDOM)" },
	{ "read_size", "larger than 128 KiB" },
	{ "read_inode", "kind of file (journaled, inline, encrypted, ...), or its block size" },
	{ "read_eof", "at or after the end of the file" },
	{ "read_cached", "some of it was in the page cache" },
	{ "read_nomem", "no memory" },
	{ "read_busy", "its blocks were just being changed" },
	{ "read_unmapped", "a hole, or not yet written to disk" },
	{ "read_split", "not in one piece on disk" },
	{ "read_exists", "somebody else inserted the page first" },
	{ "read_uncharged", "the memory cgroup refused the page" },
	{ "read_changed", "the data changed on disk meanwhile" },
	{ "read_error", "I/O error" },
	{ "read_killed", "the task was killed" },
	{ "read_partial", "the rest of one whose beginning was read this way" },
	{ "pool_empty", "some pages had to be allocated" },
	{ "pool_policy", "the task has a memory policy" },
	{ "pool_request", "no request was ready" },
	{ "light_queue", "no such queue: a scheduler, zones, protection, dm, md, multipath" },
	{ "light_limits", "more than one request" },
	{ "light_cgroup", "the I/O of the task's cgroup is controlled" },
	{ "light_busy", "no request was free" },
	{ "fsync_journal", "data is not ordered, or the journal is not a plain one" },
	{ "fsync_idle", "no data was in flight" },
	{ "fsync_unwritten", "new blocks count only after their data (preallocated, or mapped)" },
	{ "fsync_clean", "nothing to commit" },
	{ "fsync_committed", "the commit had begun" },
	{ "fsync_overwritten", "old blocks were written, which a commit does not wait for" },
	{ "fsync_aborted", "an error of the data: no commit" },
	{ "premap_device", "the device is not one of PCI, or its memory needs synchronization" },
	{ "premap_size", "more than a page" },
	{ "premap_empty", "no page was ready" },
	{ "premap_driver", "the driver did not take it, or it was no request of light" },
	{ "alloc_inode", "kind of file, or mapped writable" },
	{ "alloc_inside", "not at the end of the file, or preallocated" },
	{ "poll_queue", "the device has no queues for polling" },
};

const struct mechanism *mechanism_find(const char *name)
{
	size_t rank = mechanism_rank(name);

	return rank < NR_MECHANISMS ? &mechanisms[rank] : NULL;
}

size_t mechanism_rank(const char *name)
{
	size_t i;

	for (i = 0; i < NR_MECHANISMS; i++)
		if (!strcmp(mechanisms[i].name, name))
			break;
	return i;
}

const char *mechanism_reason(const char *counter)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(reasons[i].counter, counter))
			return reasons[i].means;
	return NULL;
}
