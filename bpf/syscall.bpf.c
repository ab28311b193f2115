// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where operations begin and end: the system calls. The full tier hooks the read and
 * sync functions themselves; with tracepoints only, raw_syscalls sorts them out by
 * number. An operation that has ended is sent to iostage, with its timeline, when its task next
 * waits for a device, since sending takes as long as several boundaries; at the latest when the
 * next one ends, or the task. What is left in the end, iostage finds in the slots.
 */
#include "life.h"
#include "owner.h"
#include "target.h"

char LICENSE[] SEC("license") = "GPL";

__noinline int op_leaves(u32 ended, u32 pid)
{
	struct op *op = &ops[(ended - 1) & (MAX_OPERATIONS - 1)];

	if (ended & PID_ENDED && op->pid == pid && op_sent(op))
		op->pid = 0;
	return 0;
}

/* A sync on a filesystem without hooks of its own: it is there from its beginning. */
static __always_inline void op_in_filesystem(struct op *op)
{
	op->base = STAGE_FILESYSTEM;
	op->stage = STAGE_FILESYSTEM;
	if (!op->record.part)
		op->record.timeline[0] =
			entry_at(entry_make(STAGE_FILESYSTEM, COST_NONE), op->record.start);
}

/* The file of an operation that no hook was handed. 0: it is none, or not to be recorded. */
__noinline int op_asks(struct op *op)
{
	struct target t;
	struct file *file;

	if (!op)
		return 0;
	if (op->ring)
		return ring_asks(op);
	file = op->file ? (struct file *)op->file : file_of(op->fd);
	if (file && read_probed(file, &t) && target_matches(&t, op->kind != OP_READ)) {
		op_on(op, &t);
		if (op->kind != OP_READ && !op->ext4)
			op_in_filesystem(op);
		return 1;
	}
	op_forget(op);
	return 0;
}

/* The task's slot, NULL where there is none left. */
static __always_inline struct op *op_take(u32 pid, u16 *slot)
{
	struct op *op = op_at(*slot);

	if (op) {
		if (!op->unknown)
			count(drops[DROP_REENTERED], 1);
		return op;
	}
	op = op_claim(pid, pid);
	if (op)
		op_enter(op, slot);
	else
		count(drops[DROP_SLOTS], 1);
	return op;
}

/* A system call begins that is to be recorded: its task is in an operation from now on. */
static __always_inline struct op *call_begins(u32 kind, u32 pid, u16 *slot)
{
	struct op *op = op_take(pid, slot);

	if (op)
		op_starts(op, kind, pid);
	return op;
}

/* Whose file it has is left to a hook that has it at hand, or has the time (op_asks). */
static __always_inline int op_begins(u32 kind, u32 fd)
{
	u64 id = bpf_get_current_pid_tgid();
	u16 *slot = pid_slot(id);
	struct op *op;

	if (!recording || !task_matches(id, NULL))
		return 0;
	op = call_begins(kind, id, slot);
	if (!op)
		return 0;
	op->fd = fd;
	op->datasync = kind == OP_FDATASYNC;
	op_runs(op, STAGE_SYSCALL_ENTRY);
	return 0;
}

/* Most writes are no operations: only their file tells. */
static __noinline int write_begins(u32 fd, u32 rwf)
{
	u64 id = bpf_get_current_pid_tgid();
	u16 *slot = pid_slot(id);
	struct target t;
	struct file *file;
	struct op *op;

	if (!recording || !task_matches(id, NULL))
		return 0;
	file = file_of(fd);
	if (!file || !read_probed(file, &t) || !target_matches(&t, false))
		return 0;
	if (!is_synchronous(&t) && !(rwf & (RWF_DSYNC | RWF_SYNC)))
		return 0;
	op = call_begins(OP_WRITE, id, slot);
	if (!op)
		return 0;
	op_on(op, &t);
	op->datasync = !(t.flags & __O_SYNC) && !(rwf & RWF_SYNC);
	op_runs(op, op->ext4 ? STAGE_SYSCALL_ENTRY : STAGE_FILESYSTEM);
	return 0;
}

static __always_inline int op_end(s64 result)
{
	u64 now = bpf_ktime_get_ns();
	u16 *slot = pid_slot(current_pid());
	struct op *op;

	if (!recording) /* hooks are being taken off: it counts as in flight */
		return 0;
	op = op_at(*slot);
	if (!op)
		return 0;
	if (op->unknown && !op_asks(op))
		return 0;
	if (is_asleep(op))
		op_wakes(op, now);
	op_result(op, result, class_of(op, result), now);
	if (!op->record.comm[0])
		copy_comm((u64 *)op->record.comm, bpf_get_current_task_btf());
	if (op->before)
		op_leaves(op->before, op->pid);
	if (op->lost) {
		count(drops[DROP_RING], 1);
		*slot = 0;
		op->pid = 0;
		return 0;
	}
	*slot = PID_ENDED | (op->record.slot + 1);
	barrier();
	op->ended = 1;
	return 0;
}

/*
 * With tracepoints only: every system call comes by here, so the first test is a
 * shift of a constant. 32-bit programs have other numbers and are left out.
 */
SEC("tp_btf")
int BPF_PROG(sys_enter, struct pt_regs___kernel *regs, long id)
{
	const u64 low = 1ULL << 0 | 1ULL << 1 | 1ULL << 17 | 1ULL << 18 | 1ULL << 19 | 1ULL << 20;
	struct task_struct *task;
	u32 kind, rwf = 0;

	if ((u64)id < 64 ? !(low >> id & 1)
			 : id != 74 && id != 75 && id != 295 && id != 296 && id != 327 && id != 328)
		return 0;
	switch (id) {
	case 0:	  /* read */
	case 17:  /* pread64 */
	case 19:  /* readv */
	case 295: /* preadv */
	case 327: /* preadv2 */
		kind = OP_READ;
		break;
	case 74:
		kind = OP_FSYNC;
		break;
	case 75:
		kind = OP_FDATASYNC;
		break;
	default: /* write, pwrite64, writev, pwritev, pwritev2 */
		kind = OP_WRITE;
	}
	if (kind == OP_READ ? !config.read : !config.fsync)
		return 0;
	task = bpf_get_current_task_btf();
	if (task->thread_info.status & TS_COMPAT)
		return 0;
	if (id == 328)
		rwf = regs->r9;
	return kind == OP_WRITE ? write_begins(regs->di, rwf) : op_begins(kind, regs->di);
}

SEC("tp_btf")
int BPF_PROG(sys_exit, struct pt_regs___kernel *regs, long result)
{
	struct op *op = op_at(pid_in(current_pid()));

	if (!op)
		return 0;
	return op->ring ? ring_parts(op, bpf_ktime_get_ns()) : op_end(result);
}

/* The full tier: a pair of programs for each function. */
/* clang-format off */
#define SYSCALL(name, begins)							\
SEC("fentry")									\
int BPF_PROG(name##_enter, struct pt_regs___kernel *regs)			\
{										\
	return begins;								\
}										\
SEC("fexit")									\
int BPF_PROG(name##_exit, struct pt_regs___kernel *regs, long result)		\
{										\
	return op_end(result);							\
}
/* clang-format on */

SYSCALL(read, op_begins(OP_READ, regs->di))
SYSCALL(pread64, op_begins(OP_READ, regs->di))
SYSCALL(readv, op_begins(OP_READ, regs->di))
SYSCALL(preadv, op_begins(OP_READ, regs->di))
SYSCALL(preadv2, op_begins(OP_READ, regs->di))
SYSCALL(fsync, op_begins(OP_FSYNC, regs->di))
SYSCALL(fdatasync, op_begins(OP_FDATASYNC, regs->di))
SYSCALL(write, write_begins(regs->di, 0))
SYSCALL(pwrite64, write_begins(regs->di, 0))
SYSCALL(writev, write_begins(regs->di, 0))
SYSCALL(pwritev, write_begins(regs->di, 0))
SYSCALL(pwritev2, write_begins(regs->di, regs->r9))

/* A journal's thread ends when its filesystem is unmounted: the next one can have its entry. */
static __always_inline void journal_ends(struct journal *j)
{
	if (!j)
		return;
	j->sb = 0;
	barrier();
	j->pid = 0;
}

/* A task that dies inside an operation takes its slot along; one of io_uring ends in its own time. */
SEC("tp_btf")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	u16 *slot = pid_slot(task->pid);
	u32 in = *slot, ended = in;
	struct op *op = op_at(in);

	if (op && op->ring) {
		ring_parts(op, bpf_ktime_get_ns());
		ended = *slot;
	} else if (op) {
		if (!op->unknown)
			count(drops[DROP_DIED], 1);
		ended = op->before;
		op->pid = 0;
	}
	journal_ends(journal_at(in));
	op_leaves(ended, task->pid);
	*slot = 0;
	*member(task->pid) = 0;
	return 0;
}

SEC("tp_btf")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	if (*member(parent->pid))
		*member(child->pid) = 1;
	return 0;
}

/* A thread that calls exec takes its leader's pid over, which has exited. */
SEC("tp_btf")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid)
{
	u16 *slot = pid_slot(old_pid);

	if (old_pid == task->pid)
		return 0;
	*member(task->pid) |= *member(old_pid);
	*member(old_pid) = 0;
	op_leaves(*slot, old_pid);
	*slot = 0;
	return 0;
}
