/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How an operation begins and ends, whoever asks for it: a system call (syscall.bpf.c) or an
 * entry of an io_uring's queue (uring.bpf.c). At its end it is sent to iostage, with its timeline.
 */
#ifndef IOSTAGE_LIFE_H
#define IOSTAGE_LIFE_H

#include "op.h"

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__type(key, u32);
	__type(value, u32);
	__uint(max_entries, 1);
} cgroup __weak SEC(".maps");

static __always_inline bool comm_matches(const struct task_struct *task)
{
	const volatile u64 *want = (const volatile u64 *)config.comm;
	u64 comm[COMM_LENGTH / 8];

	copy_comm(comm, task);
	return comm[0] == want[0] && comm[1] == want[1];
}

static __always_inline u8 *member(u32 pid)
{
	return &members[pid & (MAX_PIDS - 1)];
}

/* Whose I/O the current task's is: the kernel's threads for an io_uring are of its process. */
static __always_inline const struct task_struct *submitter(void)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	return task->flags & PF_IO_WORKER ? task->group_leader : task;
}

/* id: pid and tgid; task: whose name counts, NULL: the current one's */
static __always_inline bool task_matches(u64 id, const struct task_struct *task)
{
	u32 tgid = id >> 32, only = config.tgid, by = config.tasks;

	if (only ? tgid != only : tgid == config.self)
		return false;
	if (by & BY_TREE && !*member(id) && !*member(tgid))
		return false;
	if (by & BY_COMM && !comm_matches(task ? task : bpf_get_current_task_btf()))
		return false;
	return !(by & BY_CGROUP) || bpf_current_task_under_cgroup(&cgroup, 0) == 1;
}

/* Whoever it answers true to, has the slot. */
static __noinline bool op_sent(struct op *op)
{
	if (!op || !op->ended || __sync_val_compare_and_swap(&op->ended, 1, 0) != 1)
		return false;
	if (!send(op))
		count(drops[DROP_RING], 1);
	return true;
}

/*
 * A slot that is free, or only waits for its record to be sent, for the task: its own still can.
 * `from` spreads those who look for one.
 */
static __always_inline struct op *op_claim(u32 from, u32 pid)
{
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 8; i++) {
		u32 index = (from + i * 257) & (MAX_OPERATIONS - 1);
		struct op *op = &ops[index];
		u32 of = op->pid;

		if (of) {
			if (of == pid || !op_sent(op))
				continue;
			op->pid = pid;
		} else if (__sync_val_compare_and_swap(&op->pid, 0, pid)) {
			continue;
		}
		op->before = 0;
		op->record.slot = index;
		return op;
	}
	return NULL;
}

/* The task whose entry in `pids` that is, is in the operation. */
static __always_inline void op_enter(struct op *op, u16 *slot)
{
	u32 in = *slot;

	op->before = in & PID_ENDED ? in : 0;
	*slot = op->record.slot + 1;
}

/* What is there of an operation at its begin, whatever its file. */
static __always_inline void op_starts(struct op *op, u32 kind, u32 pid)
{
	op->kind = kind;
	op->wait = kind == OP_READ ? STAGE_DEVICE : STAGE_DEVICE_DATA;
	op->held = STAGE_REQUEST;
	op->unknown = 1;
	op->waited = 0;
	op->own_io = 0;
	op->flushing = 0;
	op->missed = 0;
	op->fast_commit = 0;
	op->tid_known = 0;
	op->async = 0;
	op->lost = 0;
	op->journal = 0;
	op->bio_dev = 0;
	op->bio_end = 0;
	op->file = 0;
	op->journal_at = 0;
	op->own.complete = 0;
	op->sleep.waker = WAKER_NONE;
	op->record.comm[0] = '\0';
	op->record.part = 0;
	op->record.pid = pid;
}

static __always_inline void op_runs(struct op *op, u32 stage)
{
	op->base = stage;
	op->stage = stage;
	op->record.start = bpf_ktime_get_ns();
	op->record.timeline[0] = entry_at(entry_make(stage, COST_NONE), op->record.start);
	op->record.size = NO_ENTRIES + sizeof(op->record.timeline[0]);
}

/* Of the four classes of a sync, which stand in this order in the table. */
static __always_inline u32 sync_class(struct op *op, s64 result, u32 clean)
{
	if (result < 0)
		return clean + CLASS_FSYNC_ERROR - CLASS_FSYNC_CLEAN;
	if (op->waited & WAITED_COMMIT)
		return clean + CLASS_FSYNC_COMMIT - CLASS_FSYNC_CLEAN;
	return op->waited || op->bio_dev ? clean + CLASS_FSYNC_DATA - CLASS_FSYNC_CLEAN : clean;
}

static __always_inline u32 read_class(struct op *op, s64 result)
{
	if (op->direct)
		return result < 0 ? CLASS_READ_DIRECT_ERROR : CLASS_READ_DIRECT;
	if (result < 0)
		return CLASS_READ_ERROR;
	if (op->waited & WAITED_OWN || (op->missed && op->own_io))
		return CLASS_READ_MISS;
	return op->waited & WAITED_OTHER ? CLASS_READ_SHARED : CLASS_READ_HIT;
}

static __always_inline u32 class_of(struct op *op, s64 result)
{
	switch (op->kind) {
	case OP_READ:
		return read_class(op, result);
	case OP_FSYNC:
		return sync_class(op, result, CLASS_FSYNC_CLEAN);
	case OP_FDATASYNC:
		return sync_class(op, result, CLASS_FDATASYNC_CLEAN);
	default:
		return sync_class(op, result, CLASS_WRITE_CLEAN);
	}
}

/* What is known of it at its end. */
static __always_inline void op_result(struct op *op, s64 result, u32 class, u64 now)
{
	op->record.part = 0;
	op->record.class = class;
	op->record.latency = now > op->record.start ? now - op->record.start : 0;
	op->record.result = result;
}

#endif
