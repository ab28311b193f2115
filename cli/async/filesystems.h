/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounted ext4 filesystems that a command line means. */
#ifndef IOSTAGE_FILESYSTEMS_H
#define IOSTAGE_FILESYSTEMS_H

#include <stddef.h>

struct filesystem {
	char *device;	/* by its name in /sys/class/block and /sys/fs/ext4 */
	char *point;	/* where it is mounted; NULL: not where this process sees it */
};

struct filesystems {
	size_t nr;
	struct filesystem *fs;	/* each once */
};

/*
 * Each adds filesystems: all that are mounted; those on a device, its partitions, and what is
 * stacked on them; or the one that a path is on. 0 or negative errno; err gets one line for a
 * person. None is an error.
 */
int filesystems_all(struct filesystems *f, char *err, size_t size);
int filesystems_device(struct filesystems *f, const char *arg, char *err, size_t size);
int filesystems_path(struct filesystems *f, const char *path, char *err, size_t size);

void filesystems_free(struct filesystems *f);

#endif
