/* SPDX-License-Identifier: GPL-2.0-only */
/* The mount table, /proc/self/mountinfo. */
#ifndef IOSTAGE_MOUNTS_H
#define IOSTAGE_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct mount {
	uint32_t device;	/* the super block's, in the kernel's encoding */
	char *point;
	char *type;
	char *options;		/* the mount's, then the super block's */
};

/* The first mount that matches. 0, or -ENOENT. The caller frees it. */
int mount_find_type(const char *type, struct mount *m);
int mount_find_id(uint64_t id, struct mount *m);
int mount_find_device(uint32_t device, struct mount *m);
void mount_free(struct mount *m);

/* Whether filesystems of this type sit on a block device (FS_REQUIRES_DEV). */
bool mount_type_has_device(const char *type);

#endif
