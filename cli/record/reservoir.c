// SPDX-License-Identifier: GPL-2.0-only
#include "reservoir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_start(const void *a, const void *b)
{
	const struct capture_segment *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->hidden - y->hidden;
}

/* Those that are not empty. Returns how many. */
static size_t copy_lasting(struct capture_segment *to, const struct capture_segment *from,
			   size_t nr)
{
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		if (from[i].length)
			to[n++] = from[i];
	}
	return n;
}

/* Of an operation with more segments than a capture may have, the last ones. */
static int copy_segments(struct capture_sample *s, const struct capture_segment *from, size_t nr)
{
	struct capture_segment *sorted = malloc(nr * sizeof(*sorted));
	size_t keep;

	if (!sorted)
		return -ENOMEM;
	nr = copy_lasting(sorted, from, nr);
	keep = nr < CAPTURE_SEGMENTS ? nr : CAPTURE_SEGMENTS;
	qsort(sorted, nr, sizeof(*sorted), by_start);
	memmove(sorted, sorted + nr - keep, keep * sizeof(*sorted));
	s->folded = keep < nr;
	s->segments = sorted;
	s->nr_segments = keep;
	return 0;
}

static int replace(struct capture_sample *by, const struct operation *o, bool slow,
		   const struct capture_segment *segments, size_t nr)
{
	struct capture_sample s = {
		.class = o->class,
		.slow = slow,
		.pid = o->pid,
		.result = o->result,
		.start = o->start,
		.latency = o->latency,
	};
	int err = copy_segments(&s, segments, nr);

	if (err)
		return err;
	memcpy(s.comm, o->comm, sizeof(s.comm) - 1);
	free(by->segments);
	*by = s;
	return 0;
}

/* Where the n-th operation goes: to a free place, then with probability SAMPLES_PER_CLASS / n. */
static struct capture_sample *draw(struct reservoir_class *c)
{
	uint64_t n = ++c->offered, place;

	if (c->nr_drawn < SAMPLES_PER_CLASS)
		return &c->drawn[c->nr_drawn++];
	place = ((uint64_t)random() << 31 | random()) % n;
	return place < SAMPLES_PER_CLASS ? &c->drawn[place] : NULL;
}

static struct capture_sample *fastest(struct reservoir_class *c)
{
	struct capture_sample *least = c->slow;

	for (size_t i = 1; i < c->nr_slow; i++) {
		if (c->slow[i].latency < least->latency)
			least = &c->slow[i];
	}
	return least;
}

/* Where an operation goes that is among the slowest. */
static struct capture_sample *outlast(struct reservoir_class *c, uint64_t latency)
{
	if (c->nr_slow < SAMPLES_PER_CLASS)
		return &c->slow[c->nr_slow++];
	if (latency <= c->least)
		return NULL;
	return fastest(c);
}

int reservoir_offer(struct reservoir *r, const struct operation *o,
		    const struct capture_segment *segments, size_t nr)
{
	struct reservoir_class *c = &r->class[o->class];
	struct capture_sample *place = draw(c);
	int err = place ? replace(place, o, false, segments, nr) : 0;

	place = outlast(c, o->latency);
	if (!err && place) {
		err = replace(place, o, true, segments, nr);
		c->least = fastest(c)->latency;
	}
	return err;
}

static void move(struct capture_sample *from, size_t *nr, struct capture *c)
{
	memcpy(&c->samples[c->nr_samples], from, *nr * sizeof(*from));
	c->nr_samples += *nr;
	memset(from, 0, *nr * sizeof(*from));
	*nr = 0;
}

int reservoir_export(struct reservoir *r, struct capture *c)
{
	c->samples = calloc(2 * SAMPLES_PER_CLASS * NR_CLASSES, sizeof(*c->samples));
	if (!c->samples)
		return -ENOMEM;
	for (size_t i = 0; i < NR_CLASSES; i++) {
		move(r->class[i].slow, &r->class[i].nr_slow, c);
		move(r->class[i].drawn, &r->class[i].nr_drawn, c);
	}
	return 0;
}
