/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands. Each parses its own argv, whose first word is "iostage COMMAND",
 * and returns the program's exit status.
 */
#ifndef IOSTAGE_COMMANDS_H
#define IOSTAGE_COMMANDS_H

#define EXIT_USAGE	2	/* usage errors, and whatever kept iostage from its work */

int cmd_doctor(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);

#endif
