// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mail server's load, like Filebench's varmail: by turns a message is deleted, another one is
 * written and synced, one is read, appended to, and synced, and one is read.
 *
 *	mail DIRECTORY MESSAGES TURNS
 *
 * Prints what a turn took, its median over all turns, in ns (the lab's instruction clock:
 * instructions). A message is 16 KiB, what is appended 8 KiB.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE 16384
#define PART 8192

static char buffer[MESSAGE];
static long messages;
static unsigned int seed = 1;

static const char *any_message(void)
{
	static char name[32];

	snprintf(name, sizeof(name), "%ld", rand_r(&seed) % messages);
	return name;
}

static int opened(const char *name, int flags)
{
	int fd = open(name, flags, 0600);

	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static void add(const char *name, int flags, size_t bytes)
{
	int fd = opened(name, O_WRONLY | O_CREAT | flags);

	if (write(fd, buffer, bytes) != (ssize_t)bytes || fsync(fd))
		err(1, "%s", name);
	close(fd);
}

static void read_all(const char *name)
{
	int fd = opened(name, O_RDONLY | O_CREAT);
	ssize_t got;

	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	do {
		got = read(fd, buffer, sizeof(buffer));
	} while (got > 0);
	if (got < 0)
		err(1, "%s", name);
	close(fd);
}

static void turn(void)
{
	const char *name;

	name = any_message();
	if (unlink(name) && errno != ENOENT)
		err(1, "%s", name);
	add(any_message(), O_TRUNC, MESSAGE);
	name = any_message();
	read_all(name);
	add(name, O_APPEND, PART);
	read_all(any_message());
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

int main(int argc, char **argv)
{
	long turns, *took;

	if (argc != 4)
		errx(2, "usage: mail DIRECTORY MESSAGES TURNS");
	messages = strtol(argv[2], NULL, 0);
	turns = strtol(argv[3], NULL, 0);
	took = calloc(turns > 0 ? turns : 1, sizeof(*took));
	if (messages < 1 || turns < 1 || !took)
		errx(2, "MESSAGES and TURNS: from 1");
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	memset(buffer, 'm', sizeof(buffer));
	for (long i = 0; i < turns; i++) {
		took[i] = now();
		turn();
		took[i] = now() - took[i];
	}
	qsort(took, turns, sizeof(*took), compare);
	printf("%ld\n", took[turns / 2]);
	return 0;
}
