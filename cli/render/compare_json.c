// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "async_render.h"
#include "compare_render.h"
#include "text.h"

#define COMPARISON_FORMAT "iostage-comparison"
#define COMPARISON_VERSION 1

int put_json(json_t *all, FILE *out)
{
	int rc;

	rc = json_dumpf(all, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) && !ferror(out)
		     ? -ENOMEM
		     : 0;
	fputc('\n', out);
	json_decref(all);
	return rc;
}

json_t *text_json(const char *text)
{
	char safe[1024];
	json_t *string = json_string(text);

	if (string)
		return string;
	text_escape(safe, sizeof(safe), text);
	return json_string(safe);
}

json_t *difference_json(const struct difference *d)
{
	json_t *o = json_pack("{s:f, s:f, s:f}", "a", d->of[SIDE_A], "b", d->of[SIDE_B],
			      "difference", d->of[SIDE_B] - d->of[SIDE_A]);

	if (d->has_interval)
		json_object_update_new(o, json_pack("{s:f, s:f}", "low", d->low, "high", d->high));
	if (d->has_ratio && isfinite(d->ratio_high))
		json_object_update_new(o, json_pack("{s:f, s:f}", "ratio_low", d->ratio_low,
						    "ratio_high", d->ratio_high));
	return o;
}

static json_t *side_json(const struct side *side)
{
	json_t *files = json_array(), *o;

	for (size_t i = 0; i < side->files->nr; i++)
		json_array_append_new(files, text_json(side->files->name[i]));
	o = json_pack("{s:o, s:I, s:I, s:s?, s:s?, s:s?}", "files", files, "seen",
		      (json_int_t)side->seen, "dropped", (json_int_t)side->dropped, "kernel",
		      side->first.system.kernel, "filesystem", side->first.target.filesystem,
		      "device", side->first.target.device);
	if (side->first.async.present >= 0)
		json_object_set_new(o, "async", capture_async_json(&side->first));
	return o;
}

json_t *sides_json(const struct comparison *c)
{
	json_t *mismatches = json_array();

	for (int i = 0; i < NR_TRAITS; i++) {
		if (c->mismatches.text[i])
			json_array_append_new(mismatches, text_json(c->mismatches.text[i]));
	}
	return json_pack("{s:o, s:o, s:o}", "a", side_json(&c->side[SIDE_A]), "b",
			 side_json(&c->side[SIDE_B]), "mismatches", mismatches);
}

static json_t *row_json(const struct difference row[NR_FIGURES])
{
	json_t *o = json_object();

	for (int figure = 0; figure < NR_FIGURES; figure++)
		json_object_set_new(o, figure_name[figure], difference_json(&row[figure]));
	return o;
}

static json_t *stages_json(const struct class_comparison *k)
{
	json_t *stages = json_array();

	for (int stage = 0; stage < NR_STAGES; stage++) {
		json_t *o;

		if (!k->present[TRACK_EXPOSED][stage] && !k->present[TRACK_HIDDEN][stage])
			continue;
		o = json_pack("{s:s, s:s}", "stage", stage_name[stage], "layer",
			      stage_layer[stage]);
		if (k->present[TRACK_EXPOSED][stage])
			json_object_set_new(o, "exposed", row_json(k->row[TRACK_EXPOSED][stage]));
		if (k->present[TRACK_HIDDEN][stage])
			json_object_set_new(o, "hidden", row_json(k->row[TRACK_HIDDEN][stage]));
		json_array_append_new(stages, o);
	}
	return stages;
}

static json_t *account_json(const struct class_comparison *k)
{
	struct account a;

	account(k, &a);
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "became_hidden",
			 a.sum[CHANGE_HIDDEN], "removed", a.sum[CHANGE_REMOVED], "became_cheaper",
			 a.sum[CHANGE_CHEAPER], "became_exposed", a.sum[CHANGE_EXPOSED],
			 "became_dearer", a.sum[CHANGE_DEARER], "device", a.sum[CHANGE_DEVICE],
			 "waits", a.sum[CHANGE_WAITS], "probes", a.sum[CHANGE_PROBES], "chance",
			 a.sum[CHANGE_CHANCE]);
}

static json_t *sentence_json(const struct comparison *c, enum op_class class)
{
	json_t *sentence;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_sentence(c, class, out);
	fclose(out);
	sentence = json_string(text);
	free(text);
	return sentence;
}

static json_t *class_json(const struct comparison *c, enum op_class class)
{
	const struct class_comparison *k = &c->class[class];

	return json_pack("{s:s, s:s, s:s, s:o, s:{s:I, s:I}, s:o, s:o, s:o}", "op", class_op[class],
			 "path", class_path[class], "outcome", class_outcome[class], "sentence",
			 sentence_json(c, class), "count", "a", (json_int_t)k->count[SIDE_A], "b",
			 (json_int_t)k->count[SIDE_B], "total",
			 row_json(k->row[TRACK_EXPOSED][ROW_LATENCY]), "changes", account_json(k),
			 "stages", stages_json(k));
}

json_t *skipped_json(const struct comparison *c)
{
	json_t *skipped = json_array();

	for (int class = 0; class < NR_CLASSES; class ++) {
		const struct class_comparison *k = &c->class[class];

		if (!k->compared && (k->count[SIDE_A] || k->count[SIDE_B]))
			json_array_append_new(skipped,
					      json_pack("{s:s, s:s, s:s, s:{s:I, s:I}}", "op",
							class_op[class], "path", class_path[class],
							"outcome", class_outcome[class], "count",
							"a", (json_int_t)k->count[SIDE_A], "b",
							(json_int_t)k->count[SIDE_B]));
	}
	return skipped;
}

int compare_json(const struct comparison *c, FILE *out)
{
	json_t *operations = json_array(), *all;

	for (size_t i = 0; i < c->nr; i++)
		json_array_append_new(operations, class_json(c, c->order[i]));
	all = json_pack("{s:s, s:i, s:s}", "format", COMPARISON_FORMAT, "version",
			COMPARISON_VERSION, "unit", c->unit);
	json_object_update_new(all, sides_json(c));
	json_object_set_new(all, "operations", operations);
	json_object_set_new(all, "not_compared", skipped_json(c));
	return put_json(all, out);
}
