/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands. Each parses its own argv, whose first word is "iostage COMMAND",
 * and returns the program's exit status.
 */
#ifndef IOSTAGE_COMMANDS_H
#define IOSTAGE_COMMANDS_H

#define EXIT_REGRESSION	1	/* of check */
#define EXIT_USAGE	2	/* usage errors, and whatever kept iostage from its work */
#define EXIT_INCONCLUSIVE	3	/* of check; of compare too, where captures are not comparable */

int cmd_async(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_paths(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);

#endif
