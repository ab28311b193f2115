// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

uint64_t hist_count(const struct hist *h)
{
	uint64_t count = 0;
	size_t i;

	for (i = 0; h && i < HIST_BUCKETS; i++)
		count += h->bucket[i];
	return count;
}

static uint64_t clamp(uint64_t value, uint64_t min, uint64_t max)
{
	return value < min ? min : value > max ? max : value;
}

uint64_t quantile_rank(uint64_t count, unsigned int permille)
{
	/* count * permille / 1000, rounded up, without the product that may overflow */
	uint64_t rank = count / 1000 * permille + (count % 1000 * permille + 999) / 1000;

	return rank ? rank : 1;
}

uint64_t hist_at_rank(const struct hist *h, uint64_t rank)
{
	uint64_t below = 0;
	size_t i;

	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		below += h->bucket[i];
		if (below >= rank)
			return clamp(hist_middle(i), h->min, h->max);
	}
	return h->max;
}

uint64_t hist_quantile(const struct hist *h, unsigned int permille)
{
	uint64_t count = hist_count(h);

	return count ? hist_at_rank(h, quantile_rank(count, permille)) : 0;
}

int hist_add(struct hist **h, uint64_t value)
{
	if (!*h) {
		*h = calloc(1, sizeof(**h));
		if (!*h)
			return -ENOMEM;
		(*h)->min = UINT64_MAX;
	}
	(*h)->sum += value;
	if (value < (*h)->min)
		(*h)->min = value;
	if (value > (*h)->max)
		(*h)->max = value;
	(*h)->bucket[hist_bucket(value)]++;
	return 0;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	size_t i;

	if (!hist_count(from))
		return;
	if (!hist_count(into)) {
		*into = *from;
		return;
	}
	into->sum += from->sum;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	for (i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

bool stage_is_wait(enum stage stage)
{
	return stage == STAGE_PREEMPTED || stage == STAGE_BLOCKED || stage == STAGE_STACKED ||
	       stage == STAGE_PREVIOUS_COMMIT;
}

void split_time(const struct capture_operation *o, struct time_split *t)
{
	enum stage i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < NR_STAGES; i++) {
		uint64_t exposed = o->exposed[i] ? o->exposed[i]->sum : 0;
		uint64_t hidden = o->hidden[i] ? o->hidden[i]->sum : 0;

		if (i == STAGE_PROBES) {
			t->probes += exposed;
		} else if (stage_is_device(i)) {
			t->device += exposed;
		} else if (stage_is_wait(i)) {
			t->waits += exposed;
		} else {
			t->software += exposed;
			/* to look for a completion that is not there yet is no work */
			t->hidden += i == STAGE_POLL ? 0 : hidden;
		}
	}
}
