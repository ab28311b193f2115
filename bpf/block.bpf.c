// SPDX-License-Identifier: GPL-2.0-only
/*
 * The block layer: bios, requests, flushes. A request leaves its record at issue and
 * gets its stamps until it completes; then the CPU that completes it knows it as `done`
 * for as long as the completion runs, so that whoever is woken learns what woke him.
 *
 * Bios are submitted, and requests inserted and issued, by tasks only, never in an interrupt: the
 * kernel asserts it (submit_bio_noacct: might_sleep; blk_mq_run_hw_queue: in_interrupt, Linux 6.1 to
 * 6.18). So `current` is whoever does it.
 */
#include "device.h"
#include "life.h"
#include "owner.h"
#include "request.h"
#include "target.h"

/* The device's last flush was done for this request. */
static __always_inline void claim_flush(struct device *device, struct stamps *s)
{
	s->flushes += device->flushes;
	device->flushes = 0;
}

static __always_inline u32 device_of(struct request *rq)
{
	struct gendisk *disk = rq->q->disk;

	return MKDEV(disk->major, disk->first_minor);
}

/* Such a bio's requests are issued by kblockd, and a log's worker can end the wait: only it tells. */
static __always_inline bool asks_for_flush(struct bio *bio)
{
	u32 flags = bio->bi_opf;

	return flags & REQ_PREFLUSH || (flags & REQ_OP_MASK) == REQ_OP_FLUSH;
}

/* The operation's own I/O is in these sectors, too. */
static __always_inline void covers(struct op *op, u32 dev, u64 first, u64 end)
{
	if (end == first && op->bio_dev) /* a flush */
		return;
	if (dev != op->bio_dev || !op->bio_end) {
		op->bio_dev = dev;
		op->bio_first = first;
		op->bio_end = end;
		return;
	}
	if (first < op->bio_first)
		op->bio_first = first;
	if (end > op->bio_end)
		op->bio_end = end;
}

/* A flush is counted as asked for only by what is to be recorded. False: the operation is not. */
static __always_inline bool known_to_flush(struct op *op, struct bio *bio)
{
	return op->kind == OP_READ || !op->unknown || !asks_for_flush(bio) || op_asks(op);
}

/*
 * The operation asks for a flush, by a bio with data or without. True: the bio is to be found again by
 * itself.
 */
static __always_inline bool flush_begins(struct op *op, u32 dev, bool data)
{
	struct device *device;

	op->flushing = 1;
	if (op->held == STAGE_STACKED)
		return false;
	device = device_entry(dev);
	if (device)
		__sync_fetch_and_add(&device->asked, 1);
	if (op->ext4 || !data)
		return false;
	flushers = 1;
	return true;
}

/* A bio of the operation's own is on its way to a device. */
static __always_inline void bio_begins(struct op *op, struct bio *bio)
{
	struct block_device *bdev = bio->bi_bdev;
	struct gendisk *disk = bdev->bd_disk;
	u64 first = bio->bi_iter.bi_sector, end = first + (bio->bi_iter.bi_size >> 9);
	u32 dev = MKDEV(disk->major, disk->first_minor);
	bool claims = op->ring;

	op->own_io = 1;
	if (disk->fops->submit_bio) {
		op->held = STAGE_STACKED;
	} else {
		op->held = STAGE_REQUEST;
		if (!op->unknown)
			device_recorded(dev);
	}
	if (op->kind != OP_READ && asks_for_flush(bio))
		claims |= flush_begins(op, dev, end > first);
	covers(op, dev, first, end);
	if (claims && !owner_claims(op, (u64)bio))
		count(untracked, 1);
}

/* A request that an asynchronous read has made without a bio's way through the block layer. */
static __always_inline void light_begins(struct op *op, const struct stamps *s)
{
	if (!op->unknown || !config.nr_devices)
		device_recorded(s->dev);
	if (is_polled(s->flags))
		op->async |= ASYNC_POLLED;
	covers(op, s->dev, s->sector, s->sector + s->sectors);
}

/*
 * The journal thread's commit record, with the flush before it. Where the device has no
 * write cache, no flag tells it any more; but it follows the wait for the journal's blocks.
 */
static __always_inline void journal_bio(u32 in, struct bio *bio)
{
	struct gendisk *disk = bio->bi_bdev->bd_disk;
	struct device *device = device_entry(MKDEV(disk->major, disk->first_minor));
	struct journal *j = journal_at(in);

	if (j && j->base == STAGE_COMMIT_PREPARE)
		j->wait = STAGE_DEVICE_COMMIT;
	if (!device)
		return;
	/* all of an fsync's I/O can be its commit's */
	if (j && j->wanted)
		device->recorded = 1;
	if (asks_for_flush(bio))
		device->journal = in & ~PID_JOURNAL;
}

/*
 * A bio of a recorded task's, but for no operation that is: of libaio, a memory-mapped file, a name's
 * lookup. How many there are tells how much the breakdown says nothing of. A stacked device's own
 * bios come from inside of a submission.
 */
static __noinline int bio_outside(struct bio *bio)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct block_device *bdev = bio->bi_bdev;
	struct gendisk *disk = bdev->bd_disk;
	struct device *device;

	if (!recording || config.by_file || task->flags & PF_KTHREAD ||
	    !task_matches(bpf_get_current_pid_tgid(), submitter()) || task->bio_list ||
	    !device_matches(bdev->bd_dev))
		return 0;
	device = device_entry(MKDEV(disk->major, disk->first_minor));
	if (device)
		__sync_fetch_and_add(&device->outside, 1);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(block_bio_queue, struct bio *bio)
{
	u32 in = pid_in(current_pid());
	struct op *op = op_at(in);

	if (op) {
		if (!known_to_flush(op, bio))
			return 0;
		bio_begins(op, bio);
		op_cross(op, op->held, COST_TRACEPOINT);
	} else if (in & PID_JOURNAL) {
		journal_bio(in, bio);
	} else {
		bio_outside(bio);
	}
	return 0;
}

static __always_inline void issue(struct request_record *r, struct request *rq, u64 now)
{
	struct stamps *s = &r->stamps;
	struct device *device;

	s->irq = 0;
	s->unmap = 0;
	s->complete = 0;
	s->issued = now;
	s->dev = device_of(rq);
	s->flags = rq->cmd_flags;
	s->sector = rq->__sector;
	s->sectors = rq->__data_len >> 9;
	s->sequence = rq->rq_flags & config.flush_sequence;
	if (!s->sequence)
		return;
	r->data_done = 0;
	s->flush_issued = 0;
	s->flush_done = 0;
	s->post_issued = 0;
	s->post_done = 0;
	s->flushes = 0;
	if (is_flush(s))
		return;
	/* the data of a flush sequence: the flush before it has just completed */
	device = device_find(s->dev);
	if (!device)
		return;
	s->flush_issued = device->flush_issued;
	s->flush_done = device->flush_done;
	claim_flush(device, s);
}

/*
 * Whose a request is that the task submits which is in `in`, the operation op: of io_uring it holds
 * requests back and submits them together, and kblockd submits what has been flushed for, so that the
 * task says nothing, but the bio or the command does.
 */
static __always_inline u32 submitted_by(struct request *rq, u32 in, struct op *op)
{
	struct op *owner = owner_of((u64)rq->bio);

	if (!owner)
		owner = owner_of((u64)rq->end_io_data);
	if (owner)
		return owner->record.slot + 1;
	return op && op->ring ? 0 : in;
}

/* op: that of `in` */
static __always_inline void owned_by(struct request_record *r, struct request *rq, u32 in,
				     struct op *op)
{
	if (rings || (r->stamps.sequence && flushers)) {
		in = submitted_by(rq, in, op);
		barrier_var(in); /* else the verifier loses track of what is tested */
		op = op_at(in);
	}
	r->owner = in - 1;
	r->owner_start = 0;
	r->journal = 0;
	if (op)
		r->owner_start = op->record.start;
	else if (in & PID_JOURNAL)
		r->journal = in & ~PID_JOURNAL;
}

/*
 * A request that is not issued at once, whoever's it is: who issues it later, kblockd or a task in an
 * operation, is a bystander.
 */
SEC("tp_btf")
int BPF_PROG(block_rq_insert, struct request *rq)
{
	u32 in = pid_in(current_pid());
	struct request_record *r;

	if (!recording)
		return 0;
	r = request_claim(rq);
	if (!r)
		return 0;
	if (!is_in(in))
		in = 0;
	owned_by(r, rq, in, op_at(in));
	r->queued = 1;
	return 0;
}

static __always_inline void tell_command(struct request_record *r)
{
	struct op *op = op_at(r->owner + 1);

	if (op && op->pid && op->record.start == r->owner_start)
		command_issued(op, r->stamps.dev, r->stamps.flags, r->stamps.sectors);
}

SEC("tp_btf")
int BPF_PROG(block_rq_issue, struct request *rq)
{
	u32 in = pid_in(current_pid());
	u64 now = bpf_ktime_get_ns();
	struct request_record *r;
	struct op *op;

	if (!recording)
		return 0;
	r = request_claim(rq);
	if (!r) {
		count(untracked, 1);
		return 0;
	}
	issue(r, rq, now);
	op = op_at(in);
	if (!r->queued)
		owned_by(r, rq, in, op);
	r->queued = 0;
	if (rings)
		tell_command(r);
	if (op && r->owner_start == op->record.start) {
		if (op->async)
			light_begins(op, &r->stamps);
		op_cross_at(op, STAGE_DRIVER_SUBMIT, COST_TRACEPOINT, now);
	}
	return 0;
}

/*
 * Leaves the completed request's stamps with the operation that issued it. False: none did, or
 * its file was looked at since, and is none that is recorded.
 */
static __always_inline bool tell_owner(struct request_record *r)
{
	u64 start = r->owner_start;
	struct op *op;

	if (!start)
		return false;
	op = &ops[r->owner & (MAX_OPERATIONS - 1)];
	barrier_var(op);
	if (op->pid && op->record.start == start)
		copy_stamps(&op->own, &r->stamps);
	return op->forgotten != start;
}

/* Of its bios: they can be of several operations of io_uring; and none is anybody's any more. */
static __always_inline void tell_owners(struct request *rq, const struct stamps *s)
{
	u64 first = (u64)rq->bio; /* no global function takes a kernel's pointer */

	bios_complete(&first, s);
}

static __always_inline void flush_done(struct device *device, u64 issued, u64 now)
{
	if (!device)
		return;
	device->flush_issued = issued;
	device->flush_done = now;
	device->flushes = 1;
}

/* An operation has asked for the flush sequence that ends here, as far as can be told. */
static __always_inline bool was_asked(struct device *device)
{
	for (u32 try = 0; try < 4; try++) { /* several queues can complete one at once */
		u32 asked = device->asked;

		if (!asked)
			return false;
		if (__sync_val_compare_and_swap(&device->asked, asked, asked - 1) == asked)
			return true;
	}
	return false;
}

/* The journal may be on a device of its own; ordered data is counted there too. */
static __always_inline void journal_request(struct journal *j, u32 dev, u32 n)
{
	j->dev = dev;
	__sync_fetch_and_add(&j->requests, n);
}

/*
 * Coverage: the request and the flushes done for it are an operation's if one issued it,
 * or once it wakes one; the journal thread's are if an operation waits for the commit.
 */
static __always_inline void count_request(struct request_record *r, struct device *device,
					  struct cpu *cpu, bool owned)
{
	u32 n = 1 + (r->stamps.sequence ? r->stamps.flushes : 0), journal = r->journal;
	struct journal *j;
	bool asked;

	cpu->unattributed = 0;
	if (!device)
		return;
	asked = r->stamps.sequence && was_asked(device);
	if (!device->recorded)
		return;
	if (r->stamps.sequence && !journal)
		journal = device->journal;
	j = journal_at(journal ? journal | PID_JOURNAL : 0);
	__sync_fetch_and_add(&device->requests, n);
	if (asked || owned)
		__sync_fetch_and_add(&device->attributed, n);
	else if (j)
		journal_request(j, r->stamps.dev, n);
	else
		cpu->unattributed = n;
}

/* The data of a flush sequence is done, the sequence is not. True: it is. */
static __always_inline bool sequence_ends(struct request_record *r, struct device *device,
					  struct cpu *cpu)
{
	struct stamps *s = &r->stamps;

	if (!r->data_done) {
		r->data_done = 1;
		return false;
	}
	if (cpu->completing && cpu->done.dev == s->dev && cpu->done.issued > s->complete) {
		s->post_issued = cpu->done.issued;
		s->post_done = cpu->done.complete;
		if (device)
			claim_flush(device, s);
	}
	return true;
}

/*
 * A flush without data: its request is never issued, so it has no record, and it ends
 * inside the completion of the flush done for it. Whoever waits, waits for that flush.
 */
static __always_inline void flush_ends(struct cpu *cpu)
{
	struct device *device;
	u32 n;

	if (!cpu->completing || !is_flush(&cpu->done))
		return;
	device = device_find(cpu->done.dev);
	if (!device || !device->recorded)
		return;
	n = device->flushes; /* 0: an earlier one shared it */
	device->flushes = 0;
	__sync_fetch_and_add(&device->requests, n);
	if (was_asked(device))
		__sync_fetch_and_add(&device->attributed, n);
	else
		cpu->unattributed = n;
}

/* When the device has, for all that is known: by this interrupt, or else before the driver's work. */
static __always_inline u64 announced(const struct stamps *s, const struct cpu *cpu)
{
	return cpu->interrupts && cpu->irq > s->issued ? cpu->irq : s->unmap;
}

SEC("tp_btf")
int BPF_PROG(block_rq_complete, struct request *rq, int error, unsigned int bytes)
{
	u64 now = bpf_ktime_get_ns();
	struct request_record *r = request_find(rq);
	struct cpu *cpu = this_cpu();
	struct device *device;
	struct stamps *s;
	bool flush, owned;

	if (!r) {
		flush_ends(cpu);
		return 0;
	}
	s = &r->stamps;
	device = device_find(s->dev);
	flush = is_flush(s);
	if (bytes < rq->__data_len) { /* only the first of its bios are done */
		copy_stamps(&cpu->done, s);
		cpu->done.complete = now;
		cpu->completing = cpu->interrupts + 1;
		cpu->unattributed = 0;
		return 0;
	}
	if (!s->complete) {
		s->complete = now;
		if (!s->irq)
			s->irq = announced(s, cpu);
	}
	if (s->sequence && !flush && !sequence_ends(r, device, cpu))
		return 0;
	owned = tell_owner(r);
	if (flush) {
		flush_done(device, s->issued, now);
		cpu->unattributed = 0;
	} else {
		count_request(r, device, cpu, owned);
	}
	if (rings || (s->sequence && flushers))
		tell_owners(rq, s);
	copy_stamps(&cpu->done, s);
	cpu->completing = cpu->interrupts + 1;
	r->rq = 0;
	return 0;
}
