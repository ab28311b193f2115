// SPDX-License-Identifier: GPL-2.0-only
/* Why there is no async stack, from what is loaded and what is installed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async.h"

/* Whether modprobe of that kernel would take an ext4 that is not the kernel's own. */
static bool installed(const char *root, const char *release)
{
	char path[PATH_MAX], *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/lib/modules/%s/modules.dep", root, release);
	file = fopen(path, "re");
	while (file && !found && getline(&line, &size, file) > 0) {
		line[strcspn(line, ":")] = '\0';
		found = !strncmp(line, "updates/", 8) && strstr(line, "/ext4.ko");
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* Another kernel that has one. */
static bool installed_for_other(const char *root, char *other, size_t size)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/lib/modules", root);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		found = entry->d_name[0] != '.' && installed(root, entry->d_name);
		if (found)
			snprintf(other, size, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool built_in(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/module/ext4/initstate", root);
	return access(path, F_OK);
}

void async_absence(const char *root, const char *release, char *text, size_t size)
{
	static const char how[] = "`make -C patches && sudo make -C patches install' in iostage's "
				  "sources (for Debian's 6.1 and 6.12)";
	char other[NAME_MAX + 1];

	if (built_in(root))
		snprintf(text, size,
			 "ext4 is built into Linux %s, where no module can replace it; the async "
			 "stack takes a kernel that is built with iostage's patches/",
			 release);
	else if (installed(root, release))
		snprintf(text, size,
			 "the ext4 that is loaded has no async stack, though one is installed for "
			 "Linux %s: unmount every ext4 and run `modprobe -r ext4', or boot again",
			 release);
	else if (installed_for_other(root, other, sizeof(other)))
		snprintf(text, size,
			 "Linux %s has its stock ext4; an ext4 with the async stack is installed "
			 "for Linux %s only: %s",
			 release, other, how);
	else
		snprintf(text, size, "Linux %s has its stock ext4, without the async stack: %s",
			 release, how);
}
