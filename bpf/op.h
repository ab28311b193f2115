/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operation and its clock; the journal thread and its clock; the sleeps of both.
 *
 * A task inside an operation owns a slot of the map `ops`, and only that task writes
 * the slot's timeline. Others leave in `sleep` and `own` what they know of it: the
 * task that wakes it, and the completion of its own requests.
 *
 * Tasks are found by pid in a plain array: unlike task storage, whose lookup can fail
 * in an interrupt (before Linux 6.3), it has no failure modes and costs two loads.
 */
#ifndef IOSTAGE_OP_H
#define IOSTAGE_OP_H

#include "kernel.h"
#include "iostage.h"

enum op_kind { OP_READ, OP_FSYNC, OP_FDATASYNC, OP_WRITE };

/* What an operation waited for, as bits. */
#define WAITED_OWN	1	/* an I/O of its own */
#define WAITED_OTHER	2	/* somebody else's I/O */
#define WAITED_COMMIT	4	/* a journal commit */

/* When a request passed which boundary; 0: it did not, or not seen. */
struct stamps {
	u64 issued;
	u64 irq;		/* entry of the interrupt that completed it */
	u64 unmap;
	u64 complete;
	u64 sector;
	u32 sectors;
	u32 dev;
	u32 flags;		/* cmd_flags at issue */
	u32 sequence;		/* went through the flush sequence: only then is what follows set */
	u64 flush_issued;	/* cache flush before its data (REQ_PREFLUSH) */
	u64 flush_done;
	u64 post_issued;	/* cache flush after its data, in place of FUA */
	u64 post_done;
	u64 flushes;		/* that were done for it: requests of their own */
};

/* Half of it is for flush sequences only, and seldom copied. */
static __always_inline void copy_stamps(struct stamps *to, const struct stamps *from)
{
	if (from->sequence)
		*to = *from;
	else
		__builtin_memcpy(to, from, offsetof(struct stamps, flush_issued));
}

enum waker { WAKER_NONE, WAKER_REQUEST, WAKER_JOURNAL, WAKER_COMMITTER };

struct sleep {
	u64 out;		/* off the CPU */
	u64 wake;		/* sched_waking */
	u8 waker;
	u8 preempted;
	u8 from;		/* the stage that it went to sleep in */
	struct stamps why;	/* WAKER_REQUEST: the request that completed */
};

struct op {
	u32 pid;		/* these three as in struct slot */
	u32 lost;
	u64 begun;
	u64 since;		/* of the last boundary */
	u8 kind;
	u8 stage;		/* now in */
	u8 base;		/* what inner stages return to */
	u8 wait;		/* what the device is called in a wait from here */
	u8 direct;
	u8 ext4;
	u8 waited;
	u8 held;		/* where its last bio is: STAGE_REQUEST or STAGE_STACKED */
	u8 own_io;		/* it has begun I/O of its own */
	u8 missed;		/* it found a page missing */
	u8 fast_commit;		/* it is committing */
	u8 journal_busy;	/* the journal was committing when the sleep began */
	u8 asleep;		/* off the CPU, as far as is known */
	u8 datasync;		/* only what is needed to read the data back */
	u8 tid_known;		/* jbd2 said it, or the journal has woken the operation once */
	u8 unused;
	u32 journal;		/* index + 1 in `journals`, 0: none */
	u32 tid;		/* the transaction that it waits for */
	u64 bio_first;		/* sectors of its own bios, on bio_dev */
	u64 bio_end;
	u32 bio_dev;
	u32 reserved;
	u64 inode;
	struct operation record;	/* with its timeline, ready to be sent */
	struct stamps own;	/* its own request that completed last */
	struct sleep sleep;
	u64 journal_at;		/* when `snapshot` was taken; 0: it was not */
	u64 snapshot[NR_STAGES];	/* the journal's totals when the sleep began */
	u64 waited_for[NR_STAGES];	/* the journal's stages during the sleep, from the waker */
};

/*
 * The journal thread's clock runs all the time; idle time is STAGE_UNATTRIBUTED.
 * Only the journal thread writes it; seq is odd while it does.
 */
struct journal {
	u32 pid;		/* 0: the entry is free */
	u32 seq;
	u8 stage;
	u8 base;
	u8 wait;
	u8 committing;
	u8 asleep;
	u32 tid;		/* of the transaction that is being committed */
	u32 dev;		/* that it writes to */
	u32 requests;		/* completed for this commit, attributed if it is */
	u32 wanted;		/* by an operation */
	u64 since;
	u64 begun;		/* when the commit began */
	struct sleep sleep;
	u64 total[NR_STAGES];
	u64 at_begin[NR_STAGES];	/* total when the commit began */
};

const volatile struct config config __weak = {};

/* Off until everything is attached and calibrated, and again while reading out. */
volatile u32 recording __weak = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct op);
	__uint(max_entries, MAX_OPERATIONS);
} ops __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct journal);
	__uint(max_entries, MAX_JOURNALS);
} journals __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct pids);
	__uint(max_entries, 1);
} pids __weak SEC(".maps");

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

/* What this CPU is doing. */
struct cpu {
	u32 interrupts;		/* depth of hard and soft interrupts: `current` is a bystander */
	u32 completing;		/* depth + 1 at which the completion of `done` is running, 0: none is */
	u64 irq;		/* entry of the last hard interrupt, 0 once its soft ones are over too */
	struct stamps done;
	u32 unattributed;	/* requests of `done` that nobody is known to have waited for */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, u32);
	__type(value, struct cpu);
	__uint(max_entries, 1);
} cpus __weak SEC(".maps");

#define count(member, n) ({						\
	u32 zero_ = 0;							\
	struct counters *c_ = bpf_map_lookup_elem(&counters, &zero_);	\
	if (c_)								\
		__sync_fetch_and_add(&c_->member, n);			\
})

static __always_inline struct cpu *this_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&cpus, &zero);
}

static __always_inline u32 current_pid(void)
{
	return (u32)bpf_get_current_pid_tgid();
}

static __always_inline u16 *pid_slot(u32 pid)
{
	u32 key = pid >> 2;
	struct pids *p = bpf_map_lookup_elem(&pids, &key);

	return p ? &p->in[pid & 3] : NULL;
}

/* What the task is in, as `pids` has it; whose it is does not matter any more. */
static __always_inline u32 pid_in(u32 pid)
{
	u16 *slot = pid_slot(pid);

	return slot ? *slot & ~PID_MEMBER : 0;
}

static __always_inline struct op *op_at(u32 in)
{
	u32 index = in - 1;

	return in && !(in & PID_JOURNAL) ? bpf_map_lookup_elem(&ops, &index) : NULL;
}

static __always_inline struct journal *journal_at(u32 in)
{
	u32 index = (in & ~PID_JOURNAL) - 1;

	return in & PID_JOURNAL ? bpf_map_lookup_elem(&journals, &index) : NULL;
}

/* The running task's operation. Only for hooks that never run in an interrupt. */
static __always_inline struct op *current_op(void)
{
	return op_at(pid_in(current_pid()));
}

/* The same for hooks that interrupts can reach, where `current` is a bystander. */
static __always_inline bool in_interrupt(void)
{
	struct cpu *cpu = this_cpu();

	return !cpu || cpu->interrupts;
}

static __always_inline struct op *current_op_outside_interrupts(void)
{
	u32 in = pid_in(current_pid());

	return in && !in_interrupt() ? op_at(in) : NULL;
}

/* time: ns since the last boundary; of a mark, back from there */
static __always_inline void append(struct op *op, u32 entry, u64 time)
{
	op->record.nr = timeline_put(op->record.timeline, op->record.nr, entry, time);
}

/*
 * Nobody is woken: an operation must not pay for that. iostage looks at the ring every few
 * milliseconds.
 */
static __always_inline bool send(struct op *op)
{
	u64 size = offsetof(struct operation, timeline) + op->record.nr * sizeof(u32);

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
	op->record.nr = 0;
	return 0;
}

/* The operation is in `stage` since `now`. */
static __always_inline void op_cross_at(struct op *op, u32 stage, u32 hook, u64 now)
{
	if (now < op->since) {
		now = op->since;
		count(backward, 1);
	}
	if (op->record.nr > TIMELINE_ENTRIES - 2)
		send_part(op);
	append(op, entry_make(stage, hook), now - op->since);
	op->stage = stage;
	op->since = now;
}

/* The operation's task is back on the CPU (sched.bpf.c). */
extern int op_wakes(struct op *op, u64 now);

/*
 * A task that crosses a boundary is awake, also where the switch to it was not seen: some
 * kernels leave out a sched_switch now and then, and a program that is already running
 * on a CPU is skipped there.
 */
static __always_inline void op_cross(struct op *op, u32 stage, u32 hook)
{
	u64 now = bpf_ktime_get_ns();

	if (op->asleep)
		op_wakes(op, now);
	op_cross_at(op, stage, hook, now);
}

/* The same for an outer stage, which the inner ones return to. */
static __always_inline void op_cross_base(struct op *op, u32 stage, u32 hook)
{
	op->base = stage;
	op_cross(op, stage, hook);
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

/* The same for an outer stage. */
#define ENTER_BASE(name, stage_)						\
SEC("fentry")									\
int BPF_PROG(name)								\
{										\
	struct op *op = current_op();						\
										\
	if (op)									\
		op_cross_base(op, stage_, COST_FENTRY);				\
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

/* The same with a tracepoint, which interrupts may reach. */
#define TRACE(name, stage_)							\
SEC("tp_btf")									\
int BPF_PROG(name)								\
{										\
	struct op *op = current_op_outside_interrupts();			\
										\
	if (op)									\
		op_cross(op, stage_, COST_TRACEPOINT);				\
	return 0;								\
}

#endif
