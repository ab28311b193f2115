// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "async_render.h"
#include "draw.h"
#include "mechanisms.h"

static void put_title(const struct filesystem *fs, const struct async *a, FILE *out)
{
	fprintf(out, "%s", fs->device);
	if (fs->point) {
		fputs(" on ", out);
		put_text(out, fs->point);
	}
	if (a->error)
		fprintf(out, "%sno counters: %s", separator(), strerror(-a->error));
	fputc('\n', out);
}

static void put_fallbacks(const struct async *a, const char *mechanism, FILE *out)
{
	for (size_t i = 0; i < a->nr_counters; i++) {
		const struct async_counter *c = &a->counters[i];
		const char *why = async_counts(mechanism, c), *means = mechanism_reason(c->name);
		char count[DRAW_NUMBER];

		if (why && *why && c->count)
			fprintf(out, "%-10s  %-5s  %13s  %13s  %s%s%s\n", "", "", "",
				grouped(c->count, count), why, means ? ": " : "",
				means ? means : "");
	}
}

/* A mechanism's counters, or those of a part of it, which has no state. */
static void put_counters(const struct async *a, const char *name, const char *state,
			 const char *does, FILE *out)
{
	char done[DRAW_NUMBER] = "-", not_done[DRAW_NUMBER] = "-";
	uint64_t used, fallen_back;

	async_sums(a, name, &used, &fallen_back);
	if (a->nr_counters) {
		grouped(used, done);
		grouped(fallen_back, not_done);
	}
	fprintf(out, "%-10s  %-5s  %13s  %13s  %s\n", name, state, done, not_done, does);
	put_fallbacks(a, name, out);
}

static void put_switch(const struct async *a, const struct async_switch *s, FILE *out)
{
	const struct mechanism *m = mechanism_find(s->name);
	char text[512];

	put_counters(a, s->name, s->on ? "on" : "off", m ? m->does : "(newer than this iostage)",
		     out);
	if (m && m->part)
		put_counters(a, m->part, "", m->part_does, out);
	for (unsigned int n = 0; async_obstacle(a, s, n, text, sizeof(text)); n++)
		fprintf(out, "%-10s  no effect: %s\n", "", text);
}

void async_text(const struct filesystem *fs, const struct async *a, const char *absence, FILE *out)
{
	put_title(fs, a, out);
	if (!a->nr_switches) {
		fprintf(out, "no async stack: %s\n", absence);
		return;
	}
	fprintf(out, "%-10s  %-5s  %13s  %13s\n", "mechanism", "state", "used", "fallen back");
	for (size_t i = 0; i < a->nr_switches; i++)
		if (a->switches[i].chosen)
			put_switch(a, &a->switches[i], out);
}
