/* SPDX-License-Identifier: GPL-2.0-only */
/* What reading costs where the data is on the device: by path and queue depth. */
#ifndef IOSTAGE_COLD_H
#define IOSTAGE_COLD_H

#include "hist.h"
#include "noise.h"
#include "resample.h"
#include "source.h"

/* What a path is made of. */
#define PART_DIRECT	0x01	/* O_DIRECT */
#define PART_MMAP	0x02
#define PART_RING	0x04	/* io_uring; else one read at a time */
#define PART_FIXED	0x08	/* its file and buffers are registered */
#define PART_SQPOLL	0x10
#define PART_IOPOLL	0x20
#define PART_PASSTHRU	0x40	/* NVMe commands on the character device */

/* COLD(ID, name, what it is made of) */
#define COLD_PATHS(COLD) \
	COLD(PREAD, "pread", 0) \
	COLD(MMAP, "mmap", PART_MMAP) \
	COLD(DIRECT, "pread, direct", PART_DIRECT) \
	COLD(RING, "io_uring", PART_RING) \
	COLD(RING_DIRECT, "io_uring, direct", PART_RING | PART_DIRECT) \
	COLD(RING_FIXED, "io_uring, registered", PART_RING | PART_DIRECT | PART_FIXED) \
	COLD(RING_SQPOLL, "io_uring, SQPOLL", PART_RING | PART_DIRECT | PART_FIXED | PART_SQPOLL) \
	COLD(RING_IOPOLL, "io_uring, IOPOLL", PART_RING | PART_DIRECT | PART_IOPOLL) \
	COLD(RING_FIXED_IOPOLL, "io_uring, registered, IOPOLL", \
	     PART_RING | PART_DIRECT | PART_FIXED | PART_IOPOLL) \
	COLD(PASSTHRU, "passthrough", PART_RING | PART_PASSTHRU) \
	COLD(PASSTHRU_FIXED, "passthrough, registered", PART_RING | PART_PASSTHRU | PART_FIXED) \
	COLD(PASSTHRU_IOPOLL, "passthrough, IOPOLL", PART_RING | PART_PASSTHRU | PART_IOPOLL) \
	COLD(PASSTHRU_FIXED_IOPOLL, "passthrough, registered, IOPOLL", \
	     PART_RING | PART_PASSTHRU | PART_FIXED | PART_IOPOLL)

enum cold_path {
#define COLD(id, name, parts) COLD_##id,
	COLD_PATHS(COLD)
#undef COLD
	NR_COLD
};

extern const char *const cold_name[NR_COLD];
extern const unsigned int cold_parts[NR_COLD];

#define COLD_DEPTHS	4
#define COLD_DEEPEST	128

/* Whether the file of this path is read past the page cache. */
static inline bool cold_is_direct(enum cold_path p)
{
	return cold_parts[p] & (PART_DIRECT | PART_PASSTHRU);
}

struct cold_options {
	size_t size;			/* bytes of a read */
	bool sequential;
	unsigned int depths[COLD_DEPTHS];
	size_t nr_depths;
	unsigned int reads;		/* of each run */
	unsigned int runs;
};

/* What one run leaves; times in ns (insn). */
struct cold_run {
	struct noise noise;
	uint64_t elapsed;
	uint64_t cpu;			/* of the process and the kernel's threads for its rings */
	uint64_t read_bytes;		/* that the process had read from devices, as /proc says */
	int64_t cached_before;		/* bytes of the file in the page cache; -1: unknown */
	int64_t cached_after;
	int64_t interrupts;		/* of the device meanwhile; -1: unknown */
	unsigned int workers;		/* io-wq threads that the rings have */
	unsigned int pollers;		/* threads that poll for submissions */
	unsigned int reads;
	struct hist latency;
	char refused[96];		/* what could not be set up */
};

/* One path at one depth, over its undisturbed runs. */
struct cold_result {
	int error;			/* 0, or negative errno: it cannot be had here */
	char refused[160];		/* why */
	char was[128];			/* what it really was, where it was not what it is called */
	size_t nr_runs;
	unsigned int disturbed;
	bool noisy;			/* nearly all were: they are kept */
	char why[96];			/* the last one was */
	struct hist latency;		/* of all runs */
	double each[RESAMPLE_RUNS];	/* elapsed time for a read, by run */
	double cpu_each[RESAMPLE_RUNS];
	/* medians over the runs with 95 % intervals, for one read */
	double elapsed, elapsed_low, elapsed_high;
	double cpu, cpu_low, cpu_high;
	double interrupts;		/* for one read; -1: unknown */
};

struct cold {
	struct cold_options options;
	size_t size;			/* of direct reads: whole blocks that hold options.size */
	struct cold_result result[NR_COLD][COLD_DEPTHS];
};

/* One run's reads of a path, one at a time, that nobody times. 0 or negative errno. */
int cold_read(const struct cold *c, const struct source *s, enum cold_path p, uint64_t seed);

/* 0 or negative errno; err gets one line for a person. */
int cold_measure(struct cold *c, const struct cold_options *o, const struct source *s, char *err,
		 size_t size);

#endif
