// SPDX-License-Identifier: GPL-2.0-only
/* Whole operations, one line for each segment of their time. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "render.h"

static int by_latency(const void *a, const void *b)
{
	const struct capture_sample *x = *(const struct capture_sample *const *)a;
	const struct capture_sample *y = *(const struct capture_sample *const *)b;

	return (x->latency < y->latency) - (x->latency > y->latency);
}

/* In time; of two that begin together, the exposed one first. */
static int by_time(const void *a, const void *b)
{
	const struct capture_segment *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->hidden - y->hidden;
}

/*
 * The segments worth a line, into lines: the probes are left out, and pieces of one
 * stage that only a probe or the other track had parted are one again.
 */
static size_t join_segments(const struct capture_sample *s, struct capture_segment *lines)
{
	struct capture_segment *last[2] = { NULL, NULL };
	uint64_t end[2] = { 0, 0 }; /* of each track, the probes included */
	size_t nr = 0, i;

	if (!s->nr_segments)
		return 0;
	memcpy(lines, s->segments, s->nr_segments * sizeof(*lines));
	qsort(lines, s->nr_segments, sizeof(*lines), by_time);
	for (i = 0; i < s->nr_segments; i++) {
		struct capture_segment g = lines[i], *before = last[g.hidden];
		bool adjacent = g.at == end[g.hidden];

		end[g.hidden] = g.at + g.length;
		if (g.stage == STAGE_PROBES)
			continue;
		if (before && adjacent && before->stage == g.stage) {
			before->length = g.at + g.length - before->at;
			continue;
		}
		lines[nr] = g;
		last[g.hidden] = &lines[nr++];
	}
	return nr;
}

static uint64_t probes_of(const struct capture_sample *s)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s->nr_segments; i++) {
		if (s->segments[i].stage == STAGE_PROBES && !s->segments[i].hidden)
			sum += s->segments[i].length;
	}
	return sum;
}

static void put_header(const struct capture *c, const struct capture_sample *s,
		       const struct scale *scale, FILE *out)
{
	uint64_t probes = probes_of(s);
	char buf[DRAW_NUMBER];

	put_class_name(out, s->class);
	fprintf(out, "%s%s%s%s %s%s", separator(), s->slow ? "slow" : "random", separator(),
		scale_format(scale, s->latency, buf), scale->unit, separator());
	put_text(out, s->comm);
	fprintf(out, "[%" PRIu32 "]%s", s->pid, separator());
	if (s->result < 0 && s->result >= -4095)
		fputs(strerror(-s->result), out);
	else
		fprintf(out, "returned %" PRId64, s->result);
	if (!strcmp(c->unit, "ns"))
		fprintf(out, "%sat %.6f s", separator(), s->start / 1e9);
	fputc('\n', out);
	if (probes)
		fprintf(out, "%s %s of it are the probes' and drawn as gaps\n",
			scale_format(scale, probes, buf), scale->unit);
	if (s->folded)
		fputs("too long for one timeline: only its last part is here\n", out);
}

static void put_segment(const struct capture_segment *g, const struct scale *scale, double end,
			int width, FILE *out)
{
	char at[DRAW_NUMBER], length[DRAW_NUMBER];

	fprintf(out, "%-10s  %-*s%10s%12s%8s  ", stage_layer[g->stage], width, stage_name[g->stage],
		scale_format(scale, g->at, at), scale_format(scale, g->length, length),
		g->hidden ? "hidden" : "");
	put_bar(out, g->at, g->length, end, g->hidden);
	fputc('\n', out);
}

static void put_waterfall(const struct capture *c, const struct capture_sample *s,
			  struct capture_segment *lines, FILE *out)
{
	struct scale scale = scale_for(c->unit, s->latency);
	size_t nr = join_segments(s, lines), i;
	int width = STAGE_COLUMN;

	put_header(c, s, &scale, out);
	for (i = 0; i < nr; i++)
		width = stage_column(width, lines[i].stage);
	fprintf(out, "%-10s  %-*s", "layer", width, "stage");
	put_unit_heading(out, &scale, "at", 10);
	fprintf(out, "%12s%8s  ", "length", "");
	put_axis(out, &scale, s->latency);
	fputc('\n', out);
	for (i = 0; i < nr; i++)
		put_segment(&lines[i], &scale, s->latency, width, out);
	fputc('\n', out);
}

/* Up to n of the class from samples. */
static void put_samples(const struct capture *c, const struct capture_sample **samples,
			size_t nr_samples, enum op_class class, unsigned int n,
			struct capture_segment *lines, FILE *out)
{
	size_t i;

	for (i = 0; i < nr_samples && n; i++) {
		if (samples[i]->class != class)
			continue;
		put_waterfall(c, samples[i], lines, out);
		n--;
	}
}

int render_operations(const struct capture *c, unsigned int n, FILE *out)
{
	const struct capture_sample **slow = calloc(c->nr_samples + 1, sizeof(*slow));
	const struct capture_sample **drawn = calloc(c->nr_samples + 1, sizeof(*drawn));
	struct capture_segment *lines = NULL;
	size_t most = 0, nr_slow = 0, nr_drawn = 0, i;
	enum op_class class;
	int rc = -ENOMEM;

	if (!slow || !drawn)
		goto out;
	for (i = 0; i < c->nr_samples; i++) {
		const struct capture_sample *s = &c->samples[i];

		if (s->slow)
			slow[nr_slow++] = s;
		else
			drawn[nr_drawn++] = s;
		if (s->nr_segments > most)
			most = s->nr_segments;
	}
	lines = calloc(most + 1, sizeof(*lines));
	if (!lines)
		goto out;
	/* Not the random ones: the longest of them would be no random sample. */
	qsort(slow, nr_slow, sizeof(*slow), by_latency);
	for (class = 0; class < NR_CLASSES; class ++) {
		put_samples(c, slow, nr_slow, class, n, lines, out);
		put_samples(c, drawn, nr_drawn, class, n, lines, out);
	}
	rc = 0;
out:
	free(lines);
	free(drawn);
	free(slow);
	return rc;
}
