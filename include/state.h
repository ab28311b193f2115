/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs keep from one hook to the next: plain arrays in their .bss, which cost an
 * access two instructions and never fail, where a map costs a lookup and a test. iostage reads
 * them through the skeleton.
 */
#ifndef IOSTAGE_STATE_H
#define IOSTAGE_STATE_H

#include "iostage.h"
#include "stamps.h"

/* Powers of two, since an index is masked. */
#define MAX_PIDS		(4 << 20)	/* PID_MAX_LIMIT of a 64-bit kernel */
#define MAX_CPUS		8192		/* Debian's CONFIG_NR_CPUS */
#define MAX_REQUESTS		8192		/* in flight at once */
#define MAX_OWNED		16384		/* io_kiocbs and bios (owner.h) */
#define MAX_MERGED		128		/* bios of a request */
#define MAX_JOURNALS		32
#define MAX_DEVICE_ENTRIES	256

/*
 * What a task is in, as `pids` has it by pid: an operation, by its slot + 1; or a journal
 * thread, by its entry in `journals` + 1, with PID_JOURNAL; or nothing. With PID_ENDED, the slot
 * of an operation that it was in, whose record has not been sent.
 */
#define PID_JOURNAL	0x8000
#define PID_ENDED	0x2000

#define CALIBRATION_SLOT 0

/* In place of a pid: no task is in the operation, which goes on all the same. */
#define PID_NOBODY	MAX_PIDS

/* OP_COMMAND: an NVMe command that passes the block layer's read and write by */
enum op_kind { OP_READ, OP_FSYNC, OP_FDATASYNC, OP_WRITE, OP_COMMAND, NR_OPS };

/* What an operation waited for, as bits. */
#define WAITED_OWN	1	/* an I/O of its own */
#define WAITED_OTHER	2	/* somebody else's I/O */
#define WAITED_COMMIT	4	/* a journal commit */

/* What is known of an asynchronous read, as bits. */
#define ASYNC_READ	1
#define ASYNC_POOL	2	/* that mechanism is on */
#define ASYNC_LIGHT	4
#define ASYNC_PREMAP	8
#define ASYNC_POLLED	16	/* its request is */

enum waker { WAKER_NONE, WAKER_REQUEST, WAKER_JOURNAL, WAKER_COMMITTER };

/*
 * In an operation's record.size while its task is off the CPU: too large for any boundary, which
 * looks why.
 */
#define ASLEEP			(1U << 31)

struct sleep {
	u64 out;		/* off the CPU */
	u64 wake;		/* sched_waking */
	u8 waker;
	u8 preempted;
	u8 from;		/* the stage that it went to sleep in */
	struct stamps why;	/* WAKER_REQUEST: the request that completed */
};

/*
 * A slot, and the operation in it. Only its task writes the timeline. Others leave in `sleep`
 * and `own` what they know of it: the task that wakes it, and the completion of its own requests.
 */
struct op {
	u32 pid;		/* of the task in it; PID_NOBODY: none is; 0: the slot is free */
	u32 ended;		/* its record is to be sent: who clears that, does it and frees the slot */
	u64 begun;		/* operations that the slot has had */
	/* the compiler sets several neighbours at once */
	u8 kind;
	u8 stage;		/* now in */
	u8 base;		/* what inner stages return to */
	u8 wait;		/* what the device is called in a wait from here */
	u8 held;		/* where its last bio is: STAGE_REQUEST or STAGE_STACKED */
	u8 unknown;		/* whether it is to be recorded: its file has not been looked at */
	u8 direct;
	u8 ext4;
	u8 waited;
	u8 own_io;		/* it has begun I/O of its own */
	u8 flushing;		/* it has asked for a flush */
	u8 missed;		/* it found a page missing */
	u8 fast_commit;		/* it is committing */
	u8 tid_known;		/* jbd2 said it, or the journal has woken the operation once */
	u8 async;		/* ASYNC_ bits; 0: not an asynchronous read */
	u8 lost;		/* a part of it found the ring full */
	u8 datasync;		/* only what is needed to read the data back */
	u8 journal_busy;	/* the journal was committing when the sleep began */
	u8 flying;		/* of io_uring: in flight, which is told like a sleep */
	u8 unseen;		/* of io_uring: it is issued where nobody sees that */
	u32 before;		/* the task's last operation, as `pids` had it: one with PID_ENDED, or 0 */
	u32 journal;		/* index + 1 in `journals`, 0: none */
	u32 bio_dev;
	u64 bio_end;		/* sectors of its own bios, on bio_dev */
	u64 bio_first;
	u64 file;		/* what the page cache was asked for by a read, 0: not yet */
	u64 journal_at;		/* when `snapshot` was taken; 0: it was not */
	u32 tid;		/* the transaction that it waits for */
	u32 fd;			/* of a system call that began without a look at its file */
	u64 inode;
	u64 ring;		/* the io_kiocb; 0: a system call's */
	u64 forgotten;		/* start of the slot's last operation that was not to be recorded */
	struct operation record;	/* with its timeline, ready to be sent */
	struct stamps own;	/* its own request that completed last */
	struct sleep sleep;
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
	u64 sb;			/* of the filesystem that it is the journal of */
	u64 since;
	u64 begun;		/* when the commit began */
	struct sleep sleep;
	u64 total[NR_STAGES];	/* since the commit began */
};

/* What this CPU is doing. */
struct cpu {
	u32 interrupts;		/* depth of hard and soft interrupts: `current` is a bystander */
	u32 completing;		/* depth + 1 at which the completion of `done` is running, 0: none is */
	u64 irq;		/* entry of the last hard interrupt, 0 once its soft ones are over too */
	struct stamps done;
	u32 unattributed;	/* requests of `done` that nobody is known to have waited for */
} __attribute__((aligned(64)));

/*
 * Who issued a request, and when it passed which boundary: from its issue, or before where it is
 * queued, to its completion.
 */
struct request_record {
	u64 rq;			/* 0: free */
	u64 owner_start;	/* of the operation that queued or issued it; 0: none did */
	u32 owner;		/* its slot */
	u32 journal;		/* entry + 1 of the journal thread that did */
	u32 queued;		/* whose it is was seen when it was queued */
	u32 reserved;
	u64 data_done;		/* its data is, its flush sequence goes on */
	struct stamps stamps;
};

/* A kernel object that an operation of io_uring has, by its address. */
struct owned {
	u64 object;		/* 0: free */
	u64 start;		/* of the operation */
	u32 slot;		/* its slot */
	u32 reserved;
};

/* A device that operations, or other I/O of the tasks that are recorded, go to. */
struct device {
	__u32 dev;			/* kernel dev_t */
	__u32 recorded;			/* an operation has submitted a bio to it: it is counted */
	__u64 requests;			/* completed */
	__u64 attributed;		/* those that an operation issued, asked for or waited for */
	__u64 flush_issued;		/* its last flush, for the request whose data follows it */
	__u64 flush_done;
	__u32 flushes;			/* completed, and not yet part of what they were done for */
	__u32 asked;			/* flush sequences that operations asked for, not yet done */
	__u32 journal;			/* entry + 1 of the journal thread that asked for one */
	__u32 reserved;
	__u64 outside;			/* bios of such other I/O */
};

#endif
