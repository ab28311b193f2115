// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hot.h"
#include "trial.h"

#define PAGE FIT_PAGE
/*
 * So much of the file is read, again and again, to as many places of which each read takes the
 * next: reads of all sizes, on all paths, find their destination in the L2 cache. Those that find
 * it in the L1 cache, as it is small or was the last one's, too, would be cheaper by the byte than
 * the others, and no line goes through both.
 */
#define SPAN (128 << 10)
/*
 * The places are half a page off the data. A load waits for an earlier store to an address whose
 * lower 12 bits are the same: at the same offset in their pages, the smallest reads would wait for
 * each other.
 */
#define OFF (PAGE / 2)
#define LARGEST (64 << 10)

const char *const hot_name[NR_HOT] = {
#define HOT(id, name, buffers, what) [HOT_##id] = name,
	HOT_PATHS(HOT)
#undef HOT
};

const bool hot_buffers[NR_HOT] = {
#define HOT(id, name, buffers, what) [HOT_##id] = buffers,
	HOT_PATHS(HOT)
#undef HOT
};

/* What a run leaves. */
struct result {
	struct noise noise;
	double cost[NR_HOT][FIT_POINTS];
	uint64_t batches[NR_HOT][HOT_BATCHES];
};

struct argument {
	const struct hot *hot;
	const struct source *source;
};

/* Where the reads go to, and what they need. */
struct reader {
	int fd;
	char *to;	 /* SPAN bytes of places */
	char *page;	 /* the page buffer, */
	uint64_t holds;	 /* and where in the file it is from */
	const char *map; /* of the whole span, each page touched */
	uint64_t random;
	double hit_ratio;
	uint32_t position, place;
	uint32_t offset[HOT_BATCH]; /* of the next batch's reads in the file, */
	uint32_t places[HOT_BATCH]; /* and in what they are read to */
};

size_t hot_sizes(const struct hot *h, enum hot_path path)
{
	size_t nr = h->nr_sizes;

	while (hot_buffers[path] && h->sizes[nr - 1] > PAGE)
		nr--;
	return nr;
}

/* A page further for each read, and no two of them share one. */
static void step_pages(uint32_t *position, uint32_t *offset, size_t n)
{
	size_t step = (n + PAGE - 1) / PAGE * PAGE;

	for (int i = 0; i < HOT_BATCH; i++) {
		if (*position + step > SPAN)
			*position = 0;
		offset[i] = *position;
		*position += step;
	}
}

static void plan_pages(struct reader *r, size_t n)
{
	step_pages(&r->position, r->offset, n);
}

/* From a multiple of n on, as in a file that was read from its start. */
static void plan_sequential(struct reader *r, size_t n)
{
	r->position = (r->position + n - 1) / n * n;
	for (int i = 0; i < HOT_BATCH; i++) {
		if (r->position + n > SPAN)
			r->position = 0;
		r->offset[i] = r->position;
		r->position += n;
	}
}

/* In the page that the last read was in, as often as the hit ratio says; else in the next one. */
static void plan_random(struct reader *r, size_t n)
{
	uint32_t page = r->position / PAGE;

	for (int i = 0; i < HOT_BATCH; i++) {
		if ((next_random(&r->random) >> 11) * 0x1p-53 >= r->hit_ratio)
			page = (page + 1) % (SPAN / PAGE);
		r->offset[i] = page * PAGE + next_random(&r->random) % (PAGE - n + 1);
	}
	r->position = page * PAGE;
}

/*
 * By the C library, on all paths: where the compiler knows that n is a page at most, it puts a
 * string instruction there, which takes longer to start than most small reads take.
 */
static void copy(char *to, const char *from, size_t n)
{
	__asm__ volatile("" : "+r"(n) : : "memory");
	memcpy(to, from, n);
}

static int read_pread(struct reader *r, size_t n)
{
	for (int i = 0; i < HOT_BATCH; i++)
		if (pread(r->fd, r->to + r->places[i], n, r->offset[i]) != (ssize_t)n)
			return -EIO;
	return 0;
}

/* The page that starts there. */
static int hold(struct reader *r, uint64_t page)
{
	if (r->holds == page)
		return 0;
	r->holds = page;
	return pread(r->fd, r->page, PAGE, page) == PAGE ? 0 : -EIO;
}

/* A read that crosses into the next page has two parts. */
static int read_buffer(struct reader *r, size_t n)
{
	for (int i = 0; i < HOT_BATCH; i++) {
		uint64_t at = r->offset[i], end = at + n, next;
		char *to = r->to + r->places[i];

		for (; at < end; to += next - at, at = next) {
			uint64_t page = at / PAGE * PAGE;
			int rc = hold(r, page);

			if (rc)
				return rc;
			next = end < page + PAGE ? end : page + PAGE;
			copy(to, r->page + (at - page), next - at);
		}
	}
	return 0;
}

static int read_new_map(struct reader *r, size_t n, int flags)
{
	for (int i = 0; i < HOT_BATCH; i++) {
		char *map = mmap(NULL, n, PROT_READ, MAP_SHARED | flags, r->fd, r->offset[i]);

		if (map == MAP_FAILED)
			return -errno;
		copy(r->to + r->places[i], map, n);
		munmap(map, n);
	}
	return 0;
}

static int read_map_touch(struct reader *r, size_t n)
{
	return read_new_map(r, n, 0);
}

static int read_map_populate(struct reader *r, size_t n)
{
	return read_new_map(r, n, MAP_POPULATE);
}

static int read_mapped(struct reader *r, size_t n)
{
	for (int i = 0; i < HOT_BATCH; i++)
		copy(r->to + r->places[i], r->map + r->offset[i], n);
	return 0;
}

/* A batch is planned before its time begins. */
static const struct {
	void (*plan)(struct reader *r, size_t n);
	int (*read)(struct reader *r, size_t n);
} path[NR_HOT] = {
	[HOT_PREAD] = { plan_pages, read_pread },
	[HOT_BUFFER_SEQUENTIAL] = { plan_sequential, read_buffer },
	[HOT_BUFFER_RANDOM] = { plan_random, read_buffer },
	[HOT_MAP_TOUCH] = { plan_pages, read_map_touch },
	[HOT_MAP_POPULATE] = { plan_pages, read_map_populate },
	[HOT_MAPPED] = { plan_pages, read_mapped },
};

static int open_reader(struct reader *r, const struct argument *a)
{
	char *places = aligned_alloc(PAGE, SPAN + PAGE);

	*r = (struct reader){
		.fd = a->source->fd,
		.holds = UINT64_MAX,
		.random = getpid(),
		.hit_ratio = a->hot->options.hit_ratio,
		.page = aligned_alloc(PAGE, PAGE),
	};
	if (!places || !r->page)
		return -ENOMEM;
	r->to = places + OFF;
	for (uint64_t at = 0; at < SPAN; at += LARGEST) {
		ssize_t n = pread(r->fd, r->to + at, LARGEST, at);

		if (n != LARGEST)
			return n < 0 ? -errno : -EIO;
	}
	r->map = mmap(NULL, SPAN, PROT_READ, MAP_SHARED | MAP_POPULATE, r->fd, 0);
	return r->map == MAP_FAILED ? -errno : 0;
}

static void plan(struct reader *r, enum hot_path p, size_t n)
{
	path[p].plan(r, n);
	step_pages(&r->place, r->places, n);
}

/* ns (insn) for one of its reads. Those before it have warmed the caches that it needs. */
static int time_batch(struct reader *r, enum hot_path p, size_t n, double *cost)
{
	uint64_t start;
	int rc;

	plan(r, p, n);
	rc = path[p].read(r, n);
	if (rc)
		return rc;
	plan(r, p, n);
	start = trial_now();
	rc = path[p].read(r, n);
	*cost = (double)(trial_now() - start) / HOT_BATCH;
	return rc;
}

/* All paths and sizes take turns, so that what changes meanwhile changes all of them. */
static int run(void *shared, const void *argument)
{
	static double cost[NR_HOT][FIT_POINTS][HOT_BATCHES], work[HOT_BATCHES];
	const struct argument *a = argument;
	const struct hot *h = a->hot;
	struct result *result = shared;
	struct reader r;
	double warm_up;
	int rc = open_reader(&r, a);

	for (enum hot_path p = 0; p < NR_HOT; p++)
		for (size_t i = 0; !rc && i < hot_sizes(h, p); i++)
			rc = time_batch(&r, p, h->sizes[i], &warm_up);
	noise_begin(&result->noise);
	for (int b = 0; b < HOT_BATCHES; b++) {
		work[b] = noise_work();
		for (enum hot_path p = 0; p < NR_HOT; p++)
			for (size_t i = 0; !rc && i < hot_sizes(h, p); i++)
				rc = time_batch(&r, p, h->sizes[i], &cost[p][i][b]);
	}
	noise_end(&result->noise);
	result->noise.work = median(work, HOT_BATCHES);
	for (enum hot_path p = 0; p < NR_HOT; p++) {
		for (size_t i = 0; i < hot_sizes(h, p); i++)
			result->cost[p][i] = median(cost[p][i], HOT_BATCHES);
		for (int b = 0; b < HOT_BATCHES && h->chosen < hot_sizes(h, p); b++)
			result->batches[p][b] = cost[p][h->chosen][b] + 0.5;
	}
	return rc;
}

static void choose_sizes(struct hot *h)
{
	static const double sizes[] = { 1, 64, 512, 2048, 4096, 8192, 16384, 32768, 65536 };
	size_t nr = sizeof(sizes) / sizeof(*sizes), i = 0;
	double wanted = h->options.size;

	memcpy(h->sizes, sizes, sizeof(sizes));
	while (h->sizes[i] < wanted)
		i++;
	h->chosen = i;
	if (h->sizes[i] != wanted) {
		memmove(&h->sizes[i + 1], &h->sizes[i], (nr - i) * sizeof(*h->sizes));
		h->sizes[i] = wanted;
		nr++;
	}
	h->nr_sizes = nr;
}

/* Until enough runs are undisturbed, or there is no hope. */
static int make_runs(const struct argument *a, struct result *shared, struct result *results,
		     struct noise *noise, size_t *nr)
{
	size_t wanted = a->hot->options.runs, which[3 * RESAMPLE_RUNS];
	char why[96];

	for (*nr = 0; *nr < 3 * wanted;) {
		int rc;

		trial_progress("from memory", *nr + 1, wanted > *nr ? wanted : 3 * wanted);
		rc = trial_run(run, shared, a);
		if (rc)
			return rc;
		results[*nr] = *shared;
		noise[(*nr)++] = shared->noise;
		if (noise_undisturbed(noise, *nr, which, why, sizeof(why)) >= wanted)
			break;
	}
	return 0;
}

static int keep_runs(struct hot *h, const struct result *results, const struct noise *noise,
		     size_t nr)
{
	size_t which[3 * RESAMPLE_RUNS];
	size_t kept = noise_undisturbed(noise, nr, which, h->why, sizeof(h->why));

	h->disturbed = nr - kept;
	h->noisy = kept < (h->options.runs + 1) / 2;
	if (h->noisy)
		for (kept = 0; kept < nr && kept < RESAMPLE_RUNS; kept++)
			which[kept] = kept;
	h->nr_runs = kept;
	h->runs = calloc(kept, sizeof(*h->runs));
	h->batches = calloc(kept, sizeof(*h->batches));
	if (!h->runs || !h->batches)
		return -ENOMEM;
	for (size_t i = 0; i < kept; i++) {
		memcpy(h->runs[i], results[which[i]].cost, sizeof(h->runs[i]));
		memcpy(h->batches[i], results[which[i]].batches, sizeof(h->batches[i]));
	}
	return 0;
}

int hot_measure(struct hot *h, const struct hot_options *o, const struct source *s, char *err,
		size_t size)
{
	struct argument a = { h, s };
	struct result *shared = trial_share(sizeof(*shared));
	struct result *results = calloc(3 * o->runs, sizeof(*results));
	struct noise *noise = calloc(3 * o->runs, sizeof(*noise));
	int rc = shared && results && noise ? 0 : -ENOMEM;
	size_t nr;

	*h = (struct hot){ .options = *o };
	choose_sizes(h);
	if (!rc)
		rc = make_runs(&a, shared, results, noise, &nr);
	trial_progress("", 0, 0);
	if (!rc)
		rc = keep_runs(h, results, noise, nr);
	if (!rc)
		rc = hot_reduce(h);
	if (rc)
		snprintf(err, size, "cannot read %s: %s", s->path, strerror(-rc));
	trial_unshare(shared, sizeof(*shared));
	free(results);
	free(noise);
	return rc;
}

void hot_free(struct hot *h)
{
	free(h->runs);
	free(h->batches);
	memset(h, 0, sizeof(*h));
}
