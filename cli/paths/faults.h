/* SPDX-License-Identifier: GPL-2.0-only */
/* What each path does with what can go wrong, found out by provoking it. */
#ifndef IOSTAGE_FAULTS_H
#define IOSTAGE_FAULTS_H

#include "cold.h"

/* FAULT(ID, name, what is provoked) */
#define FAULTS(FAULT) \
	FAULT(ACROSS, "across the end", "a read of 4 KiB that begins 100 bytes before the file's end") \
	FAULT(PAST, "past the end", "a read of 4 KiB that begins behind the end") \
	FAULT(TRUNCATED, "truncated", "the file is truncated while it is open, or mapped") \
	FAULT(EVICTED, "evicted", "the page was read before, and evicted from the page cache") \
	FAULT(ERROR, "I/O error", \
	      "a read of a loop device (direct I/O) whose file has been truncated")

enum fault {
#define FAULT(id, name, what) FAULT_##id,
	FAULTS(FAULT)
#undef FAULT
	NR_FAULTS
};

extern const char *const fault_name[NR_FAULTS];
extern const char *const fault_what[NR_FAULTS];

/* The paths that differ in it. */
#define FAULT_TEXT 64
#define NR_FAULT_PATHS 6
extern const enum cold_path fault_paths[NR_FAULT_PATHS];

struct faults {
	char outcome[NR_FAULTS][NR_FAULT_PATHS][FAULT_TEXT];	/* "": not provoked */
	char absent[NR_FAULTS][128];			/* why it could not be provoked */
};

/*
 * Files are truncated, and loop devices set up, only of scratch files of its own, in the directory
 * of a directory's source; loop devices vanish with the process, however it ends.
 */
void faults_provoke(struct faults *f, const struct source *s);

#endif
