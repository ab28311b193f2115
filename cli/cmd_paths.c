// SPDX-License-Identifier: GPL-2.0-only
/* iostage paths: what each way of reading costs on this machine. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "output.h"
#include "paths_render.h"
#include "system.h"
#include "target.h"

enum { OPT_JSON = 256, OPT_HIT_RATIO };

#define SCRATCH (32ULL << 20)
#define LARGEST (64 << 10)

struct paths_options {
	const char *path;
	bool json;
	struct hot_options hot;
};

static const struct argp_option options[] = {
	{ "size", 's', "BYTES", 0, "Size of the reads to be compared (default 4096)", 0 },
	{ "hit-ratio", OPT_HIT_RATIO, "RATIO", 0,
	  "Part of the reads that a page buffer in user space serves (default 0.9)", 0 },
	{ "runs", 'r', "N", 0, "Measure in N processes (default 10)", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 }
};

static long parse_number(const char *arg, long least, long most, const char *what,
			 struct argp_state *state)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(arg, &end, 10);
	if (errno || end == arg || *end || n < least || n > most)
		argp_error(state, "%s takes a number from %ld to %ld, not '%s'", what, least, most,
			   arg);
	return n;
}

static double parse_ratio(const char *arg, struct argp_state *state)
{
	char *end;
	double ratio = strtod(arg, &end);

	if (end == arg || *end || !(ratio >= 0 && ratio <= 1))
		argp_error(state, "--hit-ratio takes a number from 0 to 1, not '%s'", arg);
	return ratio;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct paths_options *o = state->input;

	switch (key) {
	case 's':
		o->hot.size = parse_number(arg, 1, LARGEST, "--size", state);
		return 0;
	case OPT_HIT_RATIO:
		o->hot.hit_ratio = parse_ratio(arg, state);
		return 0;
	case 'r':
		o->hot.runs = parse_number(arg, 2, RESAMPLE_RUNS / 4, "--runs", state);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->path)
			argp_error(state, "one file, directory or device at a time");
		o->path = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[FILE|DIRECTORY|DEVICE]",
	.doc = "Measure what each way of reading costs here, and print it.\v"
	       "Without an argument, or for a DIRECTORY, a scratch file without a name is made "
	       "there, and is gone afterwards, however iostage ends. A FILE or DEVICE is only "
	       "read.\n\n"
	       "Exit status: 0, or 2 where iostage could not measure.",
};

static int describe(struct paths *p)
{
	struct capture *c = &p->circumstances;

	c->target.write_cache = -1;
	c->async.present = -1;
	c->unit = strdup(clock_unit());
	if (p->source.device)
		target_describe(p->source.device, c);
	return c->unit ? system_describe(c) : -ENOMEM;
}

static int measure(struct paths *p, const struct paths_options *o, char *err, size_t size)
{
	int rc = describe(p);

	snprintf(err, size, "%s", strerror(-rc));
	if (!rc)
		rc = hot_measure(&p->hot, &o->hot, &p->source, err, size);
	p->has_hot = !rc;
	return rc;
}

static int print(const struct paths *p, bool json, char *err, size_t size)
{
	int rc = 0;

	output_begin();
	if (json)
		rc = paths_json(p, stdout);
	else
		paths_text(p, stdout);
	if (!rc)
		return output_end(err, size);
	snprintf(err, size, "%s", strerror(-rc));
	return rc;
}

int cmd_paths(int argc, char **argv)
{
	struct paths_options o = { .hot = { .size = 4096, .hit_ratio = 0.9, .runs = 10 } };
	struct paths p = { 0 };
	char err[512];
	int rc;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	rc = source_open(&p.source, o.path, SCRATCH, err, sizeof(err));
	if (!rc) {
		rc = measure(&p, &o, err, sizeof(err));
		source_close(&p.source);
	}
	if (!rc)
		rc = print(&p, o.json, err, sizeof(err));
	if (rc)
		fprintf(stderr, "%s: %s\n", argv[0], err);
	hot_free(&p.hot);
	capture_free(&p.circumstances);
	return rc ? EXIT_USAGE : 0;
}
