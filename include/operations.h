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
	CLASS(WRITE_ERROR, "write", "synchronous", "error")

enum op_class {
#define CLASS(id, op, path, outcome) CLASS_##id,
	CLASSES(CLASS)
#undef CLASS
	NR_CLASSES
};

#endif
