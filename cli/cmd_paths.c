// SPDX-License-Identifier: GPL-2.0-only
/* iostage paths: what each way of reading costs on this machine. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "output.h"
#include "paths_capture.h"
#include "paths_render.h"
#include "system.h"
#include "target.h"

enum { OPT_JSON = 256, OPT_HIT_RATIO, OPT_PATTERN };

#define MIB (1ULL << 20)
#define SCRATCH (32 * MIB) /* at least */
#define LARGEST (64 << 10)
#define MOST_READS 1000000
#define READS 1000
#define SIZE 4096
#define RUNS 10

struct paths_options {
	const char *path;
	bool json;
	unsigned int measured; /* PATHS_* */
	const char *output;    /* of a capture; NULL: none */
	struct hot_options hot;
	struct cold_options cold;
};

static const struct argp_option options[] = {
	{ "size", 's', "BYTES", 0, "Size of the reads to be compared (default 4096)", 0 },
	{ "hit-ratio", OPT_HIT_RATIO, "RATIO", 0,
	  "Part of the reads that a page buffer in user space serves (default 0.9)", 0 },
	{ "measure", 'm', "PART[,PART...]", 0,
	  "Only hot (from memory), cold (from the device) or faults (what errors come to); which "
	  "path to use is said where both hot and cold are",
	  0 },
	{ "pattern", OPT_PATTERN, "PATTERN", 0,
	  "Order of the reads from the device: random (the default) or sequential", 0 },
	{ "depth", 'q', "DEPTH[,DEPTH...]", 0,
	  "Reads in flight at a time, up to four depths from 1 to 128 (default 1,8,32,128)", 0 },
	{ "reads", 'n', "N", 0, "Reads from the device in each run (default 1000)", 0 },
	{ "runs", 'r', "N", 0,
	  "Measure everything N times, each in a process of its own (default 10)", 0 },
	{ "output", 'o', "FILE", 0,
	  "Write a capture, too, for iostage compare and check; takes one --depth", 0 },
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

static void parse_depths(const char *arg, struct cold_options *o, struct argp_state *state)
{
	const char *at = arg;
	char *end;

	for (o->nr_depths = 0; o->nr_depths < COLD_DEPTHS; at = end + 1) {
		unsigned long depth = strtoul(at, &end, 10);

		if (end == at || depth < 1 || depth > COLD_DEEPEST ||
		    (o->nr_depths && depth <= o->depths[o->nr_depths - 1]))
			break;
		o->depths[o->nr_depths++] = depth;
		if (!*end)
			return;
		if (*end != ',')
			break;
	}
	argp_error(state, "--depth takes up to %d ascending numbers from 1 to %d, not '%s'",
		   COLD_DEPTHS, COLD_DEEPEST, arg);
}

static unsigned int parse_parts(const char *arg, struct argp_state *state)
{
	static const char *const names[] = { "hot", "cold", "faults" };
	unsigned int parts = 0, found;

	for (const char *at = arg;; at += strcspn(at, ",") + 1) {
		size_t length = strcspn(at, ",");

		found = 0;
		for (int i = 0; i < 3; i++)
			if (strlen(names[i]) == length && !strncmp(names[i], at, length))
				found = 1 << i;
		if (!found)
			argp_error(state, "--measure takes hot, cold and faults, not '%s'", arg);
		parts |= found;
		if (!at[length])
			return parts;
	}
}

static bool parse_pattern(const char *arg, struct argp_state *state)
{
	if (strcmp(arg, "random") && strcmp(arg, "sequential"))
		argp_error(state, "the pattern is random or sequential, not '%s'", arg);
	return !strcmp(arg, "sequential");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct paths_options *o = state->input;

	switch (key) {
	case 's':
		o->cold.size = o->hot.size = parse_number(arg, 1, LARGEST, "--size", state);
		return 0;
	case 'm':
		o->measured = parse_parts(arg, state);
		return 0;
	case OPT_PATTERN:
		o->cold.sequential = parse_pattern(arg, state);
		return 0;
	case 'q':
		parse_depths(arg, &o->cold, state);
		return 0;
	case 'n':
		o->cold.reads = parse_number(arg, 1, MOST_READS, "--reads", state);
		return 0;
	case OPT_HIT_RATIO:
		o->hot.hit_ratio = parse_ratio(arg, state);
		return 0;
	case 'r':
		o->cold.runs = o->hot.runs =
			parse_number(arg, 2, RESAMPLE_RUNS / 4, "--runs", state);
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->path)
			argp_error(state, "one file, directory or device at a time");
		o->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (o->output && o->cold.nr_depths > 1)
			argp_error(state, "-o takes one --depth: a capture has one");
		if (o->output && !(o->measured & (PATHS_HOT | PATHS_COLD)))
			argp_error(state, "-o takes hot or cold in --measure");
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

static int describe(const struct source *s, struct capture *c)
{
	c->target.write_cache = -1;
	c->async.present = -1;
	c->unit = strdup(clock_unit());
	if (s->device)
		target_describe(s->device, s->kind != SOURCE_DEVICE, c);
	return c->unit ? system_describe(c) : -ENOMEM;
}

/* Each read from the device finds a block that none has read before. */
static uint64_t scratch_size(const struct cold_options *o)
{
	uint64_t wanted = (uint64_t)o->reads * ((o->size + SIZE - 1) / SIZE * SIZE);

	wanted = (wanted + MIB - 1) / MIB * MIB;
	return wanted < SCRATCH ? SCRATCH : wanted > SOURCE_SPAN ? SOURCE_SPAN : wanted;
}

static int measure(struct paths *p, const struct paths_options *o, char *err, size_t size)
{
	int rc = describe(&p->source, &p->circumstances);

	snprintf(err, size, "%s", strerror(-rc));
	p->measured = o->measured;
	p->hot.options = o->hot;
	p->cold.options = o->cold;
	if (!rc && o->measured & PATHS_HOT)
		rc = hot_measure(&p->hot, &o->hot, &p->source, err, size);
	if (!rc && o->measured & PATHS_COLD)
		rc = cold_measure(&p->cold, &o->cold, &p->source, err, size);
	if (!rc && o->measured & PATHS_COLD)
		traced_measure(&p->traced, &p->cold, &p->source);
	if (!rc && o->measured & PATHS_FAULTS)
		faults_provoke(&p->faults, &p->source);
	if (rc || !(o->measured & PATHS_HOT && o->measured & PATHS_COLD))
		return rc;
	for (size_t d = 0; !rc && d < o->cold.nr_depths; d++)
		rc = advice_give(&p->advice[d], &p->hot, &p->cold, d);
	snprintf(err, size, "%s", strerror(-rc));
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

/* Instead of the figures, where they would go to the same place. */
static bool to_stdout(const char *output)
{
	return output && !strcmp(output, "-");
}

static int write_capture(const struct paths *p, const struct paths_options *o, char *err,
			 size_t size)
{
	struct capture c = { 0 };
	int rc = describe(&p->source, &c);

	if (!rc)
		rc = paths_capture(p, 0, &c);
	if (rc)
		snprintf(err, size, "%s", strerror(-rc));
	else
		rc = capture_write(&c, o->output, err, size);
	capture_free(&c);
	return rc;
}

int cmd_paths(int argc, char **argv)
{
	struct paths_options o = {
		.measured = PATHS_ALL,
		.hot = { .size = SIZE, .hit_ratio = 0.9, .runs = RUNS },
		.cold = { .size = SIZE,
			  .runs = RUNS,
			  .reads = READS,
			  .depths = { 1, 8, 32, 128 },
			  .nr_depths = 4 },
	};
	static struct paths p; /* too large for a stack */
	char err[512];
	int rc;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	rc = source_open(&p.source, o.path, scratch_size(&o.cold), err, sizeof(err));
	if (!rc) {
		rc = measure(&p, &o, err, sizeof(err));
		source_close(&p.source);
	}
	if (!rc && o.output)
		rc = write_capture(&p, &o, err, sizeof(err));
	if (!rc && !to_stdout(o.output))
		rc = print(&p, o.json, err, sizeof(err));
	if (rc)
		fprintf(stderr, "%s: %s\n", argv[0], err);
	hot_free(&p.hot);
	traced_free(&p.traced);
	capture_free(&p.circumstances);
	return rc ? EXIT_USAGE : 0;
}
