// SPDX-License-Identifier: GPL-2.0-only
/* iostage doctor: what this kernel lets be seen, hook by hook. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "async_render.h"
#include "canary.h"
#include "commands.h"
#include "compare_render.h"
#include "output.h"

#define DOCTOR_FORMAT "iostage-doctor"
#define DOCTOR_VERSION 1

struct doctor_options {
	const char *directory;
	bool json;
};

static const char doc[] =
	"Says what this kernel lets be seen, stage by stage: the hook that shows the stage's "
	"beginning, and how many operations of a canary passed it; or in which other stage its "
	"time is, and why. The canary reads, writes and syncs a scratch file in DIRECTORY (the "
	"current one if none is given).\n"
	"\vExit status: 0 if recordings are possible here, 2 if not.";

static const struct argp_option argp_options[] = {
	{ "json", 'j', NULL, 0, "print JSON", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct doctor_options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one directory is enough");
		o->directory = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A stage that the canary must have passed, or an async one in its place, having passed the other. */
static const struct {
	enum stage stage, after;
} implied[] = {
	{ STAGE_WRITE_COPY, STAGE_SYSCALL_ENTRY },   { STAGE_CACHE_LOOKUP, STAGE_SYSCALL_ENTRY },
	{ STAGE_PAGE_ALLOC, STAGE_CACHE_LOOKUP },    { STAGE_CACHE_INSERT, STAGE_PAGE_ALLOC },
	{ STAGE_DRIVER_SUBMIT, STAGE_REQUEST },	     { STAGE_IRQ, STAGE_DMA_UNMAP },
	{ STAGE_REQUEST_COMPLETE, STAGE_DEVICE },    { STAGE_JOURNAL_PREPARE, STAGE_JOURNAL_LOCK },
	{ STAGE_COMMIT_FINISH, STAGE_JOURNAL_LOCK }, { STAGE_COMMIT_WAKE, STAGE_COMMIT_FINISH },
	{ STAGE_COPY_TO_USER, STAGE_CACHE_LOOKUP },  { STAGE_SYSCALL_EXIT, STAGE_COPY_TO_USER },
};

static bool passed(const struct capture *c, enum stage stage)
{
	for (enum stage i = 0; i < NR_STAGES; i++) {
		if (stage_work(i) == stage && c->hooks[i].hits)
			return true;
	}
	return false;
}

/* A hook in ext4, which serves ext2 and ext3 too, and the canary was on another filesystem. */
static bool of_ext4_only(const struct capture *c, const char *hook)
{
	return strstr(hook, ":ext4_") && c->target.filesystem &&
	       strncmp(c->target.filesystem, "ext", 3);
}

static bool suspicious(const struct capture *c, int stage)
{
	const char *hook = c->hooks[stage].enter;

	if (!hook || passed(c, stage) || of_ext4_only(c, hook))
		return false;
	for (size_t i = 0; i < sizeof(implied) / sizeof(implied[0]); i++) {
		if ((int)implied[i].stage == stage && c->hooks[implied[i].after].hits)
			return true;
	}
	return false;
}

static void print_stage(const struct capture *c, int stage)
{
	const struct capture_hook *hook = &c->hooks[stage];

	if (!hook->enter && !hook->nr_merged)
		return;
	printf("%-11s %-17s ", stage_layer[stage], stage_name[stage]);
	if (hook->enter)
		printf("%6" PRIu64 "  %s%s", hook->hits, hook->enter,
		       suspicious(c, stage) ? "   COUNTS NOTHING: the canary passed here" : "");
	else
		printf("     -");
	for (size_t i = 0; i < hook->nr_merged; i++) {
		const struct capture_merge *m = &hook->merged[i];

		printf("%s  %s%s%sin %s: %s", i ? ";" : "", m->of ? "of " : "", m->of ? m->of : "",
		       m->of ? " " : "", stage_name[m->into], m->reason);
	}
	putchar('\n');
}

static void print_async(const struct capture *c)
{
	char text[512];
	struct async a;

	printf("async stack:");
	if (c->async.present > 0 && !async_read(&a, "", c->target.device)) {
		for (size_t i = 0; i < a.nr_switches; i++)
			printf("%s %s %s", i ? "," : "", a.switches[i].name,
			       a.switches[i].on ? "on" : "off");
		printf("; `iostage async' switches\n");
	} else if (c->async.present) {
		printf(" it cannot be told whether there is one\n");
	} else if (!c->target.filesystem || strcmp(c->target.filesystem, "ext4")) {
		printf(" none, which is for ext4\n");
	} else {
		async_absence("", c->system.kernel, text, sizeof(text));
		printf(" none: %s\n", text);
	}
}

static void print_text(const struct capture *c)
{
	bool full = c->calibration.fentry;

	printf("Linux %s on %s, %u CPUs\n", c->system.kernel, c->system.arch, c->system.cpus);
	printf("hooks: %s\n", full ? "fentry, fexit and tracepoints"
				   : "tracepoints only; this kernel refuses fentry and fexit");
	printf("one boundary costs: tracepoint %" PRIu64 " %s", c->calibration.tracepoint, c->unit);
	if (full)
		printf(", fentry %" PRIu64 " %s, fexit %" PRIu64 " %s", c->calibration.fentry,
		       c->unit, c->calibration.fexit, c->unit);
	putchar('\n');
	print_async(c);
	printf("canary: %" PRIu64 " operations on %s%s%s, %" PRIu64 " reported, %" PRIu64
	       " dropped\n\n",
	       c->accounting.seen, c->target.filesystem ? c->target.filesystem : "a filesystem",
	       c->target.device ? " on " : "", c->target.device ? c->target.device : "",
	       c->accounting.reported, c->accounting.dropped);
	printf("%-11s %-17s %6s  %s\n", "layer", "stage", "passed", "hook");
	for (int stage = 0; stage < NR_STAGES; stage++)
		print_stage(c, stage);
	printf("\nA stage that was passed by none is one that this device or filesystem does not "
	       "have,\n"
	       "or that the canary did not have to wait for.\n");
}

/* In the format of a capture (iostage-capture(5)). */
static json_t *merge_json(const struct capture_merge *m)
{
	return json_pack("{s:s*, s:s, s:s}", "of", m->of, "merged_into", stage_name[m->into],
			 "reason", m->reason);
}

/* Where the stage is seen in some operations, it stands as seen. */
static json_t *stage_json(const struct capture_hook *hook, int stage)
{
	json_t *o =
		json_pack("{s:s, s:s}", "stage", stage_name[stage], "layer", stage_layer[stage]);

	if (hook->enter) {
		json_object_set_new(o, "hook", json_string(hook->enter));
		json_object_set_new(o, "passed", json_integer(hook->hits));
		return o;
	}
	json_object_update_new(o, merge_json(&hook->merged[0]));
	if (hook->nr_merged < 2)
		return o;
	json_object_set_new(o, "also", json_array());
	for (size_t i = 1; i < hook->nr_merged; i++)
		json_array_append_new(json_object_get(o, "also"), merge_json(&hook->merged[i]));
	return o;
}

static int print_json(const struct capture *c)
{
	json_t *stages = json_array(), *all;

	for (int stage = 0; stage < NR_STAGES; stage++) {
		const struct capture_hook *hook = &c->hooks[stage];

		if (hook->enter || hook->nr_merged)
			json_array_append_new(stages, stage_json(hook, stage));
	}
	all = json_pack("{s:s, s:i, s:s, s:s, s:I, s:s, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}, s:o}",
			"format", DOCTOR_FORMAT, "version", DOCTOR_VERSION, "kernel",
			c->system.kernel, "arch", c->system.arch, "cpus",
			(json_int_t)c->system.cpus, "unit", c->unit, "cost", "fentry",
			(json_int_t)c->calibration.fentry, "fexit",
			(json_int_t)c->calibration.fexit, "tracepoint",
			(json_int_t)c->calibration.tracepoint, "canary", "seen",
			(json_int_t)c->accounting.seen, "reported",
			(json_int_t)c->accounting.reported, "dropped",
			(json_int_t)c->accounting.dropped, "stages", stages);
	if (c->async.present >= 0)
		json_object_set_new(all, "async", capture_async_json(c));
	return put_json(all, stdout);
}

int cmd_doctor(int argc, char **argv)
{
	static const struct argp argp = {
		argp_options, parse, "[DIRECTORY]", doc, NULL, NULL, NULL
	};
	struct doctor_options options = { .directory = "." };
	struct capture capture = {};
	char err[512] = "";
	int error = 0;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (canary(options.directory, &capture, err, sizeof(err))) {
		fprintf(stderr, "%s: %s\n", argv[0], err);
		return EXIT_USAGE;
	}
	output_begin();
	if (!capture.accounting.seen) {
		fprintf(stderr,
			"%s: nothing of the canary was seen: %s is not on a filesystem with a "
			"block "
			"device; name a directory that is\n",
			argv[0], options.directory);
		error = EXIT_USAGE;
	} else if (options.json) {
		error = print_json(&capture);
	} else {
		print_text(&capture);
	}
	if (!error && output_end(err, sizeof(err))) {
		fprintf(stderr, "%s: %s\n", argv[0], err);
		error = EXIT_USAGE;
	}
	capture_free(&capture);
	return error ? EXIT_USAGE : 0;
}
