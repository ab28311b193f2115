// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "canary.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "collect.h"
#include "held.h"
#include "scratch.h"

#define BLOCK 4096
#define BLOCKS 16

/* Each block by io_uring, where the kernel lets that be used. 0 or errno. */
static int sing_to_ring(int fd, void *buffer)
{
	struct io_uring ring;
	int rc;

	if (io_uring_queue_init(1, &ring, 0))
		return 0;
	for (int i = 0; i < BLOCKS; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		struct io_uring_cqe *cqe;

		io_uring_prep_read(sqe, fd, buffer, BLOCK, (off_t)i * BLOCK);
		rc = io_uring_submit(&ring);
		if (rc >= 0)
			rc = io_uring_wait_cqe(&ring, &cqe);
		if (rc < 0)
			return -rc;
		io_uring_cqe_seen(&ring, cqe);
	}
	io_uring_queue_exit(&ring);
	return 0;
}

/* The operations; direct I/O is left out where the filesystem has none. */
static int sing(int fd)
{
	struct iovec v;
	void *buffer;
	int direct, synchronous, error;

	if (posix_memalign(&buffer, BLOCK, BLOCK))
		return ENOMEM;
	memset(buffer, 0x5a, BLOCK);
	for (int i = 0; i < BLOCKS; i++) {
		if (pwrite(fd, buffer, BLOCK, (off_t)i * BLOCK) != BLOCK || fsync(fd))
			return errno;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (int i = 0; i < 2 * BLOCKS; i++) { /* cold, then hot */
		if (pread(fd, buffer, BLOCK, (off_t)(i % BLOCKS) * BLOCK) != BLOCK)
			return errno;
	}
	direct = scratch_reopen(fd, O_RDONLY | O_DIRECT);
	for (int i = 0; direct >= 0 && i < BLOCKS; i++)
		if (pread(direct, buffer, BLOCK, (off_t)i * BLOCK) != BLOCK)
			break;
	error = sing_to_ring(direct >= 0 ? direct : fd, buffer);
	if (error)
		return error;
	synchronous = scratch_reopen(fd, O_RDWR);
	v = (struct iovec){ buffer, BLOCK };
	if (synchronous < 0)
		return -synchronous;
	if (pwritev2(synchronous, &v, 1, 0, RWF_DSYNC) != BLOCK)
		return errno;
	return fdatasync(fd) ? errno : 0;
}

static int run(void *fd)
{
	return sing(*(int *)fd);
}

static int listen_to(const struct held *bird, struct capture *out, char *err, size_t size)
{
	struct collect_options options = { .read = true, .fsync = true, .workload = bird->pid };
	struct collector *c = NULL;
	int error;

	target_init(&options.target);
	error = collector_open(&c, &options, err, size);
	if (error)
		return error;
	collector_start(c);
	error = held_release(bird);
	if (!error)
		error = held_wait(bird, 0);
	if (error)
		snprintf(err, size, "the canary's reads and fsyncs failed: %s", strerror(-error));
	else
		error = collector_stop(c, out, err, size);
	collector_close(c);
	return error;
}

int canary(const char *directory, struct capture *out, char *err, size_t size)
{
	int fd = scratch_file(directory), error;
	struct held bird;

	if (fd < 0) {
		error = fd;
		snprintf(err, size, "cannot make a scratch file in %s: %s", directory,
			 strerror(-error));
		return error;
	}
	error = held_fork(&bird, run, &fd);
	if (error) {
		snprintf(err, size, "cannot start a process: %s", strerror(-error));
	} else {
		error = listen_to(&bird, out, err, size);
		held_end(&bird);
	}
	close(fd);
	return error;
}
