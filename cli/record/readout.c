// SPDX-License-Identifier: GPL-2.0-only
/* From the kernel's maps to a capture. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "collector.h"
#include "stats.h"
#include "system.h"

static const char *const drop_reason[NR_DROPS] = {
#define DROP(id, reason) [DROP_##id] = reason,
	DROPS(DROP)
#undef DROP
};

/* Of io_uring, an operation can be ended on another CPU than the one that its task just leaves it on. */
#define DROP_TORN "one CPU ended the operation while another was at it"

/* A program that was already running on that CPU: what this run would have seen is lost. */
#define DROP_RECURSION "a hook fired while it was running on the same CPU"

static int on_record(void *context, void *data, size_t size)
{
	struct collector *c = context;
	int err = tally_add(&c->tally, data, size);

	if (err == -EPROTO)
		c->tally.torn++;
	else if (!c->err)
		c->err = err;
	return 0;
}

int readout_open(struct collector *c)
{
	int fd = bpf_map__fd(c->skel->maps.finished);
	void *positions = mmap(NULL, 2 * getpagesize(), PROT_READ, MAP_SHARED, fd, 0);

	if (positions == MAP_FAILED)
		return -errno;
	c->positions = positions;
	c->ring = ring_buffer__new(fd, on_record, c, NULL);
	return c->ring ? 0 : -errno;
}

void readout_close(struct collector *c)
{
	ring_buffer__free(c->ring);
	if (c->positions)
		munmap(c->positions, 2 * getpagesize());
	tally_free(&c->tally);
}

/* Bytes. The ring's first page has how far it is read, its second how far it is written. */
static unsigned long waiting(const struct collector *c)
{
	const volatile unsigned long *read = c->positions;
	const volatile unsigned long *written = c->positions + getpagesize();

	return *written - *read;
}

void collector_poll(struct collector *c)
{
	if (waiting(c) >= RING_SIZE / 4)
		ring_buffer__consume(c->ring);
}

static int read_counters(struct collector *c, struct counters *sum)
{
	int cpus = libbpf_num_possible_cpus();
	struct counters *each;
	uint32_t zero = 0;
	int err = 0;

	memset(sum, 0, sizeof(*sum));
	if (cpus < 0)
		return cpus;
	each = calloc(cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(c->skel->maps.counters), &zero, each))
		err = -errno;
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		const __u64 *from = (const __u64 *)&each[cpu];
		__u64 *to = (__u64 *)sum;

		for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
			to[i] += from[i];
	}
	free(each);
	return err;
}

void collector_progress(struct collector *c, struct collect_progress *p)
{
	struct counters counters;
	struct hist all = {};

	memset(p, 0, sizeof(*p));
	ring_buffer__consume(c->ring);
	if (read_counters(c, &counters))
		return;
	p->operations = c->tally.reported;
	for (int i = 0; i < NR_DROPS; i++)
		p->dropped += counters.drops[i];
	for (int class = 0; class < NR_CLASSES; class ++)
		hist_merge(&all, c->tally.operations[class].latency);
	p->p50 = hist_quantile(&all, 500);
}

/* How often a stage was entered: in how many operations it occurred. */
static void count_hits(struct capture *out)
{
	for (int class = 0; class < NR_CLASSES; class ++) {
		const struct capture_operation *o = &out->operations[class];

		for (int stage = 0; stage < NR_STAGES; stage++) {
			uint64_t exposed = hist_count(o->exposed[stage]);
			uint64_t hidden = hist_count(o->hidden[stage]);

			out->hooks[stage].hits += exposed > hidden ? exposed : hidden;
		}
	}
}

/*
 * Runs that the kernel skipped since the program was already running on that CPU. An
 * allocation in an interrupt that interrupts the hook of another is none of ours.
 */
static uint64_t recursion_misses(struct collector *c)
{
	struct bpf_program *program;
	uint64_t misses = 0;

	bpf_object__for_each_program(program, c->skel->obj)
	{
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0 || program == c->skel->progs.mm_page_alloc ||
		    bpf_obj_get_info_by_fd(fd, &info, &size))
			continue;
		misses += info.recursion_misses;
	}
	return misses;
}

/* What the slots say: operations that they have had, and those that have not ended. */
static uint64_t read_slots(struct collector *c, uint64_t *in_flight)
{
	uint64_t begun = 0;

	*in_flight = 0;
	for (uint32_t i = 0; i < MAX_OPERATIONS; i++) {
		const struct op *slot = &c->skel->bss->ops[i];

		begun += slot->begun;
		*in_flight += slot->pid && !slot->unknown && !slot->ended;
	}
	return begun;
}

static int add_drop(struct capture *out, const char *reason, uint64_t count)
{
	struct capture_drop *drop = &out->accounting.drops[out->accounting.nr_drops];

	if (!count)
		return 0;
	drop->reason = strdup(reason);
	if (!drop->reason)
		return -ENOMEM;
	drop->count = count;
	out->accounting.nr_drops++;
	out->accounting.dropped += count;
	return 0;
}

static int read_accounting(struct collector *c, struct capture *out)
{
	struct counters counters;
	uint64_t lost = recursion_misses(c), begun = read_slots(c, &out->accounting.in_flight);
	int err = read_counters(c, &counters);

	if (err)
		return err;
	out->accounting.drops = calloc(NR_DROPS + 2, sizeof(*out->accounting.drops));
	if (!out->accounting.drops)
		return -ENOMEM;
	for (int i = 0; i < NR_DROPS; i++)
		err |= add_drop(out, drop_reason[i], counters.drops[i]);
	err |= add_drop(out, DROP_TORN, c->tally.torn);
	err |= add_drop(out, DROP_RECURSION, lost);
	out->accounting.seen = begun + counters.drops[DROP_SLOTS] + lost;
	out->accounting.untracked = counters.untracked;
	out->accounting.unsynced = counters.unsynced;
	return err;
}

static char *device_name(uint32_t dev)
{
	struct capture only = {};
	char *name;

	target_describe(dev, false, &only);
	name = only.target.device ? strdup(only.target.device) : NULL;
	capture_free(&only);
	if (!name && asprintf(&name, "%u:%u", dev >> 20, dev & 0xfffff) < 0)
		name = NULL;
	return name;
}

/* The disk's requests are what the filter asks for, not those of a device below one of these. */
static bool in_filter(const struct target *t, uint32_t disk)
{
	for (size_t i = 0; i < t->nr_devices; i++) {
		if (target_disk(t->devices[i]) == disk)
			return true;
	}
	return !t->nr_devices;
}

static int read_coverage(struct collector *c, struct capture *out)
{
	out->coverage = calloc(MAX_DEVICE_ENTRIES, sizeof(*out->coverage));
	if (!out->coverage)
		return -ENOMEM;
	for (uint32_t i = 0; i < MAX_DEVICE_ENTRIES; i++) {
		struct capture_coverage *entry = &out->coverage[out->nr_coverage];
		const struct device *d = &c->skel->bss->devices[i];
		bool counted = d->requests && in_filter(&c->options.target, d->dev);

		if (!counted && !d->outside)
			continue;
		entry->device = device_name(d->dev);
		if (!entry->device)
			return -ENOMEM;
		entry->requests = counted ? d->requests : 0;
		entry->attributed =
			d->attributed < entry->requests ? d->attributed : entry->requests;
		entry->outside = d->outside;
		out->nr_coverage++;
	}
	return 0;
}

static int describe_recording(struct collector *c, struct capture *out)
{
	const uint64_t *cost = c->tally.cost;
	const struct origin *most;
	char date[32];
	time_t now = time(NULL);

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	out->unit = strdup(clock_unit());
	out->detail = strdup(c->options.detail_layer ? "layer" : "stage");
	out->date = strdup(date);
	out->seconds = c->stopped.tv_sec - c->started.tv_sec +
		       (c->stopped.tv_nsec - c->started.tv_nsec) / 1e9;
	out->calibration.fentry = cost[COST_FENTRY];
	out->calibration.fexit = cost[COST_FEXIT];
	out->calibration.tracepoint = cost[COST_TRACEPOINT];
	out->target.write_cache = -1;
	out->async.present = -1;
	most = origins_most(&c->tally.origins);
	if (most)
		target_describe(most->dev, origin_is_mounted(most), out);
	return out->unit && out->detail && out->date ? 0 : -ENOMEM;
}

/* Operations that have ended, and that no hook has sent since. */
static void consume_slots(struct collector *c)
{
	for (uint32_t i = 0; i < MAX_OPERATIONS; i++) {
		struct op *slot = &c->skel->bss->ops[i];

		if (!__sync_bool_compare_and_swap(&slot->ended, 1, 0))
			continue;
		on_record(c, &slot->record, sizeof(slot->record));
		slot->pid = 0;
	}
}

int collector_take(struct collector *c, enum op_class class, struct capture_operation *into)
{
	struct capture all = {};
	int err;

	ring_buffer__consume(c->ring);
	consume_slots(c);
	err = tally_export(&c->tally, &all);
	*into = all.operations[class];
	all.operations[class] = (struct capture_operation){};
	capture_free(&all);
	return err;
}

int readout(struct collector *c, struct capture *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	ring_buffer__consume(c->ring);
	consume_slots(c);
	err = c->err;
	if (!err)
		err = system_describe(out);
	if (!err)
		err = describe_recording(c, out);
	if (!err)
		err = tally_export(&c->tally, out);
	if (!err)
		err = read_accounting(c, out);
	if (!err)
		err = read_coverage(c, out);
	hooks_describe(c->hooks, out);
	count_hits(out);
	return err;
}
