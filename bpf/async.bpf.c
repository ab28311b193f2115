// SPDX-License-Identifier: GPL-2.0-only
/*
 * The asynchronous stack of patches/: an event of its at the end of each step of a read, and
 * what a commit does early.
 *
 * What a read does once it has been submitted is hidden while the device works. For how long
 * that is, is known when the read sleeps, as ever (sched.bpf.c); or here, where the device is
 * done before the read could sleep, or polls.
 */
#include "device.h"
#include "target.h"

SEC("fentry")
int BPF_PROG(ext4_async_read_iter, struct kiocb *iocb)
{
	return lookup_begins(iocb);
}

/* clang-format off */
#define has(mechanism) bpf_core_enum_value_exists(enum ext4_async_mechanism, mechanism)
#define is_on(switches, mechanism) \
	(has(mechanism) && \
	 bpf_core_enum_value(enum ext4_async_mechanism, mechanism) < \
		 sizeof(switches) / sizeof(*(switches)) && \
	 (switches)[bpf_core_enum_value(enum ext4_async_mechanism, mechanism)])
/* clang-format on */

/* Which mechanisms are on; as a newer kernel may have it otherwise, none where it cannot be told. */
static __always_inline u8 switched_on(struct inode *inode)
{
	struct ext4_sb_info *sbi = inode->i_sb->s_fs_info;
	typeof(sbi->s_async.on) switches;
	u8 on = ASYNC_READ;

	if (!bpf_core_field_exists(sbi->s_async.on) ||
	    bpf_core_read(switches, sizeof(switches), &sbi->s_async.on))
		return on;
	if (is_on(switches, EXT4_ASYNC_POOL))
		on |= ASYNC_POOL;
	if (is_on(switches, EXT4_ASYNC_LIGHT))
		on |= ASYNC_LIGHT;
	if (is_on(switches, EXT4_ASYNC_PREMAP))
		on |= ASYNC_PREMAP;
	return on;
}

/* Nothing of what it wants is cached. */
SEC("tp_btf")
int BPF_PROG(ext4_async_lookup, struct inode *inode)
{
	struct op *op = current_op();

	if (!op || !inode) /* it never is NULL, but newer verifiers do not know that */
		return 0;
	op->missed = 1;
	op->own_io = 1;
	op->async = switched_on(inode);
	op_cross_base(op, op->async & ASYNC_POOL ? STAGE_PAGE_POOL_GET : STAGE_PAGE_ALLOC,
		      COST_TRACEPOINT);
	return 0;
}

TRACE_BASE(ext4_async_alloc, STAGE_BLOCK_MAP)

SEC("tp_btf")
int BPF_PROG(ext4_async_map)
{
	struct op *op = current_op();

	if (op)
		op_cross_base(op, op->async & ASYNC_LIGHT ? STAGE_LIGHT_SUBMIT : STAGE_BIO_SUBMIT,
			      COST_TRACEPOINT);
	return 0;
}

TRACE_BASE(ext4_async_submit, STAGE_CACHE_INSERT_DEFERRED)

/* As the completion of a polled request passes its boundaries in the task that looks for it. */
static __always_inline void polled_completes(struct op *op, u64 since, u64 now)
{
	struct stamps *s = &op->own;

	if (s->unmap)
		op_cross_at(op, STAGE_DMA_UNMAP, COST_FENTRY, clip(s->unmap, since, now));
	op_cross_at(op, STAGE_REQUEST_COMPLETE, COST_TRACEPOINT, clip(s->complete, since, now));
}

/*
 * The operation's request has completed without its sleeping for that: up to then the device
 * worked, and what the operation did was hidden.
 */
static __always_inline void own_completed(struct op *op)
{
	struct stamps *s = &op->own;
	u64 now = bpf_ktime_get_ns(), done;

	if (!s->complete || is_asleep(op))
		return;
	done = clip(s->irq ? s->irq : s->complete, op_since(op, now), now);
	append(op, entry_at(ENTRY_MARK | entry_make(op->wait, COST_NONE), s->issued));
	op_cross_at(op, op->stage, COST_NONE, done);
	if (op->async & ASYNC_POLLED)
		polled_completes(op, done, now);
	op->waited |= WAITED_OWN;
	s->complete = 0;
}

/* Nothing is left to do but to wait; whoever has, completes the pages. */
static __always_inline void waits(struct op *op)
{
	op->base = STAGE_REQUEST_COMPLETE;
	op_cross(op, op->async & ASYNC_POLLED ? STAGE_POLL : STAGE_CACHE_INSERT_DEFERRED,
		 COST_TRACEPOINT);
}

SEC("tp_btf")
int BPF_PROG(ext4_async_insert)
{
	struct op *op = current_op();

	if (!op)
		return 0;
	own_completed(op);
	if (op->async & ASYNC_POOL)
		op_cross_base(op, STAGE_PAGE_POOL_REFILL, COST_TRACEPOINT);
	else
		waits(op);
	return 0;
}

/* Where the series has pages mapped for the device, that comes next; it also fills the pool up. */
SEC("tp_btf")
int BPF_PROG(ext4_async_refill)
{
	struct op *op = current_op();

	if (!op)
		return 0;
	own_completed(op);
	if (!has(EXT4_ASYNC_PREMAP))
		waits(op);
	else if (op->async & ASYNC_PREMAP)
		op_cross_base(op, STAGE_DMA_UNMAP_DEFERRED, COST_TRACEPOINT);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(ext4_async_remap)
{
	struct op *op = current_op();

	if (!op)
		return 0;
	own_completed(op);
	waits(op);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(ext4_async_wait)
{
	struct op *op = current_op();

	if (!op)
		return 0;
	own_completed(op);
	if (op->stage != STAGE_REQUEST_COMPLETE)
		op_cross_base(op, STAGE_REQUEST_COMPLETE, COST_TRACEPOINT);
	return 0;
}

TRACE_BASE(ext4_async_complete, STAGE_COPY_TO_USER)

/* Its access time is long updated; else it leaves the rest to the page cache. */
SEC("fexit")
int BPF_PROG(ext4_async_read_iter_exit)
{
	struct op *op = current_op();

	if (op && op->base == STAGE_COPY_TO_USER)
		op_cross_base(op, STAGE_SYSCALL_EXIT, COST_FEXIT);
	return 0;
}

/*
 * The record of a commit whose log is on its way to the device: until the journal thread goes
 * to sleep for that. What prepares it at its usual time, as a part of commit_prepare, has no hook.
 */
SEC("fentry")
int BPF_PROG(journal_prepare_early)
{
	struct journal *j = current_journal();

	if (j)
		journal_cross_at(j, STAGE_COMMIT_PREPARE_EARLY, bpf_ktime_get_ns());
	return 0;
}
