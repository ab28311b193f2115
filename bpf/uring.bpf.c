// SPDX-License-Identifier: GPL-2.0-only
/*
 * io_uring: an operation begins when its entry is taken from the submission queue, and ends when
 * its completion is posted. A task is in it only while it issues it: the submitter, a worker, or
 * the submitter again once what it needs is there. In between it is in flight, as many of a task
 * as it likes, which is split like a sleep: the request that ended it explains it, and what comes
 * after that is io_uring's own way to the task.
 *
 * Where functions cannot be hooked, a task is in an operation until it takes the next entry or
 * waits; and those that are issued later, or by a worker, are only counted.
 */
#include "device.h"
#include "life.h"
#include "owner.h"
#include "target.h"

/* Its device and its direction are known when it becomes a request. */
#define is_command(op) ((op)->kind == OP_COMMAND)

static __always_inline void ring_enters(struct op *op)
{
	u32 pid = current_pid();

	op->pid = pid;
	op_enter(op, pid_slot(pid));
}

/* No task is in it. A worker's can have ended meanwhile, by its submitter. */
static __always_inline void ring_leaves(struct op *op)
{
	u32 pid = op->pid;

	*pid_slot(pid) = op->before;
	op->before = 0;
	if (pid)
		__sync_val_compare_and_swap(&op->pid, pid, PID_NOBODY);
}

/* It has ended. */
static __always_inline void ring_frees(struct op *op)
{
	ring_leaves(op);
	op->ring = 0;
	op->flying = 0;
	op->pid = 0;
}

/* It was seen, and its end is not reported. */
static __always_inline void ring_drops(struct op *op, u32 drop)
{
	if (!op->unknown)
		count(drops[drop], 1);
	ring_frees(op);
}

/*
 * The operation is in flight since `at`: it goes on without its task. Now that the device works, its
 * file is looked at.
 */
__noinline int ring_parts(struct op *op, u64 at)
{
	if (!op || (op->unknown && !ring_asks(op) && !op->pid))
		return 0;
	if (is_asleep(op))
		op_wakes(op, at);
	op->base = STAGE_RING_COMPLETE;
	op_sleeps(op, STAGE_UNATTRIBUTED, COST_NONE, false, at);
	op->flying = 1;
	ring_leaves(op);
	return 0;
}

/* What it was in flight for is over. Where nobody has told io_uring so, as far as is known. */
static __always_inline void ring_lands(struct op *op, u64 now)
{
	if (op->sleep.wake == NEVER)
		op->sleep.wake = op->own.complete;
	op_wakes(op, now);
}

/* It is told anew what its next time in flight was for. */
static __always_inline void ring_listens(struct op *op)
{
	op->sleep.wake = NEVER;
	op->sleep.waker = WAKER_NONE;
	op->own.complete = 0;
}

static __noinline int ring_begins(u64 req, u32 kind, u64 flags)
{
	const struct task_struct *task = submitter();
	u64 id = bpf_get_current_pid_tgid();
	struct op *op;

	if (!task_matches(id, task))
		return 0;
	op = owner_of(req);
	if (op)
		ring_drops(op, DROP_REENTERED);
	op = op_claim((u32)req >> 6, PID_NOBODY);
	if (!op) {
		count(drops[DROP_SLOTS], 1);
		return 0;
	}
	op_starts(op, kind, id);
	copy_comm((u64 *)op->record.comm, task);
	op->flying = 0;
	op->unseen = !config.ring_issues && flags & REQ_F_LATER;
	op->ring = req;
	op->direct = kind == OP_COMMAND;
	op->ext4 = 0;
	ring_listens(op);
	op_runs(op, STAGE_RING_SUBMIT);
	rings = 1;
	if (!owner_claims(op, req)) {
		count(drops[DROP_SLOTS], 1);
		op_forget(op);
	} else if (!config.ring_issues && !op->unseen) {
		ring_enters(op);
	}
	return 0;
}

/* Of what is followed, and wanted; else none. */
static __always_inline u32 kind_of(struct io_kiocb *req)
{
	if (req->flags & REQ_F_CQE_SKIP) /* nobody can tell when it ends */
		return NR_OPS;
	switch (req->opcode) {
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
	case IORING_OP_READ:
		return config.read ? OP_READ : NR_OPS;
	case IORING_OP_FSYNC:
		return config.fsync ? OP_FSYNC : NR_OPS;
	case IORING_OP_URING_CMD:
		return OP_COMMAND;
	default:
		return NR_OPS;
	}
}

static __always_inline void task_parts(void)
{
	struct op *op = op_at(pid_in(current_pid()));

	if (op && op->ring)
		ring_parts(op, bpf_ktime_get_ns());
}

SEC("tp_btf")
int BPF_PROG(io_uring_submit, struct io_kiocb *req)
{
	u32 kind;

	if (!recording)
		return 0;
	if (!config.ring_issues)
		task_parts();
	kind = kind_of(req);
	return kind < NR_OPS ? ring_begins((u64)req, kind, req->flags) : 0;
}

SEC("tp_btf")
int BPF_PROG(io_uring_cqring_wait)
{
	task_parts();
	return 0;
}

/* Only data: fdatasync. */
static __always_inline void sync_known(struct op *op)
{
	struct io_sync *sync = (void *)op->ring;

	if (op->kind == OP_FSYNC && BPF_CORE_READ(sync, flags) & IORING_FSYNC_DATASYNC) {
		op->kind = OP_FDATASYNC;
		op->datasync = 1;
	}
}

static __always_inline struct file *ring_file(struct op *op)
{
	struct io_kiocb *req = (void *)op->ring;

	return BPF_CORE_READ(req, file);
}

/* The file of an operation that no hook was handed. 0: it has none yet, or is not to be recorded. */
__noinline int ring_asks(struct op *op)
{
	struct target t;
	struct file *file;

	if (!op)
		return 0;
	if (is_command(op))
		return 1;
	file = ring_file(op);
	if (!file)
		return 0;
	if (!read_probed(file, &t) || !target_matches(&t, op->kind != OP_READ)) {
		op_forget(op);
		return 0;
	}
	sync_known(op);
	op_on(op, &t);
	return 1;
}

/*
 * A command has become a request. Not meant are those without data, as a flush, those for a device
 * without a disk, as an admin's, and a discard.
 */
__noinline int command_issued(struct op *op, u32 dev, u32 flags, u32 sectors)
{
	bool out = (flags & REQ_OP_MASK) == REQ_OP_DRV_OUT;
	bool in = (flags & REQ_OP_MASK) == REQ_OP_DRV_IN;

	if (!op || !is_command(op) || !op->unknown)
		return 0;
	if (!(in || out) || !dev || !sectors || config.by_file ||
	    !(out ? config.fsync : config.read) || !device_matches(dev)) {
		op_forget(op);
		return 0;
	}
	op_on_device(op, dev, false);
	op->own_io = 1;
	op->wait = out ? STAGE_DEVICE_DATA : STAGE_DEVICE;
	device_recorded(dev);
	return 0;
}

/* The current task issues the operation, for the first time or again. */
static __noinline int issue_begins(struct op *op, u32 stage)
{
	if (!op)
		return 0;
	if (is_asleep(op))
		ring_lands(op, bpf_ktime_get_ns());
	else
		op_cross_base(op, stage, COST_FENTRY);
	ring_listens(op);
	ring_enters(op);
	return 0;
}

static __noinline int issue_ends(s64 result)
{
	struct op *op = op_at(pid_in(current_pid()));

	if (!op || !op->ring)
		return 0;
	if (result == -EIOCBQUEUED)
		return ring_parts(op, bpf_ktime_get_ns());
	if (result != -EAGAIN) /* else somebody will issue it again */
		op_cross_base(op, STAGE_RING_COMPLETE, COST_FEXIT);
	ring_leaves(op);
	return 0;
}

SEC("fentry")
int BPF_PROG(io_read_enter, struct io_kiocb *req)
{
	struct op *op = rings ? owner_of((u64)req) : NULL;

	if (op && known_by(op, req->file))
		issue_begins(op, STAGE_RING_SUBMIT);
	return 0;
}

SEC("fentry")
int BPF_PROG(io_fsync_enter, struct io_kiocb *req)
{
	struct op *op = rings ? owner_of((u64)req) : NULL;

	if (!op)
		return 0;
	sync_known(op);
	if (known_by(op, req->file))
		issue_begins(op, op->ext4 ? STAGE_RING_SUBMIT : STAGE_FILESYSTEM);
	return 0;
}

SEC("fentry")
int BPF_PROG(io_uring_cmd_enter, struct io_kiocb *req)
{
	struct op *op = rings ? owner_of((u64)req) : NULL;

	return op ? issue_begins(op, STAGE_PASSTHRU) : 0;
}

/* clang-format off */
#define ISSUE_ENDS(name)							\
SEC("fexit")									\
int BPF_PROG(name, struct io_kiocb *req, unsigned int flags, int result)	\
{										\
	return issue_ends(result);						\
}
/* clang-format on */

ISSUE_ENDS(io_read_exit)
ISSUE_ENDS(io_fsync_exit)
ISSUE_ENDS(io_uring_cmd_exit)

ENTER(blk_execute_rq_nowait, STAGE_REQUEST)

static __always_inline void ring_unseen(struct op *op)
{
	op->unseen = 1;
	ring_leaves(op);
}

/* It could block: a worker will issue it. */
SEC("tp_btf")
int BPF_PROG(io_uring_queue_async_work, struct io_kiocb *req)
{
	struct op *op = rings ? owner_of((u64)req) : NULL;

	if (!op)
		return 0;
	if (config.ring_issues)
		op_cross_base(op, STAGE_IO_WQ, COST_TRACEPOINT);
	else
		ring_unseen(op);
	return 0;
}

/* Tracepoints only: the last one of a chain, which is behind others all the same. */
SEC("tp_btf")
int BPF_PROG(io_uring_link, struct io_kiocb *req)
{
	struct op *op = rings ? owner_of((u64)req) : NULL;

	if (op)
		ring_unseen(op);
	return 0;
}

/* Whoever completes what it waited for tells io_uring, which only now has its task look at it. */
static __noinline int ring_told(u64 req)
{
	struct op *op = rings ? owner_of(req) : NULL;

	if (!op || op->sleep.wake != NEVER)
		return 0;
	completion_wakes(&op->sleep, this_cpu(), bpf_ktime_get_ns());
	return 0;
}

/* Its first argument is the request, or begins it. */
/* clang-format off */
#define TOLD(name)								\
SEC("fentry")									\
int BPF_PROG(name, void *req)							\
{										\
	return ring_told((u64)req);						\
}
/* clang-format on */

TOLD(io_req_task_work_add)
TOLD(io_req_task_queue)
TOLD(io_complete_rw_iopoll)
TOLD(io_uring_cmd_done)

static __always_inline u32 ring_class(struct op *op, s32 result)
{
	if (!is_command(op))
		return class_of(op, result) + CLASS_RING_HIT - CLASS_READ_HIT;
	if (op->wait == STAGE_DEVICE)
		return result ? CLASS_COMMAND_READ_ERROR : CLASS_COMMAND_READ;
	return result ? CLASS_COMMAND_WRITE_ERROR : CLASS_COMMAND_WRITE;
}

static __noinline int ring_ends(struct op *op)
{
	u64 now = bpf_ktime_get_ns();
	struct io_kiocb *req;
	s32 result;

	if (!op)
		return 0;
	if (op->unknown && (is_command(op) || !ring_file(op))) {
		op_forget(op);
		return 0;
	}
	if (op->unknown && !ring_asks(op))
		return 0;
	if (op->unseen) {
		ring_drops(op, DROP_UNSEEN);
		return 0;
	}
	/* done before its worker could say that it had submitted it */
	if (op->pid != PID_NOBODY && op->own.complete && (!is_asleep(op) || op->sleep.preempted)) {
		op_rises(op);
		ring_parts(op, op_since(op, now));
	}
	if (op->flying)
		ring_lands(op, now);
	else if (is_asleep(op))
		op_wakes(op, now);
	req = (void *)op->ring;
	result = BPF_CORE_READ(req, cqe.res);
	op_result(op, result, ring_class(op, result), now);
	if (op->lost || !send(op))
		count(drops[DROP_RING], 1);
	ring_frees(op);
	return 0;
}

/* req is NULL where it is not the last completion of its request. */
SEC("tp_btf")
int BPF_PROG(io_uring_complete, void *ring, void *req)
{
	struct op *op;

	if (!rings || !recording)
		return 0;
	op = owner_of((u64)req);
	return op ? ring_ends(op) : 0;
}

struct overflown {
	u64 ring;
	u64 user_data;
};

/*
 * Its own I/O, if it has any, is done. What is in flight is told so first, where functions can be
 * hooked.
 */
static __always_inline bool can_have_ended(struct op *op)
{
	return (!op->bio_end && !(op->flying && config.ring_issues)) || op->own.complete ||
	       op->sleep.wake != NEVER || op->stage == STAGE_RING_COMPLETE;
}

static long ends_if_overflown(u32 slot, struct overflown *o)
{
	struct op *op = &ops[slot & (MAX_OPERATIONS - 1)];
	struct io_kiocb *req = (void *)op->ring;

	if (!op->pid || !req || !can_have_ended(op) || (u64)BPF_CORE_READ(req, ctx) != o->ring ||
	    BPF_CORE_READ(req, cqe.user_data) != o->user_data)
		return 0;
	ring_ends(op);
	return 1;
}

/*
 * The queue of completions is full: this one is kept aside, and posted when there is room. That is
 * not told as a completion (Linux 6.2), and here only by what the submitter has called the request.
 */
SEC("tp_btf")
int BPF_PROG(io_uring_cqe_overflow, void *ring, u64 user_data)
{
	struct overflown o = { .ring = (u64)ring, .user_data = user_data };

	if (rings && recording)
		bpf_loop(MAX_OPERATIONS, ends_if_overflown, &o, 0);
	return 0;
}

/* A bio's first part is a bio of its own. */
SEC("tp_btf")
int BPF_PROG(block_split, struct bio *bio)
{
	struct op *op = rings ? current_op() : NULL;

	if (op && op->ring && !owner_claims(op, (u64)bio))
		count(untracked, 1);
	return 0;
}

struct merged {
	u64 bio;
	const struct stamps *stamps;
};

static long tell_owner_of_bio(u32 i, struct merged *m)
{
	struct bio *bio = (void *)m->bio;
	struct op *op;

	if (!bio)
		return 1;
	op = owner_of(m->bio);
	if (op)
		copy_stamps(&op->own, m->stamps);
	owner_forgets(m->bio);
	m->bio = (u64)BPF_CORE_READ(bio, bi_next);
	return 0;
}

/* The request of these bios has completed. */
__noinline int bios_complete(const u64 *first, const struct stamps *stamps)
{
	struct merged m = { .stamps = stamps };

	if (!first || !stamps)
		return 0;
	m.bio = *first;
	bpf_loop(MAX_MERGED, tell_owner_of_bio, &m, 0);
	return 0;
}
