// SPDX-License-Identifier: GPL-2.0-only
#include "origins.h"

#include <errno.h>
#include <stdlib.h>

static struct origin *find(struct origins *o, __u32 dev)
{
	struct origin *more;

	for (size_t i = 0; i < o->nr; i++) {
		if (o->all[i].dev == dev)
			return &o->all[i];
	}
	more = realloc(o->all, (o->nr + 1) * sizeof(*more));
	if (!more)
		return NULL;
	o->all = more;
	more += o->nr++;
	*more = (struct origin){ .dev = dev };
	return more;
}

int origins_add(struct origins *o, const struct operation *operation)
{
	struct origin *origin = find(o, operation->dev);

	if (!origin)
		return -ENOMEM;
	origin->count[operation->class]++;
	origin->mounted += operation->mounted;
	return 0;
}

static uint64_t total(const struct origin *origin)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < NR_CLASSES; i++)
		sum += origin->count[i];
	return sum;
}

bool origin_is_mounted(const struct origin *origin)
{
	return origin->mounted > total(origin) / 2;
}

const struct origin *origins_most(const struct origins *o)
{
	const struct origin *most = NULL;
	uint64_t all = 0, best = 0;

	for (size_t i = 0; i < o->nr; i++) {
		uint64_t n = total(&o->all[i]);

		all += n;
		if (n > best) {
			best = n;
			most = &o->all[i];
		}
	}
	return best > all - best ? most : NULL;
}

void origins_free(struct origins *o)
{
	free(o->all);
	*o = (struct origins){};
}
