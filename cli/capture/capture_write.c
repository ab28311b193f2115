// SPDX-License-Identifier: GPL-2.0-only
/* A capture as JSON: one line per stage, bucket list or segment, so that diff can read it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "stats.h"
#include "text.h"

struct writer {
	FILE *f;
	unsigned int depth;
	bool first;	       /* nothing in this object or array yet */
	const char *too_large; /* key of a number that JSON readers cannot hold */
};

/* Begins a member or an element; key is NULL in an array. */
static void begin(struct writer *w, const char *key, bool line)
{
	if (!w->first)
		fputc(',', w->f);
	if (line)
		fprintf(w->f, "\n%*s", (int)w->depth, "");
	else if (!w->first)
		fputc(' ', w->f);
	w->first = false;
	if (key)
		fprintf(w->f, "\"%s\": ", key);
}

static void open_value(struct writer *w, const char *key, bool line, char bracket)
{
	begin(w, key, line);
	fputc(bracket, w->f);
	w->depth++;
	w->first = true;
}

static void close_value(struct writer *w, bool line, char bracket)
{
	w->depth--;
	w->first = false;
	if (line)
		fprintf(w->f, "\n%*s", (int)w->depth, "");
	fputc(bracket, w->f);
}

/* Bytes that are no UTF-8, which a command line or a comm may hold, become '?'. */
static void put_escaped(FILE *f, const char *s)
{
	const char *from = s;
	long c;

	fputc('"', f);
	for (; (c = text_next(&s)) != 0; from = s) {
		if (c < 0)
			fputc('?', f);
		else if (c < 0x20 || c == 0x7f)
			fprintf(f, "\\u%04lx", c);
		else if (c == '"' || c == '\\')
			fprintf(f, "\\%c", (char)c);
		else
			fwrite(from, 1, s - from, f);
	}
	fputc('"', f);
}

/* Nothing at all for NULL. */
static void put_string(struct writer *w, const char *key, bool line, const char *s)
{
	if (!s)
		return;
	begin(w, key, line);
	put_escaped(w->f, s);
}

static void put_number(struct writer *w, const char *key, bool line, uint64_t n)
{
	begin(w, key, line);
	if (n > INT64_MAX && !w->too_large)
		w->too_large = key ? key : "a bucket or segment";
	fprintf(w->f, "%" PRIu64, n);
}

static void put_bool(struct writer *w, const char *key, bool line, bool value)
{
	begin(w, key, line);
	fputs(value ? "true" : "false", w->f);
}

static void put_hist(struct writer *w, const char *key, const struct hist *h)
{
	uint64_t count = hist_count(h);
	size_t i;

	if (!count)
		return;
	open_value(w, key, false, '{');
	put_number(w, "count", false, count);
	put_number(w, "sum", false, h->sum);
	put_number(w, "min", false, h->min);
	put_number(w, "max", false, h->max);
	put_number(w, "p50", false, hist_quantile(h, 500));
	put_number(w, "p90", false, hist_quantile(h, 900));
	put_number(w, "p99", false, hist_quantile(h, 990));
	put_number(w, "p999", false, hist_quantile(h, 999));
	open_value(w, "buckets", false, '[');
	for (i = 0; i < HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		open_value(w, NULL, false, '[');
		put_number(w, NULL, false, i);
		put_number(w, NULL, false, h->bucket[i]);
		close_value(w, false, ']');
	}
	close_value(w, false, ']');
	close_value(w, false, '}');
}

static void put_class(struct writer *w, enum op_class class)
{
	put_string(w, "op", false, class_op[class]);
	put_string(w, "path", false, class_path[class]);
	put_string(w, "outcome", false, class_outcome[class]);
}

static void put_operation(struct writer *w, const struct capture *c, enum op_class class)
{
	const struct capture_operation *o = &c->operations[class];
	uint64_t count = hist_count(o->latency);
	enum stage i;

	if (!count)
		return;
	open_value(w, NULL, true, '{');
	put_class(w, class);
	put_number(w, "count", false, count);
	if (o->elsewhere)
		put_number(w, "elsewhere", false, o->elsewhere);
	put_hist(w, "latency", o->latency);
	open_value(w, "stages", true, '[');
	for (i = 0; i < NR_STAGES; i++) {
		if (i == STAGE_UNATTRIBUTED)
			continue;
		if (!hist_count(o->exposed[i]) && !hist_count(o->hidden[i]))
			continue;
		open_value(w, NULL, true, '{');
		put_string(w, "stage", false, stage_name[i]);
		put_string(w, "layer", false, stage_layer[i]);
		put_hist(w, "exposed", o->exposed[i]);
		put_hist(w, "hidden", o->hidden[i]);
		close_value(w, false, '}');
	}
	close_value(w, true, ']');
	put_hist(w, "unattributed", o->exposed[STAGE_UNATTRIBUTED]);
	put_hist(w, "unattributed_hidden", o->hidden[STAGE_UNATTRIBUTED]);
	close_value(w, false, '}');
}

static void put_sample(struct writer *w, const struct capture_sample *s)
{
	size_t i;

	open_value(w, NULL, true, '{');
	put_class(w, s->class);
	put_bool(w, "slow", false, s->slow);
	put_bool(w, "folded", false, s->folded);
	put_number(w, "pid", false, s->pid);
	put_string(w, "comm", false, s->comm);
	begin(w, "result", false);
	fprintf(w->f, "%" PRId64, s->result);
	put_number(w, "start", false, s->start);
	put_number(w, "latency", false, s->latency);
	open_value(w, "timeline", false, '[');
	for (i = 0; i < s->nr_segments; i++) {
		const struct capture_segment *g = &s->segments[i];

		open_value(w, NULL, true, '[');
		put_string(w, NULL, false, stage_name[g->stage]);
		put_number(w, NULL, false, g->at);
		put_number(w, NULL, false, g->length);
		if (g->hidden)
			put_bool(w, NULL, false, true);
		close_value(w, false, ']');
	}
	close_value(w, false, ']');
	close_value(w, false, '}');
}

static void put_merge(struct writer *w, const struct capture_merge *m)
{
	put_string(w, "of", false, m->of);
	if (m->into >= 0)
		put_string(w, "merged_into", false, stage_name[m->into]);
	put_string(w, "reason", false, m->reason);
}

/* In other operations it is in another stage. */
static void put_further_merges(struct writer *w, const struct capture_hook *h)
{
	open_value(w, "also", false, '[');
	for (size_t i = 1; i < h->nr_merged; i++) {
		open_value(w, NULL, false, '{');
		put_merge(w, &h->merged[i]);
		close_value(w, false, '}');
	}
	close_value(w, false, ']');
}

static void put_hooks(struct writer *w, const struct capture *c)
{
	enum stage i;

	open_value(w, "hooks", true, '{');
	for (i = 0; i < NR_STAGES; i++) {
		const struct capture_hook *h = &c->hooks[i];

		if (!h->enter && !h->nr_merged)
			continue;
		open_value(w, stage_name[i], true, '{');
		if (h->enter) {
			put_string(w, "enter", false, h->enter);
			put_number(w, "hits", false, h->hits);
		}
		if (h->nr_merged)
			put_merge(w, &h->merged[0]);
		if (h->nr_merged > 1)
			put_further_merges(w, h);
		close_value(w, false, '}');
	}
	close_value(w, true, '}');
}

static void put_accounting(struct writer *w, const struct capture *c)
{
	size_t i;

	open_value(w, "accounting", true, '{');
	put_number(w, "seen", false, c->accounting.seen);
	put_number(w, "reported", false, c->accounting.reported);
	put_number(w, "dropped", false, c->accounting.dropped);
	put_number(w, "in_flight", false, c->accounting.in_flight);
	open_value(w, "drops", false, '{');
	for (i = 0; i < c->accounting.nr_drops; i++) {
		begin(w, NULL, false);
		put_escaped(w->f, c->accounting.drops[i].reason);
		fprintf(w->f, ": %" PRIu64, c->accounting.drops[i].count);
	}
	close_value(w, false, '}');
	put_number(w, "clock_backward", false, c->accounting.clock_backward);
	put_number(w, "untracked", false, c->accounting.untracked);
	put_number(w, "unsynced", false, c->accounting.unsynced);
	close_value(w, false, '}');
}

static void put_coverage(struct writer *w, const struct capture *c)
{
	size_t i;

	open_value(w, "coverage", true, '[');
	for (i = 0; i < c->nr_coverage; i++) {
		open_value(w, NULL, true, '{');
		put_string(w, "device", false, c->coverage[i].device);
		put_number(w, "requests", false, c->coverage[i].requests);
		put_number(w, "attributed", false, c->coverage[i].attributed);
		if (c->coverage[i].outside)
			put_number(w, "outside", false, c->coverage[i].outside);
		close_value(w, false, '}');
	}
	close_value(w, true, ']');
}

static void put_strings(struct writer *w, const char *key, bool line, char **strings)
{
	open_value(w, key, line, '[');
	for (size_t i = 0; strings && strings[i]; i++)
		put_string(w, NULL, false, strings[i]);
	close_value(w, false, ']');
}

static void put_async(struct writer *w, const struct capture *c)
{
	if (c->async.present < 0)
		return;
	open_value(w, "async", true, '{');
	put_bool(w, "present", false, c->async.present);
	put_strings(w, "on", false, c->async.on);
	close_value(w, false, '}');
}

static void put_circumstances(struct writer *w, const struct capture *c)
{
	put_string(w, "unit", true, c->unit);
	put_string(w, "detail", true, c->detail);
	put_string(w, "date", true, c->date);
	begin(w, "seconds", true);
	fprintf(w->f, "%.3f", c->seconds);
	open_value(w, "system", true, '{');
	put_string(w, "kernel", false, c->system.kernel);
	put_string(w, "arch", false, c->system.arch);
	put_string(w, "cpu", false, c->system.cpu);
	put_number(w, "cpus", false, c->system.cpus);
	close_value(w, false, '}');
	open_value(w, "target", true, '{');
	put_string(w, "device", false, c->target.device);
	put_string(w, "driver", false, c->target.driver);
	put_string(w, "filesystem", false, c->target.filesystem);
	put_string(w, "mount_options", false, c->target.mount_options);
	if (c->target.write_cache >= 0)
		put_bool(w, "write_cache", false, c->target.write_cache);
	close_value(w, false, '}');
	put_strings(w, "command", true, c->command);
	if (c->filters)
		put_strings(w, "filters", true, c->filters);
	put_async(w, c);
	open_value(w, "calibration", true, '{');
	put_number(w, "fentry", false, c->calibration.fentry);
	put_number(w, "fexit", false, c->calibration.fexit);
	put_number(w, "tracepoint", false, c->calibration.tracepoint);
	close_value(w, false, '}');
}

static int write_stream(const struct capture *c, FILE *f, char *err, size_t size)
{
	struct writer w = { .f = f, .first = true };
	enum op_class class;
	size_t i;

	errno = 0;
	open_value(&w, NULL, false, '{');
	put_string(&w, "format", true, CAPTURE_FORMAT);
	put_number(&w, "version", true, CAPTURE_VERSION);
	put_circumstances(&w, c);
	put_hooks(&w, c);
	put_accounting(&w, c);
	put_coverage(&w, c);
	open_value(&w, "operations", true, '[');
	for (class = 0; class < NR_CLASSES; class ++)
		put_operation(&w, c, class);
	close_value(&w, true, ']');
	open_value(&w, "samples", true, '[');
	for (i = 0; i < c->nr_samples; i++)
		put_sample(&w, &c->samples[i]);
	close_value(&w, true, ']');
	close_value(&w, true, '}');
	fputc('\n', f);
	if (w.too_large) {
		snprintf(err, size, "%s is larger than a capture can hold", w.too_large);
		return -EOVERFLOW;
	}
	if (fflush(f) || ferror(f)) {
		int error = errno ? errno : EIO; /* of whichever write failed last */

		snprintf(err, size, "%s", strerror(error));
		return -error;
	}
	return 0;
}

/* What rename would replace is no file: a terminal, a pipe, /dev/full. */
static int write_direct(const struct capture *c, const char *path, char *err, size_t size)
{
	FILE *f = fopen(path, "we");
	int rc;

	if (!f) {
		rc = -errno;
		snprintf(err, size, "%s", strerror(errno));
		return rc;
	}
	rc = write_stream(c, f, err, size);
	if (fclose(f) && !rc) {
		rc = -errno;
		snprintf(err, size, "%s", strerror(errno));
	}
	return rc;
}

static int write_temporary(const struct capture *c, int fd, char *err, size_t size)
{
	mode_t mask = umask(0);
	FILE *f;
	int rc;

	umask(mask);
	f = fchmod(fd, 0644 & ~mask) ? NULL : fdopen(fd, "w");
	if (!f) {
		rc = -errno;
		snprintf(err, size, "%s", strerror(errno));
		close(fd);
		return rc;
	}
	rc = write_stream(c, f, err, size);
	if (fclose(f) && !rc) {
		rc = -errno;
		snprintf(err, size, "%s", strerror(errno));
	}
	return rc;
}

static int write_replacing(const struct capture *c, const char *path, char *err, size_t size)
{
	char *temporary = malloc(strlen(path) + sizeof(".XXXXXX"));
	int fd, rc;

	if (!temporary) {
		snprintf(err, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	sprintf(temporary, "%s.XXXXXX", path);
	fd = mkstemp(temporary);
	if (fd < 0) {
		rc = -errno;
		snprintf(err, size, "cannot make a file beside it: %s", strerror(errno));
		goto out;
	}
	rc = write_temporary(c, fd, err, size);
	if (!rc && rename(temporary, path)) {
		rc = -errno;
		snprintf(err, size, "%s", strerror(errno));
	}
	if (rc)
		unlink(temporary);
out:
	free(temporary);
	return rc;
}

int capture_write(const struct capture *c, const char *path, char *err, size_t size)
{
	char what[256], *real;
	struct stat st;
	int rc;

	if (!strcmp(path, "-")) {
		path = "standard output";
		rc = write_stream(c, stdout, what, sizeof(what));
		if (rc) { /* err says it: main() need not find it again */
			__fpurge(stdout);
			clearerr(stdout);
		}
	} else if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		rc = write_direct(c, path, what, sizeof(what));
	} else {
		real = realpath(path, NULL); /* a link stays a link */
		rc = write_replacing(c, real ? real : path, what, sizeof(what));
		free(real);
	}
	if (rc)
		snprintf(err, size, "%s: %s", path, what);
	return rc;
}
