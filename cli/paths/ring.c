// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <linux/nvme_ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "ring.h"
#include "stats.h"
#include "trial.h"

#define NVME_READ 0x02
#define SQPOLL_IDLE 2000 /* ms: it never sleeps during a run */

struct ring {
	struct io_uring uring;
	const struct source *source;
	int fd;
	unsigned int parts, depth;
	size_t size;
	char *buffers;			 /* depth times size */
	uint64_t started[COLD_DEEPEST];	 /* of the read that each buffer is for */
	unsigned int free[COLD_DEEPEST]; /* buffers */
	unsigned int nr_free;
};

static unsigned int setup_flags(unsigned int parts)
{
	unsigned int flags = 0;

	if (parts & PART_PASSTHRU)
		flags |= IORING_SETUP_SQE128 | IORING_SETUP_CQE32;
	if (parts & PART_SQPOLL)
		flags |= IORING_SETUP_SQPOLL;
	if (parts & PART_IOPOLL)
		flags |= IORING_SETUP_IOPOLL;
	return flags;
}

static int register_all(struct ring *r, const char **what)
{
	struct iovec each[COLD_DEEPEST];
	int rc;

	*what = "registering the file";
	rc = io_uring_register_files(&r->uring, &r->fd, 1);
	if (rc)
		return rc;
	*what = "registering the buffers";
	/* One for each read: passthrough of Linux 6.1 goes through all of a registered buffer's pages. */
	for (unsigned int i = 0; i < r->depth; i++)
		each[i] = (struct iovec){ r->buffers + i * r->size, r->size };
	return io_uring_register_buffers(&r->uring, each, r->depth);
}

int ring_open(struct ring **ring, const struct source *s, int fd, unsigned int parts, size_t size,
	      unsigned int depth, const char **what)
{
	struct io_uring_params params = { .flags = setup_flags(parts),
					  .sq_thread_idle = SQPOLL_IDLE };
	struct ring *r = calloc(1, sizeof(*r));
	int rc;

	*what = "memory";
	*ring = NULL;
	if (!r)
		return -ENOMEM;
	r->source = s;
	r->fd = fd;
	r->parts = parts;
	r->size = size;
	r->depth = depth;
	r->buffers = aligned_alloc(4096, (depth * size + 4095) / 4096 * 4096);
	while (r->nr_free < depth) {
		r->free[r->nr_free] = depth - 1 - r->nr_free;
		r->nr_free++;
	}
	*what = "io_uring_setup";
	rc = r->buffers ? io_uring_queue_init_params(depth, &r->uring, &params) : -ENOMEM;
	if (rc) {
		free(r->buffers);
		free(r);
		return rc;
	}
	*ring = r;
	return parts & PART_FIXED ? register_all(r, what) : 0;
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	io_uring_queue_exit(&r->uring);
	free(r->buffers);
	free(r);
}

static void prepare_nvme(struct ring *r, struct io_uring_sqe *sqe, unsigned int buffer,
			 uint64_t offset)
{
	struct nvme_uring_cmd *command = (struct nvme_uring_cmd *)sqe->cmd;
	uint64_t block = offset / r->source->block;

	/* The second half of the entry, which nothing else clears, is the command's. */
	memset(sqe, 0, 2 * sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = r->fd;
	sqe->cmd_op = NVME_URING_CMD_IO;
	command->opcode = NVME_READ;
	command->nsid = r->source->nsid;
	command->addr = (uintptr_t)(r->buffers + buffer * r->size);
	command->data_len = r->size;
	command->cdw10 = block;
	command->cdw11 = block >> 32;
	command->cdw12 = r->size / r->source->block - 1;
	if (r->parts & PART_FIXED) {
		sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
		sqe->buf_index = buffer;
	}
}

static void prepare(struct ring *r, unsigned int buffer, uint64_t offset)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->uring);
	char *to = r->buffers + buffer * r->size;

	if (r->parts & PART_PASSTHRU)
		prepare_nvme(r, sqe, buffer, offset);
	else if (r->parts & PART_FIXED)
		io_uring_prep_read_fixed(sqe, r->fd, to, r->size, offset, buffer);
	else
		io_uring_prep_read(sqe, r->fd, to, r->size, offset);
	if (r->parts & PART_FIXED) {
		sqe->fd = 0; /* the first registered file */
		sqe->flags |= IOSQE_FIXED_FILE;
	}
	sqe->user_data = buffer;
}

/* A command's result is its status, a read's its length. */
static int result_of(const struct ring *r, int res)
{
	if (res < 0)
		return res;
	return res == (r->parts & PART_PASSTHRU ? 0 : (int)r->size) ? 0 : -EIO;
}

/* Takes out what has completed: how many; their buffers are free again. error: the first one. */
static unsigned int reap(struct ring *r, uint64_t now, struct hist *latency, int *error)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	io_uring_for_each_cqe(&r->uring, head, cqe)
	{
		uint64_t took = now - r->started[cqe->user_data];

		if (!*error)
			*error = result_of(r, cqe->res);
		hist_add(&latency, took);
		r->free[r->nr_free++] = cqe->user_data;
		n++;
	}
	io_uring_cq_advance(&r->uring, n);
	return n;
}

/*
 * The clock is read once for all that completed together, which is also when the reads that take
 * their place begin.
 */
int ring_read(struct ring *r, const uint64_t *offsets, size_t nr, struct hist *latency)
{
	uint64_t now = trial_now();
	size_t begun = 0, done = 0;
	int error = 0;

	while (done < nr) {
		int rc;

		while (r->nr_free && begun < nr) {
			unsigned int buffer = r->free[--r->nr_free];

			r->started[buffer] = now;
			prepare(r, buffer, offsets[begun++]);
		}
		rc = io_uring_submit_and_wait(&r->uring, 1);
		if (rc < 0 && rc != -EINTR)
			return rc;
		now = trial_now();
		done += reap(r, now, latency, &error);
		if (error)
			nr = begun; /* what is in flight still goes where the buffers are */
	}
	return error;
}

int ring_read_one(struct ring *r, uint64_t offset)
{
	struct io_uring_cqe *cqe;
	int rc;

	prepare(r, 0, offset);
	rc = io_uring_submit_and_wait(&r->uring, 1);
	if (rc >= 0)
		rc = io_uring_wait_cqe(&r->uring, &cqe);
	if (rc < 0)
		return rc;
	rc = cqe->res;
	io_uring_cqe_seen(&r->uring, cqe);
	return rc;
}
