// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trial.h"

void *trial_share(size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

void trial_unshare(void *shared, size_t size)
{
	if (shared)
		munmap(shared, size);
}

int trial_run(int (*function)(void *shared, const void *argument), void *shared,
	      const void *argument)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(TRIAL_SECONDS);
		_exit(getppid() == parent ? -function(shared, argument) : ESRCH);
	}
	if (child < 0)
		return -errno;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

uint64_t trial_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

uint64_t trial_read_bytes(void)
{
	FILE *f = fopen("/proc/self/io", "re");
	uint64_t bytes = UINT64_MAX;
	char line[64];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "read_bytes: %" SCNu64, &bytes);
	if (f)
		fclose(f);
	return bytes;
}

void trial_progress(const char *what, unsigned int run, unsigned int of)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (of)
		fprintf(stderr, "\r%s: run %u of %u\033[K", what, run, of);
	else
		fprintf(stderr, "\r\033[K");
}
