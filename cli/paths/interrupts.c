// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interrupts.h"

/* What the names of its queues' interrupts begin with: nvme0q1 and so on, virtio3-req.0. */
static bool queue_prefix(const char *disk, char *prefix, size_t size)
{
	static const char *const up[] = { "", "/.." };
	char path[128], real[PATH_MAX];
	unsigned int controller;

	if (sscanf(disk, "nvme%u", &controller) == 1) {
		snprintf(prefix, size, "nvme%uq", controller);
		return true;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/class/block/%s%s/device", disk, up[i]);
		if (!realpath(path, real) || strncmp(strrchr(real, '/'), "/virtio", 7))
			continue;
		snprintf(prefix, size, "%.40s-req", strrchr(real, '/') + 1);
		return true;
	}
	return false;
}

/* "  24:   17   3   PCI-MSIX-0000:00:04.0   1-edge   nvme0q1": its counts, one for each CPU */
static int64_t sum_counts(const char *line)
{
	const char *at = strchr(line, ':');
	int64_t sum = 0;

	for (at = at ? at + 1 : ""; *at;) {
		char *end;
		long n = strtol(at, &end, 10);

		if (end == at || (*end != ' ' && *end != '\n'))
			break;
		sum += n;
		at = end;
	}
	return sum;
}

int64_t interrupts_of(const char *disk)
{
	char prefix[64], admin[80], *line = NULL;
	int64_t sum = -1;
	size_t size = 0;
	FILE *f;

	if (!queue_prefix(disk, prefix, sizeof(prefix)))
		return -1;
	snprintf(admin, sizeof(admin), "%s0\n", prefix);
	f = fopen("/proc/interrupts", "re");
	while (f && getline(&line, &size, f) > 0) {
		const char *name = strstr(line, prefix);

		if (!name || !strcmp(name, admin))
			continue;
		sum = (sum < 0 ? 0 : sum) + sum_counts(line);
	}
	free(line);
	if (f)
		fclose(f);
	return sum;
}
