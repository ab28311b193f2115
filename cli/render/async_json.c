// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "async_render.h"
#include "compare_render.h"
#include "mechanisms.h"

static json_t *fallbacks_json(const struct async *a, const char *mechanism)
{
	json_t *reasons = json_object();

	for (size_t i = 0; i < a->nr_counters; i++) {
		const char *why = async_counts(mechanism, &a->counters[i]);

		if (why && *why)
			json_object_set_new(reasons, why, json_integer(a->counters[i].count));
	}
	return reasons;
}

static void set_counts(json_t *o, const struct async *a, const char *mechanism)
{
	uint64_t used, fallen_back;

	async_sums(a, mechanism, &used, &fallen_back);
	json_object_set_new(o, "used", json_integer(used));
	json_object_set_new(o, "fallen_back", fallbacks_json(a, mechanism));
}

static json_t *switch_json(const struct async *a, const struct async_switch *s)
{
	json_t *o, *obstacles = json_array();
	const struct mechanism *m = mechanism_find(s->name);
	char text[512];

	for (unsigned int n = 0; async_obstacle(a, s, n, text, sizeof(text)); n++)
		json_array_append_new(obstacles, text_json(text));
	o = json_pack("{s:s, s:b, s:o}", "mechanism", s->name, "on", s->on, "no_effect", obstacles);
	if (!a->nr_counters)
		return o;
	set_counts(o, a, s->name);
	if (m && m->part) {
		json_t *part = json_object();

		set_counts(part, a, m->part);
		json_object_set_new(o, m->part, part);
	}
	return o;
}

json_t *async_json(const struct filesystem *fs, const struct async *a, const char *absence)
{
	json_t *o, *mechanisms;

	o = json_pack("{s:s, s:b}", "device", fs->device, "present", a->nr_switches > 0);
	if (fs->point)
		json_object_set_new(o, "mount", text_json(fs->point));
	if (!a->nr_switches) {
		json_object_set_new(o, "reason", text_json(absence));
		return o;
	}
	mechanisms = json_array();
	for (size_t i = 0; i < a->nr_switches; i++)
		if (a->switches[i].chosen)
			json_array_append_new(mechanisms, switch_json(a, &a->switches[i]));
	json_object_set_new(o, "mechanisms", mechanisms);
	if (a->error)
		json_object_set_new(o, "no_counters", json_string(strerror(-a->error)));
	return o;
}

json_t *capture_async_json(const struct capture *c)
{
	json_t *on = json_array();

	for (size_t i = 0; c->async.on && c->async.on[i]; i++)
		json_array_append_new(on, text_json(c->async.on[i]));
	return json_pack("{s:b, s:o}", "present", c->async.present, "on", on);
}
