// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "scratch.h"
#include "source.h"
#include "target.h"

#define BLOCK 4096
#define FILLED (1 << 20) /* bytes at a time */

/* Written, not only sized: a hole is never read from the device. */
static int fill(int fd, uint64_t size)
{
	char *data = malloc(FILLED);
	int rc = data ? 0 : -ENOMEM;

	for (uint64_t at = 0; !rc && at < size; at += FILLED) {
		size_t n = size - at < FILLED ? size - at : FILLED;
		ssize_t done;

		memset(data, 'a' + at / FILLED % 26, n);
		done = pwrite(fd, data, n, at);
		if (done != (ssize_t)n)
			rc = done < 0 ? -errno : -ENOSPC;
	}
	if (!rc && fsync(fd))
		rc = -errno;
	free(data);
	return rc;
}

static int make_scratch(struct source *s, uint64_t size)
{
	int rc;

	s->fd = scratch_file(s->path);
	rc = s->fd < 0 ? s->fd : fill(s->fd, size);
	s->end = size;
	return rc;
}

/* nvme0n1 and nvme0c0n1 are the namespaces that ng0n1 and ng0c0n1 are the character devices of. */
static void open_passthru(struct source *s)
{
	char path[80];
	int nsid;

	s->passthru = -1;
	if (s->kind != SOURCE_DEVICE) {
		snprintf(s->no_passthru, sizeof(s->no_passthru),
			 "NVMe passthrough reads a whole device, not files: name the device");
		return;
	}
	if (strncmp(s->disk, "nvme", 4) || strchr(s->disk, 'p')) {
		snprintf(s->no_passthru, sizeof(s->no_passthru),
			 "NVMe passthrough is for a whole NVMe namespace");
		return;
	}
	snprintf(path, sizeof(path), "/dev/ng%s", s->disk + 4);
	s->passthru = open(path, O_RDONLY | O_CLOEXEC);
	nsid = s->passthru < 0 ? -1 : ioctl(s->passthru, NVME_IOCTL_ID);
	if (nsid > 0) {
		s->nsid = nsid;
		return;
	}
	snprintf(s->no_passthru, sizeof(s->no_passthru), "%s: %s", path, strerror(errno));
	if (s->passthru >= 0)
		close(s->passthru);
	s->passthru = -1;
}

static int open_device(struct source *s, const struct stat *st)
{
	uint64_t bytes;
	int block;

	s->device = target_device_number(major(st->st_rdev), minor(st->st_rdev));
	if (ioctl(s->fd, BLKGETSIZE64, &bytes) || ioctl(s->fd, BLKSSZGET, &block))
		return -errno;
	s->end = bytes;
	s->block = block;
	return 0;
}

static void name_disk(struct source *s)
{
	char link[64], real[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", s->device >> 20, s->device & 0xfffff);
	if (realpath(link, real))
		snprintf(s->disk, sizeof(s->disk), "%s", strrchr(real, '/') + 1);
}

static int open_named(struct source *s, uint64_t scratch, char *err, size_t size)
{
	struct stat st;
	int rc;

	s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st)) {
		rc = -errno;
		snprintf(err, size, "%s: %s", s->path, strerror(errno));
		return rc;
	}
	s->device = target_device_number(major(st.st_dev), minor(st.st_dev));
	s->end = st.st_size;
	s->block = BLOCK;
	rc = 0;
	if (S_ISDIR(st.st_mode)) {
		s->kind = SOURCE_DIRECTORY;
		close(s->fd);
		rc = make_scratch(s, scratch);
		snprintf(err, size, "cannot make a scratch file of %ju MiB in %s: %s",
			 (uintmax_t)scratch >> 20, s->path, strerror(-rc));
	} else if (S_ISBLK(st.st_mode)) {
		s->kind = SOURCE_DEVICE;
		rc = open_device(s, &st);
		snprintf(err, size, "%s: %s", s->path, strerror(-rc));
	} else if (S_ISREG(st.st_mode)) {
		s->kind = SOURCE_FILE;
	} else {
		rc = -EINVAL;
		snprintf(err, size, "%s: neither a directory, a regular file nor a block device",
			 s->path);
	}
	if (!rc && s->end < SOURCE_LEAST) {
		rc = -EINVAL;
		snprintf(err, size, "%s: shorter than %d KiB, that is too short to measure with",
			 s->path, SOURCE_LEAST >> 10);
	}
	return rc;
}

int source_open(struct source *s, const char *path, uint64_t scratch, char *err, size_t size)
{
	int rc;

	*s = (struct source){ .path = path ? path : ".", .fd = -1, .passthru = -1 };
	rc = open_named(s, scratch, err, size);
	if (rc) {
		source_close(s);
		return rc;
	}
	s->size = s->end < SOURCE_SPAN ? s->end : SOURCE_SPAN;
	s->size -= s->size % BLOCK;
	name_disk(s);
	open_passthru(s);
	return 0;
}

void source_close(struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->passthru >= 0)
		close(s->passthru);
	s->fd = s->passthru = -1;
}

int source_reopen(const struct source *s, int flags)
{
	return scratch_reopen(s->fd, flags);
}

int64_t source_cached(const struct source *s)
{
	size_t pages = s->size / BLOCK;
	unsigned char *there = malloc(pages);
	void *map = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0);
	int64_t bytes = -1;

	if (there && map != MAP_FAILED && !mincore(map, s->size, there)) {
		bytes = 0;
		for (size_t i = 0; i < pages; i++)
			bytes += (there[i] & 1) * BLOCK;
	}
	if (map != MAP_FAILED)
		munmap(map, s->size);
	free(there);
	return bytes;
}

int64_t source_evict(const struct source *s)
{
	posix_fadvise(s->fd, 0, s->size, POSIX_FADV_DONTNEED);
	return source_cached(s);
}
