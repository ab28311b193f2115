// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O to be recorded, step by step, so that a test knows how many operations there were:
 *
 *	io FILE STEP...
 *
 * Sizes are in bytes, or in KiB or MiB with a k or m behind. Steps, in their order:
 *
 *	direct, sync, dsync	reopen the file with that flag, too
 *	cold			drop it from the page cache; no readahead from now on
 *	ahead:SIZE		have the kernel read the first SIZE ahead, and do not wait
 *	READ:SIZE:COUNT		READ is read, readv, pread, preadv or preadv2; the vectors have
 *				two parts, the p's go to COUNT scattered places
 *	bad:SIZE:COUNT		pread into memory that is not there; has to fail
 *	write:SIZE:COUNT	behind one another
 *	holes:SIZE:COUNT	the same, with a hole of that size behind each
 *	rwf_dsync:SIZE:COUNT	pwritev2 with RWF_DSYNC, behind one another
 *	fsync, fdatasync
 *	rewind			back to the file's begin
 *	empty			cut it off there
 *	times:COUNT		the steps behind this one, so often
 *	threads:COUNT		the steps behind this one in so many threads that begin at
 *				once, each with a file of its own, FILE.0 and so on
 *	together:COUNT		the same with one file that each has opened itself
 *	tell			a byte to standard output
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_SIZE (16 << 20)
#define MAX_THREADS 64

struct io {
	pthread_t thread;
	pthread_barrier_t *begin;
	char **steps; /* that are to be done */
	char *file;
	char *buffer;
	int fd;
	int flags; /* of open */
	off_t at;  /* of the next write */
};

static void reopen(struct io *io, int flag)
{
	if (io->fd >= 0)
		close(io->fd);
	io->flags |= flag;
	io->fd = open(io->file, io->flags, 0644);
	if (io->fd < 0)
		err(1, "%s", io->file);
}

static size_t file_size(struct io *io)
{
	struct stat st;

	if (fstat(io->fd, &st))
		err(1, "%s", io->file);
	return st.st_size;
}

/* A number, with or without a unit; *s is behind the ':' that follows it. */
static size_t number(char **s)
{
	size_t n = strtoul(*s, s, 10);

	if (**s == 'k' || **s == 'm')
		n <<= *(*s)++ == 'k' ? 10 : 20;
	if (**s == ':')
		++*s;
	return n;
}

/* The n-th place to read from: all of them are met once before one is met again. */
static off_t place(struct io *io, size_t size, size_t n)
{
	size_t places = file_size(io) / size;

	if (!places)
		errx(2, "%s: not %zu bytes long", io->file, size);
	return (off_t)(n * 37 % places * size);
}

static ssize_t read_once(struct io *io, const char *how, size_t size, size_t n)
{
	struct iovec v[2] = { { io->buffer, size / 2 }, { io->buffer + size / 2, size / 2 } };

	if (!strcmp(how, "read"))
		return read(io->fd, io->buffer, size);
	if (!strcmp(how, "readv"))
		return readv(io->fd, v, 2);
	if (!strcmp(how, "pread"))
		return pread(io->fd, io->buffer, size, place(io, size, n));
	if (!strcmp(how, "preadv"))
		return preadv(io->fd, v, 2, place(io, size, n));
	if (!strcmp(how, "preadv2"))
		return preadv2(io->fd, v, 2, place(io, size, n), 0);
	errx(2, "%s: no such step", how);
}

static ssize_t write_once(struct io *io, const char *how, size_t size)
{
	struct iovec v = { io->buffer, size };
	ssize_t written;

	if (!strcmp(how, "rwf_dsync"))
		written = pwritev2(io->fd, &v, 1, io->at, RWF_DSYNC);
	else
		written = pwrite(io->fd, io->buffer, size, io->at);
	io->at += !strcmp(how, "holes") ? 2 * size : size;
	return written;
}

/* A step that has a size and a count. */
static void transfer(struct io *io, const char *how, char *arguments)
{
	size_t size = number(&arguments), count = number(&arguments);
	bool writes = !strcmp(how, "write") || !strcmp(how, "rwf_dsync") || !strcmp(how, "holes");

	if (!size || size > MAX_SIZE)
		errx(2, "%s: a size of 1 to %d bytes", how, MAX_SIZE);
	for (size_t i = 0; i < count; i++) {
		ssize_t done = writes ? write_once(io, how, size) : read_once(io, how, size, i);

		if (done != (ssize_t)size)
			err(1, "%s of %zu bytes: %zd", how, size, done);
	}
}

static void bad(struct io *io, char *arguments)
{
	size_t size = number(&arguments), count = number(&arguments);

	for (size_t i = 0; i < count; i++) {
		if (pread(io->fd, NULL, size, place(io, size, i)) >= 0 || errno != EFAULT)
			err(1, "a read into nowhere did not fail as it should");
	}
}

static void check(struct io *io, int failed)
{
	if (failed)
		err(1, "%s", io->file);
}

static void run(struct io *io);

static void *run_thread(void *argument)
{
	struct io *io = argument;

	pthread_barrier_wait(io->begin);
	run(io);
	return NULL;
}

static void io_init(struct io *io, char *file, char **steps)
{
	*io = (struct io){ .file = file, .steps = steps, .fd = -1, .flags = O_RDWR | O_CREAT };
	if (posix_memalign((void **)&io->buffer, 4096, MAX_SIZE))
		errx(1, "no memory");
	memset(io->buffer, 'i', MAX_SIZE);
	reopen(io, 0);
}

static void run_threads(struct io *io, size_t count, bool together)
{
	static struct io threads[MAX_THREADS];
	pthread_barrier_t begin;

	if (!count || count > MAX_THREADS)
		errx(2, "1 to %d threads", MAX_THREADS);
	pthread_barrier_init(&begin, NULL, count);
	for (size_t i = 0; i < count; i++) {
		char *file = io->file;

		if (!together && asprintf(&file, "%s.%zu", io->file, i) < 0)
			errx(1, "no memory");
		io_init(&threads[i], file, io->steps);
		threads[i].begin = &begin;
	}
	for (size_t i = 0; i < count; i++) {
		if (pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]))
			errx(1, "no thread");
	}
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i].thread, NULL);
}

/* True: the steps behind this one are done, too. */
static bool step(struct io *io, const char *name, char *arguments)
{
	if (!strcmp(name, "direct")) {
		reopen(io, O_DIRECT);
	} else if (!strcmp(name, "sync")) {
		reopen(io, O_SYNC);
	} else if (!strcmp(name, "dsync")) {
		reopen(io, O_DSYNC);
	} else if (!strcmp(name, "cold")) {
		check(io, posix_fadvise(io->fd, 0, 0, POSIX_FADV_DONTNEED));
		check(io, posix_fadvise(io->fd, 0, 0, POSIX_FADV_RANDOM));
	} else if (!strcmp(name, "ahead")) {
		check(io, posix_fadvise(io->fd, 0, number(&arguments), POSIX_FADV_WILLNEED));
	} else if (!strcmp(name, "bad")) {
		bad(io, arguments);
	} else if (!strcmp(name, "fsync")) {
		check(io, fsync(io->fd));
	} else if (!strcmp(name, "fdatasync")) {
		check(io, fdatasync(io->fd));
	} else if (!strcmp(name, "rewind")) {
		io->at = lseek(io->fd, 0, SEEK_SET);
	} else if (!strcmp(name, "empty")) {
		check(io, ftruncate(io->fd, 0));
	} else if (!strcmp(name, "tell")) {
		check(io, write(STDOUT_FILENO, ".", 1) != 1);
	} else if (!strcmp(name, "times")) {
		char **steps = io->steps;

		for (size_t n = number(&arguments); n; n--) {
			io->steps = steps;
			run(io);
		}
		return true;
	} else if (!strcmp(name, "threads") || !strcmp(name, "together")) {
		run_threads(io, number(&arguments), !strcmp(name, "together"));
		return true;
	} else {
		transfer(io, name, arguments);
	}
	return false;
}

static void run(struct io *io)
{
	while (*io->steps) {
		char name[64], *arguments;

		snprintf(name, sizeof(name), "%s", *io->steps);
		arguments = strchr(name, ':');
		if (arguments)
			*arguments++ = '\0';
		io->steps++;
		if (step(io, name, arguments ? arguments : ""))
			return;
	}
}

int main(int argc, char **argv)
{
	struct io io;

	if (argc < 3)
		errx(2, "usage: io FILE STEP...");
	io_init(&io, argv[1], argv + 2);
	run(&io);
	return 0;
}
