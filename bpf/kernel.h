/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types, as far as the programs read them. CO-RE finds the members'
 * real offsets when the programs are loaded; a ___flavour stands for the same type
 * on other kernels.
 */
#ifndef IOSTAGE_KERNEL_H
#define IOSTAGE_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

/* linux/bpf.h's, without its conflicts with the types below */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define likely(x) __builtin_expect(!!(x), 1)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs___kernel {
	unsigned long di, si, dx, r10, r8, r9;
};

struct thread_info {
	unsigned long flags;
	u32 status;
};

struct file;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct bio_list;

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
	struct files_struct *files;
	struct bio_list *bio_list;
};

struct file_system_type {
	int fs_flags;
};

struct super_block {
	u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct file_system_type *s_type;
	void *s_fs_info;
};

struct inode {
	u16 i_mode;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	u32 i_rdev;
};

struct file {
	unsigned int f_flags;
	struct inode *f_inode;
};

struct iomap_iter {
	struct inode *inode;
};

struct kiocb {
	struct file *ki_filp;
};

struct journal_s {
	struct task_struct *j_task;
};

struct transaction_s {
	u32 t_tid;
};

/* The async stack's: patches/ */
struct ext4_async {
	unsigned int on[8];
};

struct ext4_sb_info {
	struct journal_s *s_journal;
	struct ext4_async s_async;
};

struct ext4_inode_info {
	struct inode vfs_inode;
	u32 i_sync_tid;
	u32 i_datasync_tid;
};

struct bio;

struct block_device_operations {
	void (*submit_bio)(struct bio *bio);
};

struct gendisk {
	int major;
	int first_minor;
	const struct block_device_operations *fops;
};

struct block_device {
	u32 bd_dev;
	struct gendisk *bd_disk;
};

struct bvec_iter {
	u64 bi_sector;
	u32 bi_size;
};

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	u32 bi_opf;
	struct bvec_iter bi_iter;
};

struct ext4_io_submit {
	struct bio *io_bio;
};

struct request_queue {
	struct gendisk *disk;
};

struct request {
	struct request_queue *q;
	u32 cmd_flags;
	u32 rq_flags;
	u32 __data_len;
	u64 __sector;
	struct bio *bio;
	void *end_io_data;
};

struct io_ring_ctx;

struct io_cqe {
	u64 user_data;
	s32 res;
};

/* A struct kiocb, io_sync or io_uring_cmd begins it, and each of them begins with the file. */
struct io_kiocb {
	struct file *file;
	u8 opcode;
	u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
};

struct io_sync {
	int flags;
};

#pragma clang attribute pop

/* CO-RE has their real values. */
enum ext4_async_mechanism {
	EXT4_ASYNC_POOL = 1,
	EXT4_ASYNC_LIGHT = 2,
	EXT4_ASYNC_PREMAP = 3,
};
enum req_flag_bits { __REQ_POLLED = 63 };

/* include/linux/blk_types.h: the operation, and flags that have kept their bits from 6.1 to 6.18. */
#define REQ_OP_MASK 0xff
#define REQ_OP_FLUSH 2
#define REQ_OP_DRV_IN 34
#define REQ_OP_DRV_OUT 35
#define REQ_META (1U << 12)
#define REQ_FUA (1U << 17)
#define REQ_PREFLUSH (1U << 18)

#define S_IFMT 0170000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_SYNC 1
#define SB_SYNCHRONOUS 16
#define FS_REQUIRES_DEV 1
#define O_DSYNC 00010000
#define O_DIRECT 00040000
#define __O_SYNC 04000000
#define RWF_DSYNC 0x2
#define RWF_SYNC 0x4
#define EAGAIN 11
#define EIOCBQUEUED 529
#define PF_IO_WORKER 0x10
#define PF_KTHREAD 0x00200000

/* include/uapi/linux/io_uring.h */
#define IORING_OP_READV 1
#define IORING_OP_FSYNC 3
#define IORING_OP_READ_FIXED 4
#define IORING_OP_READ 22
#define IORING_OP_URING_CMD 46
#define IORING_FSYNC_DATASYNC 1
#define REQ_F_LATER (1 << 1 | 1 << 2 | 1 << 3 | 1 << 4) /* IO_DRAIN, IO_LINK, IO_HARDLINK, ASYNC */
#define REQ_F_CQE_SKIP (1 << 6)

#define TS_COMPAT 0x2 /* x86: a 32-bit system call is running */

#define EXT4_SUPER_MAGIC 0xEF53

#define MKDEV(major, minor) ((u32)(major) << 20 | (u32)(minor))

#endif
