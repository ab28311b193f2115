// SPDX-License-Identifier: GPL-2.0-only
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settle.h"
#include "sleeps.h"
#include "stats.h"

static void forget(struct tally_part *part)
{
	free(part->entries);
	*part = (struct tally_part){};
}

static size_t entries_of(const struct operation *o)
{
	return (o->size - NO_ENTRIES) / sizeof(o->timeline[0]);
}

/* Appends the record's entries to those that have come of the same operation before. */
static int join(struct tally_part *part, const struct operation *o)
{
	size_t more = entries_of(o), nr = part->nr + more;
	__u64 *entries = realloc(part->entries, nr * sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	memcpy(entries + part->nr, o->timeline, more * sizeof(*entries));
	*part = (struct tally_part){ o->start, entries, nr };
	return 0;
}

/* For a timeline of so many words, with its sleeps split, and for its segments. */
static int make_room(struct tally *t, size_t words)
{
	size_t room = words * SPLIT_WORDS;
	struct capture_segment *segments;
	__u64 *entries;

	if (room <= t->room)
		return 0;
	entries = realloc(t->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	t->entries = entries;
	segments = realloc(t->segments, room * SETTLED_SEGMENTS * sizeof(*segments));
	if (!segments)
		return -ENOMEM;
	t->segments = segments;
	t->room = room;
	return 0;
}

/* Of the stages whose bits are set. */
static int count_each(struct hist *into[NR_STAGES], const uint64_t total[NR_STAGES],
		      uint64_t stages)
{
	int err = 0;

	for (; stages; stages &= stages - 1) {
		int stage = __builtin_ctzll(stages);

		err |= hist_add(&into[stage], total[stage]);
	}
	return err;
}

/* A stage is in its histogram as often as there are operations that were in it. */
static int count_stages(struct tally *t, struct capture_operation *into, size_t nr)
{
	uint64_t total[2][NR_STAGES] = {}, stages[2] = {};

	for (size_t i = 0; i < nr; i++) {
		const struct capture_segment *s = &t->segments[i];

		total[s->hidden][s->stage] += s->length;
		stages[s->hidden] |= 1ULL << s->stage;
	}
	return count_each(into->exposed, total[false], stages[false]) |
	       count_each(into->hidden, total[true], stages[true]);
}

static int add(struct tally *t, const struct operation *o, const __u64 *timeline, size_t words)
{
	struct capture_operation *into = &t->operations[o->class];
	int err = make_room(t, words);
	size_t nr;

	if (err)
		return err;
	nr = sleeps_split(timeline, words, o->start, t->entries, &t->backward);
	nr = settle(t->entries, nr, o->latency, t->cost, t->segments);
	err = hist_add(&into->latency, o->latency) | count_stages(t, into, nr) |
	      origins_add(&t->origins, o);
	t->reported++;
	return err ? -ENOMEM : reservoir_offer(&t->reservoir, o, t->segments, nr);
}

int tally_add(struct tally *t, const void *record, size_t size)
{
	const struct operation *o = record;
	struct tally_part *part;
	int err;

	if (size < NO_ENTRIES || o->class >= NR_CLASSES || o->slot >= MAX_OPERATIONS ||
	    o->size <= NO_ENTRIES || o->size > size)
		return -EPROTO;
	part = &t->parts[o->slot];
	if (part->start != o->start) /* the end of that one never came */
		forget(part);
	if (!o->part && !part->entries)
		return add(t, o, o->timeline, entries_of(o));
	err = join(part, o);
	if (err || o->part)
		return err;
	err = add(t, o, part->entries, part->nr);
	forget(part);
	return err;
}

/* The operations that are not on the recording's device. */
static void count_elsewhere(const struct origins *o, struct capture *c)
{
	const struct origin *most = origins_most(o);

	for (size_t i = 0; most && i < NR_CLASSES; i++)
		c->operations[i].elsewhere = hist_count(c->operations[i].latency) - most->count[i];
}

int tally_export(struct tally *t, struct capture *c)
{
	memcpy(c->operations, t->operations, sizeof(c->operations));
	count_elsewhere(&t->origins, c);
	origins_free(&t->origins);
	memset(t->operations, 0, sizeof(t->operations));
	c->accounting.reported = t->reported;
	c->accounting.clock_backward = t->backward;
	return reservoir_export(&t->reservoir, c);
}

void tally_free(struct tally *t)
{
	struct capture rest = {};

	tally_export(t, &rest);
	capture_free(&rest);
	for (size_t slot = 0; slot < MAX_OPERATIONS; slot++)
		forget(&t->parts[slot]);
	free(t->entries);
	free(t->segments);
}
