// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does each of several callers of fsync get?
 *
 *	fsyncs WRITTEN OTHER
 *
 * Opens WRITTEN three times and OTHER once, appends a block to WRITTEN, syncs it by the first,
 * by the first again, by the second (which was there when it was written), by the third with
 * fdatasync, then overwrites OTHER and syncs that. Prints the names of the errors, or 0.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT, 0644);

	if (fd < 0)
		err(2, "%s", name);
	return fd;
}

static void tell(int result)
{
	printf("%s ", result < 0 ? strerrorname_np(errno) : "0");
}

int main(int argc, char **argv)
{
	int fd[3], other;
	char block[4096];

	if (argc != 3)
		errx(2, "usage: fsyncs WRITTEN OTHER");
	for (int i = 0; i < 3; i++)
		fd[i] = open_file(argv[1]);
	other = open_file(argv[2]);
	memset(block, 'f', sizeof(block));
	if (lseek(fd[0], 0, SEEK_END) < 0 || write(fd[0], block, sizeof(block)) != sizeof(block))
		err(2, "%s", argv[1]);
	tell(fsync(fd[0]));
	tell(fsync(fd[0]));
	tell(fsync(fd[1]));
	tell(fdatasync(fd[2]));
	if (pwrite(other, block, sizeof(block), 0) != sizeof(block))
		printf("%s ", strerrorname_np(errno));
	tell(fsync(other));
	putchar('\n');
	return 0;
}
