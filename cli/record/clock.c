// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define CLOCK_INSN "iostage.clock=insn"

const char *clock_unit_of(const char *cmdline)
{
	const char *blank = " \n";

	for (cmdline += strspn(cmdline, blank); *cmdline; cmdline += strspn(cmdline, blank)) {
		size_t length = strcspn(cmdline, blank);

		if (length == strlen(CLOCK_INSN) && !strncmp(cmdline, CLOCK_INSN, length))
			return "insn";
		cmdline += length;
	}
	return "ns";
}

const char *clock_unit(void)
{
	char cmdline[8192] = "";
	FILE *f = fopen("/proc/cmdline", "re");

	if (f) {
		size_t length = fread(cmdline, 1, sizeof(cmdline) - 1, f);

		cmdline[length] = '\0';
		fclose(f);
	}
	return clock_unit_of(cmdline);
}
