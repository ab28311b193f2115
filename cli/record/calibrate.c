// SPDX-License-Identifier: GPL-2.0-only
/*
 * Renaming the own thread passes one function and one tracepoint and does next to
 * nothing else. It is timed with a program attached that does what a boundary does, and
 * without: the difference is the boundary with its dispatch. The program's own run time
 * (run_time_ns) would leave the dispatch out.
 */
#define _GNU_SOURCE
#include "calibrate.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "skeleton.h"

#define ROUNDS 4 /* with and without in turns: a machine's speed drifts */
#define BATCHES 100
#define CALLS 100

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* ns per call, the best of the batches: whatever disturbs only adds. */
static double fastest_call(void)
{
	char name[COMM_LENGTH] = "";
	uint64_t best = ~0ULL;

	prctl(PR_GET_NAME, name);
	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t start = now(), took;

		for (int i = 0; i < CALLS; i++)
			prctl(PR_SET_NAME, name);
		took = now() - start;
		if (took < best)
			best = took;
	}
	return (double)best / CALLS;
}

bool is_calibration(const struct bpf_program *program)
{
	return !strncmp(bpf_program__name(program), "calibrate_", strlen("calibrate_"));
}

static int select_program(struct bpf_program *program, const char *target)
{
	bpf_program__set_autoload(program, true);
	return bpf_program__set_attach_target(program, 0, target);
}

int calibration_select(struct iostage_bpf *skel, const struct hooks *hooks)
{
	int err = select_program(skel->progs.calibrate_tracepoint, "task_rename");

	if (err || !hooks_has_trampolines(hooks))
		return err;
	err = select_program(skel->progs.calibrate_fentry, "__set_task_comm");
	return err ? err : select_program(skel->progs.calibrate_fexit, "__set_task_comm");
}

/* What the program adds to a call. */
static int measure(struct bpf_program *program, uint64_t *cost)
{
	double without = fastest_call(), with = 0;

	if (bpf_program__fd(program) < 0)
		return 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct bpf_link *link = bpf_program__attach(program);
		double call;

		if (!link)
			return -errno;
		call = fastest_call();
		with = !round || call < with ? call : with;
		bpf_link__destroy(link);
		call = fastest_call();
		without = call < without ? call : without;
	}
	*cost = with > without ? with - without + 0.5 : 0;
	return 0;
}

int calibrate(struct iostage_bpf *skel, uint64_t cost[NR_COSTS])
{
	int err;

	skel->bss->ops[CALIBRATION_SLOT].record.size = NO_ENTRIES;
	err = measure(skel->progs.calibrate_fentry, &cost[COST_FENTRY]);
	if (!err)
		err = measure(skel->progs.calibrate_fexit, &cost[COST_FEXIT]);
	if (!err)
		err = measure(skel->progs.calibrate_tracepoint, &cost[COST_TRACEPOINT]);
	return err;
}
