/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to record: the user's filters, resolved to what the kernel compares. Device
 * numbers are in the kernel's own encoding (major << 20 | minor), not stat(2)'s.
 */
#ifndef IOSTAGE_TARGET_H
#define IOSTAGE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture.h"

#define TARGET_DEVICES	32
#define TARGET_COMM	16

struct target {
	pid_t pid;			/* a process; 0: any */
	char comm[TARGET_COMM];		/* of the task; "": any */
	uint32_t devices[TARGET_DEVICES];	/* a filesystem on one of them; none: any */
	size_t nr_devices;
	int cgroup_fd;			/* its directory, in cgroup2; -1: any */
	bool file;			/* only this one: */
	uint32_t file_device;		/* its super block's s_dev */
	uint64_t file_inode;
};

void target_init(struct target *t);
void target_close(struct target *t);

/* Each resolves one filter. 0 or negative errno; err gets one line for a person. */
int target_pid(struct target *t, const char *arg, char *err, size_t size);
int target_comm(struct target *t, const char *arg, char *err, size_t size);
int target_device(struct target *t, const char *arg, char *err, size_t size);
int target_cgroup(struct target *t, const char *arg, char *err, size_t size);
int target_file(struct target *t, const char *arg, char *err, size_t size);

/* The kernel side compares the machine's process IDs; a container's match nothing there. */
bool target_in_container(void);

/* The kernel's encoding of a device number. */
static inline uint32_t target_device_number(unsigned int major, unsigned int minor)
{
	return major << 20 | minor;
}

/* The device's disk: itself, unless it is a partition. */
uint32_t target_disk(uint32_t device);

/*
 * Fills c->target from a device and, if files are meant that are `mounted` from it, their
 * filesystem; what is not known stays as it is.
 */
void target_describe(uint32_t device, bool mounted, struct capture *c);

#endif
