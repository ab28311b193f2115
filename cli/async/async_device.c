// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "async_device.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The directory of the whole disk, whose the queue is; as in sysfs, with its name at the end. */
static bool find_disk(const char *root, const char *device, char disk[PATH_MAX])
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/class/block/%s", root, device);
	if (!realpath(path, disk))
		return false;
	snprintf(path, sizeof(path), "%s/sys/class/block/%s/partition", root, device);
	if (!access(path, F_OK))
		*strrchr(disk, '/') = '\0';
	return true;
}

static bool read_queue(const char *disk, const char *name, char *line, size_t size)
{
	char *path;
	FILE *file;
	bool ok;

	if (asprintf(&path, "%s/queue/%s", disk, name) < 0)
		return false;
	file = fopen(path, "re");
	free(path);
	if (!file)
		return false;
	ok = fgets(line, size, file);
	fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

static bool has_requests(const char *disk)
{
	bool has;
	char *path;

	if (asprintf(&path, "%s/mq", disk) < 0)
		return true;
	has = !access(path, F_OK);
	free(path);
	return has;
}

/* The one in brackets of "[mq-deadline] kyber none"; "none" can stand alone. */
static const char *scheduler_in(char *line)
{
	char *from = strchr(line, '['), *to = strchr(line, ']');

	if (!from || !to)
		return line;
	*to = '\0';
	return from + 1;
}

bool device_not_light(const char *root, const char *device, char *text, size_t size)
{
	char disk[PATH_MAX], line[256];
	const char *name, *scheduler;

	if (!find_disk(root, device, disk))
		return false;
	name = strrchr(disk, '/') + 1;
	if (!has_requests(disk)) {
		snprintf(text, size,
			 "%s takes bios, not requests: device mapper, md, and the multipath of "
			 "NVMe (which nvme_core.multipath=N takes away) do",
			 name);
		return true;
	}
	if (!read_queue(disk, "scheduler", line, sizeof(line)))
		return false;
	scheduler = scheduler_in(line);
	if (!strcmp(scheduler, "none"))
		return false;
	snprintf(text, size,
		 "%s has the I/O scheduler %s: echo none >/sys/block/%s/queue/scheduler", name,
		 scheduler, name);
	return true;
}

bool device_not_polled(const char *root, const char *device, char *text, size_t size)
{
	char disk[PATH_MAX], line[32];
	const char *name;

	if (!find_disk(root, device, disk) ||
	    (read_queue(disk, "io_poll", line, sizeof(line)) && strcmp(line, "0")))
		return false;
	name = strrchr(disk, '/') + 1;
	snprintf(text, size, "%s has no queues for polling%s", name,
		 strncmp(name, "nvme", 4) ? ""
					  : ": load nvme with poll_queues=N (nvme.poll_queues=N)");
	return true;
}
