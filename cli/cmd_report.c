// SPDX-License-Identifier: GPL-2.0-only
/* iostage report: a capture again, offline. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "commands.h"
#include "output.h"
#include "render.h"

#define MAX_OPERATIONS 1000

enum { OPT_JSON = 256, OPT_OPERATIONS };

struct report_options {
	const char *file;
	bool json;
	unsigned int operations;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "text (the default) or json", 0 },
	{ "json", OPT_JSON, NULL, 0, "The same as --format json", 0 },
	{ "operations", OPT_OPERATIONS, "N", 0,
	  "Draw whole operations too: of each class up to N of the slowest and N random ones", 0 },
	{ 0 }
};

static unsigned int parse_count(const char *arg, struct argp_state *state)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(arg, &end, 10);
	if (errno || end == arg || *end || n < 1 || n > MAX_OPERATIONS)
		argp_error(state, "--operations takes a number from 1 to %d, not '%s'",
			   MAX_OPERATIONS, arg);
	return n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct report_options *o = state->input;

	switch (key) {
	case 'f':
		o->json = output_is_json(arg, state);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_OPERATIONS:
		o->operations = parse_count(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (o->file)
			argp_error(state, "one file at a time");
		o->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->file)
			argp_error(state, "a capture file is needed");
		if (o->json && o->operations)
			argp_error(state, "--operations is for text; JSON has all operations");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Print the breakdown of a capture that 'iostage record' wrote.\v"
	       "Exit status: 0, or 2 where FILE is no good or the output cannot be written.",
};

static int print_report(const struct report_options *o, const struct capture *c, char *err,
			size_t size)
{
	int rc = 0;

	if (o->json)
		return capture_write(c, "-", err, size);
	output_begin();
	render_text(c, stdout);
	if (o->operations) {
		fputc('\n', stdout);
		rc = render_operations(c, o->operations, stdout);
	}
	if (!rc)
		return output_end(err, size);
	snprintf(err, size, "%s", strerror(-rc));
	return rc;
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = { 0 };
	struct capture c;
	char err[512];
	int rc;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	rc = capture_read(&c, o.file, err, sizeof(err));
	if (!rc)
		rc = print_report(&o, &c, err, sizeof(err));
	if (rc)
		fprintf(stderr, "iostage report: %s\n", err);
	capture_free(&c);
	return rc ? EXIT_USAGE : 0;
}
