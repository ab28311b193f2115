// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "filesystems.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts.h"
#include "target.h"

#define EXT4 "/sys/fs/ext4"

static bool is_ext4(const char *device)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), EXT4 "/%s", device);
	return !access(path, F_OK);
}

/* "nvme0n1p1", allocated; NULL where no such device is a block device. */
static char *device_name(uint32_t device)
{
	char link[64], path[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", device >> 20, device & 0xfffff);
	return realpath(link, path) ? strdup(strrchr(path, '/') + 1) : NULL;
}

static char *mount_point(const char *device)
{
	char path[PATH_MAX];
	unsigned int major, minor;
	struct mount mount;
	char *point;
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "/sys/class/block/%s/dev", device);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	n = fscanf(file, "%u:%u", &major, &minor);
	fclose(file);
	if (n != 2 || mount_find_device(target_device_number(major, minor), &mount))
		return NULL;
	point = mount.point;
	mount.point = NULL;
	mount_free(&mount);
	return point;
}

/* Takes device over. */
static int add(struct filesystems *f, char *device)
{
	struct filesystem *fs;

	for (size_t i = 0; i < f->nr; i++) {
		if (strcmp(f->fs[i].device, device))
			continue;
		free(device);
		return 0;
	}
	fs = reallocarray(f->fs, f->nr + 1, sizeof(*fs));
	if (!fs) {
		free(device);
		return -ENOMEM;
	}
	f->fs = fs;
	fs[f->nr++] = (struct filesystem){ device, mount_point(device) };
	return 0;
}

static int is_device(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "features");
}

int filesystems_all(struct filesystems *f, char *err, size_t size)
{
	struct dirent **entries;
	int error = 0, n;

	n = scandir(EXT4, &entries, is_device, versionsort);
	for (int i = 0; i < n; i++) {
		char *device = error ? NULL : strdup(entries[i]->d_name);

		if (!error)
			error = device ? add(f, device) : -ENOMEM;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	if (!error && !f->nr)
		error = -ENOENT;
	if (error == -ENOENT)
		snprintf(err, size, "no ext4 is mounted, which the async stack is a part of");
	else if (error)
		snprintf(err, size, "%s", strerror(-error));
	return error;
}

int filesystems_device(struct filesystems *f, const char *arg, char *err, size_t size)
{
	size_t before = f->nr;
	struct target t;
	int error;

	target_init(&t);
	error = target_device(&t, arg, err, size);
	if (error)
		return error;
	for (size_t i = 0; !error && i < t.nr_devices; i++) {
		char *device = device_name(t.devices[i]);

		if (device && is_ext4(device))
			error = add(f, device);
		else
			free(device);
	}
	if (!error && f->nr == before)
		error = -ENODEV;
	if (error == -ENODEV)
		snprintf(err, size, "-d %s: no ext4 of it is mounted; `lsblk -f' shows what is",
			 arg);
	else if (error)
		snprintf(err, size, "%s", strerror(-error));
	return error;
}

static int add_mounted(struct filesystems *f, const char *path, const struct mount *mount,
		       char *err, size_t size)
{
	char *device = device_name(mount->device);
	int error;

	if (device && is_ext4(device)) {
		error = add(f, device);
		if (error)
			snprintf(err, size, "%s", strerror(-error));
		return error;
	}
	free(device);
	snprintf(err, size, "%s is on %s; the async stack is ext4's", path, mount->type);
	return -EMEDIUMTYPE;
}

int filesystems_path(struct filesystems *f, const char *path, char *err, size_t size)
{
	struct mount mount;
	struct statx st;
	int error;

	if (statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_MNT_ID, &st)) {
		error = -errno;
		snprintf(err, size, "%s: %s", path, strerror(-error));
		return error;
	}
	if (S_ISBLK(st.stx_mode)) {
		snprintf(err, size, "%s: a device, which -d is for", path);
		return -EINVAL;
	}
	error = st.stx_mask & STATX_MNT_ID ? mount_find_id(st.stx_mnt_id, &mount) : -ENOSYS;
	if (error) {
		snprintf(err, size, "%s: cannot tell where it is mounted: %s", path,
			 strerror(-error));
		return error;
	}
	error = add_mounted(f, path, &mount, err, size);
	mount_free(&mount);
	return error;
}

void filesystems_free(struct filesystems *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		free(f->fs[i].device);
		free(f->fs[i].point);
	}
	free(f->fs);
}
