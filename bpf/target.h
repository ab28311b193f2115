/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of an operation: what a recording asks of it, and what the operation is by it.
 *
 * A hook that is handed the file reads it by plain loads, since the verifier follows the
 * pointer. From a descriptor it takes probe reads, some hundred instructions each.
 */
#ifndef IOSTAGE_TARGET_H
#define IOSTAGE_TARGET_H

#include "device.h"

/*
 * Finds out what file it is on (syscall.bpf.c). 0: it is not to be recorded, and is forgotten.
 * That is asked when it sleeps, since the device works meanwhile, or at its end; what hooks note
 * of it before is good for either answer.
 */
extern int op_asks(struct op *op);

struct target {
	struct inode *inode;
	struct super_block *sb;
	unsigned long sb_flags;
	unsigned long magic;
	u32 flags;
	u32 inode_flags;
	u32 mode;
	u32 dev;
};

static __always_inline bool device_matches(u32 dev)
{
	if (!config.nr_devices)
		return true;
	for (u32 i = 0; i < MAX_DEVICES; i++) {
		if (i < config.nr_devices && config.devices[i] == dev)
			return true;
	}
	return false;
}

/* The descriptor's file, NULL where it has none. Its table may be replaced meanwhile: untrusted. */
static __always_inline struct file *file_of(u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = task->files->fdt;
	struct file *file = NULL;

	if (fd >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd);
	return file;
}

/* The tid of the thread that commits this ext4's journal; 0: it has none. */
static __always_inline u32 journal_pid(struct super_block *sb)
{
	struct ext4_sb_info *sbi;

	if (!bpf_core_type_exists(struct ext4_sb_info))
		return 0;
	sbi = BPF_CORE_READ(sb, s_fs_info);
	return BPF_CORE_READ(sbi, s_journal, j_task, pid);
}

/* The journal's entry + 1, where one has met it before and its thread still is; else 0. */
static __always_inline u32 journal_known(struct super_block *sb)
{
	for (u32 index = 0; index < MAX_JOURNALS; index++) {
		struct journal *j = &journals[index];

		if (j->sb == (u64)sb && *pid_slot(j->pid) == (PID_JOURNAL | (index + 1)))
			return index + 1;
	}
	return 0;
}

/* The journal's entry + 1; the first one to meet a journal starts its clock. */
static __always_inline u32 journal_met(struct super_block *sb)
{
	u32 pid = journal_pid(sb);
	u16 *slot = pid_slot(pid);

	if (!pid) /* no journal; 0 is also what every CPU's idle task is */
		return 0;
	if (*slot)
		return *slot & ~PID_JOURNAL;
	for (u32 index = 0; index < MAX_JOURNALS; index++) {
		struct journal *j = &journals[index];

		if (j->pid || __sync_val_compare_and_swap(&j->pid, 0, pid))
			continue;
		j->sb = (u64)sb;
		j->stage = STAGE_UNATTRIBUTED;
		j->base = STAGE_UNATTRIBUTED;
		j->wait = STAGE_DEVICE_DATA;
		j->committing = 0;
		j->asleep = 0;
		j->requests = 0;
		j->wanted = 0;
		j->sleep.waker = WAKER_NONE;
		j->since = bpf_ktime_get_ns();
		*slot = PID_JOURNAL | (index + 1);
		return index + 1;
	}
	count(unsynced, 1); /* more journals at once than there are entries */
	return 0;
}

static __always_inline u32 journal_of(struct super_block *sb)
{
	u32 journal = journal_known(sb);

	return journal ? journal : journal_met(sb);
}

/*
 * The beginning of a kernel object, read at once, up to the last member that is asked
 * for: one read of several members is cheaper than a read each.
 */
struct head {
	u8 byte[144] __attribute__((aligned(8)));
};

#define read_head(head, object, type, last) \
	bpf_probe_read_kernel(&(head), \
			      bpf_core_field_offset(type, last) + bpf_core_field_size(type, last), \
			      object)

/* clang-format off */
#define in_head(head, type, field) ({							\
	void *at_ = (head).byte + bpf_core_field_offset(type, field);			\
											\
	*(typeof(((type *)0)->field) *)at_;						\
})
/* clang-format on */

/* False: it cannot be read. */
static __always_inline bool read_probed(struct file *file, struct target *t)
{
	struct head head;

	if (read_head(head, file, struct file, f_flags))
		return false;
	/* f_inode stands before f_flags from 6.1 to 6.18; the verifier would refuse it elsewhere */
	t->flags = in_head(head, struct file, f_flags);
	t->inode = in_head(head, struct file, f_inode);
	if (read_head(head, t->inode, struct inode, i_sb))
		return false;
	t->mode = in_head(head, struct inode, i_mode);
	t->inode_flags = in_head(head, struct inode, i_flags);
	t->sb = in_head(head, struct inode, i_sb);
	if (read_head(head, t->sb, struct super_block, s_magic))
		return false;
	t->dev = in_head(head, struct super_block, s_dev);
	t->sb_flags = in_head(head, struct super_block, s_flags);
	t->magic = in_head(head, struct super_block, s_magic);
	return true;
}

static __always_inline void read_followed(struct file *file, struct target *t)
{
	struct inode *inode = file->f_inode;
	struct super_block *sb = inode->i_sb;

	t->flags = file->f_flags;
	t->inode = inode;
	t->mode = inode->i_mode;
	t->inode_flags = inode->i_flags;
	t->sb = sb;
	t->dev = sb->s_dev;
	t->sb_flags = sb->s_flags;
	t->magic = sb->s_magic;
}

static __always_inline bool is_ext4(const struct target *t)
{
	return (t->mode & S_IFMT) != S_IFBLK && t->magic == EXT4_SUPER_MAGIC;
}

static __always_inline bool on_block_device(struct super_block *sb)
{
	return BPF_CORE_READ(sb, s_type, fs_flags) & FS_REQUIRES_DEV;
}

/* False: no regular file (for a sync: or directory) on a block device, and no block device. */
static __always_inline bool target_matches(struct target *t, bool sync)
{
	struct inode *inode = t->inode; /* BPF_CORE_READ would take t's type for the kernel's */
	u32 mode = t->mode & S_IFMT;

	if (mode != S_IFREG && mode != S_IFBLK && !(sync && mode == S_IFDIR))
		return false;
	if (config.by_file &&
	    (t->dev != config.file_device || BPF_CORE_READ(inode, i_ino) != config.file_inode))
		return false;
	if (mode == S_IFBLK)
		t->dev = BPF_CORE_READ(inode, i_rdev);
	else if (!is_ext4(t) && !on_block_device(t->sb))
		return false;
	return device_matches(t->dev);
}

static __always_inline bool is_synchronous(const struct target *t)
{
	return t->flags & O_DSYNC || t->inode_flags & S_SYNC || t->sb_flags & SB_SYNCHRONOUS;
}

/* The operation is to be recorded: it is one on this device. */
static __always_inline void op_on_device(struct op *op, u32 dev, bool mounted)
{
	op->record.dev = dev;
	op->record.mounted = mounted;
	op->unknown = 0;
	op->begun++;
}

/* The operation is one on this file. */
static __always_inline void op_on(struct op *op, const struct target *t)
{
	bool read = op->kind == OP_READ;

	op_on_device(op, t->dev, (t->mode & S_IFMT) != S_IFBLK);
	op->direct = !!(t->flags & O_DIRECT);
	op->own_io |= !read || op->direct;
	op->ext4 = is_ext4(t);
	if (op->bio_dev)
		device_recorded(op->bio_dev);
	if (read)
		return;
	op->inode = (u64)t->inode;
	op->journal = op->ext4 ? journal_of(t->sb) : 0;
}

/* It is not to be recorded. */
static __always_inline void op_forget(struct op *op)
{
	op->forgotten = op->record.start;
	*pid_slot(op->pid) = op->before;
	op->ring = 0;
	op->flying = 0;
	op->pid = 0;
}

static __noinline bool op_learns(struct op *op, struct file *file)
{
	struct target t;

	if (!op)
		return false;
	read_followed(file, &t);
	if (!target_matches(&t, op->kind != OP_READ)) {
		op_forget(op);
		return false;
	}
	op_on(op, &t);
	return true;
}

/* True: the operation is to be recorded. */
static __always_inline bool known_by(struct op *op, struct file *file)
{
	return !op->unknown || op_learns(op, file);
}

/* The first hook of most reads, and it has the file, which is looked at later. */
static __always_inline int lookup_begins(struct kiocb *iocb)
{
	struct op *op = current_op();

	if (op) {
		op->file = (u64)iocb->ki_filp;
		op_cross_base(op, STAGE_CACHE_LOOKUP, COST_FENTRY);
	}
	return 0;
}

#endif
