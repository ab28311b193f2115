// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cold.h"
#include "interrupts.h"
#include "mode.h"
#include "passthru.h"
#include "ring.h"
#include "stats.h"
#include "trial.h"

#define ATTEMPTS 2 /* times the runs that are wanted, where some are disturbed */
#define WORKS 9

const char *const cold_name[NR_COLD] = {
#define COLD(id, name, parts) [COLD_##id] = name,
	COLD_PATHS(COLD)
#undef COLD
};

const unsigned int cold_parts[NR_COLD] = {
#define COLD(id, name, parts) [COLD_##id] = parts,
	COLD_PATHS(COLD)
#undef COLD
};

struct argument {
	const struct cold *cold;
	const struct source *source;
	enum cold_path path;
	unsigned int depth;
	uint64_t seed; /* of the offsets */
};

/* What a run needs. */
struct reader {
	int fd;
	size_t size;
	uint64_t *offsets;
	size_t nr;
	char *to;
	const char *map;
	struct ring *ring;
};

/* Whether this path is measured at options.depths[d]: what reads one at a time is at 1 only. */
static bool has_depth(const struct cold *c, enum cold_path p, size_t d)
{
	return cold_parts[p] & PART_RING || c->options.depths[d] == 1;
}

static size_t size_of(const struct cold *c, enum cold_path p)
{
	return cold_is_direct(p) ? c->size : c->options.size;
}

/* Each block once: what was read is in the page cache, and no longer cold. */
static int plan(struct reader *r, const struct argument *a)
{
	const struct cold_options *o = &a->cold->options;
	size_t blocks = a->source->size / a->cold->size;
	uint64_t random = a->seed;

	r->nr = o->reads < blocks ? o->reads : blocks;
	r->offsets = malloc(blocks * sizeof(*r->offsets));
	if (!r->offsets)
		return -ENOMEM;
	for (size_t i = 0; i < blocks; i++)
		r->offsets[i] = i * a->cold->size;
	for (size_t i = 0; !o->sequential && i < r->nr; i++) {
		size_t with = i + next_random(&random) % (blocks - i);
		uint64_t swapped = r->offsets[i];

		r->offsets[i] = r->offsets[with];
		r->offsets[with] = swapped;
	}
	return 0;
}

static int open_map(struct reader *r, const struct argument *a)
{
	void *map = mmap(NULL, a->source->size, PROT_READ, MAP_SHARED, r->fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	madvise(map, a->source->size, a->cold->options.sequential ? MADV_SEQUENTIAL : MADV_RANDOM);
	r->map = map;
	return 0;
}

static int open_reader(struct reader *r, const struct argument *a, const char **what)
{
	unsigned int parts = cold_parts[a->path];
	int rc;

	*r = (struct reader){ .size = size_of(a->cold, a->path) };
	*what = "opening it";
	if (parts & PART_PASSTHRU)
		r->fd = a->source->passthru;
	else
		r->fd = source_reopen(a->source, O_RDONLY | (parts & PART_DIRECT ? O_DIRECT : 0));
	if (r->fd < 0)
		return r->fd;
	posix_fadvise(r->fd, 0, 0,
		      a->cold->options.sequential ? POSIX_FADV_SEQUENTIAL : POSIX_FADV_RANDOM);
	*what = "memory";
	r->to = aligned_alloc(4096, (r->size + 4095) / 4096 * 4096);
	rc = r->to ? plan(r, a) : -ENOMEM;
	if (rc)
		return rc;
	*what = "mmap";
	if (parts & PART_MMAP)
		return open_map(r, a);
	return parts & PART_RING
		       ? ring_open(&r->ring, a->source, r->fd, parts, r->size, a->depth, what)
		       : 0;
}

/* From one end to the next is a read's latency: the clock is read once for each. */
static int read_singly(struct reader *r, struct hist *latency)
{
	uint64_t before = trial_now();

	for (size_t i = 0; i < r->nr; i++) {
		uint64_t now, took;

		if (r->map)
			memcpy(r->to, r->map + r->offsets[i], r->size);
		else if (pread(r->fd, r->to, r->size, r->offsets[i]) != (ssize_t)r->size)
			return errno ? -errno : -EIO;
		now = trial_now();
		took = now - before;
		before = now;
		hist_add(&latency, took);
	}
	return 0;
}

/* Of all its threads, those that the kernel made for its rings too. */
static uint64_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void count_threads(struct cold_run *run)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;

	while (tasks && (entry = readdir(tasks))) {
		char path[300], comm[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		f = fopen(path, "re");
		if (f && fgets(comm, sizeof(comm), f)) {
			run->workers += !strncmp(comm, "iou-wrk-", 8);
			run->pollers += !strncmp(comm, "iou-sqp-", 8);
		}
		if (f)
			fclose(f);
	}
	if (tasks)
		closedir(tasks);
}

static double work_now(void)
{
	double work[WORKS];

	for (int i = 0; i < WORKS; i++)
		work[i] = noise_work();
	return median(work, WORKS);
}

static int timed(struct cold_run *run, struct reader *r, const struct source *s)
{
	int64_t interrupts = interrupts_of(s->disk);
	uint64_t bytes = trial_read_bytes(), cpu, start;
	int rc;

	noise_begin(&run->noise);
	cpu = cpu_time();
	start = trial_now();
	errno = 0;
	rc = r->ring ? ring_read(r->ring, r->offsets, r->nr, &run->latency)
		     : read_singly(r, &run->latency);
	run->elapsed = trial_now() - start;
	run->cpu = cpu_time() - cpu;
	noise_end(&run->noise);
	/* A sleeper's wait for the CPU is a part of what reading costs, and no disturbance. */
	run->noise.waited = 0;
	run->read_bytes = bytes == UINT64_MAX ? bytes : trial_read_bytes() - bytes;
	run->interrupts = interrupts < 0 ? -1 : interrupts_of(s->disk) - interrupts;
	return rc;
}

static int run_once(void *shared, const void *argument)
{
	const struct argument *a = argument;
	struct cold_run *run = shared;
	const char *what;
	struct reader r;
	int rc = open_reader(&r, a, &what);

	if (!rc) {
		run->latency.min = UINT64_MAX;
		run->cached_before = source_evict(a->source);
		run->noise.work = work_now();
		what = "reading";
		rc = timed(run, &r, a->source);
		run->reads = r.nr;
		run->cached_after = source_cached(a->source);
		count_threads(run);
	}
	ring_close(r.ring); /* before the process ends: its threads read no longer */
	if (rc)
		snprintf(run->refused, sizeof(run->refused), "%s", what);
	return rc;
}

int cold_read(const struct cold *c, const struct source *s, enum cold_path p, uint64_t seed)
{
	struct argument a = { c, s, p, 1, seed };
	struct cold_run run = { 0 };

	return run_once(&run, &a);
}

static void reduce_run(struct cold_result *r, size_t n, const struct cold_run *run)
{
	r->each[n] = (double)run->elapsed / run->reads;
	r->cpu_each[n] = (double)run->cpu / run->reads;
	hist_merge(&r->latency, &run->latency);
}

static int reduce_values(const double *values, size_t nr, double *of, double *low, double *high)
{
	double medians[RESAMPLES];
	struct resampler resampler;

	if (resampler_init(&resampler, nr, 1))
		return -ENOMEM;
	*of = median(values, nr);
	resample_medians(&resampler, values, medians);
	resample_interval(medians, low, high);
	resampler_free(&resampler);
	return 0;
}

/* The runs of one path at one depth. */
struct series {
	struct cold_run *runs;
	struct noise *noise;
	size_t nr;
	bool done;
};

static int reduce(struct cold *c, enum cold_path p, size_t d, const struct series *s)
{
	struct cold_result *r = &c->result[p][d];
	size_t which[ATTEMPTS * RESAMPLE_RUNS], kept;
	int rc;

	kept = noise_undisturbed(s->noise, s->nr, which, r->why, sizeof(r->why));
	r->disturbed = s->nr - kept;
	r->noisy = kept < (c->options.runs + 1) / 2;
	for (size_t i = 0; r->noisy && i < s->nr; i++)
		which[i] = i;
	r->nr_runs = r->noisy ? s->nr : kept;
	for (size_t i = 0; i < r->nr_runs; i++)
		reduce_run(r, i, &s->runs[which[i]]);
	mode_judge(r, p, size_of(c, p), c->options.depths[d], s->runs, s->nr);
	rc = reduce_values(r->each, r->nr_runs, &r->elapsed, &r->elapsed_low, &r->elapsed_high);
	if (!rc)
		rc = reduce_values(r->cpu_each, r->nr_runs, &r->cpu, &r->cpu_low, &r->cpu_high);
	return rc;
}

static void refuse(struct cold_result *r, int error, const char *what)
{
	r->error = error;
	if (error == -EINTR)
		snprintf(r->refused, sizeof(r->refused), "its run was ended by a signal");
	else
		snprintf(r->refused, sizeof(r->refused), "%s: %s", what, strerror(-error));
}

static int one_more(struct cold *c, const struct source *s, enum cold_path p, size_t d,
		    struct series *series, struct cold_run *shared)
{
	struct argument a = { c, s, p, c->options.depths[d], series->nr + 1 };
	size_t which[ATTEMPTS * RESAMPLE_RUNS];
	char why[96];
	int rc;

	memset(shared, 0, sizeof(*shared));
	rc = trial_run(run_once, shared, &a);
	if (rc) {
		refuse(&c->result[p][d], rc, shared->refused);
		series->done = true;
		return 0;
	}
	if (!series->runs) {
		series->runs = calloc(ATTEMPTS * c->options.runs, sizeof(*series->runs));
		series->noise = calloc(ATTEMPTS * c->options.runs, sizeof(*series->noise));
	}
	if (!series->runs || !series->noise)
		return -ENOMEM;
	series->noise[series->nr] = shared->noise;
	series->runs[series->nr++] = *shared;
	series->done = series->nr == ATTEMPTS * c->options.runs ||
		       noise_undisturbed(series->noise, series->nr, which, why, sizeof(why)) >=
			       c->options.runs;
	return 0;
}

/* Of what there is, unless rc says that it is no good; the runs are freed. */
static int reduce_series(struct cold *c, struct series series[NR_COLD][COLD_DEPTHS], int rc)
{
	for (enum cold_path p = 0; p < NR_COLD; p++)
		for (size_t d = 0; d < c->options.nr_depths; d++) {
			if (!rc && series[p][d].runs && !c->result[p][d].error)
				rc = reduce(c, p, d, &series[p][d]);
			free(series[p][d].runs);
			free(series[p][d].noise);
		}
	return rc;
}

static int make_series(struct cold *c, const struct source *s,
		       struct series series[NR_COLD][COLD_DEPTHS], struct cold_run *shared)
{
	int rc = 0;

	/* All take turns, so that what changes meanwhile changes all of them. */
	for (unsigned int n = 0; n < ATTEMPTS * c->options.runs; n++) {
		trial_progress("from the device", n + 1,
			       n < c->options.runs ? c->options.runs : ATTEMPTS * c->options.runs);
		for (enum cold_path p = 0; p < NR_COLD; p++)
			for (size_t d = 0; !rc && d < c->options.nr_depths; d++)
				if (!series[p][d].done)
					rc = one_more(c, s, p, d, &series[p][d], shared);
	}
	trial_progress("", 0, 0);
	return reduce_series(c, series, rc);
}

/* What is not even tried. */
static bool rule_out(struct cold *c, const struct source *s, enum cold_path p, size_t d, bool polls)
{
	struct cold_result *r = &c->result[p][d];
	const char *why = NULL;

	if (cold_parts[p] & PART_PASSTHRU && s->passthru < 0)
		why = s->no_passthru;
	else if (cold_parts[p] & PART_PASSTHRU && cold_parts[p] & PART_IOPOLL && !polls)
		why = "it can crash this kernel, and is not tried: see iostage-paths(1)";
	if (!why)
		return false;
	r->error = -EOPNOTSUPP;
	snprintf(r->refused, sizeof(r->refused), "%s", why);
	return true;
}

int cold_measure(struct cold *c, const struct cold_options *o, const struct source *s, char *err,
		 size_t size)
{
	struct series series[NR_COLD][COLD_DEPTHS] = { 0 };
	struct cold_run *shared = trial_share(sizeof(*shared));
	int rc = -ENOMEM;
	bool polls = s->passthru >= 0 && passthru_polls_safely();

	memset(c, 0, sizeof(*c));
	c->options = *o;
	c->size = (o->size + s->block - 1) / s->block * s->block;
	for (enum cold_path p = 0; p < NR_COLD; p++)
		for (size_t d = 0; d < o->nr_depths; d++)
			series[p][d].done = !has_depth(c, p, d) || rule_out(c, s, p, d, polls);
	if (shared)
		rc = make_series(c, s, series, shared);
	trial_unshare(shared, sizeof(*shared));
	if (rc)
		snprintf(err, size, "cannot read %s: %s", s->path, strerror(-rc));
	return rc;
}
