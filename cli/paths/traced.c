// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect.h"
#include "held.h"
#include "stats.h"
#include "traced.h"

#define SEED 99 /* other blocks than those of the runs before */

static enum cold_path cold_path(unsigned int path)
{
	return path - TRACED(0);
}

static unsigned int parts_of(unsigned int path)
{
	return path == TRACED_HIT ? 0 : cold_parts[cold_path(path)];
}

static enum op_class class_of(unsigned int path)
{
	unsigned int parts = parts_of(path);

	if (path == TRACED_HIT)
		return CLASS_READ_HIT;
	if (parts & PART_PASSTHRU)
		return CLASS_COMMAND_READ;
	if (parts & PART_RING)
		return parts & PART_DIRECT ? CLASS_RING_DIRECT : CLASS_RING_MISS;
	return parts & PART_DIRECT ? CLASS_READ_DIRECT : CLASS_READ_MISS;
}

const char *traced_name(unsigned int path)
{
	return path == TRACED_HIT ? "pread, hit" : cold_name[cold_path(path)];
}

/* Page faults are no operations; and of rings only those are there that could be measured. */
static bool can_trace(const struct cold *c, unsigned int path)
{
	unsigned int parts = parts_of(path);

	if (parts & PART_MMAP)
		return false;
	return !(parts & PART_RING) || c->result[cold_path(path)][0].nr_runs;
}

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
	int turns[2]; /* a byte from the child when it has read a path, and one back to go on */
};

/* In the child: the reads that are traced. Direct I/O is left out where the filesystem has none. */
static int read_all(void *context)
{
	const struct reads *r = context;
	char turn = 0;

	for (unsigned int path = 0; path < NR_TRACED; path++) {
		int rc;

		if (!can_trace(r->cold, path))
			continue;
		if (path == TRACED_HIT)
			rc = read_hits(r->cold, r->source);
		else
			rc = cold_read(r->cold, r->source, cold_path(path), SEED);
		if (rc && rc != -EINVAL)
			return -rc;
		if (write(r->turns[1], &turn, 1) != 1 || read(r->turns[1], &turn, 1) != 1)
			return EPIPE;
	}
	return 0;
}

/* Ring and histograms are filled while it reads: they are emptied meanwhile. */
static int wait_for_turn(const struct reads *r, const struct held *child,
			 struct collector *collector)
{
	struct pollfd ready = { .fd = r->turns[0], .events = POLLIN };
	char turn;
	int rc;

	for (;;) {
		rc = poll(&ready, 1, COLLECT_INTERVAL * 1000);
		collector_poll(collector);
		if (rc > 0)
			return read(r->turns[0], &turn, 1) == 1 ? 0 : -EPIPE;
		rc = held_wait(child, WNOHANG);
		if (rc != -EINPROGRESS)
			return rc ? rc : -EPIPE;
	}
}

static int follow(struct traced *t, const struct reads *r, const struct held *child,
		  struct collector *collector)
{
	int rc = held_release(child);

	for (unsigned int path = 0; !rc && path < NR_TRACED; path++) {
		if (!can_trace(r->cold, path))
			continue;
		rc = wait_for_turn(r, child, collector);
		if (!rc)
			rc = collector_take(collector, class_of(path), &t->path[path]);
		if (!rc && write(r->turns[0], "", 1) != 1)
			rc = -errno;
	}
	return rc;
}

static void trace(struct traced *t, const struct reads *r, const struct held *child)
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
			rc = follow(t, r, child, collector);
		if (rc)
			snprintf(t->absent, sizeof(t->absent), "the traced reads failed: %s",
				 strerror(-rc));
	}
	collector_close(collector);
}

void traced_measure(struct traced *t, const struct cold *c, const struct source *s)
{
	struct reads reads = { c, s, { -1, -1 } };
	struct held child;
	int error = 0;

	memset(t, 0, sizeof(*t));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, reads.turns))
		error = -errno;
	if (!error)
		error = held_fork(&child, read_all, &reads);
	if (error) {
		snprintf(t->absent, sizeof(t->absent), "%s", strerror(-error));
	} else {
		trace(t, &reads, &child);
		held_end(&child);
	}
	close(reads.turns[0]);
	close(reads.turns[1]);
}

void traced_free(struct traced *t)
{
	for (unsigned int path = 0; path < NR_TRACED; path++)
		capture_operation_free(&t->path[path]);
}

const struct hist *traced_device(const struct traced *t)
{
	const struct hist *device = t->path[TRACED(COLD_DIRECT)].exposed[STAGE_DEVICE];

	return hist_count(device) ? device : NULL;
}
