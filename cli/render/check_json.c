// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "check_render.h"
#include "compare_render.h"

#define CHECK_FORMAT "iostage-check"
#define CHECK_VERSION 1

static json_t *outcome_json(const struct check *check)
{
	json_t *string;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_outcome(check, out);
	fclose(out);
	string = json_string(text);
	free(text);
	return string;
}

static json_t *judgement_json(const struct judgement *j)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "op", class_op[j->class], "path",
			      class_path[j->class], "outcome", class_outcome[j->class], "stage",
			      judged_name(j), "figure", figure_name[j->figure], "verdict",
			      verdict_name[j->verdict]);

	if (j->doubt != DOUBT_NONE)
		json_object_set_new(o, "reason", json_string(doubt_name[j->doubt]));
	if (j->doubt == DOUBT_CLASS)
		return o;
	json_object_update_new(o, difference_json(j->d));
	json_object_update_new(o, json_pack("{s:f, s:f}", "limit", j->limit, "floor", j->floor));
	if (j->tested)
		json_object_set_new(o, "p", json_real(j->p));
	return o;
}

int check_json(const struct check *check, FILE *out)
{
	json_t *figures = json_array(), *all;

	for (size_t i = 0; i < check->nr; i++)
		json_array_append_new(figures, judgement_json(&check->judgements[i]));
	all = json_pack("{s:s, s:i, s:s, s:s, s:o}", "format", CHECK_FORMAT, "version",
			CHECK_VERSION, "unit", check->c->unit, "verdict",
			verdict_name[check->verdict], "sentence", outcome_json(check));
	json_object_update_new(all, sides_json(check->c));
	if (check->runs_needed)
		json_object_set_new(all, "runs_needed", json_integer(check->runs_needed));
	json_object_set_new(all, "figures", figures);
	json_object_set_new(all, "not_compared", skipped_json(check->c));
	return put_json(all, out);
}
