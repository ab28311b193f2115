// SPDX-License-Identifier: GPL-2.0-only
#include "draw.h"
#include "paths_render.h"
#include "paths_text.h"

static void put_source(const struct paths *p, FILE *out)
{
	static const char *const what[] = {
		[SOURCE_DIRECTORY] = "a scratch file in ",
		[SOURCE_FILE] = "",
		[SOURCE_DEVICE] = "",
	};
	const struct capture *c = &p->circumstances;

	fputs(what[p->source.kind], out);
	put_text(out, p->source.path);
	if (c->target.filesystem && p->source.kind != SOURCE_DEVICE) {
		fputs(separator(), out);
		put_text(out, c->target.filesystem);
	}
	if (c->target.device) {
		fprintf(out, "%s", p->source.kind == SOURCE_DEVICE ? separator() : " on ");
		put_text(out, c->target.device);
	}
	if (c->target.driver) {
		fputs(" (", out);
		put_text(out, c->target.driver);
		fputs(")", out);
	}
	fprintf(out, "%sLinux ", separator());
	put_text(out, c->system.kernel);
	fputc('\n', out);
}

void paths_text(const struct paths *p, FILE *out)
{
	const char *unit = p->circumstances.unit;

	put_source(p, out);
	if (p->measured & PATHS_HOT) {
		fputc('\n', out);
		put_hot(&p->hot, unit, out);
	}
	if (p->measured & PATHS_COLD) {
		fputc('\n', out);
		put_cold(&p->cold, unit, out);
		fputc('\n', out);
		put_traced(p, out);
	}
	if (p->measured & PATHS_FAULTS) {
		fputc('\n', out);
		put_faults(&p->faults, out);
	}
	if (p->measured & PATHS_HOT && p->measured & PATHS_COLD) {
		fputc('\n', out);
		put_advice(p, out);
	}
}
