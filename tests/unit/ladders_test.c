// SPDX-License-Identifier: GPL-2.0-only
/* The ladders, the table of stages and the BPF programs name the same things. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ladders.h"
#include "skeleton.h"

static const struct {
	const char *name;
	const char *layer;
} stages[NR_STAGES] = {
#define STAGE(id, name, layer, actor, covers) { name, layer },
	STAGES(STAGE)
#undef STAGE
};

static const char *stage_of(const struct hook *hook)
{
	return hook->stage == SUPPORT ? "support" : stages[hook->stage].name;
}

/* What a kernel allows, and what was asked for. */
struct tier {
	const char *name;
	bool trampolines;
	bool layer;
};

static const struct tier tiers[] = {
	{ "full, stage", true, false },
	{ "full, layer", true, true },
	{ "tracepoints, stage", false, false },
	{ "tracepoints, layer", false, true },
};

#define NR_TIERS (sizeof(tiers) / sizeof(tiers[0]))

static bool asked_for(const struct hook *hook, const struct tier *tier, int ops)
{
	return hook->ops & ops && (!tier->layer || hook->flags & LAYER);
}

static bool rung_holds(int stage, int rung, const struct tier *tier, int ops)
{
	bool any = false;

	for (const struct hook *hook = hooks; hook->program; hook++) {
		if (hook->stage != stage || hook->rung != rung || !asked_for(hook, tier, ops))
			continue;
		if (hook->type == HOOK_TRACEPOINT || tier->trampolines)
			any = true;
		else if (!(hook->flags & OPTIONAL))
			return false;
	}
	return any;
}

static bool seen(int stage, const struct tier *tier, int ops)
{
	for (int rung = 0; rung < MAX_RUNGS; rung++) {
		if (rung_holds(stage, rung, tier, ops))
			return true;
	}
	return false;
}

/* The operations that the stage can be seen of, on whatever kernel. */
static int ops_of(int stage)
{
	int ops = 0;

	for (const struct hook *hook = hooks; hook->program; hook++) {
		if (hook->stage == stage)
			ops |= hook->ops;
	}
	return ops;
}

static struct iostage_bpf *opened(void)
{
	struct iostage_bpf *skel = iostage_bpf__open();

	assert_non_null(skel);
	return skel;
}

static void test_every_hook_has_its_program(void **state)
{
	static const enum bpf_attach_type type[] = {
		[HOOK_FENTRY] = BPF_TRACE_FENTRY,
		[HOOK_FEXIT] = BPF_TRACE_FEXIT,
		[HOOK_TRACEPOINT] = BPF_TRACE_RAW_TP,
	};
	struct iostage_bpf *skel = opened();

	(void)state;
	for (const struct hook *hook = hooks; hook->program; hook++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(skel->obj, hook->program);

		if (!program)
			fail_msg("%s: no program %s", stage_of(hook), hook->program);
		if (bpf_program__expected_attach_type(program) != type[hook->type])
			fail_msg("%s: the program %s is of another type", stage_of(hook),
				 hook->program);
	}
	iostage_bpf__destroy(skel);
}

/* But for those that calibrate.c attaches. */
static void test_every_program_has_its_hook(void **state)
{
	struct iostage_bpf *skel = opened();
	struct bpf_program *program;

	(void)state;
	bpf_object__for_each_program(program, skel->obj)
	{
		const char *name = bpf_program__name(program);
		bool found = !strncmp(name, "calibrate_", strlen("calibrate_"));

		for (const struct hook *hook = hooks; hook->program; hook++)
			found |= !strcmp(hook->program, name);
		if (!found)
			fail_msg("no hook loads the program %s", name);
	}
	iostage_bpf__destroy(skel);
}

/* A program attaches once, to one place. */
static void test_a_program_means_one_thing(void **state)
{
	(void)state;
	for (const struct hook *a = hooks; a->program; a++) {
		for (const struct hook *b = hooks; b->program; b++) {
			if (a == b || strcmp(a->program, b->program))
				continue;
			if (a->type != b->type || strcmp(a->target[0], b->target[0]))
				fail_msg("%s and %s attach %s differently", stage_of(a),
					 stage_of(b), a->program);
			if (a->stage == b->stage && a->rung == b->rung)
				fail_msg("%s has %s twice", stage_of(a), a->program);
		}
	}
}

static void test_rungs(void **state)
{
	bool used[SUPPORT + 1][MAX_RUNGS] = {}, required[SUPPORT + 1][MAX_RUNGS] = {};

	(void)state;
	for (const struct hook *hook = hooks; hook->program; hook++) {
		assert_in_range(hook->stage, 0, SUPPORT);
		assert_in_range(hook->rung, 0, MAX_RUNGS - 1);
		assert_non_null(hook->target[0]);
		assert_int_not_equal(hook->ops & (FOR_ALL | FOR_RING), 0);
		used[hook->stage][hook->rung] = true;
		if (!(hook->flags & OPTIONAL))
			required[hook->stage][hook->rung] = true;
	}
	for (int stage = 0; stage <= SUPPORT; stage++) {
		for (int rung = 0; rung < MAX_RUNGS; rung++) {
			if (rung && used[stage][rung] && !used[stage][rung - 1])
				fail_msg("stage %d has rung %d, but not the one before", stage,
					 rung);
			if (used[stage][rung] && !required[stage][rung])
				fail_msg("stage %d has only optional hooks on rung %d", stage,
					 rung);
		}
	}
}

/* The stages that are computed have no hook, all others have one. */
static void test_every_stage_has_a_hook(void **state)
{
	(void)state;
	for (int stage = 0; stage < NR_STAGES; stage++) {
		bool computed = stage == STAGE_PROBES || stage == STAGE_UNATTRIBUTED;

		if (!ops_of(stage) != computed)
			fail_msg("%s has %s hook", stages[stage].name, computed ? "a" : "no");
	}
}

static void test_what_nothing_works_without(void **state)
{
	(void)state;
	for (const struct hook *hook = hooks; hook->program; hook++) {
		if (hook->stage != SUPPORT)
			continue;
		if (hook->rung || hook->flags != LAYER || hook->ops != FOR_ALL ||
		    hook->type != HOOK_TRACEPOINT)
			fail_msg("not every recording has %s", hook->program);
	}
	for (const struct tier *tier = tiers; tier < tiers + NR_TIERS; tier++) {
		for (int ops = FOR_READ; ops <= FOR_FSYNC; ops++) {
			if (!seen(SUPPORT, tier, ops) || !seen(STAGE_SYSCALL_ENTRY, tier, ops))
				fail_msg("%s: no operation is seen", tier->name);
		}
	}
}

/* Where a system call's entry is hooked, so is its end. */
static void test_every_entry_has_an_exit(void **state)
{
	(void)state;
	for (const struct hook *enter = hooks; enter->program; enter++) {
		size_t length = strlen(enter->program);
		bool found = false;

		if (enter->stage != STAGE_SYSCALL_ENTRY || length < 6 ||
		    strcmp(enter->program + length - 6, "_enter"))
			continue;
		for (const struct hook *leave = hooks; leave->program; leave++) {
			found |= leave->stage == enter->stage && leave->rung == enter->rung &&
				 leave->ops == enter->ops && leave->flags == enter->flags &&
				 !strncmp(leave->program, enter->program, length - 6) &&
				 !strcmp(leave->program + length - 6, "_exit");
		}
		if (!found)
			fail_msg("%s has no exit", enter->program);
	}
}

/* Wherever a stage is not seen, its time is in one that is. */
static void test_merging_ends_where_the_time_is_seen(void **state)
{
	static const char *const of[] = {
		[FOR_READ] = "a read",
		[FOR_FSYNC] = "an fsync",
		[FOR_RING] = "io_uring",
	};

	(void)state;
	for (int stage = 0; stage < NR_STAGES; stage++) {
		for (const struct tier *tier = tiers; tier < tiers + NR_TIERS; tier++) {
			for (int ops = FOR_READ; ops <= FOR_RING; ops <<= 1) {
				int into = stage, steps = 0;

				if (!(ops_of(stage) & ops))
					continue;
				while (!seen(into, tier, ops) && ++steps < NR_STAGES)
					into = stage_before(into, ops);
				if (!seen(into, tier, ops))
					fail_msg("%s: the time of %s's %s is nowhere", tier->name,
						 of[ops], stages[stage].name);
			}
		}
	}
}

static void test_merging_has_no_cycles(void **state)
{
	(void)state;
	for (int stage = 0; stage < NR_STAGES; stage++) {
		for (int op = FOR_READ; op <= FOR_RING; op <<= 1) {
			int into = stage, steps = 0;

			while ((int)stage_before(into, op) != into) {
				into = stage_before(into, op);
				if (++steps >= NR_STAGES)
					fail_msg("%s is merged in a circle", stages[stage].name);
			}
		}
	}
}

/* That is what --detail layer is for. */
static void test_every_layer_is_seen(void **state)
{
	(void)state;
	for (const struct tier *tier = tiers; tier < tiers + NR_TIERS; tier++) {
		for (int stage = 0; stage < NR_STAGES; stage++) {
			bool any = !ops_of(stage);

			for (int other = 0; other < NR_STAGES; other++) {
				if (!strcmp(stages[other].layer, stages[stage].layer))
					any |= seen(other, tier, FOR_ALL | FOR_RING);
			}
			if (!any)
				fail_msg("%s: nothing is seen of %s", tier->name,
					 stages[stage].layer);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_hook_has_its_program),
		cmocka_unit_test(test_every_program_has_its_hook),
		cmocka_unit_test(test_a_program_means_one_thing),
		cmocka_unit_test(test_rungs),
		cmocka_unit_test(test_every_stage_has_a_hook),
		cmocka_unit_test(test_what_nothing_works_without),
		cmocka_unit_test(test_every_entry_has_an_exit),
		cmocka_unit_test(test_merging_ends_where_the_time_is_seen),
		cmocka_unit_test(test_merging_has_no_cycles),
		cmocka_unit_test(test_every_layer_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
