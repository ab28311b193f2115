/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of stages: the only list of them. BPF programs, captures, reports,
 * man pages and tests all derive from it. A new stage is one row here and one
 * hook that enters it (cli/record/ladders.c).
 *
 * Rows stand in the order in which an operation meets them, so that a report
 * reads from the system call to the wakeup.
 *
 *	STAGE(ID, name, layer, actor, covers)
 */
#ifndef IOSTAGE_STAGES_H
#define IOSTAGE_STAGES_H

#define STAGES(STAGE) \
	STAGE(SYSCALL_ENTRY, "syscall_entry", "syscall", "task", \
	      "system call entry, file lookup, VFS and filesystem prologue") \
	STAGE(RING_SUBMIT, "ring_submit", "io_uring", "task", \
	      "io_uring: from the queue's entry to the page cache, filesystem or driver") \
	STAGE(IO_WQ, "io_wq", "io_uring", "worker", \
	      "io_uring: handed to a worker thread, until that begins") \
	STAGE(WRITE_COPY, "write_copy", "page cache", "task", \
	      "a synchronous write: user data into the page cache, space reserved, before the sync") \
	STAGE(CACHE_LOOKUP, "cache_lookup", "page cache", "task", \
	      "looking the pages up and deciding what to read ahead") \
	STAGE(PAGE_ALLOC, "page_alloc", "page cache", "task", \
	      "allocating page cache folios") \
	STAGE(PAGE_POOL_GET, "page_pool_get", "page cache", "task", \
	      "async: taking pages that were allocated during earlier reads") \
	STAGE(CACHE_INSERT, "cache_insert", "page cache", "task", \
	      "inserting folios into the page cache and the LRU") \
	STAGE(PIN_PAGES, "pin_pages", "page cache", "task", \
	      "O_DIRECT: pinning the user's pages") \
	STAGE(PASSTHRU, "passthru", "driver", "task", \
	      "passthrough: the command from the queue's entry, its request, the user's pages") \
	STAGE(DATA_SUBMIT, "data_submit", "filesystem", "task", \
	      "writeback of the file's dirty pages, up to the block layer") \
	STAGE(BLOCK_MAP, "block_map", "filesystem", "task", \
	      "file offset to disk block, with allocation") \
	STAGE(FILESYSTEM, "filesystem", "filesystem", "task", \
	      "a filesystem without hooks of its own, or one without a journal: its work and its waits") \
	STAGE(BIO_SUBMIT, "bio_submit", "block", "task", \
	      "building the bio and handing it to the block layer") \
	STAGE(STACKED, "stacked", "block", "device", \
	      "held in a stacked device (dm, md) above the device") \
	STAGE(REQUEST, "request", "block", "task", \
	      "blk-mq: tag, merge, plug, scheduler, throttling, dispatch") \
	STAGE(LIGHT_SUBMIT, "light_submit", "block", "task", \
	      "async: a request at once, and its tag, past the bio layer") \
	STAGE(DMA_MAP, "dma_map", "driver", "task", \
	      "building the command and mapping its memory for DMA") \
	STAGE(DRIVER_SUBMIT, "driver_submit", "driver", "task", \
	      "command into the queue, doorbell") \
	STAGE(CACHE_INSERT_DEFERRED, "cache_insert_deferred", "page cache", "task", \
	      "async: inserting folios after submission, up to the wait") \
	STAGE(PAGE_POOL_REFILL, "page_pool_refill", "page cache", "task", \
	      "async: allocating pages for reads to come") \
	STAGE(DMA_UNMAP_DEFERRED, "dma_unmap_deferred", "driver", "task", \
	      "async: unmapping earlier reads' pages from the device, and mapping those for reads to come") \
	STAGE(DEVICE, "device", "device", "device", \
	      "the device, for a read") \
	STAGE(DEVICE_DATA, "device_data", "device", "device", \
	      "the device, writing the file's data") \
	STAGE(POLL, "poll", "driver", "task", \
	      "async, IOPOLL: finding the completion by looking for it, not by an interrupt") \
	STAGE(IRQ, "irq", "driver", "interrupt", \
	      "interrupt entry up to the request's completion by the driver") \
	STAGE(DMA_UNMAP, "dma_unmap", "driver", "interrupt", \
	      "unmapping the request's memory") \
	STAGE(REQUEST_COMPLETE, "request_complete", "block", "interrupt", \
	      "completing request and bio, unlocking folios, up to the wakeup") \
	STAGE(EXTENT_CONVERT, "extent_convert", "filesystem", "worker", \
	      "a worker turns unwritten extents into written ones before writeback ends") \
	STAGE(JOURNAL_WAKE, "journal_wake", "journal", "task", \
	      "requesting a commit, until the journal thread begins it") \
	STAGE(PREVIOUS_COMMIT, "previous_commit", "journal", "journal", \
	      "waiting behind an older transaction's commit or another task's fast commit") \
	STAGE(JOURNAL_LOCK, "journal_lock", "journal", "journal", \
	      "locking the transaction: waiting for its handles") \
	STAGE(JOURNAL_PREPARE, "journal_prepare", "journal", "journal", \
	      "ordered data, descriptor and metadata blocks, checksums") \
	STAGE(COMMIT_PREPARE_EARLY, "commit_prepare_early", "journal", "journal", \
	      "async: preparing the commit record while the log is being written") \
	STAGE(DEVICE_JOURNAL, "device_journal", "device", "device", \
	      "the device, writing journal blocks") \
	STAGE(COMMIT_PREPARE, "commit_prepare", "journal", "journal", \
	      "preparing and submitting the commit record") \
	STAGE(DEVICE_FLUSH, "device_flush", "device", "device", \
	      "the device, flushing its volatile write cache") \
	STAGE(DEVICE_COMMIT, "device_commit", "device", "device", \
	      "the device, writing the commit record") \
	STAGE(COMMIT_FINISH, "commit_finish", "journal", "journal", \
	      "checkpoint lists and log tail after the commit, up to the wakeup") \
	STAGE(COMMIT_WAKE, "commit_wake", "scheduler", "scheduler", \
	      "woken by the journal thread until running again") \
	STAGE(WAKEUP, "wakeup", "scheduler", "scheduler", \
	      "woken by a completion until running again") \
	STAGE(SWITCH_OUT, "switch_out", "scheduler", "task", \
	      "deciding to sleep until off the CPU") \
	STAGE(COPY_TO_USER, "copy_to_user", "page cache", "task", \
	      "copying the data to the user") \
	STAGE(SYSCALL_EXIT, "syscall_exit", "syscall", "task", \
	      "access time, file put, return to the user") \
	STAGE(RING_COMPLETE, "ring_complete", "io_uring", "task", \
	      "io_uring: done, until the task has woken for it and posted its completion") \
	STAGE(PREEMPTED, "preempted", "scheduler", "scheduler", \
	      "runnable, but another task has the CPU") \
	STAGE(BLOCKED, "blocked", "scheduler", "task", \
	      "asleep for something other than I/O of its own: locks, reclaim, faults") \
	STAGE(PROBES, "probes", "probes", "probes", \
	      "the calibrated cost of iostage's own hooks, taken out of the stages above") \
	STAGE(UNATTRIBUTED, "unattributed", "", "", \
	      "what no hook names")

enum stage {
#define STAGE(id, name, layer, actor, covers) STAGE_##id,
	STAGES(STAGE)
#undef STAGE
	NR_STAGES
};

/* The device stages: what the exposed track shows while an awaited I/O is in flight. */
static inline int stage_is_device(unsigned int stage)
{
	return stage == STAGE_DEVICE || stage == STAGE_DEVICE_DATA ||
	       stage == STAGE_DEVICE_JOURNAL || stage == STAGE_DEVICE_FLUSH ||
	       stage == STAGE_DEVICE_COMMIT;
}

/* Whose work an async stage does, in another way or at another time; of all others, itself. */
static inline enum stage stage_work(enum stage stage)
{
	switch (stage) {
	case STAGE_PAGE_POOL_GET:
	case STAGE_PAGE_POOL_REFILL:
		return STAGE_PAGE_ALLOC;
	case STAGE_CACHE_INSERT_DEFERRED:
		return STAGE_CACHE_INSERT;
	case STAGE_DMA_UNMAP_DEFERRED:
		return STAGE_DMA_UNMAP;
	case STAGE_LIGHT_SUBMIT:
		return STAGE_BIO_SUBMIT;
	case STAGE_COMMIT_PREPARE_EARLY:
		return STAGE_COMMIT_PREPARE;
	default:
		return stage;
	}
}

#endif
