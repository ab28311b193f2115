// SPDX-License-Identifier: GPL-2.0-only
/* Block devices, as sysfs shows them: the filter by device, and a capture's device. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "async.h"
#include "mounts.h"
#include "target.h"

/* The first line of a file, without its end. */
__attribute__((format(printf, 3, 4))) static int read_line(char *line, size_t size,
							   const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *file;
	int error;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	error = fgets(line, size, file) ? 0 : -ENODATA;
	fclose(file);
	if (!error)
		line[strcspn(line, "\n")] = '\0';
	return error;
}

/* The device number in DIRECTORY/NAME/dev. */
static int read_number(const char *directory, const char *name, uint32_t *device)
{
	unsigned int major, minor;
	char line[32];

	if (read_line(line, sizeof(line), "%s/%s/dev", directory, name) ||
	    sscanf(line, "%u:%u", &major, &minor) != 2)
		return -ENODEV;
	*device = target_device_number(major, minor);
	return 0;
}

static int stat_number(const char *path, uint32_t *device)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	*device = target_device_number(major(st.st_rdev), minor(st.st_rdev));
	return 0;
}

/* A path, a name as in lsblk, or a name in /dev/mapper. */
static int find_number(const char *arg, uint32_t *device)
{
	char path[PATH_MAX];

	if (strchr(arg, '/'))
		return stat_number(arg, device);
	if (!read_number("/sys/class/block", arg, device))
		return 0;
	/* the directory itself, where the name is empty, is no answer */
	snprintf(path, sizeof(path), "/dev/mapper/%s", arg);
	return stat_number(path, device) ? -ENOENT : 0;
}

static int add_device(struct target *t, uint32_t device);

/*
 * Adds the devices below a directory of sysfs: a disk's partitions, which have a file
 * that says so, or everything in holders/.
 */
static int add_below(struct target *t, const char *directory, bool partitions)
{
	struct dirent *entry;
	char path[PATH_MAX];
	uint32_t device;
	int error = 0;
	DIR *dir;

	dir = opendir(directory);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!error && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/partition", directory, entry->d_name);
		if (partitions && access(path, F_OK))
			continue;
		if (!read_number(directory, entry->d_name, &device))
			error = add_device(t, device);
	}
	closedir(dir);
	return error;
}

/* A device, its partitions, and what is stacked on them; each once, so that it ends. */
static int add_device(struct target *t, uint32_t device)
{
	char path[PATH_MAX];
	size_t i;
	int error;

	for (i = 0; i < t->nr_devices; i++)
		if (t->devices[i] == device)
			return 0;
	if (t->nr_devices == TARGET_DEVICES)
		return -E2BIG;
	t->devices[t->nr_devices++] = device;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", device >> 20, device & 0xfffff);
	error = add_below(t, path, true);
	if (error)
		return error;
	strcat(path, "/holders");
	return add_below(t, path, false);
}

int target_device(struct target *t, const char *arg, char *err, size_t size)
{
	uint32_t device;
	int error;

	error = find_number(arg, &device);
	if (error == -ENOTBLK) {
		snprintf(err, size,
			 "-d %s: not a block device; `findmnt -T %s' tells which one it is on", arg,
			 arg);
		return error;
	}
	if (error) {
		snprintf(err, size, "-d %s: no such block device; `lsblk' lists them", arg);
		return error;
	}
	t->nr_devices = 0;
	error = add_device(t, device);
	if (error == -E2BIG)
		snprintf(err, size,
			 "-d %s: more than %d partitions and devices stacked on it; name the one "
			 "that the filesystem is on",
			 arg, TARGET_DEVICES);
	else if (error)
		snprintf(err, size, "-d %s: cannot read its entry in /sys/dev/block: %s", arg,
			 strerror(-error));
	return error;
}

/* The last part of where a link points. */
static char *link_name(const char *path)
{
	char to[PATH_MAX], *slash;
	ssize_t length;

	length = readlink(path, to, sizeof(to) - 1);
	if (length <= 0)
		return NULL;
	to[length] = '\0';
	slash = strrchr(to, '/');
	return strdup(slash ? slash + 1 : to);
}

/* The driver of a whole disk, whose directory in sysfs is given. */
static char *find_driver(const char *disk)
{
	char path[PATH_MAX + 32], uuid[160], *driver;
	const char *name;

	if (!read_line(uuid, sizeof(uuid), "%s/dm/name", disk)) {
		if (read_line(uuid, sizeof(uuid), "%s/dm/uuid", disk) || !strchr(uuid, '-'))
			return strdup("device-mapper");
		*strchr(uuid, '-') = '\0'; /* LVM-..., CRYPT-LUKS2-..., mpath-... */
		return asprintf(&driver, "device-mapper %s", uuid) < 0 ? NULL : driver;
	}
	snprintf(path, sizeof(path), "%s/device/driver", disk);
	driver = link_name(path);
	if (driver)
		return driver;
	/* An NVMe disk's device is its controller, which is the PCI device's. */
	snprintf(path, sizeof(path), "%s/device/device/driver", disk);
	driver = link_name(path);
	if (driver)
		return driver;
	/* A disk without hardware is named after its driver: loop0, md127, zram0. */
	name = strrchr(disk, '/') + 1;
	return strndup(name, strcspn(name, "0123456789"));
}

static void describe_device(uint32_t device, struct capture *c)
{
	char link[64], cache[32], disk[PATH_MAX], *slash;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", device >> 20, device & 0xfffff);
	if (!realpath(link, disk))
		return;
	slash = strrchr(disk, '/');
	c->target.device = strdup(slash + 1);
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u/partition", device >> 20,
		 device & 0xfffff);
	if (!access(link, F_OK))
		*slash = '\0'; /* driver and queue are the disk's */
	c->target.driver = find_driver(disk);
	if (!read_line(cache, sizeof(cache), "%s/queue/write_cache", disk))
		c->target.write_cache = !strcmp(cache, "write back");
}

uint32_t target_disk(uint32_t device)
{
	char path[64], partition[16];
	uint32_t disk;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", device >> 20, device & 0xfffff);
	if (read_line(partition, sizeof(partition), "%s/partition", path) ||
	    read_number(path, "..", &disk))
		return device;
	return disk;
}

void target_describe(uint32_t device, bool mounted, struct capture *c)
{
	struct mount mount;

	describe_device(device, c);
	if (mounted && !mount_find_device(device, &mount)) {
		c->target.filesystem = mount.type;
		c->target.mount_options = mount.options;
		mount.type = NULL;
		mount.options = NULL;
		mount_free(&mount);
	}
	async_describe("", c);
}
