// SPDX-License-Identifier: GPL-2.0-only
#include "reservoir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct sample *duplicate(const struct sample *s)
{
	size_t size = offsetof(struct sample, timeline) + s->nr * sizeof(s->timeline[0]);
	struct sample *copy = malloc(size);

	return copy ? memcpy(copy, s, size) : NULL;
}

static void replace(struct sample **slot, struct sample *by)
{
	free(*slot);
	*slot = by;
}

static size_t fastest(const struct reservoir_class *c)
{
	size_t least = 0;

	for (size_t i = 1; i < c->nr_slow; i++) {
		if (c->slow[i]->latency < c->slow[least]->latency)
			least = i;
	}
	return least;
}

/* Takes the sample over if it is among the slowest. */
static bool keep_slow(struct reservoir_class *c, struct sample *s)
{
	size_t least;

	if (c->nr_slow < SAMPLES_PER_CLASS) {
		c->slow[c->nr_slow++] = s;
		return true;
	}
	least = fastest(c);
	if (s->latency <= c->slow[least]->latency)
		return false;
	replace(&c->slow[least], s);
	return true;
}

static void keep_chance(struct reservoir_class *c, struct sample *s)
{
	if (c->nr_chance < SAMPLES_PER_CLASS)
		c->chance[c->nr_chance++] = s;
	else
		replace(&c->chance[rand() % SAMPLES_PER_CLASS], s);
}

__u64 reservoir_add(struct reservoir *r, const struct sample *s)
{
	struct reservoir_class *c;
	struct sample *copy;

	if (s->class >= NR_CLASSES || s->nr > TIMELINE_ENTRIES)
		return ~0ULL;
	c = &r->class[s->class];
	copy = duplicate(s);
	if (copy && s->slow && !keep_slow(c, copy))
		free(copy);
	else if (copy && !s->slow)
		keep_chance(c, copy);
	return c->nr_slow < SAMPLES_PER_CLASS ? 0 : c->slow[fastest(c)]->latency;
}

static int put(struct capture_sample *out, enum stage stage, bool hidden, __u64 at, __u64 length)
{
	if (!length)
		return 0;
	out->segments[out->nr_segments++] = (struct capture_segment){ stage, hidden, at, length };
	return 1;
}

static int by_start(const void *a, const void *b)
{
	const struct capture_segment *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->hidden - y->hidden;
}

/* One entry makes up to five segments: exposed and hidden, each with its probes, and the device. */
static int export_timeline(const struct sample *s, const __u64 cost[NR_COSTS],
			   struct capture_sample *out)
{
	struct settle settle;
	struct settled e;

	out->segments = calloc((size_t)s->nr * 5 + 1, sizeof(*out->segments));
	if (!out->segments)
		return -ENOMEM;
	settle_begin(&settle, s->latency);
	for (__u32 i = s->nr; i-- > 0;) {
		__u32 kind = entry_cost(s->timeline[i]);
		__u64 covered;

		if (!settle_step(&settle, s->timeline[i], kind < NR_COSTS ? cost[kind] : 0, &e) ||
		    e.stage >= NR_STAGES || e.device >= NR_STAGES)
			continue;
		put(out, STAGE_PROBES, false, e.at, e.probes);
		put(out, e.stage, false, e.at + e.probes, e.length);
		covered = e.at + e.probes + e.length;
		put(out, e.device, false, covered, e.hidden + e.hidden_probes);
		put(out, STAGE_PROBES, true, covered, e.hidden_probes);
		put(out, e.stage, true, covered + e.hidden_probes, e.hidden);
	}
	qsort(out->segments, out->nr_segments, sizeof(*out->segments), by_start);
	return 0;
}

static int export(const struct sample *s, const __u64 cost[NR_COSTS], struct capture *c)
{
	struct capture_sample *out = &c->samples[c->nr_samples++];

	out->class = s->class;
	out->slow = s->slow;
	out->folded = s->folded;
	out->pid = s->pid;
	memcpy(out->comm, s->comm, sizeof(out->comm));
	out->comm[sizeof(out->comm) - 1] = '\0';
	out->result = s->result;
	out->start = s->start;
	out->latency = s->latency;
	return export_timeline(s, cost, out);
}

int reservoir_export(const struct reservoir *r, const __u64 cost[NR_COSTS], struct capture *c)
{
	size_t most = 2 * SAMPLES_PER_CLASS * NR_CLASSES;
	int err = 0;

	c->samples = calloc(most, sizeof(*c->samples));
	if (!c->samples)
		return -ENOMEM;
	for (size_t i = 0; i < NR_CLASSES && !err; i++) {
		const struct reservoir_class *class = &r->class[i];

		for (size_t n = 0; n < class->nr_slow && !err; n++)
			err = export(class->slow[n], cost, c);
		for (size_t n = 0; n < class->nr_chance && !err; n++)
			err = export(class->chance[n], cost, c);
	}
	return err;
}

void reservoir_free(struct reservoir *r)
{
	for (size_t i = 0; i < NR_CLASSES; i++) {
		struct reservoir_class *c = &r->class[i];

		while (c->nr_slow)
			free(c->slow[--c->nr_slow]);
		while (c->nr_chance)
			free(c->chance[--c->nr_chance]);
	}
}
