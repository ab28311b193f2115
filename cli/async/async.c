// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "async.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mechanisms.h"

#define PREFIX "async_"

static void switch_path(char path[PATH_MAX], const char *root, const char *device,
			const char *mechanism)
{
	snprintf(path, PATH_MAX, "%s/sys/fs/ext4/%s/" PREFIX "%s", root, device, mechanism);
}

static int read_switch(const char *root, const char *device, const char *mechanism, bool *on)
{
	char path[PATH_MAX];
	unsigned int value;
	int error = 0;
	FILE *file;

	switch_path(path, root, device, mechanism);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	errno = 0;
	if (fscanf(file, "%u", &value) != 1)
		error = errno ? -errno : -EPROTO;
	else
		*on = value;
	fclose(file);
	return error;
}

static int by_rank(const void *a, const void *b)
{
	const struct async_switch *s = a, *t = b;
	size_t rank_s = mechanism_rank(s->name), rank_t = mechanism_rank(t->name);

	return rank_s == rank_t ? strcmp(s->name, t->name) : rank_s < rank_t ? -1 : 1;
}

static int add_switch(struct async *a, const char *mechanism)
{
	struct async_switch *s = &a->switches[a->nr_switches];

	if (a->nr_switches == ASYNC_SWITCHES || strlen(mechanism) >= sizeof(s->name))
		return -E2BIG;
	strcpy(s->name, mechanism);
	s->chosen = true;
	a->nr_switches++;
	return read_switch(a->root, a->device, mechanism, &s->on);
}

static int read_switches(struct async *a)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int error = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/fs/ext4/%s", a->root, a->device);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!error && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			error = add_switch(a, entry->d_name + strlen(PREFIX));
	closedir(dir);
	qsort(a->switches, a->nr_switches, sizeof(a->switches[0]), by_rank);
	return error;
}

/* "NAME COUNT" on each line */
static int read_counters(struct async *a)
{
	char path[PATH_MAX];
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "%s/proc/fs/ext4/%s/async", a->root, a->device);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	do {
		struct async_counter *c = &a->counters[a->nr_counters];

		n = fscanf(file, "%31s %" SCNu64, c->name, &c->count);
	} while (n == 2 && ++a->nr_counters < ASYNC_COUNTERS);
	fclose(file);
	return n == EOF ? 0 : n == 2 ? -E2BIG : -EPROTO;
}

int async_read(struct async *a, const char *root, const char *device)
{
	int error;

	memset(a, 0, sizeof(*a));
	a->root = root;
	a->device = device;
	error = read_switches(a);
	if (!error && a->nr_switches)
		a->error = read_counters(a);
	return error;
}

const struct async_switch *async_find(const struct async *a, const char *mechanism)
{
	for (size_t i = 0; i < a->nr_switches; i++)
		if (!strcmp(a->switches[i].name, mechanism))
			return &a->switches[i];
	return NULL;
}

static struct async_switch *find(struct async *a, const char *mechanism)
{
	return (struct async_switch *)async_find(a, mechanism);
}

const char *async_choose(struct async *a, const char *const *mechanisms, size_t nr)
{
	for (size_t i = 0; nr && i < a->nr_switches; i++)
		a->switches[i].chosen = false;
	for (size_t i = 0; i < nr; i++) {
		struct async_switch *s = find(a, mechanisms[i]);

		if (!s)
			return mechanisms[i];
		s->chosen = true;
	}
	return NULL;
}

const char *async_counts(const char *mechanism, const struct async_counter *c)
{
	size_t length = strlen(mechanism);

	if (strncmp(c->name, mechanism, length) || (c->name[length] && c->name[length] != '_'))
		return NULL;
	return c->name + length + !!c->name[length];
}

void async_sums(const struct async *a, const char *mechanism, uint64_t *used, uint64_t *fallen_back)
{
	*used = *fallen_back = 0;
	for (size_t i = 0; i < a->nr_counters; i++) {
		const char *what = async_counts(mechanism, &a->counters[i]);

		if (what)
			*(*what ? fallen_back : used) += a->counters[i].count;
	}
}

/* What a mechanism needs, nearest first, and is off. */
static const char *missing(const struct async *a, const char *name)
{
	const struct mechanism *m = mechanism_find(name);
	const char *off = NULL;

	for (size_t i = 0; m && !off && m->needs[i]; i++) {
		const struct async_switch *needed = async_find(a, m->needs[i]);

		if (!needed || !needed->on)
			off = m->needs[i];
	}
	for (size_t i = 0; m && !off && m->needs[i]; i++)
		off = missing(a, m->needs[i]);
	return off;
}

bool async_obstacle(const struct async *a, const struct async_switch *s, unsigned int n, char *text,
		    size_t size)
{
	const struct mechanism *m = mechanism_find(s->name);
	const char *off = s->on ? missing(a, s->name) : NULL;

	if (off && !n--) {
		snprintf(text, size, "needs %s, which is off", off);
		return true;
	}
	return !n && m && m->obstacle && m->obstacle(a->root, a->device, text, size);
}

int async_switch(const char *root, const char *device, const char *mechanism, bool on, bool *was,
		 bool *is)
{
	char path[PATH_MAX];
	int error, fd;

	error = read_switch(root, device, mechanism, was);
	if (error)
		return error;
	switch_path(path, root, device, mechanism);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, on ? "1" : "0", 1) != 1)
		error = -errno;
	close(fd);
	return error ? error : read_switch(root, device, mechanism, is);
}

int async_may_switch(const char *root, const char *device, const char *mechanism)
{
	char path[PATH_MAX];

	switch_path(path, root, device, mechanism);
	return eaccess(path, R_OK | W_OK) ? -errno : 0;
}

static void describe_on(const struct async *a, struct capture *c)
{
	size_t n = 0;

	c->async.on = calloc(a->nr_switches + 1, sizeof(*c->async.on));
	for (size_t i = 0; c->async.on && i < a->nr_switches; i++)
		if (a->switches[i].on)
			c->async.on[n++] = strdup(a->switches[i].name);
}

void async_describe(const char *root, struct capture *c)
{
	const char *type = c->target.filesystem;
	struct async a;
	int error;

	if (!c->target.device)
		return;
	error = async_read(&a, root, c->target.device);
	if (!error) {
		c->async.present = a.nr_switches > 0;
		describe_on(&a, c);
	} else if (error == -ENOENT && (!type || strcmp(type, "ext4"))) {
		c->async.present = 0; /* it is ext4's */
	}
}
