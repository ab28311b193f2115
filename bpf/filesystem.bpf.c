// SPDX-License-Identifier: GPL-2.0-only
/* The filesystem: mapping blocks, writing dirty pages back; fsync's way through ext4. */
#include "target.h"

/* What follows a mapping: a read builds its bio, a writeback or an asynchronous read goes on. */
static __always_inline u32 after_mapping(struct op *op)
{
	switch (op->base) {
	case STAGE_DATA_SUBMIT:
	case STAGE_FILESYSTEM:
	case STAGE_WRITE_COPY:
	case STAGE_BLOCK_MAP:
		return op->base;
	default:
		return STAGE_BIO_SUBMIT;
	}
}

/* The extent status lookup, and the tree's if that does not know. */
TRACE(ext4_es_lookup_extent_enter, STAGE_BLOCK_MAP)
TRACE(ext4_ext_map_blocks_enter, STAGE_BLOCK_MAP)

static __always_inline int mapped(void)
{
	struct op *op = current_op();

	if (op && op->stage == STAGE_BLOCK_MAP)
		op_cross(op, after_mapping(op), COST_TRACEPOINT);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(ext4_es_lookup_extent_exit)
{
	return mapped();
}

SEC("tp_btf")
int BPF_PROG(ext4_ext_map_blocks_exit)
{
	return mapped();
}

/* Writeback hands its bio over, if it has one. */
SEC("fentry")
int BPF_PROG(ext4_io_submit, struct ext4_io_submit *io)
{
	struct op *op = current_op();

	if (op && io->io_bio)
		op_cross(op, STAGE_BIO_SUBMIT, COST_FENTRY);
	return 0;
}

/* An fsync begins, or the sync behind a synchronous write. */
static __always_inline int sync_begins(struct file *file, u32 hook)
{
	struct op *op = current_op();

	if (op && op->kind != OP_READ && known_by(op, file))
		op_cross_base(op, op->journal ? STAGE_DATA_SUBMIT : STAGE_FILESYSTEM, hook);
	return 0;
}

SEC("fentry")
int BPF_PROG(ext4_sync_file, struct file *file)
{
	return sync_begins(file, COST_FENTRY);
}

SEC("tp_btf")
int BPF_PROG(ext4_sync_file_enter, struct file *file)
{
	return sync_begins(file, COST_TRACEPOINT);
}

SEC("tp_btf")
int BPF_PROG(ext4_sync_file_exit)
{
	struct op *op = current_op();

	if (op)
		op_cross_base(op, exit_stage(op), COST_TRACEPOINT);
	return 0;
}

/* Submitted: what remains before the wait is writeback's own end. */
static __always_inline int written_back(u32 hook)
{
	struct op *op = current_op();

	if (op && op->kind != OP_READ)
		op_cross(op, op->base, hook);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(ext4_writepages_result)
{
	return written_back(COST_TRACEPOINT);
}

SEC("fexit")
int BPF_PROG(ext4_writepages_exit)
{
	return written_back(COST_FEXIT);
}

/* A synchronous write: the copy, before the sync. */
static __always_inline int write_begins(u32 hook)
{
	struct op *op = current_op();

	if (op && op->ext4 && op->kind == OP_WRITE)
		op_cross_base(op, STAGE_WRITE_COPY, hook);
	return 0;
}

SEC("fentry")
int BPF_PROG(generic_perform_write)
{
	return write_begins(COST_FENTRY);
}

SEC("tp_btf")
int BPF_PROG(ext4_da_write_begin)
{
	return write_begins(COST_TRACEPOINT);
}

SEC("tp_btf")
int BPF_PROG(ext4_write_begin)
{
	return write_begins(COST_TRACEPOINT);
}

/* Filesystems without hooks of their own map their blocks through iomap, ext4 only for O_DIRECT. */
SEC("tp_btf")
int BPF_PROG(iomap_iter, struct iomap_iter *iter)
{
	struct op *op = current_op();

	if (op && iter && iter->inode->i_sb->s_magic != EXT4_SUPER_MAGIC)
		op_cross(op, STAGE_FILESYSTEM, COST_TRACEPOINT);
	return 0;
}

/* The fast commit runs in the task of one of the fsyncs. */
SEC("tp_btf")
int BPF_PROG(ext4_fc_commit_start)
{
	struct op *op = current_op();

	if (op && op->journal) {
		op->fast_commit = 1;
		op->wait = STAGE_DEVICE_JOURNAL;
		op_cross_base(op, STAGE_JOURNAL_PREPARE, COST_TRACEPOINT);
	}
	return 0;
}

/* reason is 0 where it committed: there may have been nothing to do. */
SEC("tp_btf")
int BPF_PROG(ext4_fc_commit_stop, void *sb, int nblks, int reason)
{
	struct op *op = current_op();

	if (op && op->fast_commit) {
		if (!reason)
			op->waited |= WAITED_COMMIT;
		op->fast_commit = 0;
		op->wait = STAGE_DEVICE_DATA;
		op_cross_base(op, STAGE_COMMIT_FINISH, COST_TRACEPOINT);
	}
	return 0;
}
