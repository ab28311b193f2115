// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect.h"
#include "held.h"
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

struct reads {
	const struct cold *cold;
	const struct source *source;
};

/* The reads that are traced. Direct I/O is left out where the filesystem has none. */
static int read_all(void *context)
{
	const struct reads *r = context;
	int rc = cold_read(r->cold, r->source, COLD_PREAD, SEED);

	if (!rc)
		rc = read_hits(r->cold, r->source);
	if (!rc)
		rc = cold_read(r->cold, r->source, COLD_DIRECT, SEED);
	return rc == -EINVAL ? 0 : -rc;
}

/* Ring and histograms are filled while it reads: they are emptied meanwhile. */
static int wait_for(const struct held *child, struct collector *collector)
{
	int rc;

	while ((rc = held_wait(child, WNOHANG)) == -EINPROGRESS) {
		collector_poll(collector);
		usleep(COLLECT_INTERVAL * 1e6);
	}
	return rc;
}

static void trace(struct traced *t, const struct held *child)
{
	struct collect_options options = { .read = true, .workload = child->pid };
	struct collector *collector = NULL;
	int rc;

	target_init(&options.target);
	rc = collector_open(&collector, &options, t->absent, sizeof(t->absent));
	if (!rc) {
		t->absent[0] = '\0';
		rc = collector_start(collector);
		if (!rc)
			rc = held_release(child);
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
	struct reads reads = { c, s };
	struct held child;
	int error;

	memset(t, 0, sizeof(*t));
	error = held_fork(&child, read_all, &reads);
	if (error) {
		snprintf(t->absent, sizeof(t->absent), "%s", strerror(-error));
		return 0;
	}
	trace(t, &child);
	held_end(&child);
	return 0;
}

const struct hist *traced_device(const struct traced *t)
{
	const struct hist *device = t->capture.operations[CLASS_READ_DIRECT].exposed[STAGE_DEVICE];

	return hist_count(device) ? device : NULL;
}
