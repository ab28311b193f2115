// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O that can be counted: exactly COUNT system calls of one kind on one file, and for an
 * fsync or fdatasync as many writes before them. Nothing else here is an operation that
 * iostage records.
 *
 *	io KIND BYTES COUNT FILE [FLAG...]
 *
 * KIND is read, pread, readv, preadv, preadv2, fsync, fdatasync, or write. The n-th call
 * goes to the n-th range of the file. With the flag `times`, how long they took is printed:
 * minimum, 50th, 90th and 99th percentile, and mean, in ns (the lab's instruction clock:
 * instructions), each with what it takes to read the clock.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64

static struct {
	const char *kind;
	const char *file;
	size_t bytes;
	long count;
	int open_flags;
	int rwf;       /* of preadv2 and pwritev2 */
	int threads;   /* each makes COUNT calls, in ranges of its own */
	off_t from;    /* where the first range is */
	int append;    /* to an empty file */
	int cold;      /* drop the file from the page cache first */
	int same;      /* all threads have the same ranges; one thread has one range */
	int own_files; /* each thread has a file of its own: FILE.N */
	int tell;      /* a line on standard output once all is ready */
	int meek;      /* as nice as can be */
	int times;
} o = { .threads = 1 };

static pthread_barrier_t begin;

static void parse_flag(const char *flag)
{
	if (!strcmp(flag, "direct"))
		o.open_flags |= O_DIRECT;
	else if (!strcmp(flag, "dsync"))
		o.open_flags |= O_DSYNC;
	else if (!strcmp(flag, "rwf_dsync"))
		o.rwf |= RWF_DSYNC;
	else if (!strcmp(flag, "append"))
		o.append = 1;
	else if (!strcmp(flag, "cold"))
		o.cold = 1;
	else if (!strcmp(flag, "same"))
		o.same = 1;
	else if (!strcmp(flag, "own-files"))
		o.own_files = 1;
	else if (!strcmp(flag, "tell"))
		o.tell = 1;
	else if (!strcmp(flag, "meek"))
		o.meek = 1;
	else if (!strcmp(flag, "times"))
		o.times = 1;
	else if (sscanf(flag, "threads=%d", &o.threads) != 1 &&
		 sscanf(flag, "from=%ld", &o.from) != 1)
		errx(2, "unknown flag %s", flag);
}

static int kind_is(const char *kind)
{
	return !strcmp(o.kind, kind);
}

static ssize_t read_once(int fd, char *buffer, off_t at)
{
	struct iovec half[2] = { { buffer, o.bytes / 2 },
				 { buffer + o.bytes / 2, o.bytes - o.bytes / 2 } };

	if (kind_is("read"))
		return read(fd, buffer, o.bytes);
	if (kind_is("pread"))
		return pread(fd, buffer, o.bytes, at);
	if (kind_is("readv"))
		return readv(fd, half, 2);
	if (kind_is("preadv"))
		return preadv(fd, half, 2, at);
	if (kind_is("preadv2"))
		return preadv2(fd, half, 2, at, o.rwf);
	errx(2, "unknown kind %s", o.kind);
}

static ssize_t write_once(int fd, char *buffer, off_t at)
{
	struct iovec all = { buffer, o.bytes };

	return o.rwf ? pwritev2(fd, &all, 1, at, o.rwf) : pwrite(fd, buffer, o.bytes, at);
}

static ssize_t sync_once(int fd)
{
	return kind_is("fsync") ? fsync(fd) : fdatasync(fd);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static void print_times(long *times)
{
	double sum = 0;

	for (long i = 0; i < o.count; i++)
		sum += times[i];
	qsort(times, o.count, sizeof(*times), compare);
	printf("%ld %ld %ld %ld %.1f\n", times[0], times[o.count / 2], times[o.count * 9 / 10],
	       times[o.count * 99 / 100], sum / o.count);
}

/* The call that counts, after the write that a sync needs; how long it took. */
static long call(int fd, char *buffer, off_t at)
{
	int reads = strstr(o.kind, "read") != NULL, syncs = strstr(o.kind, "sync") != NULL;
	ssize_t done = syncs ? write_once(fd, buffer, at) : 0;
	long from = now();

	if (reads)
		done = read_once(fd, buffer, at);
	else if (!syncs)
		done = write_once(fd, buffer, at);
	else if (sync_once(fd))
		done = -1;
	from = now() - from;
	if (done != (ssize_t)o.bytes)
		err(1, "%s at %ld: %zd", o.kind, (long)at, done);
	return from;
}

static void *run(void *argument)
{
	long thread = (long)argument;
	size_t stride = o.bytes < 4096 ? 4096 : o.bytes;
	off_t at = o.from;
	int reads = strstr(o.kind, "read") != NULL, fd;
	long *times = o.times ? calloc(o.count, sizeof(*times)) : NULL;
	char name[4096], *buffer;

	snprintf(name, sizeof(name), o.own_files ? "%s.%ld" : "%s", o.file, thread);
	fd = open(name, o.open_flags | (reads ? O_RDONLY : O_RDWR | O_CREAT), 0644);
	if (fd < 0 || (o.times && !times) || posix_memalign((void **)&buffer, 4096, o.bytes))
		err(1, "%s", name);
	memset(buffer, 'i', o.bytes);
	if (o.append && ftruncate(fd, 0))
		err(1, "%s", name);
	if (!o.own_files && !o.same)
		at += thread * o.count * stride;
	if (reads)
		posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	if (o.cold)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	lseek(fd, at, SEEK_SET);
	if (o.meek && nice(19) != 19)
		err(1, "nice");
	if (pthread_barrier_wait(&begin) == PTHREAD_BARRIER_SERIAL_THREAD && o.tell) {
		puts("begun");
		fflush(stdout);
	}
	for (long i = 0; i < o.count; i++) {
		long took = call(fd, buffer, at);

		if (times)
			times[i] = took;
		if (o.threads > 1 || !o.same)
			at += stride;
	}
	if (times)
		print_times(times);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[MAX_THREADS];

	if (argc < 5)
		errx(2, "usage: io KIND BYTES COUNT FILE [FLAG...]");
	o.kind = argv[1];
	o.bytes = strtoul(argv[2], NULL, 0);
	o.count = strtol(argv[3], NULL, 0);
	o.file = argv[4];
	for (int i = 5; i < argc; i++)
		parse_flag(argv[i]);
	if (o.threads < 1 || o.threads > MAX_THREADS)
		errx(2, "threads: 1 to %d", MAX_THREADS);
	pthread_barrier_init(&begin, NULL, o.threads);
	for (long i = 0; i < o.threads; i++) {
		if (pthread_create(&thread[i], NULL, run, (void *)i))
			errx(1, "cannot start a thread");
	}
	for (long i = 0; i < o.threads; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
