// SPDX-License-Identifier: GPL-2.0-only
/* iostage: finds the subcommand and hands over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "version.h"

static const struct command {
	const char *name;
	const char *full; /* what its argp calls itself */
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "async", "iostage async", cmd_async,
	  "switch the asynchronous I/O stack's mechanisms, or say what is on" },
	{ "check", "iostage check", cmd_check,
	  "the regression gate: judge captures by a baseline" },
	{ "compare", "iostage compare", cmd_compare,
	  "say what differs between captures, stage by stage" },
	{ "doctor", "iostage doctor", cmd_doctor,
	  "say what this kernel lets be seen, hook by hook" },
	{ "paths", "iostage paths", cmd_paths,
	  "say what each way of reading costs on this machine" },
	{ "record", "iostage record", cmd_record,
	  "trace reads and fsyncs, print the breakdown, write a capture" },
	{ "report", "iostage report", cmd_report, "print the breakdown of a capture" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	size_t i;

	fprintf(out, "Usage: iostage [--version] [--help] COMMAND [ARGUMENT...]\n\n"
		     "Shows where the microseconds of a read or an fsync go, stage by stage.\n\n");
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n`iostage COMMAND --help' says more about a command.\n");
}

/* A result that could not be written is no success. */
static int flush_stdout(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "iostage: cannot write to standard output\n");
	clearerr(stdout); /* it is said once */
	return status ? status : EXIT_USAGE;
}

/* argp ends the program itself, behind --help. */
static void flush_at_exit(void)
{
	if (flush_stdout(0))
		_exit(EXIT_USAGE);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return flush_stdout(0);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("iostage %s\n", IOSTAGE_VERSION);
		return flush_stdout(0);
	}
	for (i = 0; i < NR_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		argv[1] = (char *)commands[i].full;
		atexit(flush_at_exit);
		return flush_stdout(commands[i].run(argc - 1, argv + 1));
	}
	fprintf(stderr, "iostage: no command '%s'; `iostage --help' lists them\n", argv[1]);
	return EXIT_USAGE;
}
