// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "capture.h"

const char *const class_op[NR_CLASSES] = {
#define CLASS(id, op, path, outcome) [CLASS_##id] = op,
	CLASSES(CLASS)
#undef CLASS
};

const char *const class_path[NR_CLASSES] = {
#define CLASS(id, op, path, outcome) [CLASS_##id] = path,
	CLASSES(CLASS)
#undef CLASS
};

const char *const class_outcome[NR_CLASSES] = {
#define CLASS(id, op, path, outcome) [CLASS_##id] = outcome,
	CLASSES(CLASS)
#undef CLASS
};

const char *const stage_name[NR_STAGES] = {
#define STAGE(id, name, layer, actor, covers) [STAGE_##id] = name,
	STAGES(STAGE)
#undef STAGE
};

const char *const stage_layer[NR_STAGES] = {
#define STAGE(id, name, layer, actor, covers) [STAGE_##id] = layer,
	STAGES(STAGE)
#undef STAGE
};

static void free_strings(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

void capture_operation_free(struct capture_operation *o)
{
	size_t i;

	free(o->latency);
	for (i = 0; i < NR_STAGES; i++) {
		free(o->exposed[i]);
		free(o->hidden[i]);
	}
	memset(o, 0, sizeof(*o));
}

void capture_free(struct capture *c)
{
	size_t i;

	free(c->unit);
	free(c->detail);
	free(c->date);
	free_strings(c->command);
	free_strings(c->filters);
	free(c->system.kernel);
	free(c->system.arch);
	free(c->system.cpu);
	free(c->target.device);
	free(c->target.driver);
	free(c->target.filesystem);
	free(c->target.mount_options);
	free_strings(c->async.on);
	for (i = 0; i < NR_STAGES; i++) {
		free(c->hooks[i].enter);
		for (size_t m = 0; m < c->hooks[i].nr_merged; m++) {
			free(c->hooks[i].merged[m].of);
			free(c->hooks[i].merged[m].reason);
		}
	}
	for (i = 0; i < c->accounting.nr_drops; i++)
		free(c->accounting.drops[i].reason);
	free(c->accounting.drops);
	for (i = 0; i < c->nr_coverage; i++)
		free(c->coverage[i].device);
	free(c->coverage);
	for (i = 0; i < NR_CLASSES; i++)
		capture_operation_free(&c->operations[i]);
	for (i = 0; i < c->nr_samples; i++)
		free(c->samples[i].segments);
	free(c->samples);
	memset(c, 0, sizeof(*c));
}
