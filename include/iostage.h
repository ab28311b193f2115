/* SPDX-License-Identifier: GPL-2.0-only */
/* What bpf/ and cli/ agree on besides the tables: configuration, counters, operations. */
#ifndef IOSTAGE_H
#define IOSTAGE_H

#include "operations.h"
#include "stages.h"
#include "timeline.h"

#define MAX_OPERATIONS		2048	/* in flight at once; a power of two */
#define RING_SIZE		(16 << 20)	/* of finished operations; a power of two */
#define MAX_DEVICES		32	/* a device filter's disk, partitions and holders */
#define COMM_LENGTH		16

/* Filters of tasks beside config.tgid, as bits. */
#define BY_TREE		1	/* the workload and its descendants */
#define BY_COMM		2
#define BY_CGROUP	4	/* below the map `cgroup`'s entry */

/* What is recorded; set before the programs are loaded. */
struct config {
	__u32 self;			/* iostage's own tgid, never recorded; 0: not known, in a container */
	__u8 read;			/* record reads */
	__u8 fsync;			/* record fsyncs and synchronous writes */
	__u8 tasks;			/* BY_ bits */
	__u8 by_file;
	__u8 journal_meta;		/* tell journal blocks by REQ_META (Linux 6.10), not by hooks */
	__u8 commit_record;		/* journal_submit_commit_record is hooked */
	__u8 ring_issues;		/* the functions by which io_uring issues are */
	__u32 tgid;			/* 0: any */
	__u32 nr_devices;		/* 0: any */
	__u32 devices[MAX_DEVICES];	/* kernel dev_t */
	__u32 file_device;		/* kernel dev_t */
	__u32 flush_sequence;		/* RQF_FLUSH_SEQ on this kernel */
	__u64 file_inode;
	char comm[COMM_LENGTH];
};

/*
 * Drops: what was seen and is in no histogram. `lost` is a boundary that another
 * run of the same program on this CPU kept out (recursion_misses, read from the
 * program's information).
 */
#define DROPS(DROP) \
	DROP(SLOTS, "more operations in flight than there are slots") \
	DROP(RING, "operations ended faster than iostage got to read them") \
	DROP(DIED, "the task died inside the operation") \
	DROP(REENTERED, "a new operation began before the last one's end was seen") \
	DROP(UNSEEN, "io_uring issued it later or by a worker, which cannot be seen here")

enum drop {
#define DROP(id, reason) DROP_##id,
	DROPS(DROP)
#undef DROP
	NR_DROPS
};

/* Per-CPU counters. */
struct counters {
	__u64 drops[NR_DROPS];
	__u64 untracked;		/* requests beyond MAX_REQUESTS in flight, or of too many devices */
	__u64 unsynced;			/* a journal's clock was being written, or there is none: its wait merged */
};

/*
 * One operation, as the ring buffer carries it, with the entries of its timeline that there are. Of
 * one that has more than TIMELINE_ENTRIES, parts come before its end, which have no class, latency
 * or result yet.
 */
struct operation {
	__u64 start;			/* ns, CLOCK_MONOTONIC */
	__u64 latency;			/* ns */
	__s32 result;			/* of the system call */
	__u32 pid;
	__u16 slot;			/* one operation at a time has it */
	__u8 class;
	__u8 part;			/* of an operation that goes on */
	__u32 size;			/* of this in bytes, up to the last entry; ASLEEP (state.h) */
	__u32 dev;			/* kernel dev_t: what its file is on, or is */
	__u32 mounted;			/* it is a filesystem's file */
	char comm[COMM_LENGTH];
	__u64 timeline[TIMELINE_ENTRIES];
};

#define NO_ENTRIES	((__u32)__builtin_offsetof(struct operation, timeline))
/* The greatest size that leaves room for n more entries. */
#define ROOM_FOR(n)	((__u32)(sizeof(struct operation) - (n) * sizeof(__u64)))

#endif
