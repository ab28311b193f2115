/* SPDX-License-Identifier: GPL-2.0-only */
/* The ladders themselves; hooks.c climbs them. */
#ifndef IOSTAGE_LADDERS_H
#define IOSTAGE_LADDERS_H

#include "stages.h"

#define SUPPORT		NR_STAGES	/* in place of a stage: nothing works without it */
#define MAX_RUNGS	2
#define MAX_HOOKS	160

enum hook_type { HOOK_FENTRY, HOOK_FEXIT, HOOK_TRACEPOINT };

#define FOR_READ	1
#define FOR_FSYNC	2
#define FOR_ALL		(FOR_READ | FOR_FSYNC)
#define FOR_RING	4	/* of either, by io_uring */

#define OPTIONAL	1	/* the rung holds without it */
#define LAYER		2	/* also at --detail layer */
#define ASYNC		4	/* of a stage that only kernels with this hook have: the async stack, io_uring */
#define ELSEWHERE	8	/* only where NVMe's requests can be completed there (queues.h) */

struct hook {
	int stage;		/* that it shows the beginning of */
	int rung;		/* 0 is best */
	int ops;
	int flags;
	const char *program;
	enum hook_type type;
	const char *target[3];	/* names on different kernels; the first that exists */
};

/* Ends with an entry without a program. */
extern const struct hook hooks[MAX_HOOKS];

/* Where a stage's time goes when its beginning is not seen in these operations (FOR_): what is before. */
enum stage stage_before(enum stage stage, int op);

#endif
