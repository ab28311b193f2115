// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mounts.h"

struct wanted {
	const char *type; /* NULL: any */
	const uint64_t *id;
	const uint32_t *device;
};

/* The kernel writes blanks and backslashes as three octal digits. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*out++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Both lists begin with rw or ro; once is enough. */
static char *join_options(const char *mount, const char *super)
{
	char *joined;

	if (!strncmp(super, "rw", 2) || !strncmp(super, "ro", 2))
		super += 2 + (super[2] == ',');
	if (asprintf(&joined, "%s%s%s", mount, *super ? "," : "", super) < 0)
		return NULL;
	return joined;
}

static int mount_copy(struct mount *m, uint32_t device, char *point, const char *type,
		      const char *options, const char *super)
{
	unescape(point);
	m->device = device;
	m->point = strdup(point);
	m->type = strdup(type);
	m->options = join_options(options, super);
	if (m->point && m->type && m->options)
		return 0;
	mount_free(m);
	return -ENOMEM;
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE SUPER_OPTIONS */
static int match_line(char *line, const struct wanted *w, struct mount *m)
{
	char *field[6], *type, *super, *tail, *save;
	unsigned int major, minor, i;
	uint32_t device;

	tail = strstr(line, " - ");
	if (!tail)
		return -ENOENT;
	*tail = '\0';
	for (i = 0; i < 6; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return -ENOENT;
	}
	type = strtok_r(tail + 3, " ", &save);
	if (!type || !strtok_r(NULL, " ", &save))
		return -ENOENT;
	super = strtok_r(NULL, " \n", &save);
	if (sscanf(field[2], "%u:%u", &major, &minor) != 2)
		return -ENOENT;
	device = major << 20 | minor;
	if ((w->type && strcmp(type, w->type)) || (w->device && device != *w->device) ||
	    (w->id && strtoull(field[0], NULL, 10) != *w->id))
		return -ENOENT;
	return mount_copy(m, device, field[4], type, field[5], super ? super : "");
}

static int find(const struct wanted *w, struct mount *m)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");
	int result = -ENOENT;
	char *line = NULL;
	size_t size = 0;

	if (!table)
		return -errno;
	while (result == -ENOENT && getline(&line, &size, table) > 0)
		result = match_line(line, w, m);
	free(line);
	fclose(table);
	return result;
}

int mount_find_type(const char *type, struct mount *m)
{
	return find(&(struct wanted){ .type = type }, m);
}

int mount_find_id(uint64_t id, struct mount *m)
{
	return find(&(struct wanted){ .id = &id }, m);
}

int mount_find_device(uint32_t device, struct mount *m)
{
	return find(&(struct wanted){ .device = &device }, m);
}

void mount_free(struct mount *m)
{
	free(m->point);
	free(m->type);
	free(m->options);
	memset(m, 0, sizeof(*m));
}

bool mount_type_has_device(const char *type)
{
	size_t length = strcspn(type, "."); /* fuse.sshfs is registered as fuse */
	FILE *types = fopen("/proc/filesystems", "re");
	bool found = false;
	char line[128];

	/* "nodev<TAB>TYPE", or "<TAB>TYPE" */
	while (types && !found && fgets(line, sizeof(line), types))
		found = line[0] == '\t' && strcspn(line + 1, "\n") == length &&
			!strncmp(line + 1, type, length);
	if (types)
		fclose(types);
	return found;
}
