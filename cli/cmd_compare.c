// SPDX-License-Identifier: GPL-2.0-only
/* iostage compare: what differs between two captures, or two sets of them. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "compare_render.h"
#include "output.h"

enum { OPT_JSON = 256, OPT_ALLOW_MISMATCH };

struct compare_options {
	struct command_line line;
	bool json;
	bool allow_mismatch;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "text (the default) or json", 0 },
	{ "json", OPT_JSON, NULL, 0, "The same as --format json", 0 },
	{ "allow-mismatch", OPT_ALLOW_MISMATCH, NULL, 0,
	  "Compare although kernel line, CPU, device, filesystem, hooks or workload differ", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct compare_options *o = state->input;
	const char *wrong;

	switch (key) {
	case 'f':
		o->json = output_is_json(arg, state);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_ALLOW_MISMATCH:
		o->allow_mismatch = true;
		return 0;
	case ARGP_KEY_ARG:
		command_line_add(&o->line, arg);
		return 0;
	case ARGP_KEY_END:
		wrong = command_line_settle(&o->line);
		if (wrong)
			argp_error(state, "%s", wrong);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "A B\nA... -- B...",
	.doc = "Say what differs between two captures, stage by stage; or between two sets of "
	       "captures, each of which is a run.\v"
	       "Exit status: 0; 2 where a capture is no good or the output cannot be written; 3 "
	       "where the captures cannot be compared.",
};

static int print_comparison(const struct compare_options *o, const struct comparison *c, char *err,
			    size_t size)
{
	output_begin();
	if (!o->json) {
		compare_text(c, stdout);
	} else if (compare_json(c, stdout)) {
		snprintf(err, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	return output_end(err, size);
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options o = { 0 };
	struct comparison *c;
	char err[COMPARE_ERROR];
	int rc;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, command_line_part(&o.line, argc, argv), argv, 0, NULL, &o);
	rc = compare_captures(&c, o.line.files, o.allow_mismatch, err, sizeof(err));
	if (!rc)
		rc = print_comparison(&o, c, err, sizeof(err));
	compare_free(c);
	if (rc)
		fprintf(stderr, "%s: %s\n", argv[0], err);
	return rc == -EXDEV ? EXIT_INCONCLUSIVE : rc ? EXIT_USAGE : 0;
}
