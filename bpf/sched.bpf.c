// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeps. What ends a sleep explains it: a request's completion, the journal thread at
 * the end of its commit, a worker, or another task. The waker leaves the explanation
 * with the sleeper (sched_waking); the sleeper splits its sleep by it when it is back on
 * the CPU (sched_switch), and the boundaries are clipped to the sleep, so that they
 * partition it whatever they are.
 */
#include "target.h"

ENTER(io_schedule, STAGE_SWITCH_OUT)
ENTER(io_schedule_timeout, STAGE_SWITCH_OUT)

/* Tracepoints only: the wait for writeback begins. */
TRACE(folio_wait_writeback, STAGE_SWITCH_OUT)

/*
 * The operation is in `stage` since `at`, if that lasts at all. Returns where it ends, at
 * `in` at the latest.
 */
static __always_inline u64 op_until(struct op *op, u32 stage, u64 at, u64 end, u64 in)
{
	end = clip(end, at, in);
	if (end > at)
		append(op, entry_at(entry_make(stage, COST_NONE), at));
	return end;
}

/*
 * The same for the journal. A global function, since the verifier checks those once and not again
 * for each call.
 */
__noinline u64 journal_until(struct journal *j, u32 stage, u64 at, u64 end, u64 in)
{
	end = clip(end, at, in);
	if (j && end > at)
		journal_cross_at(j, stage, at);
	return end;
}

#define SLEEPER struct journal
#define until journal_until
#define mark(s, device, issued, done, out) ((void)(out)) /* nothing of a journal's is hidden */
#include "sleep.h"

/* What the device is called in the wait that this request ended. journal: it writes the journal. */
static __always_inline u32 device_stage(bool journal, u32 wait, const struct stamps *why)
{
	if (is_flush(why))
		return STAGE_DEVICE_FLUSH;
	if (journal && (why->sequence || why->flags & (REQ_FUA | REQ_PREFLUSH)))
		return STAGE_DEVICE_COMMIT;
	if (journal && wait == STAGE_DEVICE_JOURNAL && config.journal_meta &&
	    !(why->flags & REQ_META))
		return STAGE_DEVICE_DATA;
	return wait;
}

/* Where the request was before its issue, seen by an operation that waits for it. */
static __always_inline u32 gap_of(struct op *op)
{
	return op->own_io ? op->held : STAGE_BLOCKED;
}

static __always_inline void put_instant(u64 *entry, enum sleep_instant which, u64 instant)
{
	entry[1 + which] = instant;
}

/* The request explains the sleep; what `after` names came between its completion and the wakeup. */
static __always_inline void op_explained(struct op *op, const struct stamps *why, u32 after)
{
	u32 size = op->record.size, device = device_stage(op->fast_commit, op->wait, why);
	u64 *entry;

	if (size > ROOM_FOR(SLEEP_WORDS))
		return;
	barrier_var(size); /* the pointer is made from what has been tested */
	entry = (u64 *)((char *)&op->record + size);
	*entry = sleep_make(gap_of(op), device, after);
	if (op->flying)
		*entry |= SLEEP_RING;
	if (is_polled(why->flags))
		*entry |= SLEEP_POLLED;
	put_instant(entry, SLEEP_ISSUED, why->issued);
	put_instant(entry, SLEEP_IRQ, why->irq);
	put_instant(entry, SLEEP_UNMAP, why->unmap);
	put_instant(entry, SLEEP_COMPLETE, why->complete);
	put_instant(entry, SLEEP_WAKE, op->sleep.wake);
	op->record.size = size + (1 + SLEEP_INSTANTS) * sizeof(*entry);
	if (!why->sequence)
		return;
	*entry |= SLEEP_FLUSH;
	put_instant(entry, SLEEP_FLUSH_ISSUED, why->flush_issued);
	put_instant(entry, SLEEP_FLUSH_DONE, why->flush_done);
	put_instant(entry, SLEEP_POST_ISSUED, why->post_issued);
	put_instant(entry, SLEEP_POST_DONE, why->post_done);
	op->record.size = size + SLEEP_WORDS * sizeof(*entry);
}

/* Is the request one of the operation's own? */
static __always_inline bool own_request(struct op *op, const struct stamps *why)
{
	if (!op->own_io)
		return false;
	if (is_flush(why)) /* without sectors */
		return op->flushing || !op->bio_end;
	if (!op->bio_end || why->dev != op->bio_dev)
		return true;
	return why->sector < op->bio_end && why->sector + why->sectors > op->bio_first;
}

/*
 * Somebody else's completion can wake the operation since it has set free a tag or a token:
 * for direct I/O it can do nothing else, other I/O wants one between its bio and its request.
 * A flush has no sectors that would tell whose it is.
 */
static __always_inline bool waits_for_room(struct op *op, const struct stamps *others)
{
	return op->direct || (op->own_io && op->sleep.from == op->held && !is_flush(others));
}

/* What runs from `issued` until the next boundary is hidden by that I/O, but not a device's stage. */
static __always_inline void op_mark(struct op *op, u32 device, u64 issued)
{
	append(op, entry_at(ENTRY_MARK | entry_make(device, COST_NONE), issued));
}

/* When the operation's own data was done, which a commit can be begun before. */
static __always_inline u64 data_done(struct op *op)
{
	return op->own.irq ? op->own.irq : op->own.complete;
}

/*
 * op_until() for one of the journal's stages: up to when the operation's own data was done that
 * is what it waited for, and a commit record that is prepared early is hidden by the log.
 */
__noinline u64 op_until_journal(struct op *op, u32 stage, u64 at, u64 end, u64 in)
{
	u64 done;

	if (!op)
		return at;
	end = clip(end, at, in);
	done = data_done(op);
	if (op->own.complete && done > at && done <= end) {
		op_until(op, stage, at, done, in);
		if (op->own.issued < at)
			op_mark(op, STAGE_DEVICE_DATA, op->own.issued);
		at = done;
	}
	op_until(op, stage, at, end, in);
	if (stage == STAGE_COMMIT_PREPARE_EARLY && end > at)
		op_mark(op, STAGE_DEVICE_JOURNAL, at);
	return end;
}

/* Those from `first` on, but for `end`. */
static __always_inline u64 split_by_stages(struct op *op, u32 first, u32 end, u64 at, u64 wake)
{
	for (u32 i = first; i < end; i++) {
		s64 length = op->waited_for[i];

		if (length > 0)
			at = op_until_journal(op, i, at, at + length, wake);
	}
	return at;
}

/*
 * The journal's stages during the sleep, in about the order in which it meets them: first all
 * up to where it waits for data. The last one ends at `wake`.
 */
static __always_inline u64 split_by_journal(struct op *op, u64 at, u64 wake)
{
	at = split_by_stages(op, STAGE_JOURNAL_WAKE, STAGE_DEVICE_JOURNAL, at, wake);
	at = split_by_stages(op, 0, STAGE_JOURNAL_WAKE, at, wake);
	return split_by_stages(op, STAGE_DEVICE_JOURNAL, NR_STAGES, at, wake);
}

/* A worker stands between the operation's own I/O and its wakeup. */
static __always_inline u32 worker_stage(struct op *op)
{
	if (op->held == STAGE_STACKED)
		return STAGE_STACKED;
	if (op->kind == OP_READ)
		return STAGE_REQUEST_COMPLETE;
	return op->ext4 ? STAGE_EXTENT_CONVERT : STAGE_FILESYSTEM;
}

/* Nothing is known of the waker. */
static __always_inline u32 unknown_stage(struct op *op)
{
	if (op->held == STAGE_STACKED)
		return STAGE_STACKED;
	if (op->kind != OP_READ && !op->ext4 && op->base == STAGE_FILESYSTEM)
		return STAGE_FILESYSTEM;
	return STAGE_BLOCKED;
}

/* No sleep makes more entries: each of the journal's stages, and marks. */
#define SLEEP_ENTRIES (NR_STAGES + 16)

/* A request's completion has ended the sleep. False: it explains nothing but that. */
static __always_inline bool woken_by_request(struct op *op)
{
	const struct stamps *why = &op->sleep.why;
	bool own = own_request(op, why);

	if (!own && waits_for_room(op, why))
		return false;
	op->waited |= own ? WAITED_OWN : WAITED_OTHER;
	op_explained(op, why, STAGE_REQUEST_COMPLETE);
	if (op->direct && op->base == STAGE_SYSCALL_ENTRY)
		op->base = STAGE_SYSCALL_EXIT;
	return true;
}

/* It was a worker that did, or is to be taken for one: the operation's own I/O was done before. */
static __always_inline bool woken_after_request(struct op *op, u64 wake)
{
	u64 complete = op->own.complete;

	if (!complete || complete > wake || (complete <= op->sleep.out && op->kind == OP_READ))
		return false;
	op->waited |= WAITED_OWN;
	op_explained(op, &op->own, worker_stage(op));
	return true;
}

/* It was no request. */
static __noinline int woken_otherwise(struct op *op, u64 now)
{
	u64 at = op->sleep.out, wake = clip(op->sleep.wake, at, now);
	u32 last = op->flying ? STAGE_RING_COMPLETE : STAGE_WAKEUP;

	switch (op->sleep.waker) {
	case WAKER_REQUEST:
		at = op_until(op, op->held, at, wake, wake);
		break;
	case WAKER_JOURNAL:
		op->waited |= WAITED_COMMIT;
		op->tid_known = 1;
		at = split_by_journal(op, at, wake);
		at = op_until(op, STAGE_COMMIT_FINISH, at, wake, wake);
		last = STAGE_COMMIT_WAKE;
		break;
	case WAKER_COMMITTER:
		op->waited |= WAITED_COMMIT;
		at = op_until(op, STAGE_PREVIOUS_COMMIT, at, wake, wake);
		last = STAGE_COMMIT_WAKE;
		break;
	default:
		if (woken_after_request(op, wake))
			return 0;
		at = op_until(op, unknown_stage(op), at, wake, wake);
	}
	op_until(op, last, at, now, now);
	return 0;
}

/* What the operation goes on with: an allocation that had to wait for reclaim, too. */
static __always_inline u32 stage_after(struct op *op)
{
	return op->sleep.from == STAGE_PAGE_ALLOC ? STAGE_PAGE_ALLOC : op->base;
}

static __always_inline void sleep_ends(struct op *op, u64 now)
{
	op_rises(op);
	if (op->record.size > ROOM_FOR(SLEEP_ENTRIES))
		send_part(op);
	if (op->sleep.preempted) {
		op_cross_awake(op, op->sleep.from, COST_TRACEPOINT, now);
		return;
	}
	if (op->sleep.waker != WAKER_REQUEST || !woken_by_request(op))
		woken_otherwise(op, now);
	op->flying = 0;
	op->sleep.waker = WAKER_NONE;
	if (op->ring) /* nobody has told what it will be in flight for */
		op->sleep.wake = NEVER;
	op->own.complete = 0;
	op_cross_awake(op, stage_after(op), COST_TRACEPOINT, now);
}

__noinline int op_wakes(struct op *op, u64 now)
{
	if (op)
		sleep_ends(op, now);
	return 0;
}

__noinline int journal_wakes(struct journal *j, u64 now)
{
	u64 at, wake;
	u32 device;

	if (!j)
		return 0;
	j->asleep = 0;
	at = j->sleep.out;
	wake = clip(j->sleep.wake, at, now);
	if (j->sleep.preempted) {
		journal_cross_at(j, j->sleep.from, now);
		return 0;
	}
	if (j->sleep.waker == WAKER_REQUEST) {
		device = device_stage(true, j->wait, &j->sleep.why);
		at = split_by_request(j, &j->sleep.why, STAGE_REQUEST, device, STAGE_IRQ, at, wake);
		at = journal_until(j, STAGE_REQUEST_COMPLETE, at, wake, wake);
		/* without a hook on the commit record, what ended the wait tells the phase */
		if (device == STAGE_DEVICE_JOURNAL && !config.commit_record)
			j->base = STAGE_COMMIT_PREPARE;
		if (device == STAGE_DEVICE_COMMIT) {
			j->base = STAGE_COMMIT_FINISH;
			j->wait = STAGE_DEVICE_JOURNAL;
		}
		journal_until(j, STAGE_WAKEUP, at, now, now);
	} else {
		journal_until(j, j->base, at, wake, now);
		journal_until(j, j->committing ? STAGE_WAKEUP : STAGE_JOURNAL_WAKE, wake, now, now);
	}
	j->sleep.waker = WAKER_NONE;
	if (!j->committing && j->base == STAGE_UNATTRIBUTED)
		j->base = STAGE_JOURNAL_WAKE;
	journal_cross_at(j, j->base, now);
	return 0;
}

/*
 * The journal's totals at this instant, with the open stage's share: from another CPU, so again
 * until its clock stood still meanwhile. Without a commit there is nothing to remember: the one
 * that the operation will wait for begins later, and with it the totals.
 */
static __always_inline void take_snapshot(struct op *op, u64 now)
{
	struct journal *j = &journals[(op->journal - 1) & (MAX_JOURNALS - 1)];
	u32 seq, stage;

	op->journal_at = 0;
	op->journal_busy = j->committing;
	if (!op->journal_busy)
		return;
	for (u32 try = 0; try < 4; try++) {
		seq = *(volatile u32 *)&j->seq;
		barrier();
		for (u32 i = 0; i < NR_STAGES; i++)
			op->snapshot[i] = *(volatile u64 *)&j->total[i];
		stage = j->stage;
		barrier_var(stage);
		if (stage < NR_STAGES && now > j->since)
			op->snapshot[stage] += now - j->since;
		barrier();
		if (!(seq & 1) && seq == *(volatile u32 *)&j->seq) {
			op->journal_at = now;
			return;
		}
	}
	count(unsynced, 1);
}

/*
 * The transaction that the operation is about to wait for, where no hook has said it: the
 * inode's last one, before others can add to it. Its file is open: the inode stays.
 */
static __always_inline u32 awaited_tid(struct op *op)
{
	struct ext4_inode_info *ei;

	if (!bpf_core_type_exists(struct ext4_inode_info))
		return 0;
	ei = (void *)op->inode - bpf_core_field_offset(struct ext4_inode_info, vfs_inode);
	return op->datasync ? BPF_CORE_READ(ei, i_datasync_tid) : BPF_CORE_READ(ei, i_sync_tid);
}

/*
 * What the journal has spent in its stages, with the open one's share: since its commit began, or
 * since the operation's snapshot. Without a branch, which the verifier would follow for each of
 * them. It can be less than nothing where the snapshot's clock ran ahead.
 */
static __always_inline void explain_stages(struct op *op, struct journal *j, bool from_begin,
					   u64 now)
{
	u64 before = from_begin ? 0 : ~0ULL;
	u32 stage = j->stage;

	barrier_var(before);
#pragma unroll
	for (u32 i = 0; i < NR_STAGES; i++)
		op->waited_for[i] = j->total[i] - (op->snapshot[i] & before);
	barrier_var(stage);
	if (stage < NR_STAGES && now > j->since)
		op->waited_for[stage] += now - j->since;
}

/*
 * The journal thread wakes an operation: it explains the sleep by its own clock, from
 * the operation's snapshot, or from the commit's begin where the sleep is older.
 */
static __noinline int journal_explains(struct op *op, struct journal *j, u64 now)
{
	bool older;
	u64 out;

	if (!op || !j)
		return 0;
	out = op->sleep.out;
	op->sleep.waker = WAKER_JOURNAL;
	if ((s32)(op->tid - j->tid) > 0) {
		for (u32 i = 0; i < NR_STAGES; i++)
			op->waited_for[i] = 0;
		op->waited_for[STAGE_PREVIOUS_COMMIT] = now - out;
		return 0;
	}
	older = j->begun > out;
	explain_stages(op, j, older || !op->journal_at, now);
	/* before this commit began, the thread was at an older one, or had to be woken */
	if (older && op->journal_busy)
		op->waited_for[STAGE_PREVIOUS_COMMIT] += j->begun - out;
	else if (older)
		op->waited_for[STAGE_JOURNAL_WAKE] += j->begun - out;
	return 0;
}

static __always_inline void op_is_woken(struct op *op, struct cpu *cpu, u64 now)
{
	struct journal *j;
	struct op *waker;
	u32 by;

	if (completion_wakes(&op->sleep, cpu, now) || cpu->interrupts)
		return;
	by = pid_in(current_pid());
	j = journal_at(by);
	if (j) {
		if (!j->committing && op->journal == (by & ~PID_JOURNAL)) {
			j->wanted = 1;
			journal_explains(op, j, now);
		}
		return;
	}
	waker = op_at(by);
	if (waker && waker->fast_commit && waker->journal == op->journal)
		op->sleep.waker = WAKER_COMMITTER;
}

static __always_inline void journal_is_woken(struct journal *j, u32 journal, struct cpu *cpu,
					     u64 now)
{
	struct op *waker;

	completion_wakes(&j->sleep, cpu, now);
	if (cpu->interrupts || j->committing)
		return;
	/* an fsync that wakes its journal's idle thread has requested a commit */
	waker = op_at(pid_in(current_pid()));
	if (waker && waker->journal == journal) {
		j->wanted = 1;
		waker->waited |= WAITED_COMMIT;
		op_cross_base(waker, STAGE_JOURNAL_WAKE, COST_TRACEPOINT);
	}
}

/* A task is being woken: what it slept for is known here, and only here. */
SEC("tp_btf")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	u32 in = pid_in(task->pid);
	struct journal *j;
	struct op *op;

	if (!in)
		return 0;
	op = op_at(in);
	if (op) {
		op_is_woken(op, this_cpu(), bpf_ktime_get_ns());
		return 0;
	}
	j = journal_at(in);
	if (j)
		journal_is_woken(j, in & ~PID_JOURNAL, this_cpu(), bpf_ktime_get_ns());
	return 0;
}

static __noinline int op_goes(struct op *op, bool preempted, u64 now)
{
	if (!op || (op->unknown && !op_asks(op)))
		return 0;
	if (!config.ring_issues && op->ring && !preempted)
		return ring_parts(op, now);
	if (is_asleep(op))
		op_wakes(op, now);
	op_sleeps(op, preempted ? STAGE_PREEMPTED : STAGE_UNATTRIBUTED, COST_TRACEPOINT, preempted,
		  now);
	if (preempted)
		return 0;
	/* what has to be done once in an operation, and the device works now */
	if (!op->record.comm[0])
		copy_comm((u64 *)op->record.comm, bpf_get_current_task_btf());
	op_leaves(op->before, op->pid);
	op->before = 0;
	if (!op->journal)
		return 0;
	take_snapshot(op, now);
	if (!op->tid_known)
		op->tid = awaited_tid(op);
	return 0;
}

static __noinline int journal_goes(struct journal *j, bool preempted, u64 now)
{
	if (!j)
		return 0;
	j->asleep = 1;
	j->sleep.out = now;
	j->sleep.preempted = preempted;
	j->sleep.from = j->stage;
	if (!preempted && !j->committing) {
		j->base = STAGE_UNATTRIBUTED;
		if (j->wanted)
			attribute(j->dev, j->requests);
		j->requests = 0;
		j->wanted = 0;
	}
	journal_cross_at(j, preempted ? STAGE_PREEMPTED : j->base, now);
	return 0;
}

/* What the task is in that leaves the CPU. */
static __always_inline void switches_out(u32 in, bool preempted, u64 now)
{
	struct op *op = op_at(in);

	if (op)
		op_goes(op, preempted, now);
	else
		journal_goes(journal_at(in), preempted, now);
}

/* What the task is in that gets the CPU. */
static __always_inline void switches_in(u32 in, u64 now)
{
	struct op *op = op_at(in);
	struct journal *j;

	if (op) {
		if (is_asleep(op))
			sleep_ends(op, now);
		return;
	}
	j = journal_at(in);
	if (j && j->asleep)
		journal_wakes(j, now);
}

/* prev_state is 0 for a task that stays runnable; a preempted one may have set it already. */
SEC("tp_btf")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	u32 out = pid_in(prev->pid), in = pid_in(next->pid);
	struct cpu *cpu = this_cpu();
	u64 now;

	/* no interrupt is being handled, and no completion */
	if (cpu->interrupts | cpu->completing | cpu->irq) {
		cpu->interrupts = 0;
		cpu->completing = 0;
		cpu->irq = 0;
	}
	if (!is_in(out) && !is_in(in))
		return 0;
	now = bpf_ktime_get_ns();
	if (is_in(out))
		switches_out(out, preempt || !prev_state, now);
	if (is_in(in))
		switches_in(in, now);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(irq_handler_entry)
{
	struct cpu *cpu = this_cpu();

	cpu->interrupts++;
	cpu->irq = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void interrupt_ends(struct cpu *cpu)
{
	if (cpu->completing == cpu->interrupts + 1)
		cpu->completing = 0;
	if (cpu->interrupts)
		cpu->interrupts--;
}

/* The interrupt's entry stays known: a softirq may complete what it has announced. */
SEC("tp_btf")
int BPF_PROG(irq_handler_exit)
{
	interrupt_ends(this_cpu());
	return 0;
}

SEC("tp_btf")
int BPF_PROG(softirq_entry)
{
	this_cpu()->interrupts++;
	return 0;
}

SEC("tp_btf")
int BPF_PROG(softirq_exit)
{
	struct cpu *cpu = this_cpu();

	interrupt_ends(cpu);
	cpu->irq = 0;
	return 0;
}
