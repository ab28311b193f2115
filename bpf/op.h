/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operation and its clock; the journal thread and its clock.
 *
 * Tasks are found by pid in a plain array: unlike task storage, whose lookup can fail
 * in an interrupt (before Linux 6.3), it has no failure modes and costs two loads.
 */
#ifndef IOSTAGE_OP_H
#define IOSTAGE_OP_H

#include "kernel.h"
#include "state.h"

/* Half of it is for flush sequences only, and seldom copied. */
static __always_inline void copy_stamps(struct stamps *to, const struct stamps *from)
{
	if (from->sequence)
		*to = *from;
	else
		__builtin_memcpy(to, from, offsetof(struct stamps, flush_issued));
}

const volatile struct config config __weak = {};

/* In state.bpf.c */
extern volatile u32 recording;
extern u16 pids[MAX_PIDS];
extern u8 members[MAX_PIDS]; /* BY_TREE: who is the workload's */
extern struct op ops[MAX_OPERATIONS];
extern struct journal journals[MAX_JOURNALS];
extern struct cpu cpus[MAX_CPUS];
extern volatile u32 rings, flushers;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_SIZE);
} finished __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, u32);
	__type(value, struct counters);
	__uint(max_entries, 1);
} counters __weak SEC(".maps");

#define count(member, n) ({						\
	u32 zero_ = 0;							\
	struct counters *c_ = bpf_map_lookup_elem(&counters, &zero_);	\
	if (c_)								\
		__sync_fetch_and_add(&c_->member, n);			\
})

/* Here and below: the compiler is kept from computing a pointer again for each of its uses. */
static __always_inline struct cpu *this_cpu(void)
{
	struct cpu *cpu = &cpus[bpf_get_smp_processor_id() & (MAX_CPUS - 1)];

	barrier_var(cpu);
	return cpu;
}

static __always_inline u32 current_pid(void)
{
	return (u32)bpf_get_current_pid_tgid();
}

static __always_inline u16 *pid_slot(u32 pid)
{
	return &pids[pid & (MAX_PIDS - 1)];
}

/* What the task is in, as `pids` has it. */
static __always_inline u32 pid_in(u32 pid)
{
	return *pid_slot(pid);
}

/* The kernel pads names with zeroes (strscpy_pad). */
static __always_inline void copy_comm(u64 to[COMM_LENGTH / 8], const struct task_struct *task)
{
	const u64 *comm = (const u64 *)task->comm;

	to[0] = comm[0];
	to[1] = comm[1];
}

/* An operation or a journal; nothing, less one, has all bits. */
static __always_inline bool is_in(u32 in)
{
	return !((in - 1) & PID_ENDED);
}

/* The verifier must see the index tested before it is one, and the pointer made once. */
static __always_inline struct op *op_at(u32 in)
{
	u64 slot = (u32)(in - 1);
	struct op *op;

	if (slot >= MAX_OPERATIONS)
		return NULL;
	barrier_var(slot);
	op = &ops[slot];
	barrier_var(op);
	__builtin_assume(op != NULL); /* what the barrier has made it forget */
	return op;
}

static __always_inline struct journal *journal_at(u32 in)
{
	struct journal *j = NULL;

	if (in & PID_JOURNAL)
		j = &journals[(in - 1) & (MAX_JOURNALS - 1)];
	barrier_var(j);
	return j;
}

/* Of an operation of io_uring: it has not been told that what it is in flight for is over. */
#define NEVER (~0ULL)

/* The instant t, kept between two others. */
static __always_inline u64 clip(u64 t, u64 low, u64 high)
{
	if (t < low)
		return low;
	return t > high ? high : t;
}

/* The operation goes on without the task that is in it (uring.bpf.c). */
extern int ring_parts(struct op *op, u64 at);

/* The running task's operation. Only for hooks that never run in an interrupt. */
static __always_inline struct op *current_op(void)
{
	return op_at(pid_in(current_pid()));
}

/* Behind the record's first `size` bytes, which leave room for it. */
static __always_inline void put_entry(struct op *op, u32 size, u64 entry)
{
	*(u64 *)((char *)&op->record + size) = entry;
	op->record.size = size + sizeof(entry);
}

static __always_inline void append(struct op *op, u64 entry)
{
	u32 size = op->record.size;

	if (size <= ROOM_FOR(1))
		put_entry(op, size, entry);
}

/*
 * Nobody is woken: an operation must not pay for that. iostage looks at the ring now
 * and then (COLLECT_INTERVAL).
 */
static __always_inline bool send(struct op *op)
{
	u64 size = op->record.size;

	return size <= sizeof(struct operation) &&
	       !bpf_ringbuf_output(&finished, &op->record, size, BPF_RB_NO_WAKEUP);
}

/* The timeline is full: what there is goes ahead. */
static __noinline int send_part(struct op *op)
{
	if (!op)
		return 0;
	op->record.part = 1;
	if (!send(op))
		op->lost = 1;
	op->record.size = NO_ENTRIES;
	return 0;
}

/* Where there is no room left, too. */
static __noinline int append_anyhow(struct op *op, u64 entry)
{
	if (!op)
		return 0;
	if (op->record.size > ROOM_FOR(1))
		send_part(op);
	append(op, entry);
	return 0;
}

/* Its task is off the CPU, as far as is known. */
static __always_inline bool is_asleep(const struct op *op)
{
	return op->record.size & ASLEEP;
}

/* The operation's task is back on the CPU (sched.bpf.c). */
extern int op_wakes(struct op *op, u64 now);

/*
 * A task that crosses a boundary is awake, also where the switch to it was not seen: some
 * kernels leave out a sched_switch now and then, and a program that is already running
 * on a CPU is skipped there.
 */
static __noinline int append_awake(struct op *op, u64 entry, u64 now)
{
	if (op && is_asleep(op))
		op_wakes(op, now);
	return append_anyhow(op, entry);
}

/*
 * The operation is in `stage` since `now`. awake: it is known to be; else that is looked at where
 * the size says that there is no room, as it does of one that is ASLEEP.
 */
static __always_inline void cross_at(struct op *op, u32 stage, u32 hook, u64 now, bool awake)
{
	u64 entry = entry_at(entry_make(stage, hook), now);
	u32 size = op->record.size;

	if (likely(size <= ROOM_FOR(1)))
		put_entry(op, size, entry);
	else if (awake)
		append_anyhow(op, entry);
	else
		append_awake(op, entry, now);
	op->stage = stage;
}

static __always_inline void op_cross_at(struct op *op, u32 stage, u32 hook, u64 now)
{
	cross_at(op, stage, hook, now, false);
}

/* For whoever knows that it is awake. */
static __always_inline void op_cross_awake(struct op *op, u32 stage, u32 hook, u64 now)
{
	cross_at(op, stage, hook, now, true);
}

/* It is off the CPU since `now`, in `stage`. */
static __always_inline void op_sleeps(struct op *op, u32 stage, u32 hook, bool preempted, u64 now)
{
	op->sleep.preempted = preempted;
	op->sleep.from = op->stage;
	op->sleep.out = now;
	op_cross_awake(op, stage, hook, now);
	op->record.size |= ASLEEP;
}

static __always_inline void op_rises(struct op *op)
{
	op->record.size &= ~ASLEEP;
}

/* Of its last boundary. */
static __always_inline u64 op_since(const struct op *op, u64 now)
{
	u32 last = ((op->record.size & ~ASLEEP) - NO_ENTRIES) / sizeof(u64) - 1;

	return last < TIMELINE_ENTRIES ? entry_instant(op->record.timeline[last], now) : now;
}

/*
 * Sends the task's last operation, if `ended`, what `pids` or the next one has of it, says that it
 * is still there (syscall.bpf.c).
 */
extern int op_leaves(u32 ended, u32 pid);

/* The operation is in `stage` from now on. */
static __always_inline void op_cross(struct op *op, u32 stage, u32 hook)
{
	op_cross_at(op, stage, hook, bpf_ktime_get_ns());
}

/* The same for an outer stage, which the inner ones return to. */
static __always_inline void op_cross_base(struct op *op, u32 stage, u32 hook)
{
	op->base = stage;
	op_cross(op, stage, hook);
}

/* What comes last of an operation. */
static __always_inline u32 exit_stage(const struct op *op)
{
	return op->ring ? STAGE_RING_COMPLETE : STAGE_SYSCALL_EXIT;
}

/* The journal is in `stage` since `now`. Only the journal thread may call it. */
static __always_inline void journal_cross_at(struct journal *j, u32 stage, u64 now)
{
	u32 old = j->stage;

	if (now < j->since)
		now = j->since;
	*(volatile u32 *)&j->seq += 1;
	barrier();
	barrier_var(old);
	if (old < NR_STAGES)
		j->total[old] += now - j->since;
	j->stage = stage;
	j->since = now;
	barrier();
	*(volatile u32 *)&j->seq += 1;
}

/* The journal thread is back on the CPU (sched.bpf.c). */
extern int journal_wakes(struct journal *j, u64 now);

static __always_inline void journal_cross(struct journal *j, u32 stage)
{
	u64 now = bpf_ktime_get_ns();

	if (j->asleep)
		journal_wakes(j, now);
	j->base = stage;
	journal_cross_at(j, stage, now);
}

static __always_inline struct journal *current_journal(void)
{
	return journal_at(pid_in(current_pid()));
}

/* ENTER(name, stage): the function `name` begins `stage`, in whichever operation runs it. */
#define ENTER(name, stage_)							\
SEC("fentry")									\
int BPF_PROG(name)								\
{										\
	struct op *op = current_op();						\
										\
	if (op)									\
		op_cross(op, stage_, COST_FENTRY);				\
	return 0;								\
}

/* LEAVE(name, stage): its return begins `stage`. */
#define LEAVE(name, stage_)							\
SEC("fexit")									\
int BPF_PROG(name)								\
{										\
	struct op *op = current_op();						\
										\
	if (op)									\
		op_cross(op, stage_, COST_FEXIT);				\
	return 0;								\
}

/* The same with a tracepoint. */
#define TRACE(name, stage_)							\
SEC("tp_btf")									\
int BPF_PROG(name)								\
{										\
	struct op *op = current_op();						\
										\
	if (op)									\
		op_cross(op, stage_, COST_TRACEPOINT);				\
	return 0;								\
}

/* The same for an outer stage. */
#define TRACE_BASE(name, stage_)						\
SEC("tp_btf")									\
int BPF_PROG(name)								\
{										\
	struct op *op = current_op();						\
										\
	if (op)									\
		op_cross_base(op, stage_, COST_TRACEPOINT);			\
	return 0;								\
}

#endif
