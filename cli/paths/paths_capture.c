// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "paths_capture.h"
#include "stats.h"

static int add_class(struct capture *c, enum op_class class, const struct hist *latency)
{
	struct capture_operation *o = &c->operations[class];
	uint64_t count = hist_count(latency);

	if (!count)
		return 0;
	o->latency = malloc(sizeof(*o->latency));
	o->exposed[STAGE_UNATTRIBUTED] = malloc(sizeof(*o->latency));
	if (!o->latency || !o->exposed[STAGE_UNATTRIBUTED])
		return -ENOMEM;
	*o->latency = *latency;
	*o->exposed[STAGE_UNATTRIBUTED] = *latency;
	c->accounting.seen += count;
	c->accounting.reported += count;
	return 0;
}

static int add_hot(struct capture *c, const struct hot *h, enum hot_path p)
{
	struct hist *latency = NULL;
	int rc = 0;

	for (size_t run = 0; !rc && run < h->nr_runs && h->chosen < hot_sizes(h, p); run++)
		for (size_t b = 0; !rc && b < HOT_BATCHES; b++)
			rc = hist_add(&latency, h->batches[run][p][b]);
	if (!rc)
		rc = add_class(c, CLASS_PATHS_HOT + p, latency);
	free(latency);
	return rc;
}

/*
 * The same for all captures that can be compared: behind the --, as of a recorded command, is what
 * their reads have in common.
 */
static char **describe_command(const struct paths *p, size_t depth)
{
	const struct cold_options *o = &p->cold.options;
	char **command = calloc(9, sizeof(*command)), **word = command;

	if (!command)
		return NULL;
	*word++ = strdup("iostage");
	*word++ = strdup("paths");
	*word++ = strdup(p->source.path);
	*word++ = strdup("--");
	if (asprintf(word++, "size=%zu", p->hot.options.size) < 0 ||
	    asprintf(word++, "hit-ratio=%g", p->hot.options.hit_ratio) < 0 ||
	    asprintf(word++, "pattern=%s", o->sequential ? "sequential" : "random") < 0 ||
	    asprintf(word++, "depth=%u", o->depths[depth]) < 0)
		return NULL;
	return command;
}

int paths_capture(const struct paths *p, size_t depth, struct capture *c)
{
	time_t now = time(NULL);
	char date[32];
	int rc = 0;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	c->date = strdup(date);
	c->detail = strdup("stage");
	c->command = describe_command(p, depth);
	c->accounting.drops = calloc(1, sizeof(*c->accounting.drops));
	if (!c->date || !c->detail || !c->command || !c->accounting.drops)
		return -ENOMEM;
	for (enum hot_path h = 0; !rc && p->measured & PATHS_HOT && h < NR_HOT; h++)
		rc = add_hot(c, &p->hot, h);
	for (enum cold_path k = 0; !rc && p->measured & PATHS_COLD && k < NR_COLD; k++)
		if (!p->cold.result[k][depth].was[0])
			rc = add_class(c, CLASS_PATHS_COLD + k, &p->cold.result[k][depth].latency);
	return rc;
}
