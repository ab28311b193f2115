/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector: loads the BPF programs, attaches them to the hooks that this kernel
 * allows, and reads out what they counted.
 */
#ifndef IOSTAGE_COLLECT_H
#define IOSTAGE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture.h"
#include "target.h"

struct collect_options {
	bool read;		/* record reads */
	bool fsync;		/* record fsyncs and synchronous writes */
	bool detail_layer;	/* only the hooks that separate the layers */
	struct target target;
	pid_t workload;		/* only this process and its descendants; 0: none */
};

struct collect_progress {
	uint64_t operations;
	uint64_t dropped;
	uint64_t p50;		/* ns, of all operations */
};

struct collector;

/* Opens, loads, attaches and calibrates; nothing is counted before collector_start(). */
int collector_open(struct collector **c, const struct collect_options *o, char *err, size_t size);
int collector_start(struct collector *c);

/*
 * Takes in the operations that have ended, once they are many: where it has to share a CPU with
 * them, it runs while they wait for their device, and they see that when they are switched out.
 * Nothing says when there are any: to be called every COLLECT_INTERVAL seconds. A busy machine's
 * operations fill the ring in some 100 ms.
 */
#define COLLECT_INTERVAL 0.02
void collector_poll(struct collector *c);
void collector_progress(struct collector *c, struct collect_progress *p);

/* Moves what has ended so far of this class to *into; all others' is forgotten. 0 or -ENOMEM. */
int collector_take(struct collector *c, enum op_class class, struct capture_operation *into);

/* Detaches, and fills the capture, except for its command. */
int collector_stop(struct collector *c, struct capture *out, char *err, size_t size);
void collector_close(struct collector *c);	/* c may be NULL */

#endif
