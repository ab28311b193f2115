// SPDX-License-Identifier: GPL-2.0-only
/* iostage check: the regression gate. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check_render.h"
#include "commands.h"
#include "output.h"

enum { OPT_JSON = 256, OPT_ALLOW_MISMATCH, OPT_BASELINE, OPT_THRESHOLDS };

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_JUNIT, FORMAT_MARKDOWN, NR_FORMATS };

static const char *const format_name[NR_FORMATS] = { "text", "json", "junit", "markdown" };

struct check_options {
	struct command_line line;
	struct thresholds thresholds;
	enum format format;
	bool baseline;
	bool allow_mismatch;
};

static const struct argp_option options[] = {
	{ "baseline", OPT_BASELINE, "A", 0,
	  "What to judge by: a capture; all captures that stand before -- are", 0 },
	{ "threshold", 't', "RULE", 0,
	  "From where on more is a regression: [STAGE.]FIGURE=PERCENT% or =off, or "
	  "[STAGE.]floor=AMOUNT; the stage can be total, the figure is p50, mean, trimmed or p99",
	  0 },
	{ "thresholds", OPT_THRESHOLDS, "FILE", 0, "Such rules, a line each; # begins a comment",
	  0 },
	{ "format", 'f', "FORMAT", 0, "text (the default), json, junit or markdown", 0 },
	{ "json", OPT_JSON, NULL, 0, "The same as --format json", 0 },
	{ "allow-mismatch", OPT_ALLOW_MISMATCH, NULL, 0,
	  "Judge although kernel line, CPU, device, filesystem, hooks or workload differ", 0 },
	{ 0 }
};

static enum format parse_format(const char *arg, struct argp_state *state)
{
	enum format format = 0;

	while (format < NR_FORMATS && strcmp(arg, format_name[format]))
		format++;
	if (format == NR_FORMATS)
		argp_error(state, "the format is text, json, junit or markdown, not '%s'", arg);
	return format;
}

static void parse_thresholds(struct argp_state *state, const char *arg,
			     int (*parse)(struct thresholds *t, const char *arg, char *err,
					  size_t size))
{
	struct check_options *o = state->input;
	char err[1024];

	if (parse(&o->thresholds, arg, err, sizeof(err)))
		argp_failure(state, EXIT_USAGE, 0, "%s", err);
}

static void settle(struct argp_state *state)
{
	struct check_options *o = state->input;
	const char *wrong = o->baseline ? command_line_settle(&o->line)
					: "--baseline is needed, and what to judge behind --";

	if (wrong)
		argp_error(state, "%s", wrong);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;

	switch (key) {
	case OPT_BASELINE:
		o->baseline = true;
		command_line_add(&o->line, arg);
		return 0;
	case 't':
		parse_thresholds(state, arg, thresholds_rule);
		return 0;
	case OPT_THRESHOLDS:
		parse_thresholds(state, arg, thresholds_read);
		return 0;
	case 'f':
		o->format = parse_format(arg, state);
		return 0;
	case OPT_JSON:
		o->format = FORMAT_JSON;
		return 0;
	case OPT_ALLOW_MISMATCH:
		o->allow_mismatch = true;
		return 0;
	case ARGP_KEY_ARG:
		command_line_add(&o->line, arg);
		return 0;
	case ARGP_KEY_END:
		settle(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "--baseline A... -- B...",
	.doc = "Judge whether the captures B are worse than the captures A, each of which is a "
	       "run; by stage, and in total.\v"
	       "In nanoseconds it takes 6 runs a side at least, better 10; in the lab's "
	       "instruction clock one is enough.\n\n"
	       "Exit status: 0 pass; 1 regression; 2 where a capture is no good or the output "
	       "cannot be written; 3 inconclusive, or the captures cannot be compared.",
};

static int print_check(const struct check *check, enum format format, char *err, size_t size)
{
	int rc = 0;

	output_begin();
	switch (format) {
	case FORMAT_TEXT:
		check_text(check, stdout);
		break;
	case FORMAT_JSON:
		rc = check_json(check, stdout);
		break;
	case FORMAT_JUNIT:
		check_junit(check, stdout);
		break;
	default:
		check_markdown(check, stdout);
	}
	if (!rc)
		return output_end(err, size);
	snprintf(err, size, "%s", strerror(-rc));
	return rc;
}

/* 0 or negative errno; *verdict is the check's. */
static int judge(struct check_options *o, const struct comparison *c, enum verdict *verdict,
		 char *err, size_t size)
{
	struct check check;
	int rc;

	thresholds_complete(&o->thresholds, c->unit);
	rc = check_run(&check, c, &o->thresholds);
	if (rc)
		snprintf(err, size, "%s", strerror(-rc));
	else
		rc = print_check(&check, o->format, err, size);
	*verdict = check.verdict;
	check_free(&check);
	return rc;
}

int cmd_check(int argc, char **argv)
{
	static const int status[NR_VERDICTS] = { 0, EXIT_INCONCLUSIVE, EXIT_REGRESSION };
	struct check_options o = { 0 };
	struct comparison *c;
	enum verdict verdict = VERDICT_INCONCLUSIVE;
	char err[COMPARE_ERROR];
	int rc;

	argp_err_exit_status = EXIT_USAGE;
	thresholds_init(&o.thresholds);
	argp_parse(&argp, command_line_part(&o.line, argc, argv), argv, 0, NULL, &o);
	rc = compare_captures(&c, o.line.files, o.allow_mismatch, err, sizeof(err));
	if (!rc)
		rc = judge(&o, c, &verdict, err, sizeof(err));
	compare_free(c);
	if (rc)
		fprintf(stderr, "%s: %s\n", argv[0], err);
	return rc == -EXDEV ? EXIT_INCONCLUSIVE : rc ? EXIT_USAGE : status[verdict];
}
