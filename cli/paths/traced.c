// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect.h"
#include "stats.h"
#include "traced.h"

#define SEED 99 /* other blocks than those of the runs before */

static int read_hits(const struct cold *c, const struct source *s)
{
	char *to = malloc(c->options.size);
	int rc = to ? 0 : -ENOMEM;

	for (unsigned int i = 0; !rc && i < c->options.reads; i++)
		if (pread(s->fd, to, c->options.size, 0) != (ssize_t)c->options.size)
			rc = errno ? -errno : -EIO;
	free(to);
	return rc;
}

/* The reads that are traced. Direct I/O is left out where the filesystem has none. */
static int read_all(const struct cold *c, const struct source *s)
{
	int rc = cold_read(c, s, COLD_PREAD, SEED);

	if (!rc)
		rc = read_hits(c, s);
	if (!rc)
		rc = cold_read(c, s, COLD_DIRECT, SEED);
	return rc == -EINVAL ? 0 : rc;
}

/* It waits for the word, so that all of it is traced. */
static pid_t start(const struct cold *c, const struct source *s, int go[2])
{
	pid_t child = fork();
	char word;

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(go[1]);
	if (read(go[0], &word, 1) != 1)
		_exit(ECANCELED);
	_exit(-read_all(c, s));
}

/* Ring and histograms are filled while it reads: they are emptied meanwhile. */
static int wait_for(pid_t child, struct collector *collector)
{
	int status = 0;

	for (;;) {
		pid_t ended = waitpid(child, &status, WNOHANG);

		if (ended < 0 && errno != EINTR)
			return -errno;
		if (ended > 0)
			return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
		collector_poll(collector);
		usleep(COLLECT_INTERVAL * 1e6);
	}
}

static void trace(struct traced *t, pid_t child, int go)
{
	struct collect_options options = { .read = true, .workload = child };
	struct collector *collector = NULL;
	int rc;

	target_init(&options.target);
	rc = collector_open(&collector, &options, t->absent, sizeof(t->absent));
	if (!rc) {
		t->absent[0] = '\0';
		rc = collector_start(collector);
		if (!rc && write(go, "", 1) != 1)
			rc = -errno;
		if (!rc)
			rc = wait_for(child, collector);
		if (rc)
			snprintf(t->absent, sizeof(t->absent), "the traced reads failed: %s",
				 strerror(-rc));
		else
			collector_stop(collector, &t->capture, t->absent, sizeof(t->absent));
	}
	collector_close(collector);
}

int traced_measure(struct traced *t, const struct cold *c, const struct source *s)
{
	pid_t child;
	int go[2];

	memset(t, 0, sizeof(*t));
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	child = start(c, s, go);
	if (child > 0)
		trace(t, child, go[1]);
	else
		snprintf(t->absent, sizeof(t->absent), "%s", strerror(errno));
	close(go[1]);
	close(go[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return 0;
}

const struct hist *traced_device(const struct traced *t)
{
	const struct hist *device = t->capture.operations[CLASS_READ_DIRECT].exposed[STAGE_DEVICE];

	return hist_count(device) ? device : NULL;
}
