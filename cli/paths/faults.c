// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "faults.h"
#include "ring.h"
#include "scratch.h"
#include "trial.h"

#define PAGE 4096
#define FILE_SIZE (16 * PAGE)
#define TAIL 100 /* bytes of the file's last page */

const char *const fault_name[NR_FAULTS] = {
#define FAULT(id, name, what) [FAULT_##id] = name,
	FAULTS(FAULT)
#undef FAULT
};

const char *const fault_what[NR_FAULTS] = {
#define FAULT(id, name, what) [FAULT_##id] = what,
	FAULTS(FAULT)
#undef FAULT
};

const enum cold_path fault_paths[NR_FAULT_PATHS] = {
	COLD_PREAD, COLD_MMAP, COLD_DIRECT, COLD_RING, COLD_RING_DIRECT, COLD_PASSTHRU,
};

/* What is provoked of which path. */
struct argument {
	enum fault fault;
	unsigned int parts;
	const struct source *source; /* what is read */
	int file;		     /* what can be truncated; -1: nothing */
};

/* One way to read, ready to be used. */
struct reader {
	unsigned int parts;
	const struct source *source;
	int fd;
	char *to;
	char *map;
	uint64_t mapped; /* from here on */
	struct ring *ring;
};

static sigjmp_buf faulted;

static void on_fault(int signal)
{
	siglongjmp(faulted, signal);
}

/* Where the file's last page begins, or would, where the one before is full. */
static uint64_t last_page(const struct source *s)
{
	return s->end / PAGE * PAGE;
}

/* The mapping goes on behind the end: what is there is for the kernel to say. */
static int open_reader(struct reader *r, const struct argument *a)
{
	struct sigaction action = { .sa_handler = on_fault };
	const char *what;

	*r = (struct reader){ .parts = a->parts, .source = a->source };
	sigaction(SIGBUS, &action, NULL);
	r->to = aligned_alloc(PAGE, PAGE);
	if (!r->to)
		return -ENOMEM;
	if (a->parts & PART_PASSTHRU)
		r->fd = a->source->passthru;
	else
		r->fd = source_reopen(a->source,
				      O_RDONLY | (a->parts & PART_DIRECT ? O_DIRECT : 0));
	if (r->fd < 0)
		return r->fd;
	posix_fadvise(r->fd, 0, 0, POSIX_FADV_RANDOM);
	if (a->parts & PART_RING)
		return ring_open(&r->ring, a->source, r->fd, a->parts, PAGE, 1, &what);
	if (!(a->parts & PART_MMAP))
		return 0;
	r->mapped = a->fault == FAULT_ACROSS || a->fault == FAULT_PAST ? last_page(a->source) : 0;
	r->map = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, r->fd, r->mapped);
	if (r->map == MAP_FAILED)
		return -errno;
	madvise(r->map, 2 * PAGE, MADV_RANDOM);
	return 0;
}

/* A copy that the compiler leaves as it is, for it may not return. */
static int copy(char *to, const char *from)
{
	int signal = sigsetjmp(faulted, 1);

	if (signal)
		return signal;
	for (int i = 0; i < PAGE; i++)
		((volatile char *)to)[i] = ((const volatile char *)from)[i];
	return 0;
}

static void put_bytes(long n, char *out, size_t size)
{
	if (n == PAGE)
		snprintf(out, size, "%ld bytes", n);
	else if (n > 0)
		snprintf(out, size, "short read, %ld bytes", n);
	else if (!n)
		snprintf(out, size, "0 bytes");
	else
		snprintf(out, size, "%s", strerrorname_np(-n) ? strerrorname_np(-n) : "an error");
}

static void put_status(int status, char *out, size_t size)
{
	if (status == 0)
		snprintf(out, size, "4096 bytes");
	else if (status < 0)
		put_bytes(status, out, size);
	else
		snprintf(out, size, "NVMe status %#x", status & 0x7ff);
}

static void read_at(struct reader *r, uint64_t offset, char *out, size_t size)
{
	if (r->parts & PART_PASSTHRU) {
		put_status(ring_read_one(r->ring, offset), out, size);
	} else if (r->parts & PART_RING) {
		put_bytes(ring_read_one(r->ring, offset), out, size);
	} else if (r->parts & PART_MMAP) {
		int signal = copy(r->to, r->map + (offset - r->mapped));

		if (signal)
			snprintf(out, size, "SIG%s", sigabbrev_np(signal));
		else
			snprintf(out, size, "%d bytes%s", PAGE,
				 offset + PAGE > r->source->end ? ", zeros behind the end" : "");
	} else {
		ssize_t n = pread(r->fd, r->to, PAGE, offset);

		put_bytes(n < 0 ? -errno : n, out, size);
	}
}

static long major_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_majflt;
}

/* How much of a page of the file is in the page cache. */
static bool is_cached(int fd, uint64_t offset)
{
	unsigned char there = 1;
	void *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, offset);

	if (map == MAP_FAILED)
		return true;
	mincore(map, PAGE, &there);
	munmap(map, PAGE);
	return there & 1;
}

static void read_evicted(struct reader *r, char *out, size_t size)
{
	char before[FAULT_TEXT];
	uint64_t bytes;
	long faults;

	read_at(r, 0, before, sizeof(before));
	if (r->map)
		madvise(r->map, PAGE, MADV_PAGEOUT);
	posix_fadvise(r->source->fd, 0, PAGE, POSIX_FADV_DONTNEED);
	if (!(r->parts & (PART_DIRECT | PART_PASSTHRU)) && is_cached(r->source->fd, 0)) {
		snprintf(out, size, "could not be evicted");
		return;
	}
	faults = major_faults();
	bytes = trial_read_bytes();
	read_at(r, 0, out, size);
	if (!(r->parts & PART_PASSTHRU) && trial_read_bytes() > bytes)
		snprintf(out + strlen(out), size - strlen(out), " from the device again");
	if (major_faults() > faults)
		snprintf(out + strlen(out), size - strlen(out), ", by a major fault");
}

static int provoke(void *shared, const void *argument)
{
	const struct argument *a = argument;
	uint64_t end = last_page(a->source);
	struct reader r;
	char *out = shared;
	int rc = open_reader(&r, a);

	if (rc) {
		ring_close(r.ring);
		return rc;
	}
	switch (a->fault) {
	case FAULT_ACROSS:
		read_at(&r, end, out, FAULT_TEXT);
		break;
	case FAULT_PAST:
		read_at(&r, end + (end < a->source->end ? PAGE : 0), out, FAULT_TEXT);
		break;
	case FAULT_TRUNCATED:
		read_at(&r, PAGE, out, FAULT_TEXT);
		rc = ftruncate(a->file, 0) ? -errno : 0;
		read_at(&r, PAGE, out, FAULT_TEXT);
		break;
	case FAULT_EVICTED:
		read_evicted(&r, out, FAULT_TEXT);
		break;
	default:
		read_at(&r, PAGE, out, FAULT_TEXT);
	}
	ring_close(r.ring);
	return rc;
}

/* A scratch file whose last page is not full. */
static int make_file(struct source *file, const struct source *s)
{
	char page[PAGE];
	int rc = 0;

	*file = *s;
	file->passthru = -1;
	file->fd = scratch_file(s->path);
	file->end = FILE_SIZE + TAIL;
	file->size = FILE_SIZE;
	memset(page, 'a', sizeof(page));
	for (uint64_t at = 0; file->fd >= 0 && !rc && at < file->end; at += PAGE) {
		size_t n = file->end - at < PAGE ? file->end - at : PAGE;

		rc = pwrite(file->fd, page, n, at) == (ssize_t)n ? 0 : -EIO;
	}
	if (!rc && file->fd >= 0 && fsync(file->fd))
		rc = -errno;
	if (rc && file->fd >= 0)
		close(file->fd);
	return file->fd < 0 ? file->fd : rc;
}

/*
 * A device that fails to read: what its file has lost. With direct I/O, for the page cache of the
 * file would give zeros. It is gone once nobody has it open.
 */
static int make_failing(struct source *device, const struct source *file)
{
	struct loop_config config = { .fd = file->fd, .block_size = 512 };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), n, rc;
	char path[32];

	n = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	rc = n < 0 ? -errno : 0;
	if (control >= 0)
		close(control);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/dev/loop%d", n);
	*device = *file;
	device->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (device->fd < 0)
		return -errno;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO | LO_FLAGS_READ_ONLY;
	if (ioctl(device->fd, LOOP_CONFIGURE, &config) ||
	    ioctl(device->fd, LOOP_GET_STATUS64, &config.info))
		rc = -errno;
	else if (!(config.info.lo_flags & LO_FLAGS_DIRECT_IO))
		rc = -EOPNOTSUPP;
	else if (ftruncate(file->fd, 0))
		rc = -errno;
	if (rc)
		close(device->fd);
	return rc;
}

static void provoke_one(struct faults *f, enum fault fault, int path, const struct source *read,
			int file, char *shared)
{
	struct argument a = { fault, cold_parts[fault_paths[path]], read, file };
	int rc;

	memset(shared, 0, FAULT_TEXT);
	rc = trial_run(provoke, shared, &a);
	if (rc)
		snprintf(f->outcome[fault][path], sizeof(f->outcome[fault][path]),
			 "not shown: %.36s", strerror(-rc));
	else
		memcpy(f->outcome[fault][path], shared, FAULT_TEXT);
}

/* A file of its own for each, since some are truncated. */
static int provoke_on_file(struct faults *f, enum fault fault, int path, const struct source *s,
			   char *shared)
{
	struct source file, failing;
	int rc = make_file(&file, s);

	if (rc)
		return rc;
	if (fault == FAULT_ERROR)
		rc = make_failing(&failing, &file);
	if (!rc)
		provoke_one(f, fault, path, fault == FAULT_ERROR ? &failing : &file, file.fd,
			    shared);
	if (!rc && fault == FAULT_ERROR)
		close(failing.fd);
	close(file.fd);
	return rc;
}

static bool takes_scratch(enum fault fault)
{
	return fault == FAULT_ACROSS || fault == FAULT_TRUNCATED || fault == FAULT_ERROR;
}

void faults_provoke(struct faults *f, const struct source *s)
{
	char *shared = trial_share(FAULT_TEXT);

	memset(f, 0, sizeof(*f));
	for (enum fault fault = 0; shared && fault < NR_FAULTS; fault++) {
		if (takes_scratch(fault) && s->kind != SOURCE_DIRECTORY) {
			snprintf(f->absent[fault], sizeof(f->absent[fault]),
				 "takes a file that may be written: name a directory");
			continue;
		}
		for (int path = 0; path < NR_FAULT_PATHS; path++) {
			bool passthru = cold_parts[fault_paths[path]] & PART_PASSTHRU;
			int rc = 0;

			if (passthru && s->passthru < 0)
				continue;
			if (s->kind == SOURCE_DIRECTORY)
				rc = provoke_on_file(f, fault, path, s, shared);
			else
				provoke_one(f, fault, path, s, -1, shared);
			if (rc)
				snprintf(f->absent[fault], sizeof(f->absent[fault]),
					 "could not be provoked: %.60s", strerror(-rc));
		}
	}
	trial_unshare(shared, FAULT_TEXT);
}
