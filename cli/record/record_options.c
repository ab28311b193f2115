// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "record_options.h"

#define MIN_SECONDS 0.001
#define MAX_SECONDS 1e6

enum { OPTION_CGROUP = 256, OPTION_FILE, OPTION_DETAIL, OPTION_JSON };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What to record:", 1 },
	{ "pid", 'p', "PID", 0, "only this process; the recording ends with it", 1 },
	{ "comm", 'c', "NAME", 0, "only tasks of this name (at most 15 characters)", 1 },
	{ "device", 'd', "DEVICE", 0,
	  "only files on this disk, its partitions, and what is stacked on them", 1 },
	{ "cgroup", OPTION_CGROUP, "PATH", 0, "only tasks in this cgroup (cgroup2) or below it",
	  1 },
	{ "file", OPTION_FILE, "PATH", 0, "only this file", 1 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "time", 't', "SECONDS", 0, "end after this time", 2 },
	{ "detail", OPTION_DETAIL, "layer|stage", 0,
	  "layer: only the few hooks that separate the layers, for production systems", 2 },
	{ "output", 'o', "FILE", 0, "the capture (default: iostage.json; - is standard output)",
	  2 },
	{ "json", OPTION_JSON, NULL, 0,
	  "print the capture instead of the breakdown, on standard output", 2 },
	{ NULL, 0, NULL, 0, "Other:", -1 },
	{ 0 }
};

static const char doc[] =
	"Records where the time of reads and fsyncs goes, stage by stage; prints the breakdown and "
	"writes a capture for `iostage report'."
	"\v"
	"A COMMAND is recorded with all its descendants, until it ends; without one, everything "
	"that the filters let through, until the time is over or Ctrl-C.\n\n"
	"Exit status: the command's, 128 plus the signal where one killed it, 127 where it does "
	"not exist and 126 where it cannot be run; without a command 0. 2 where iostage itself "
	"failed.";

static const char arguments[] = "[read|fsync|all] [-- COMMAND [ARGUMENT...]]";

static void resolve(struct argp_state *state, char *arg,
		    int (*filter)(struct target *t, const char *arg, char *err, size_t size))
{
	struct record_options *o = state->input;
	char err[512];

	if (filter(&o->collect.target, arg, err, sizeof(err)))
		argp_failure(state, EXIT_USAGE, 0, "%s", err);
}

static void parse_seconds(struct argp_state *state, const char *arg)
{
	struct record_options *o = state->input;
	char *end;

	o->seconds = strtod(arg, &end);
	if (end == arg || *end || !(o->seconds >= MIN_SECONDS && o->seconds <= MAX_SECONDS))
		argp_error(state, "-t %s: not a number of seconds from %g to %.0f", arg,
			   MIN_SECONDS, MAX_SECONDS);
}

static void parse_what(struct argp_state *state, const char *arg)
{
	struct collect_options *c = &((struct record_options *)state->input)->collect;

	if (state->arg_num)
		argp_error(state, "'%s' is one argument too many; a command goes behind --", arg);
	c->read = !strcmp(arg, "read") || !strcmp(arg, "all");
	c->fsync = !strcmp(arg, "fsync") || !strcmp(arg, "all");
	if (!c->read && !c->fsync)
		argp_error(state, "'%s' is neither read, fsync nor all; a command goes behind --",
			   arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct record_options *o = state->input;

	switch (key) {
	case 'p':
		resolve(state, arg, target_pid);
		break;
	case 'c':
		resolve(state, arg, target_comm);
		break;
	case 'd':
		resolve(state, arg, target_device);
		break;
	case OPTION_CGROUP:
		o->cgroup = arg;
		resolve(state, arg, target_cgroup);
		break;
	case OPTION_FILE:
		o->file = arg;
		resolve(state, arg, target_file);
		break;
	case 't':
		parse_seconds(state, arg);
		break;
	case OPTION_DETAIL:
		o->collect.detail_layer = !strcmp(arg, "layer");
		if (!o->collect.detail_layer && strcmp(arg, "stage"))
			argp_error(state, "--detail %s: neither layer nor stage", arg);
		break;
	case 'o':
		o->output = arg;
		break;
	case OPTION_JSON:
		o->json = true;
		break;
	case ARGP_KEY_ARG:
		parse_what(state, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Cuts argv off at the first "--"; what follows is somebody else's command line. */
static int split_workload(struct record_options *o, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		o->workload = argv + i + 1;
		return i;
	}
	return argc;
}

void record_options_parse(struct record_options *o, int argc, char **argv)
{
	static const struct argp argp = { options, parse_option, arguments, doc, 0, 0, 0 };

	*o = (struct record_options){ .output = "iostage.json" };
	o->collect.read = true;
	o->collect.fsync = true;
	target_init(&o->collect.target);
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, split_workload(o, argc, argv), argv, 0, NULL, o);
	if (o->workload && !o->workload[0]) {
		fprintf(stderr, "%s: there is no command behind --\n", argv[0]);
		exit(EXIT_USAGE);
	}
}
