// SPDX-License-Identifier: GPL-2.0-only
/* Reading what a capture says of operations: histograms, and single ones with timelines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture_json.h"
#include "stats.h"

/* More than any recording has: the kernel's side keeps fewer. */
#define MAX_SAMPLES 65536

/* One [bucket, count] pair. next: the smallest bucket that may come. */
static int read_bucket(const struct reader *r, const struct place *at, const json_t *pair,
		       uint64_t *next, uint64_t *total, struct hist *h)
{
	uint64_t bucket, count;
	int rc;

	if (!json_is_array(pair) || json_array_size(pair) != 2)
		return reader_error(r, at, "not a pair of bucket and count");
	rc = read_integer(r, ELEMENT(at, 0), json_array_get(pair, 0), &bucket);
	if (!rc)
		rc = read_integer(r, ELEMENT(at, 1), json_array_get(pair, 1), &count);
	if (rc)
		return rc;
	if (bucket >= HIST_BUCKETS)
		return reader_error(r, at, "bucket %ju is beyond the last, %d", (uintmax_t)bucket,
				    HIST_BUCKETS - 1);
	if (bucket < *next)
		return reader_error(r, at, "bucket %ju is out of order", (uintmax_t)bucket);
	if (!count)
		return reader_error(r, at, "an empty bucket");
	if (count > INT64_MAX - *total)
		return reader_error(r, at, "the counts overflow");
	h->bucket[bucket] = count;
	*next = bucket + 1;
	*total += count;
	return 0;
}

static int read_buckets(const struct reader *r, const struct place *at, const json_t *object,
			uint64_t count, struct hist *h)
{
	uint64_t next = 0, total = 0;
	const json_t *buckets;
	size_t i;
	int rc;

	rc = read_array(r, at, object, "buckets", &buckets);
	for (i = 0; !rc && i < json_array_size(buckets); i++)
		rc = read_bucket(r, ELEMENT(MEMBER(at, "buckets"), i), json_array_get(buckets, i),
				 &next, &total, h);
	if (rc)
		return rc;
	if (!total)
		return reader_error(r, at, "an empty histogram");
	if (total != count)
		return reader_error(r, at, "count is %ju, but the buckets hold %ju",
				    (uintmax_t)count, (uintmax_t)total);
	return 0;
}

/* Whether min, max and sum can be those of the values in the buckets. */
static int check_hist(const struct reader *r, const struct place *at, const struct hist *h)
{
	unsigned __int128 least = 0, most = 0;
	unsigned int first = 0, last = HIST_BUCKETS - 1, i;

	while (!h->bucket[first])
		first++;
	while (!h->bucket[last])
		last--;
	if (h->min > h->max)
		return reader_error(r, at, "min is above max");
	if (hist_bucket(h->min) != first)
		return reader_error(r, at, "min is not in the first bucket");
	if (hist_bucket(h->max) != last)
		return reader_error(r, at, "max is not in the last bucket");
	for (i = first; i <= last; i++) {
		uint64_t low = i == first ? h->min : hist_floor(i);
		uint64_t high = i == last ? h->max : hist_floor(i + 1) - 1;

		least += (unsigned __int128)low * h->bucket[i];
		most += (unsigned __int128)high * h->bucket[i];
	}
	/* one value is the maximum, and if there are others, one is the minimum */
	least += h->max - (last == first ? h->min : hist_floor(last));
	most -= (first == last ? h->max : hist_floor(first + 1) - 1) - h->min;
	if (h->sum < least || h->sum > most)
		return reader_error(r, at, "sum is impossible for these buckets");
	return 0;
}

/* *hist stays NULL where there is no such member. */
static int read_hist(const struct reader *r, const struct place *up, const json_t *object,
		     const char *key, struct hist **hist)
{
	const struct place *at = MEMBER(up, key);
	const json_t *h = json_object_get(object, key);
	uint64_t count, sum, min, max;
	int rc;

	if (!h)
		return 0;
	if (!json_is_object(h))
		return reader_error(r, at, "not an object");
	rc = read_u64(r, at, h, "count", &count);
	if (!rc)
		rc = read_u64(r, at, h, "sum", &sum);
	if (!rc)
		rc = read_u64(r, at, h, "min", &min);
	if (!rc)
		rc = read_u64(r, at, h, "max", &max);
	if (rc)
		return rc;
	*hist = calloc(1, sizeof(**hist));
	if (!*hist)
		return -ENOMEM;
	(*hist)->sum = sum;
	(*hist)->min = min;
	(*hist)->max = max;
	rc = read_buckets(r, at, h, count, *hist);
	return rc ? rc : check_hist(r, at, *hist);
}

static int read_stage_row(const struct reader *r, const struct place *at, const json_t *row,
			  struct capture_operation *o)
{
	enum stage stage;
	int rc;

	if (!json_is_object(row))
		return reader_error(r, at, "not an object");
	rc = read_stage(r, MEMBER(at, "stage"), json_object_get(row, "stage"), &stage);
	if (rc)
		return rc;
	if (stage == STAGE_UNATTRIBUTED)
		return reader_error(r, at, "unattributed is no stage, it stands beside them");
	if (o->exposed[stage] || o->hidden[stage])
		return reader_error(r, at, "a second row for %s", stage_name[stage]);
	rc = read_hist(r, at, row, "exposed", &o->exposed[stage]);
	return rc ? rc : read_hist(r, at, row, "hidden", &o->hidden[stage]);
}

/* The exposed stages are a partition of the latency, to the unit. */
static int check_operation(const struct reader *r, const struct place *at,
			   const struct capture_operation *o)
{
	uint64_t count = hist_count(o->latency), sum = 0;
	enum stage i;

	for (i = 0; i < NR_STAGES; i++) {
		if (hist_count(o->exposed[i]) > count || hist_count(o->hidden[i]) > count)
			return reader_error(r, at, "%s is in more operations than there are",
					    stage_name[i]);
		if (!o->exposed[i])
			continue;
		if (o->exposed[i]->sum > INT64_MAX - sum)
			return reader_error(r, at, "the stages' sums overflow");
		sum += o->exposed[i]->sum;
	}
	if (sum != o->latency->sum)
		return reader_error(
			r, at,
			"the exposed stages and unattributed sum up to %ju, the latency to %ju",
			(uintmax_t)sum, (uintmax_t)o->latency->sum);
	return 0;
}

static int read_operation(const struct reader *r, const struct place *at, const json_t *object,
			  struct capture *c)
{
	struct capture_operation *o;
	const json_t *stages;
	enum op_class class;
	uint64_t count;
	size_t i;
	int rc;

	if (!json_is_object(object))
		return reader_error(r, at, "not an object");
	rc = read_class(r, at, object, &class);
	if (rc)
		return rc;
	o = &c->operations[class];
	if (o->latency)
		return reader_error(r, at, "the same operation, path and outcome again");
	rc = read_u64(r, at, object, "count", &count);
	if (!rc)
		rc = read_hist(r, at, object, "latency", &o->latency);
	if (rc)
		return rc;
	if (!o->latency)
		return reader_error(r, MEMBER(at, "latency"), "missing");
	if (count != hist_count(o->latency))
		return reader_error(r, at, "count differs from the latency's");
	if (json_object_get(object, "elsewhere")) {
		rc = read_u64(r, at, object, "elsewhere", &o->elsewhere);
		if (rc)
			return rc;
		if (o->elsewhere > count)
			return reader_error(r, at, "more elsewhere than there are");
	}
	rc = read_array(r, at, object, "stages", &stages);
	for (i = 0; !rc && i < json_array_size(stages); i++)
		rc = read_stage_row(r, ELEMENT(MEMBER(at, "stages"), i), json_array_get(stages, i),
				    o);
	if (!rc)
		rc = read_hist(r, at, object, "unattributed", &o->exposed[STAGE_UNATTRIBUTED]);
	if (!rc)
		rc = read_hist(r, at, object, "unattributed_hidden",
			       &o->hidden[STAGE_UNATTRIBUTED]);
	return rc ? rc : check_operation(r, at, o);
}

int read_operations(const struct reader *r, const json_t *array, struct capture *c)
{
	const struct place root = { 0 };
	uint64_t reported = 0;
	enum op_class class;
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < json_array_size(array); i++)
		rc = read_operation(r, ELEMENT(MEMBER(&root, "operations"), i),
				    json_array_get(array, i), c);
	if (rc)
		return rc;
	for (class = 0; class < NR_CLASSES; class ++) {
		uint64_t count = hist_count(c->operations[class].latency);

		if (count > INT64_MAX - reported)
			return reader_error(r, &root, "the operations' counts overflow");
		reported += count;
	}
	if (reported != c->accounting.reported)
		return reader_error(r, &root,
				    "accounting.reported is %ju, but the operations are %ju",
				    (uintmax_t)c->accounting.reported, (uintmax_t)reported);
	return 0;
}

/* [stage, at, length] or [stage, at, length, hidden] */
static int read_segment(const struct reader *r, const struct place *at, const json_t *array,
			uint64_t latency, struct capture_segment *g)
{
	size_t size = json_array_size(array);
	int rc;

	if (size != 3 && size != 4)
		return reader_error(r, at, "not an array of stage, at, length and maybe hidden");
	rc = read_stage(r, ELEMENT(at, 0), json_array_get(array, 0), &g->stage);
	if (!rc)
		rc = read_integer(r, ELEMENT(at, 1), json_array_get(array, 1), &g->at);
	if (!rc)
		rc = read_integer(r, ELEMENT(at, 2), json_array_get(array, 2), &g->length);
	if (rc)
		return rc;
	if (g->at > latency || g->length > latency - g->at)
		return reader_error(r, at, "beyond the operation's end");
	if (size == 4 && !json_is_boolean(json_array_get(array, 3)))
		return reader_error(r, ELEMENT(at, 3), "neither true nor false");
	g->hidden = size == 4 && json_is_true(json_array_get(array, 3));
	return 0;
}

static int read_timeline(const struct reader *r, const struct place *at, const json_t *array,
			 struct capture_sample *s)
{
	size_t nr = json_array_size(array), i;
	uint64_t sum = 0;
	int rc;

	if (nr > CAPTURE_SEGMENTS)
		return reader_error(r, at, "more than %d segments", CAPTURE_SEGMENTS);
	s->segments = calloc(nr ? nr : 1, sizeof(*s->segments));
	if (!s->segments)
		return -ENOMEM;
	s->nr_segments = nr;
	for (i = 0; i < nr; i++) {
		struct capture_segment *g = &s->segments[i];

		rc = read_segment(r, ELEMENT(at, i), json_array_get(array, i), s->latency, g);
		if (rc)
			return rc;
		if (g->hidden)
			continue;
		if (g->length > s->latency - sum)
			return reader_error(r, at,
					    "the exposed segments are longer than the operation");
		sum += g->length;
	}
	if (sum != s->latency && !s->folded)
		return reader_error(r, at, "the exposed segments are shorter than the operation");
	return 0;
}

static int read_comm(const struct reader *r, const struct place *at, const json_t *object,
		     struct capture_sample *s)
{
	const char *comm = json_string_value(json_object_get(object, "comm"));

	if (!comm || strlen(comm) >= sizeof(s->comm))
		return reader_error(r, MEMBER(at, "comm"), "not a string of up to %zu bytes",
				    sizeof(s->comm) - 1);
	strcpy(s->comm, comm);
	return 0;
}

static int read_sample(const struct reader *r, const struct place *at, const json_t *object,
		       struct capture_sample *s)
{
	const json_t *timeline;
	int rc;

	if (!json_is_object(object))
		return reader_error(r, at, "not an object");
	rc = read_class(r, at, object, &s->class);
	if (!rc)
		rc = read_bool(r, at, object, "slow", &s->slow);
	if (!rc)
		rc = read_bool(r, at, object, "folded", &s->folded);
	if (!rc)
		rc = read_u32(r, at, object, "pid", &s->pid);
	if (!rc)
		rc = read_comm(r, at, object, s);
	if (!rc)
		rc = read_u64(r, at, object, "start", &s->start);
	if (!rc)
		rc = read_u64(r, at, object, "latency", &s->latency);
	if (!rc)
		rc = read_array(r, at, object, "timeline", &timeline);
	if (rc)
		return rc;
	if (!json_is_integer(json_object_get(object, "result")))
		return reader_error(r, MEMBER(at, "result"), "not an integer");
	s->result = json_integer_value(json_object_get(object, "result"));
	return read_timeline(r, MEMBER(at, "timeline"), timeline, s);
}

int read_samples(const struct reader *r, const json_t *array, struct capture *c)
{
	const struct place root = { 0 };
	const struct place *at = MEMBER(&root, "samples");
	size_t nr = json_array_size(array), i;
	int rc = 0;

	if (nr > MAX_SAMPLES)
		return reader_error(r, at, "more than %d samples", MAX_SAMPLES);
	c->samples = calloc(nr ? nr : 1, sizeof(*c->samples));
	if (!c->samples)
		return -ENOMEM;
	c->nr_samples = nr;
	for (i = 0; !rc && i < nr; i++)
		rc = read_sample(r, ELEMENT(at, i), json_array_get(array, i), &c->samples[i]);
	return rc;
}
