// SPDX-License-Identifier: GPL-2.0-only
/* The filters by process, name, cgroup and file; devices are in target_device.c. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "mounts.h"
#include "target.h"

/* The inode of the machine's own PID namespace: PROC_PID_INIT_INO. */
#define INITIAL_PID_NAMESPACE 0xeffffffcU

void target_init(struct target *t)
{
	memset(t, 0, sizeof(*t));
	t->cgroup_fd = -1;
}

void target_close(struct target *t)
{
	if (t->cgroup_fd >= 0)
		close(t->cgroup_fd);
	target_init(t);
}

bool target_in_container(void)
{
	struct stat ns;

	return !stat("/proc/self/ns/pid", &ns) && ns.st_ino != INITIAL_PID_NAMESPACE;
}

/* The process that a task belongs to; 0 where there is no such task. */
static pid_t process_of(pid_t task)
{
	char path[64], line[128];
	pid_t process = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", task);
	status = fopen(path, "re");
	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Tgid: %d", &process) == 1)
			break;
	fclose(status);
	return process;
}

int target_pid(struct target *t, const char *arg, char *err, size_t size)
{
	pid_t process;
	long pid;
	char *end;

	errno = 0;
	pid = strtol(arg, &end, 10);
	if (errno || end == arg || *end || !isdigit((unsigned char)*arg) || pid < 1 ||
	    pid > 1 << 22) {
		snprintf(err, size, "-p %s: not a process ID", arg);
		return -EINVAL;
	}
	process = process_of(pid);
	if (!process) {
		snprintf(err, size, "-p %ld: no such process; `ps -e' lists them", pid);
		return -ESRCH;
	}
	if (process != pid) {
		snprintf(err, size, "-p %ld: a thread of process %d; use -p %d", pid, process,
			 process);
		return -EINVAL;
	}
	if (target_in_container()) {
		snprintf(err, size,
			 "-p %ld: process IDs have another meaning inside a container; "
			 "run iostage outside of it, or use -c or --cgroup",
			 pid);
		return -EINVAL;
	}
	t->pid = pid;
	return 0;
}

int target_comm(struct target *t, const char *arg, char *err, size_t size)
{
	size_t length = strlen(arg);

	if (!length) {
		snprintf(err, size, "-c: the name is empty");
		return -EINVAL;
	}
	if (length >= sizeof(t->comm)) {
		snprintf(err, size,
			 "-c %s: the kernel keeps 15 characters of a name; use -c '%.15s'", arg,
			 arg);
		return -EINVAL;
	}
	memcpy(t->comm, arg, length + 1);
	return 0;
}

/* The directory of a cgroup: below the mount as it is, else as /proc/PID/cgroup says it. */
static int open_cgroup(const char *mount, const char *arg)
{
	size_t length = strlen(mount);
	char path[PATH_MAX];

	if (!strncmp(arg, mount, length) && (!arg[length] || arg[length] == '/'))
		snprintf(path, sizeof(path), "%s", arg);
	else if ((size_t)snprintf(path, sizeof(path), "%s/%s", mount, arg) >= sizeof(path))
		return -ENAMETOOLONG;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int target_cgroup(struct target *t, const char *arg, char *err, size_t size)
{
	struct mount mount;
	struct statfs fs;
	int fd;

	if (mount_find_type("cgroup2", &mount)) {
		snprintf(err, size,
			 "--cgroup: no cgroup2 hierarchy is mounted; "
			 "`mount -t cgroup2 none /sys/fs/cgroup' mounts it");
		return -ENODEV;
	}
	fd = *arg ? open_cgroup(mount.point, arg) : -1;
	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC) {
		if (fd >= 0)
			close(fd);
		snprintf(err, size, "--cgroup %s: no such cgroup; give a directory below %s", arg,
			 mount.point);
		mount_free(&mount);
		return -ENOENT;
	}
	mount_free(&mount);
	if (t->cgroup_fd >= 0)
		close(t->cgroup_fd);
	t->cgroup_fd = fd;
	return 0;
}

int target_file(struct target *t, const char *arg, char *err, size_t size)
{
	struct mount mount;
	struct statx st;

	if (statx(AT_FDCWD, arg, 0, STATX_TYPE | STATX_INO | STATX_MNT_ID, &st)) {
		int error = errno;

		snprintf(err, size, "--file %s: %s", arg, strerror(error));
		return -error;
	}
	if (!S_ISREG(st.stx_mode) && !S_ISBLK(st.stx_mode)) {
		snprintf(err, size, "--file %s: %s; give a regular file or a block device", arg,
			 S_ISDIR(st.stx_mode) ? "a directory" : "no storage behind it");
		return -EINVAL;
	}
	/*
	 * stat(2) may show a device of its own (a btrfs subvolume's); the mount table has
	 * the super block's, which is what the kernel side compares.
	 */
	t->file_device = target_device_number(st.stx_dev_major, st.stx_dev_minor);
	if (st.stx_mask & STATX_MNT_ID && !mount_find_id(st.stx_mnt_id, &mount)) {
		bool seen = S_ISBLK(st.stx_mode) || mount_type_has_device(mount.type);

		if (!seen)
			snprintf(err, size,
				 "--file %s: on %s, which has no block device; give a file that "
				 "is on one",
				 arg, mount.type);
		t->file_device = mount.device;
		mount_free(&mount);
		if (!seen)
			return -EINVAL;
	}
	t->file_inode = st.stx_ino;
	t->file = true;
	return 0;
}
