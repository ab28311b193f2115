// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of io_uring to be recorded, so that a test knows how many there were:
 *
 *	ring FILE DEPTH STEP...
 *
 * Reads are of 4 KiB, at scattered places; so many as DEPTH are in flight at a time. Steps:
 *
 *	direct			reopen the file with O_DIRECT
 *	cold			drop it from the page cache; no readahead from now on
 *	async, link, silent	flags of all entries from now on: a worker issues them; each waits
 *				for the one before it; only failures are to be told
 *	read:COUNT, bad:COUNT	the latter into memory that is not there: they fail
 *	fsync:COUNT, fdatasync:COUNT
 *				behind a write of a block each, which is no request
 *	overflow:COUNT		reads all at once, whose completions do not fit into the queue
 *	leave:COUNT		reads that nobody waits for, and the end
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096
#define BLOCKS 4096 /* of the file */
#define DEEPEST 512

struct ring {
	struct io_uring uring;
	const char *file;
	char *buffer;
	int fd;
	unsigned int depth;
	unsigned int flags; /* of the entries */
};

static void reopen(struct ring *r, int flags)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = open(r->file, O_RDWR | flags);
	if (r->fd < 0)
		err(1, "%s", r->file);
}

static void check(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, strerror(-result));
}

typedef void prepare(struct ring *r, struct io_uring_sqe *sqe, unsigned int i);

static void prepare_read(struct ring *r, struct io_uring_sqe *sqe, unsigned int i)
{
	io_uring_prep_read(sqe, r->fd, r->buffer + i % DEEPEST * BLOCK, BLOCK,
			   (off_t)(i * 1031 % BLOCKS) * BLOCK);
}

static void prepare_bad(struct ring *r, struct io_uring_sqe *sqe, unsigned int i)
{
	io_uring_prep_read(sqe, r->fd, (void *)BLOCK, BLOCK, (off_t)(i * 1031 % BLOCKS) * BLOCK);
}

static void dirty(struct ring *r, unsigned int i)
{
	if (pwrite(r->fd, r->buffer, BLOCK, (off_t)i * BLOCK) != BLOCK)
		err(1, "write");
}

static void prepare_fsync(struct ring *r, struct io_uring_sqe *sqe, unsigned int i)
{
	dirty(r, i);
	io_uring_prep_fsync(sqe, r->fd, 0);
}

static void prepare_fdatasync(struct ring *r, struct io_uring_sqe *sqe, unsigned int i)
{
	dirty(r, i);
	io_uring_prep_fsync(sqe, r->fd, IORING_FSYNC_DATASYNC);
}

static void submit(struct ring *r, prepare *p, unsigned int first, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&r->uring);

		p(r, sqe, first + i);
		sqe->flags |= r->flags;
		sqe->user_data = first + i;
		if (i + 1 == nr) /* nothing follows it */
			sqe->flags &= ~IOSQE_IO_LINK;
	}
	check(io_uring_submit(&r->uring), "io_uring_submit");
}

static void reap(struct ring *r, unsigned int nr)
{
	struct io_uring_cqe *cqe;

	while (nr--) {
		check(io_uring_wait_cqe(&r->uring, &cqe), "io_uring_wait_cqe");
		io_uring_cqe_seen(&r->uring, cqe);
	}
}

/* At most a queue's entries at a time. */
static void all(struct ring *r, prepare *p, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i += r->depth) {
		unsigned int n = nr - i < r->depth ? nr - i : r->depth;

		submit(r, p, i, n);
		reap(r, r->flags & IOSQE_CQE_SKIP_SUCCESS ? 0 : n);
	}
}

static void overflow(struct ring *r, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i += r->depth)
		submit(r, prepare_read, i, r->depth);
	reap(r, nr);
}

static void step(struct ring *r, char *name)
{
	char *colon = strchr(name, ':');
	unsigned int n = colon ? strtoul(colon + 1, NULL, 10) : 0;

	if (!strcmp(name, "direct"))
		reopen(r, O_DIRECT);
	else if (!strcmp(name, "cold"))
		check(-(posix_fadvise(r->fd, 0, 0, POSIX_FADV_DONTNEED) |
			posix_fadvise(r->fd, 0, 0, POSIX_FADV_RANDOM)),
		      "posix_fadvise");
	else if (!strcmp(name, "async"))
		r->flags |= IOSQE_ASYNC;
	else if (!strcmp(name, "link"))
		r->flags |= IOSQE_IO_LINK;
	else if (!strcmp(name, "silent"))
		r->flags |= IOSQE_CQE_SKIP_SUCCESS;
	else if (!strncmp(name, "read:", 5))
		all(r, prepare_read, n);
	else if (!strncmp(name, "bad:", 4))
		all(r, prepare_bad, n);
	else if (!strncmp(name, "fsync:", 6))
		all(r, prepare_fsync, n);
	else if (!strncmp(name, "fdatasync:", 10))
		all(r, prepare_fdatasync, n);
	else if (!strncmp(name, "overflow:", 9))
		overflow(r, n);
	else if (!strncmp(name, "leave:", 6))
		submit(r, prepare_read, 0, n);
	else
		errx(1, "no step %s", name);
}

int main(int argc, char **argv)
{
	struct ring r = { .fd = -1 };

	if (argc < 4)
		errx(1, "usage: ring FILE DEPTH STEP...");
	r.file = argv[1];
	r.depth = strtoul(argv[2], NULL, 10);
	r.buffer = aligned_alloc(BLOCK, DEEPEST * BLOCK);
	if (!r.buffer || !r.depth || r.depth > DEEPEST)
		errx(1, "no memory, or a depth beyond %d", DEEPEST);
	memset(r.buffer, 0x5a, DEEPEST * BLOCK);
	reopen(&r, 0);
	check(io_uring_queue_init(r.depth, &r.uring, 0), "io_uring_queue_init");
	for (char **s = argv + 3; *s; s++)
		step(&r, *s);
	return 0;
}
