// SPDX-License-Identifier: GPL-2.0-only
#include "queues.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

/* Does the file's first line have one of the characters? */
static bool line_has(const char *path, const char *characters)
{
	FILE *file = fopen(path, "re");
	char line[4096];
	bool has;

	if (!file)
		return false;
	has = fgets(line, sizeof(line), file) && strpbrk(line, characters);
	fclose(file);
	return has;
}

/* Does any of an NVMe disk's files of that name? */
static bool any_has(const char *block, const char *name, const char *characters)
{
	bool has = false;
	char pattern[256];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/nvme*/%s", block, name);
	if (glob(pattern, 0, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc && !has; i++)
		has = line_has(found.gl_pathv[i], characters);
	globfree(&found);
	return has;
}

bool queues_complete_elsewhere(const char *block)
{
	return any_has(block, "mq/*/cpu_list", ",-") || any_has(block, "queue/io_poll", "1");
}
