/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up capture that looks like a recorded one: reads from the page cache and
 * from the device, and fsyncs through the journal. It is the same at every run.
 */
#ifndef IOSTAGE_TESTS_SAMPLE_H
#define IOSTAGE_TESTS_SAMPLE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "settle.h"
#include "stats.h"

#define SAMPLE_PROBE 60 /* ns that each hook costs */

struct sample_step {
	enum stage stage;
	uint64_t length; /* ns, with the hook's cost; varies by a quarter */
	bool mark;	 /* behind it: its I/O was in flight since it was sent */
	bool sent;	 /* the I/O that the next mark awaits is in flight from its end */
};

static const struct sample_step sample_hit[] = {
	{ STAGE_SYSCALL_ENTRY, 210, false, false }, { STAGE_CACHE_LOOKUP, 190, false, false },
	{ STAGE_COPY_TO_USER, 260, false, false },  { STAGE_SYSCALL_EXIT, 130, false, false },
	{ STAGE_UNATTRIBUTED, 20, false, false },
};

static const struct sample_step sample_miss[] = {
	{ STAGE_SYSCALL_ENTRY, 270, false, false },
	{ STAGE_CACHE_LOOKUP, 360, false, false },
	{ STAGE_PAGE_ALLOC, 250, false, false },
	{ STAGE_CACHE_INSERT, 390, false, false },
	{ STAGE_BLOCK_MAP, 310, false, false },
	{ STAGE_BIO_SUBMIT, 280, false, false },
	{ STAGE_REQUEST, 520, false, false },
	{ STAGE_DMA_MAP, 190, false, false },
	{ STAGE_DRIVER_SUBMIT, 240, false, true },
	{ STAGE_UNATTRIBUTED, 90, false, false },
	{ STAGE_SWITCH_OUT, 470, false, false },
	{ STAGE_DEVICE, 61000, true, false },
	{ STAGE_IRQ, 620, false, false },
	{ STAGE_DMA_UNMAP, 150, false, false },
	{ STAGE_REQUEST_COMPLETE, 480, false, false },
	{ STAGE_WAKEUP, 1300, false, false },
	{ STAGE_COPY_TO_USER, 340, false, false },
	{ STAGE_SYSCALL_EXIT, 160, false, false },
};

static const struct sample_step sample_commit[] = {
	{ STAGE_SYSCALL_ENTRY, 310, false, false },
	{ STAGE_DATA_SUBMIT, 2100, false, false },
	{ STAGE_BLOCK_MAP, 1700, false, false },
	{ STAGE_REQUEST, 800, false, true },
	{ STAGE_SWITCH_OUT, 900, false, false },
	{ STAGE_DEVICE_DATA, 24000, true, false },
	{ STAGE_IRQ, 700, false, false },
	{ STAGE_EXTENT_CONVERT, 9000, false, false },
	{ STAGE_WAKEUP, 2100, false, false },
	{ STAGE_JOURNAL_WAKE, 6000, false, false },
	{ STAGE_JOURNAL_LOCK, 900, false, false },
	{ STAGE_JOURNAL_PREPARE, 7000, false, false },
	{ STAGE_DEVICE_JOURNAL, 26000, false, false },
	{ STAGE_COMMIT_PREPARE, 1500, false, false },
	{ STAGE_DEVICE_FLUSH, 510000, false, false },
	{ STAGE_DEVICE_COMMIT, 31000, false, false },
	{ STAGE_COMMIT_FINISH, 2500, false, false },
	{ STAGE_COMMIT_WAKE, 3600, false, false },
	{ STAGE_SYSCALL_EXIT, 300, false, false },
};

/* The minimal standard generator of Park and Miller. */
static uint64_t sample_state = 1;

static inline uint64_t sample_random(void)
{
	sample_state = sample_state * 48271 % 2147483647;
	return sample_state;
}

/* One operation, counted in its class; whole and in s if that is wanted. */
static inline void sample_operation(struct capture *c, enum op_class class,
				    const struct sample_step *steps, size_t nr, bool keep)
{
	const uint64_t cost[NR_COSTS] = { 0, SAMPLE_PROBE, SAMPLE_PROBE, SAMPLE_PROBE };
	uint64_t exposed[NR_STAGES] = { 0 }, hidden[NR_STAGES] = { 0 };
	__u64 entries[64];
	struct capture_segment segments[64 * SETTLED_SEGMENTS];
	struct capture_sample s = { .class = class, .segments = segments };
	struct capture_operation *o = &c->operations[class];
	uint64_t now = 0, sent = 0;
	size_t n = 0, i;

	for (i = 0; i < nr; i++) {
		bool asleep = stage_is_device(steps[i].stage) || steps[i].stage == STAGE_IRQ;

		entries[n++] =
			entry_at(entry_make(steps[i].stage, asleep ? COST_NONE : COST_FENTRY), now);
		now += steps[i].length * (768 + sample_random() % 512) / 1024;
		if (steps[i].sent)
			sent = now;
		if (steps[i].mark)
			entries[n++] =
				entry_at(entry_make(steps[i].stage, COST_NONE) | ENTRY_MARK, sent);
	}
	s.latency = now;
	s.nr_segments = settle(entries, n, s.latency, cost, segments);
	for (i = 0; i < s.nr_segments; i++)
		(segments[i].hidden ? hidden : exposed)[segments[i].stage] += segments[i].length;
	hist_add(&o->latency, now);
	for (i = 0; i < NR_STAGES; i++) {
		if (exposed[i])
			hist_add(&o->exposed[i], exposed[i]);
		if (hidden[i])
			hist_add(&o->hidden[i], hidden[i]);
	}
	c->accounting.reported++;
	if (!keep)
		return;
	for (i = 0, n = 0; i < s.nr_segments; i++)
		if (segments[i].length)
			segments[n++] = segments[i];
	s.nr_segments = n;
	s.segments = malloc(n * sizeof(*s.segments));
	c->samples = realloc(c->samples, (c->nr_samples + 1) * sizeof(*c->samples));
	assert(s.segments && c->samples);
	memcpy(s.segments, segments, s.nr_segments * sizeof(*segments));
	s.slow = c->nr_samples % 2;
	s.pid = 4711;
	strcpy(s.comm, "fio");
	s.result = class_op[class][0] == 'r' ? 4096 : 0;
	s.start = 5120000000000 + c->accounting.reported * 1000000;
	c->samples[c->nr_samples++] = s;
}

static inline void sample_hooks(struct capture *c)
{
	enum stage i;

	for (i = 0; i < NR_CLASSES * NR_STAGES; i++) {
		struct capture_hook *hook = &c->hooks[i % NR_STAGES];
		struct capture_operation *o = &c->operations[i / NR_STAGES];
		char name[64];

		if (i % NR_STAGES >= STAGE_PROBES || !o->exposed[i % NR_STAGES])
			continue;
		snprintf(name, sizeof(name), "fentry:%s_fn", stage_name[i % NR_STAGES]);
		if (!hook->enter)
			hook->enter = strdup(name);
		hook->hits += 400;
	}
	c->hooks[STAGE_PIN_PAGES] = (struct capture_hook){
		.merged = {
			{ strdup("read"), STAGE_BIO_SUBMIT, strdup("iov_iter_extract_pages is not in this kernel") },
			{ strdup("fsync"), STAGE_BLOCK_MAP, strdup("iov_iter_extract_pages is not in this kernel") },
		},
		.nr_merged = 2,
	};
}

static inline void sample_capture(struct capture *c)
{
	static const char *const command[] = { "iostage", "record", "all", "-d", "nvme0n1" };
	size_t i;

	memset(c, 0, sizeof(*c));
	sample_state = 1;
	c->unit = strdup("ns");
	c->detail = strdup("stage");
	c->date = strdup("2025-01-31T12:00:00Z");
	c->seconds = 10.25;
	c->command = calloc(6, sizeof(*c->command));
	assert(c->command);
	for (i = 0; i < 5; i++)
		c->command[i] = strdup(command[i]);
	c->filters = calloc(2, sizeof(*c->filters));
	assert(c->filters);
	c->filters[0] = strdup("comm=fio");
	c->system.kernel = strdup("6.1.0-28-amd64");
	c->system.arch = strdup("x86_64");
	c->system.cpu = strdup("A CPU");
	c->system.cpus = 8;
	c->target.device = strdup("nvme0n1");
	c->target.driver = strdup("nvme");
	c->target.filesystem = strdup("ext4");
	c->target.mount_options = strdup("rw,relatime");
	c->target.write_cache = 1;
	c->async.present = 1;
	c->async.on = calloc(3, sizeof(*c->async.on));
	assert(c->async.on);
	c->async.on[0] = strdup("read");
	c->async.on[1] = strdup("pool");
	c->calibration.fentry = SAMPLE_PROBE;
	c->calibration.fexit = 70;
	c->calibration.tracepoint = 65;
	for (i = 0; i < 120; i++)
		sample_operation(c, CLASS_READ_HIT, sample_hit,
				 sizeof(sample_hit) / sizeof(*sample_hit), i == 7);
	for (i = 0; i < 240; i++)
		sample_operation(c, CLASS_READ_MISS, sample_miss,
				 sizeof(sample_miss) / sizeof(*sample_miss), i % 80 == 7);
	for (i = 0; i < 40; i++)
		sample_operation(c, CLASS_FSYNC_COMMIT, sample_commit,
				 sizeof(sample_commit) / sizeof(*sample_commit), i % 20 == 7);
	c->operations[CLASS_READ_HIT].elsewhere = 20;
	sample_hooks(c);
	c->accounting.dropped = 2;
	c->accounting.in_flight = 3;
	c->accounting.seen = c->accounting.reported + 5;
	c->accounting.nr_drops = 1;
	c->accounting.drops = calloc(1, sizeof(*c->accounting.drops));
	assert(c->accounting.drops);
	c->accounting.drops[0].reason = strdup("no free slot");
	c->accounting.drops[0].count = 2;
	c->coverage = calloc(1, sizeof(*c->coverage));
	assert(c->coverage);
	c->coverage[0].device = strdup("nvme0n1");
	c->coverage[0].requests = 403;
	c->coverage[0].attributed = 400;
	c->coverage[0].outside = 7;
	c->nr_coverage = 1;
}

#endif
