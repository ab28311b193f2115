/* SPDX-License-Identifier: GPL-2.0-only */
/* The collector's inside, shared by collect.c (load, attach) and readout.c (maps to capture). */
#ifndef IOSTAGE_COLLECTOR_H
#define IOSTAGE_COLLECTOR_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <time.h>

#include "collect.h"
#include "hooks.h"
#include "ladders.h"
#include "skeleton.h"
#include "tally.h"

struct collector {
	struct collect_options options;
	struct hooks *hooks;
	struct iostage_bpf *skel;
	struct bpf_link *links[MAX_HOOKS];
	size_t nr_links;
	struct timespec started, stopped;
	struct ring_buffer *ring;
	void *positions;	/* of the ring */
	struct tally tally;
	int err;	/* of the first record that could not be counted */
};

int readout_open(struct collector *c);
void readout_close(struct collector *c);
int readout(struct collector *c, struct capture *out);

#endif
