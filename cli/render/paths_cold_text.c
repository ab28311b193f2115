// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "paths_text.h"
#include "stats.h"

#define NAME 32

static double typical(const struct cold *c, size_t d)
{
	double least = 0;

	for (enum cold_path p = 0; p < NR_COLD; p++) {
		double p50 = hist_quantile(&c->result[p][d].latency, 500);

		if (p50 > 0 && (!least || p50 < least))
			least = p50;
	}
	return least;
}

const char *rate_unit(const char *unit)
{
	return strcmp(unit, "insn") ? "reads/s" : "per Ginsn";
}

static const char *rate(double each, char *buf)
{
	return each > 0 ? grouped(1e9 / each + 0.5, buf) : "";
}

static void put_figures(const struct cold_result *r, const struct scale *s, FILE *out)
{
	static const unsigned int permille[] = { 500, 900, 990, 999 };
	char buf[DRAW_NUMBER];

	for (size_t i = 0; i < 4; i++)
		fprintf(out, "%9s", scale_format(s, hist_quantile(&r->latency, permille[i]), buf));
	fprintf(out, "%11s", rate(r->elapsed, buf));
	fprintf(out, "%9s", scale_format(s, r->cpu, buf));
	fprintf(out, "%11s", rate(r->cpu, buf));
	if (r->interrupts >= 0)
		fprintf(out, "%6.2f", r->interrupts);
	fputc('\n', out);
}

static bool anything_at(const struct cold *c, size_t d)
{
	for (enum cold_path p = 0; p < NR_COLD; p++)
		if (c->result[p][d].nr_runs)
			return true;
	return false;
}

static void put_depth(const struct cold *c, size_t d, const char *unit, FILE *out)
{
	struct scale s = scale_for(unit, typical(c, d));
	char heading[64];

	snprintf(heading, sizeof(heading), "depth %u", c->options.depths[d]);
	fprintf(out, "%-*s", NAME, heading);
	put_unit_heading(out, &s, "p50", 9);
	fprintf(out, "%9s%9s%9s%11s%9s%11s%6s\n", "p90", "p99", "p99.9", rate_unit(unit), "CPU",
		"of a CPU", "irqs");
	for (enum cold_path p = 0; p < NR_COLD; p++) {
		const struct cold_result *r = &c->result[p][d];

		if (!r->nr_runs)
			continue;
		fprintf(out, "%-*s", NAME, cold_name[p]);
		put_figures(r, &s, out);
		if (r->was[0])
			fprintf(out, "  %s\n", r->was);
		if (r->noisy)
			fprintf(out, "  nearly all of its runs were disturbed: %s\n", r->why);
	}
}

/* Why a path cannot be had, at whichever depth; NULL: it can. */
static const char *refusal(const struct cold *c, enum cold_path p)
{
	for (size_t d = 0; d < c->options.nr_depths; d++)
		if (c->result[p][d].error)
			return c->result[p][d].refused;
	return NULL;
}

/* Those that cannot be had for the same reason stand together. */
static void put_refused(const struct cold *c, FILE *out)
{
	for (enum cold_path p = 0; p < NR_COLD; p++) {
		const char *why = refusal(c, p);

		if (!why)
			continue;
		fprintf(out, "not to be had here: %s", cold_name[p]);
		while (p + 1 < NR_COLD && refusal(c, p + 1) && !strcmp(refusal(c, p + 1), why))
			fprintf(out, "; %s", cold_name[++p]);
		fputs("\n  ", out);
		put_text(out, why);
		fputc('\n', out);
	}
}

static unsigned int disturbed(const struct cold *c)
{
	unsigned int n = 0;

	for (enum cold_path p = 0; p < NR_COLD; p++)
		for (size_t d = 0; d < c->options.nr_depths; d++)
			if (!c->result[p][d].noisy)
				n += c->result[p][d].disturbed;
	return n;
}

void put_cold(const struct cold *c, const char *unit, FILE *out)
{
	char size[DRAW_NUMBER];

	fprintf(out, "from the device%s%s %s reads%s%u runs of %u for each row", separator(),
		size_format(c->options.size, size), c->options.sequential ? "sequential" : "random",
		separator(), c->options.runs, c->options.reads);
	if (disturbed(c))
		fprintf(out, "%s%u more were disturbed and left out", separator(), disturbed(c));
	fputc('\n', out);
	for (size_t d = 0; d < c->options.nr_depths; d++) {
		if (!anything_at(c, d))
			continue;
		fputc('\n', out);
		put_depth(c, d, unit, out);
	}
	fprintf(out,
		"\nCPU is what the process and the kernel's threads for its rings use for a read, "
		"and of a "
		"CPU: %s of\none that does nothing else. irqs: interrupts for a read.\n",
		rate_unit(unit));
	put_refused(c, out);
}
