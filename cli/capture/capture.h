/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture: what one recording found. collect.c fills it from the kernel,
 * capture_write() and capture_read() exchange it as JSON (schema: iostage-capture(5)),
 * render.c draws it.
 */
#ifndef IOSTAGE_CAPTURE_H
#define IOSTAGE_CAPTURE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hist.h"
#include "operations.h"
#include "stages.h"

#define CAPTURE_FORMAT	"iostage-capture"
#define CAPTURE_VERSION	1

/*
 * One class of operations. A histogram that nothing fell into is NULL, or empty. The
 * sums of the exposed ones are together the latency's, to the unit.
 */
struct capture_operation {
	struct hist *latency;
	uint64_t elsewhere;	/* of these operations, on other devices than the target */
	struct hist *exposed[NR_STAGES];
	struct hist *hidden[NR_STAGES];
};

void capture_operation_free(struct capture_operation *o);

/* Where a stage's time is that is not seen. */
struct capture_merge {
	char *of;		/* in these operations: "read", "fsync", "io_uring"; NULL: in any */
	int into;		/* the stage that its time is in, or -1 */
	char *reason;		/* why */
};

#define MAX_MERGES 3

/* How the beginning of a stage is seen, and in which operations it is not. */
struct capture_hook {
	char *enter;		/* "fentry:filemap_add_folio"; NULL: not seen */
	uint64_t hits;		/* how many operations were in the stage */
	struct capture_merge merged[MAX_MERGES];
	size_t nr_merged;
};

/* A sample has no more segments than that. */
#define CAPTURE_SEGMENTS 4096

/* A stretch of one operation's time, for a waterfall. */
struct capture_segment {
	enum stage stage;
	bool hidden;		/* runs while an awaited I/O is in flight */
	uint64_t at;		/* ns since the operation's start */
	uint64_t length;	/* ns */
};

/* A whole operation. The exposed segments' lengths sum up to the latency. */
struct capture_sample {
	enum op_class class;
	bool slow;		/* among the slowest; else drawn at random */
	bool folded;		/* of more than CAPTURE_SEGMENTS segments only the last are here */
	uint32_t pid;
	char comm[16];
	int64_t result;		/* of the system call */
	uint64_t start;		/* ns, CLOCK_MONOTONIC */
	uint64_t latency;	/* ns */
	size_t nr_segments;
	struct capture_segment *segments;
};

struct capture_drop {
	char *reason;
	uint64_t count;
};

/* How much of what a device did belonged to the operations. */
struct capture_coverage {
	char *device;
	uint64_t requests;	/* that it completed, flushes among them */
	uint64_t attributed;	/* those that an operation issued, asked for or waited for */
	uint64_t outside;	/* bios of recorded tasks for no operation that is recorded */
};

struct capture {
	char *unit;		/* "ns", or "insn" in the lab's instruction clock */
	char *detail;		/* "stage" or "layer" */
	char *date;		/* ISO 8601, UTC */
	double seconds;		/* how long it was recorded */
	char **command;		/* iostage's own command line, NULL-terminated */
	char **filters;		/* that tell the workload, as "comm=fio"; like command */
	struct {
		char *kernel;
		char *arch;
		char *cpu;
		uint32_t cpus;
	} system;
	struct {		/* what more than half of the operations are on; NULL: there is none */
		char *device;
		char *driver;
		char *filesystem;
		char *mount_options;
		int write_cache;	/* 1: volatile, 0: none, -1: unknown */
	} target;
	struct {		/* the asynchronous I/O stack, when the recording ended */
		int present;	/* 1: this ext4 has it, 0: it does not, -1: unknown */
		char **on;	/* mechanisms, NULL-terminated; NULL: none */
	} async;
	struct capture_hook hooks[NR_STAGES];
	struct {		/* ns, by kind of hook: what one crossing costs */
		uint64_t fentry, fexit, tracepoint;
	} calibration;
	struct {
		/* seen = reported + dropped + in_flight; reported = all latencies' counts */
		uint64_t seen, reported, dropped, in_flight;
		size_t nr_drops;
		struct capture_drop *drops;	/* dropped, by reason, each once */
		uint64_t clock_backward;	/* healed, not dropped */
		uint64_t untracked;		/* requests not followed: their stages merge */
		uint64_t unsynced;		/* waits for a journal that could not be split exactly */
	} accounting;
	size_t nr_coverage;
	struct capture_coverage *coverage;	/* of each device that operations submitted to */
	struct capture_operation operations[NR_CLASSES];
	size_t nr_samples;
	struct capture_sample *samples;
};

/* Names of a class, from operations.h. */
extern const char *const class_op[NR_CLASSES];
extern const char *const class_path[NR_CLASSES];
extern const char *const class_outcome[NR_CLASSES];
/* Names of a stage, from stages.h. */
extern const char *const stage_name[NR_STAGES];
extern const char *const stage_layer[NR_STAGES];

/* Frees what the capture holds, not the structure itself; it is zeroed. */
void capture_free(struct capture *c);

/*
 * Writes the capture as JSON to path, whole or not at all: into a temporary file
 * beside it that is renamed over it. "-" is standard output.
 * 0 or negative errno; err gets one line for a person.
 */
int capture_write(const struct capture *c, const char *path, char *err, size_t size);

/*
 * Reads a capture, from standard input if path is "-". It is untrusted input: every number
 * is checked against the histograms' range and the sums against each other (each that is
 * named above); memory is bounded.
 * 0, or negative errno: -EPROTO where it is no capture, -EPROTONOSUPPORT where it is
 * of a newer version, what open or read said otherwise. err gets one line for a person.
 */
int capture_read(struct capture *c, const char *path, char *err, size_t size);

/* The same from memory; the fuzz target enters here. */
int capture_parse(struct capture *c, const char *text, size_t length, char *err, size_t size);

#endif
