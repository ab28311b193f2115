// SPDX-License-Identifier: GPL-2.0-only
/*
 * What do callers of read and fsync get?
 *
 *	callers pages FILE
 *	callers read FILE COUNT
 *	callers fsync FILE COUNT
 *
 * `pages` reads each of the first four pages of FILE, and then all four at once, none of them
 * cached, and prints how many bytes that gave, or the name of the error. `read` reads COUNT pages,
 * and `fsync` overwrites and syncs as many, all chosen at random, until one gives an error; they
 * print its name, or "good".
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096

static char buffer[4 * PAGE];
static int fd;

static ssize_t read_cold(off_t page, size_t pages)
{
	if (posix_fadvise(fd, page * PAGE, (off_t)pages * PAGE, POSIX_FADV_DONTNEED))
		err(2, "posix_fadvise");
	return pread(fd, buffer, pages * PAGE, page * PAGE);
}

static ssize_t overwrite(off_t page)
{
	ssize_t done = pwrite(fd, buffer, PAGE, page * PAGE);

	return done < 0 ? done : fsync(fd);
}

static void tell(ssize_t result)
{
	if (result < 0)
		printf("%s ", strerrorname_np(errno));
	else
		printf("%zd ", result);
}

static void repeat(const char *what, unsigned long count)
{
	struct stat st;

	if (fstat(fd, &st))
		err(2, "fstat");
	srandom((unsigned int)getpid());
	while (count--) {
		off_t page = random() % (st.st_size / PAGE);

		if ((*what == 'r' ? read_cold(page, 1) : overwrite(page)) < 0) {
			puts(strerrorname_np(errno));
			return;
		}
	}
	puts("good");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: see the head of callers.c");
	fd = open(argv[2], O_RDWR);
	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM))
		err(2, "%s", argv[2]);
	if (argc == 4) {
		repeat(argv[1], strtoul(argv[3], NULL, 0));
		return 0;
	}
	for (int page = 0; page < 4; page++)
		tell(read_cold(page, 1));
	tell(read_cold(0, 4));
	putchar('\n');
	return 0;
}
