// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "canary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect.h"
#include "scratch.h"

#define BLOCK 4096
#define BLOCKS 16

/* The operations; direct I/O is left out where the filesystem has none. */
static int sing(int fd)
{
	struct iovec v;
	void *buffer;
	int direct, synchronous;

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
	synchronous = scratch_reopen(fd, O_RDWR);
	v = (struct iovec){ buffer, BLOCK };
	if (synchronous < 0)
		return -synchronous;
	if (pwritev2(synchronous, &v, 1, 0, RWF_DSYNC) != BLOCK)
		return errno;
	return fdatasync(fd) ? errno : 0;
}

/* The child waits for the word, so that all of it is recorded. */
static pid_t hatch(int fd, int go[2])
{
	pid_t child = fork();
	char word;

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(go[1]);
	if (read(go[0], &word, 1) != 1)
		_exit(ECANCELED);
	_exit(sing(fd));
}

static int listen_to(pid_t child, int go, struct capture *out, char *err, size_t size)
{
	struct collect_options options = { .read = true, .fsync = true, .workload = child };
	struct collector *c = NULL;
	int error, status;

	target_init(&options.target);
	error = collector_open(&c, &options, err, size);
	if (error)
		return error;
	collector_start(c);
	if (write(go, "", 1) != 1 || waitpid(child, &status, 0) < 0)
		error = -errno;
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		error = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	if (error)
		snprintf(err, size, "the canary's reads and fsyncs failed: %s", strerror(-error));
	else
		error = collector_stop(c, out, err, size);
	collector_close(c);
	return error;
}

int canary(const char *directory, struct capture *out, char *err, size_t size)
{
	int fd = scratch_file(directory), go[2], error;
	pid_t child;

	if (fd < 0) {
		error = fd;
		snprintf(err, size, "cannot make a scratch file in %s: %s", directory,
			 strerror(-error));
		return error;
	}
	if (pipe2(go, O_CLOEXEC)) {
		error = -errno;
		snprintf(err, size, "cannot make a pipe: %s", strerror(errno));
		close(fd);
		return error;
	}
	child = hatch(fd, go);
	error = child < 0 ? -errno : listen_to(child, go[1], out, err, size);
	close(go[1]);
	close(go[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	close(fd);
	return error;
}
