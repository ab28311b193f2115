// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "output.h"

void output_begin(void)
{
	errno = 0;
}

int output_end(char *err, size_t size)
{
	int error;

	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	error = errno ? errno : EIO; /* of whichever write failed last */
	/* err says it: main() need not find it again */
	__fpurge(stdout);
	clearerr(stdout);
	snprintf(err, size, "standard output: %s", strerror(error));
	return -error;
}

bool output_is_json(const char *format, struct argp_state *state)
{
	if (strcmp(format, "text") && strcmp(format, "json"))
		argp_error(state, "the format is text or json, not '%s'", format);
	return !strcmp(format, "json");
}
