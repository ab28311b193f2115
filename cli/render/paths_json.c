// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "compare_render.h"
#include "paths_render.h"

#define PATHS_FORMAT "iostage-paths"
#define PATHS_VERSION 1

static json_t *interval_json(double value, double low, double high)
{
	return json_pack("{s:f, s:f, s:f}", "value", value, "low", low, "high", high);
}

static json_t *model_json(const struct hot_model *m)
{
	json_t *o = json_pack("{s:o, s:o, s:b, s:f}", "alpha",
			      interval_json(m->fit.alpha, m->low.alpha, m->high.alpha), "beta",
			      interval_json(m->fit.beta, m->low.beta, m->high.beta), "good",
			      m->good, "worst_residual", m->worst);

	if (m->per_page)
		json_object_set_new(o, "gamma",
				    interval_json(m->fit.gamma, m->low.gamma, m->high.gamma));
	return o;
}

static json_t *sizes_json(const struct hot *h, enum hot_path p)
{
	json_t *sizes = json_array();

	for (size_t i = 0; i < hot_sizes(h, p); i++) {
		json_t *o = json_pack("{s:I, s:o}", "size", (json_int_t)h->sizes[i], "cost",
				      interval_json(h->cost[p][i], h->low[p][i], h->high[p][i]));

		if (h->model[p].fitted)
			json_object_set_new(
				o, "residual",
				json_real(fit_cost(&h->model[p].fit, h->sizes[i]) / h->cost[p][i] -
					  1));
		json_array_append_new(sizes, o);
	}
	return sizes;
}

static json_t *break_even_json(const struct hot_break_even *b)
{
	json_t *o = json_pack("{s:b, s:b}", "certain", b->certain, "cheaper_below", b->below);

	if (b->size)
		json_object_set_new(o, "size", interval_json(b->size, b->low, b->high));
	return o;
}

static json_t *hot_path_json(const struct hot *h, enum hot_path p)
{
	json_t *o = json_pack("{s:s, s:o}", "path", hot_name[p], "sizes", sizes_json(h, p));

	if (h->model[p].fitted)
		json_object_set_new(o, "model", model_json(&h->model[p]));
	if (p != HOT_PREAD &&
	    (h->from_pread[p].measured || (h->model[p].good && h->model[HOT_PREAD].good)))
		json_object_set_new(o, "break_even_with_pread", break_even_json(&h->from_pread[p]));
	return o;
}

static json_t *hot_json(const struct hot *h)
{
	json_t *all = json_array(), *o;

	for (enum hot_path p = 0; p < NR_HOT; p++)
		json_array_append_new(all, hot_path_json(h, p));
	o = json_pack("{s:I, s:I, s:b, s:f, s:o}", "runs", (json_int_t)h->nr_runs, "disturbed",
		      (json_int_t)h->disturbed, "noisy", h->noisy, "hit_ratio",
		      h->options.hit_ratio, "paths", all);
	if (h->disturbed)
		json_object_set_new(o, "disturbance", json_string(h->why));
	return o;
}

static json_t *target_json(const struct paths *p)
{
	static const char *const kind[] = {
		[SOURCE_DIRECTORY] = "directory",
		[SOURCE_FILE] = "file",
		[SOURCE_DEVICE] = "device",
	};
	const struct capture *c = &p->circumstances;

	return json_pack("{s:s, s:o, s:s?, s:s?, s:s?}", "kind", kind[p->source.kind], "path",
			 text_json(p->source.path), "device", c->target.device, "driver",
			 c->target.driver, "filesystem", c->target.filesystem);
}

int paths_json(const struct paths *p, FILE *out)
{
	const struct capture *c = &p->circumstances;
	json_t *all = json_pack("{s:s, s:i, s:s, s:s, s:o}", "format", PATHS_FORMAT, "version",
				PATHS_VERSION, "unit", c->unit, "kernel", c->system.kernel,
				"target", target_json(p));

	if (p->has_hot)
		json_object_set_new(all, "hot", hot_json(&p->hot));
	return put_json(all, out);
}
