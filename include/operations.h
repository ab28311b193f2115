/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operation can be: its kind, the path it takes to the device, and what
 * became of it. Statistics are kept per class, one row here; combinations that
 * cannot happen have none.
 *
 * Outcomes of a read: hit (waited for no I/O), miss (waited for its own I/O),
 * shared (waited for somebody else's I/O or readahead). Outcomes of an fsync or a
 * synchronous write: clean (waited for nothing), data (waited for the device, but
 * for no journal commit), commit (waited for a journal commit). error: the system
 * call failed.
 *
 * A request of io_uring has the class of the same system call, in the same order; an NVMe command
 * (passthrough) is a read or a write, by where its data goes.
 *
 * What `iostage paths' measures is no traced operation, and has no stages: a read on each of its
 * paths, hit in memory or miss on the device, in the order of hot.h and cold.h.
 *
 *	CLASS(ID, op, path, outcome)
 */
#ifndef IOSTAGE_OPERATIONS_H
#define IOSTAGE_OPERATIONS_H

#define CLASSES(CLASS) \
	CLASS(READ_HIT, "read", "buffered", "hit") \
	CLASS(READ_MISS, "read", "buffered", "miss") \
	CLASS(READ_SHARED, "read", "buffered", "shared") \
	CLASS(READ_ERROR, "read", "buffered", "error") \
	CLASS(READ_DIRECT, "read", "direct", "miss") \
	CLASS(READ_DIRECT_ERROR, "read", "direct", "error") \
	CLASS(FSYNC_CLEAN, "fsync", "fsync", "clean") \
	CLASS(FSYNC_DATA, "fsync", "fsync", "data") \
	CLASS(FSYNC_COMMIT, "fsync", "fsync", "commit") \
	CLASS(FSYNC_ERROR, "fsync", "fsync", "error") \
	CLASS(FDATASYNC_CLEAN, "fsync", "fdatasync", "clean") \
	CLASS(FDATASYNC_DATA, "fsync", "fdatasync", "data") \
	CLASS(FDATASYNC_COMMIT, "fsync", "fdatasync", "commit") \
	CLASS(FDATASYNC_ERROR, "fsync", "fdatasync", "error") \
	CLASS(WRITE_CLEAN, "write", "synchronous", "clean") \
	CLASS(WRITE_DATA, "write", "synchronous", "data") \
	CLASS(WRITE_COMMIT, "write", "synchronous", "commit") \
	CLASS(WRITE_ERROR, "write", "synchronous", "error") \
	CLASS(RING_HIT, "read", "io_uring", "hit") \
	CLASS(RING_MISS, "read", "io_uring", "miss") \
	CLASS(RING_SHARED, "read", "io_uring", "shared") \
	CLASS(RING_ERROR, "read", "io_uring", "error") \
	CLASS(RING_DIRECT, "read", "io_uring, direct", "miss") \
	CLASS(RING_DIRECT_ERROR, "read", "io_uring, direct", "error") \
	CLASS(RING_FSYNC_CLEAN, "fsync", "io_uring, fsync", "clean") \
	CLASS(RING_FSYNC_DATA, "fsync", "io_uring, fsync", "data") \
	CLASS(RING_FSYNC_COMMIT, "fsync", "io_uring, fsync", "commit") \
	CLASS(RING_FSYNC_ERROR, "fsync", "io_uring, fsync", "error") \
	CLASS(RING_FDATASYNC_CLEAN, "fsync", "io_uring, fdatasync", "clean") \
	CLASS(RING_FDATASYNC_DATA, "fsync", "io_uring, fdatasync", "data") \
	CLASS(RING_FDATASYNC_COMMIT, "fsync", "io_uring, fdatasync", "commit") \
	CLASS(RING_FDATASYNC_ERROR, "fsync", "io_uring, fdatasync", "error") \
	CLASS(COMMAND_READ, "read", "passthrough", "miss") \
	CLASS(COMMAND_READ_ERROR, "read", "passthrough", "error") \
	CLASS(COMMAND_WRITE, "write", "passthrough", "data") \
	CLASS(COMMAND_WRITE_ERROR, "write", "passthrough", "error") \
	CLASS(PATHS_HOT, "paths", "pread", "hit") \
	CLASS(PATHS_BUFFER_SEQUENTIAL, "paths", "page buffer, sequential", "hit") \
	CLASS(PATHS_BUFFER_RANDOM, "paths", "page buffer, random", "hit") \
	CLASS(PATHS_MAP_TOUCH, "paths", "mmap, first touch", "hit") \
	CLASS(PATHS_MAP_POPULATE, "paths", "mmap, populated", "hit") \
	CLASS(PATHS_MAPPED, "paths", "mmap, mapped", "hit") \
	CLASS(PATHS_COLD, "paths", "pread", "miss") \
	CLASS(PATHS_MMAP, "paths", "mmap", "miss") \
	CLASS(PATHS_DIRECT, "paths", "pread, direct", "miss") \
	CLASS(PATHS_RING, "paths", "io_uring", "miss") \
	CLASS(PATHS_RING_DIRECT, "paths", "io_uring, direct", "miss") \
	CLASS(PATHS_RING_FIXED, "paths", "io_uring, registered", "miss") \
	CLASS(PATHS_RING_SQPOLL, "paths", "io_uring, SQPOLL", "miss") \
	CLASS(PATHS_RING_IOPOLL, "paths", "io_uring, IOPOLL", "miss") \
	CLASS(PATHS_RING_FIXED_IOPOLL, "paths", "io_uring, registered, IOPOLL", "miss") \
	CLASS(PATHS_PASSTHRU, "paths", "passthrough", "miss") \
	CLASS(PATHS_PASSTHRU_FIXED, "paths", "passthrough, registered", "miss") \
	CLASS(PATHS_PASSTHRU_IOPOLL, "paths", "passthrough, IOPOLL", "miss") \
	CLASS(PATHS_PASSTHRU_FIXED_IOPOLL, "paths", "passthrough, registered, IOPOLL", "miss")

enum op_class {
#define CLASS(id, op, path, outcome) CLASS_##id,
	CLASSES(CLASS)
#undef CLASS
	NR_CLASSES
};

#endif
