// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "compare_render.h"
#include "paths_render.h"
#include "stats.h"

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

static json_t *latency_json(const struct hist *h)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)hist_count(h),
			 "min", (json_int_t)h->min, "max", (json_int_t)h->max, "p50",
			 (json_int_t)hist_quantile(h, 500), "p90",
			 (json_int_t)hist_quantile(h, 900), "p99",
			 (json_int_t)hist_quantile(h, 990), "p999",
			 (json_int_t)hist_quantile(h, 999));
}

static json_t *cold_result_json(const struct cold *c, enum cold_path p, size_t d)
{
	const struct cold_result *r = &c->result[p][d];
	json_t *o =
		json_pack("{s:s, s:i}", "path", cold_name[p], "depth", (int)c->options.depths[d]);

	if (!r->nr_runs) {
		json_object_set_new(o, "refused", text_json(r->refused));
		return o;
	}
	json_object_update_new(
		o, json_pack("{s:I, s:I, s:b, s:o, s:o, s:o}", "runs", (json_int_t)r->nr_runs,
			     "disturbed", (json_int_t)r->disturbed, "noisy", r->noisy, "latency",
			     latency_json(&r->latency), "elapsed_per_read",
			     interval_json(r->elapsed, r->elapsed_low, r->elapsed_high),
			     "cpu_per_read", interval_json(r->cpu, r->cpu_low, r->cpu_high)));
	if (r->interrupts >= 0)
		json_object_set_new(o, "interrupts_per_read", json_real(r->interrupts));
	if (r->disturbed)
		json_object_set_new(o, "disturbance", json_string(r->why));
	if (r->was[0])
		json_object_set_new(o, "was", json_string(r->was));
	return o;
}

static json_t *cold_json(const struct cold *c)
{
	json_t *all = json_array();

	for (enum cold_path p = 0; p < NR_COLD; p++)
		for (size_t d = 0; d < c->options.nr_depths; d++)
			if (c->result[p][d].nr_runs || c->result[p][d].error)
				json_array_append_new(all, cold_result_json(c, p, d));
	return json_pack("{s:I, s:I, s:s, s:I, s:o}", "size", (json_int_t)c->options.size,
			 "direct_size", (json_int_t)c->size, "pattern",
			 c->options.sequential ? "sequential" : "random", "reads_per_run",
			 (json_int_t)c->options.reads, "paths", all);
}

static json_t *stages_json(const struct capture_operation *o)
{
	uint64_t all = hist_count(o->latency);
	json_t *stages = json_array();

	for (enum stage i = 0; i < NR_STAGES; i++) {
		uint64_t exposed = o->exposed[i] ? o->exposed[i]->sum : 0;
		uint64_t hidden = o->hidden[i] ? o->hidden[i]->sum : 0;

		if (exposed || hidden)
			json_array_append_new(stages,
					      json_pack("{s:s, s:s, s:f, s:f}", "stage",
							stage_name[i], "layer", stage_layer[i],
							"exposed", (double)exposed / all, "hidden",
							(double)hidden / all));
	}
	return stages;
}

static json_t *traced_json(const struct traced *t)
{
	json_t *all = json_array(), *o;

	for (unsigned int path = 0; path < NR_TRACED; path++) {
		const struct capture_operation *of = &t->path[path];

		if (hist_count(of->latency))
			json_array_append_new(all, json_pack("{s:s, s:I, s:o}", "path",
							     traced_name(path), "count",
							     (json_int_t)hist_count(of->latency),
							     "stages", stages_json(of)));
	}
	if (t->absent[0])
		return json_pack("{s:o}", "absent", text_json(t->absent));
	o = json_pack("{s:o}", "paths", all);
	if (traced_device(t))
		json_object_set_new(o, "device", latency_json(traced_device(t)));
	return o;
}

static json_t *fault_json(const struct faults *f, enum fault fault)
{
	json_t *outcomes = json_object();

	for (int path = 0; path < NR_FAULT_PATHS; path++)
		if (f->outcome[fault][path][0])
			json_object_set_new(outcomes, cold_name[fault_paths[path]],
					    json_string(f->outcome[fault][path]));
	return f->absent[fault][0]
		       ? json_pack("{s:s, s:s}", "fault", fault_name[fault], "absent",
				   f->absent[fault])
		       : json_pack("{s:s, s:o}", "fault", fault_name[fault], "outcomes", outcomes);
}

static json_t *faults_json(const struct faults *f)
{
	json_t *all = json_array();

	for (enum fault fault = 0; fault < NR_FAULTS; fault++)
		json_array_append_new(all, fault_json(f, fault));
	return all;
}

static json_t *candidate_json(const struct candidate *c)
{
	return json_pack("{s:s, s:o, s:f, s:o, s:b}", "path", cold_name[c->path], "cost",
			 interval_json(c->cost, c->low, c->high), "hits", c->hits, "ratio",
			 json_pack("{s:f, s:f}", "low", c->ratio_low, "high", c->ratio_high),
			 "no_difference", advice_same(c));
}

static json_t *advice_json(const struct paths *p)
{
	json_t *all = json_array();

	for (size_t d = 0; d < p->cold.options.nr_depths; d++) {
		const struct advice *a = &p->advice[d];
		json_t *candidates = json_array();

		for (size_t i = 0; i < a->nr; i++)
			json_array_append_new(candidates, candidate_json(&a->candidate[i]));
		json_array_append_new(all, json_pack("{s:i, s:b, s:o}", "depth",
						     (int)p->cold.options.depths[d], "noisy",
						     a->noisy, "candidates", candidates));
	}
	return all;
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

	if (p->measured & PATHS_HOT)
		json_object_set_new(all, "hot", hot_json(&p->hot));
	if (p->measured & PATHS_COLD)
		json_object_set_new(all, "cold", cold_json(&p->cold));
	if (p->measured & PATHS_COLD)
		json_object_set_new(all, "stages", traced_json(&p->traced));
	if (p->measured & PATHS_FAULTS)
		json_object_set_new(all, "faults", faults_json(&p->faults));
	if (p->measured & PATHS_HOT && p->measured & PATHS_COLD)
		json_object_set_new(all, "advice", advice_json(p));
	return put_json(all, out);
}
