// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which function or tracepoint delimits each stage. Rung 0 is the full tier: functions
 * that Debian's 6.1 and 6.12 kernels really let be hooked (a symbol with BTF is not
 * enough: lib/ and inline functions have no ftrace site). Rung 1 needs tracepoints only,
 * for kernels that refuse trampolines.
 */
#include "ladders.h"

#include <stddef.h>

#define FENTRY(program, ...) \
	program, HOOK_FENTRY, \
	{ \
		__VA_ARGS__ \
	}
#define FEXIT(program, ...) \
	program, HOOK_FEXIT, \
	{ \
		__VA_ARGS__ \
	}
#define TP(program, ...) \
	program, HOOK_TRACEPOINT, \
	{ \
		__VA_ARGS__ \
	}

/* clang-format off */
#define SYSCALL(ops, name)							\
	{ STAGE_SYSCALL_ENTRY, 0, ops, LAYER, FENTRY(#name "_enter", "__x64_sys_" #name) },	\
	{ STAGE_SYSCALL_ENTRY, 0, ops, LAYER, FEXIT(#name "_exit", "__x64_sys_" #name) }

/* Together they are how operations of io_uring begin and end, and who issues them. */
#define RING(rung, ...) { STAGE_RING_SUBMIT, rung, FOR_RING, LAYER | ASYNC, __VA_ARGS__ }
#define RING_TRACEPOINTS(rung)							\
	RING(rung, TP("io_uring_submit", "io_uring_submit_req", "io_uring_submit_sqe")),	\
	RING(rung, TP("io_uring_complete", "io_uring_complete")),		\
	RING(rung, TP("io_uring_cqe_overflow", "io_uring_cqe_overflow")),	\
	RING(rung, TP("io_uring_queue_async_work", "io_uring_queue_async_work"))

const struct hook hooks[MAX_HOOKS] = {
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("sched_switch", "sched_switch") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("sched_waking", "sched_waking") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("sched_process_fork", "sched_process_fork") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("sched_process_exit", "sched_process_exit") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("sched_process_exec", "sched_process_exec") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("irq_handler_entry", "irq_handler_entry") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("irq_handler_exit", "irq_handler_exit") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("softirq_entry", "softirq_entry") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("softirq_exit", "softirq_exit") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("block_rq_issue", "block_rq_issue") },
	{ SUPPORT, 0, FOR_ALL, LAYER, TP("block_rq_complete", "block_rq_complete") },

	SYSCALL(FOR_READ, read),
	SYSCALL(FOR_READ, pread64),
	SYSCALL(FOR_READ, readv),
	SYSCALL(FOR_READ, preadv),
	SYSCALL(FOR_READ, preadv2),
	SYSCALL(FOR_FSYNC, fsync),
	SYSCALL(FOR_FSYNC, fdatasync),
	SYSCALL(FOR_FSYNC, write),
	SYSCALL(FOR_FSYNC, pwrite64),
	SYSCALL(FOR_FSYNC, writev),
	SYSCALL(FOR_FSYNC, pwritev),
	SYSCALL(FOR_FSYNC, pwritev2),
	{ STAGE_SYSCALL_ENTRY, 1, FOR_ALL, LAYER, TP("sys_enter", "sys_enter") },
	{ STAGE_SYSCALL_ENTRY, 1, FOR_ALL, LAYER, TP("sys_exit", "sys_exit") },

	RING_TRACEPOINTS(0),
	RING(0, FENTRY("io_read_enter", "io_read")),
	RING(0, FEXIT("io_read_exit", "io_read")),
	RING(0, FENTRY("io_fsync_enter", "io_fsync")),
	RING(0, FEXIT("io_fsync_exit", "io_fsync")),
	RING(0, FENTRY("io_uring_cmd_enter", "io_uring_cmd")),
	RING(0, FEXIT("io_uring_cmd_exit", "io_uring_cmd")),
	RING_TRACEPOINTS(1),
	RING(1, TP("io_uring_cqring_wait", "io_uring_cqring_wait")),
	RING(1, TP("io_uring_link", "io_uring_link")),

	{ STAGE_IO_WQ, 0, FOR_RING, LAYER | ASYNC, FENTRY("io_read_enter", "io_read") },

	{ STAGE_WRITE_COPY, 0, FOR_FSYNC, 0, FENTRY("generic_perform_write", "generic_perform_write") },
	{ STAGE_WRITE_COPY, 1, FOR_FSYNC, 0, TP("ext4_da_write_begin", "ext4_da_write_begin") },
	{ STAGE_WRITE_COPY, 1, FOR_FSYNC, OPTIONAL, TP("ext4_write_begin", "ext4_write_begin") },

	{ STAGE_CACHE_LOOKUP, 0, FOR_READ, LAYER, FENTRY("filemap_get_pages_enter", "filemap_get_pages") },
	{ STAGE_CACHE_LOOKUP, 0, FOR_READ, LAYER, FEXIT("page_cache_ra_exit", "page_cache_sync_ra") },
	{ STAGE_CACHE_LOOKUP, 0, FOR_READ, 0, FEXIT("page_cache_async_ra_exit", "page_cache_async_ra") },
	{ STAGE_CACHE_LOOKUP, 0, FOR_READ, LAYER | OPTIONAL, FENTRY("ext4_async_read_iter", "ext4_async_read_iter") },
	{ STAGE_CACHE_LOOKUP, 1, FOR_READ, LAYER, TP("page_cache_sync_ra", "page_cache_sync_ra") },

	{ STAGE_PAGE_ALLOC, 0, FOR_READ, 0, FENTRY("filemap_alloc_folio", "filemap_alloc_folio", "filemap_alloc_folio_noprof") },
	{ STAGE_PAGE_ALLOC, 1, FOR_READ, 0, TP("page_cache_ra_unbounded", "page_cache_ra_unbounded") },
	{ STAGE_PAGE_ALLOC, 1, FOR_READ, OPTIONAL, TP("page_cache_ra_order", "page_cache_ra_order") },

	{ STAGE_PAGE_POOL_GET, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_lookup", "ext4_async_lookup") },

	{ STAGE_CACHE_INSERT, 0, FOR_READ, 0, TP("mm_page_alloc", "mm_page_alloc") },

	{ STAGE_PIN_PAGES, 0, FOR_ALL, 0, FENTRY("bio_iov_iter_get_pages_enter", "bio_iov_iter_get_pages") },
	{ STAGE_PIN_PAGES, 0, FOR_ALL, 0, FEXIT("bio_iov_iter_get_pages_exit", "bio_iov_iter_get_pages") },

	{ STAGE_PASSTHRU, 0, FOR_RING, LAYER | ASYNC, FENTRY("io_uring_cmd_enter", "io_uring_cmd") },
	{ STAGE_PASSTHRU, 0, FOR_RING, LAYER | ASYNC, FENTRY("blk_execute_rq_nowait", "blk_execute_rq_nowait") },

	{ STAGE_DATA_SUBMIT, 0, FOR_FSYNC, LAYER, FENTRY("ext4_sync_file", "ext4_sync_file") },
	{ STAGE_DATA_SUBMIT, 0, FOR_FSYNC, 0, FEXIT("ext4_writepages_exit", "ext4_writepages") },
	{ STAGE_DATA_SUBMIT, 1, FOR_FSYNC, LAYER, TP("ext4_sync_file_enter", "ext4_sync_file_enter") },
	{ STAGE_DATA_SUBMIT, 1, FOR_FSYNC, 0, TP("ext4_writepages_result", "ext4_writepages_result") },

	{ STAGE_BLOCK_MAP, 0, FOR_ALL, 0, TP("ext4_es_lookup_extent_enter", "ext4_es_lookup_extent_enter") },
	{ STAGE_BLOCK_MAP, 0, FOR_ALL, 0, TP("ext4_es_lookup_extent_exit", "ext4_es_lookup_extent_exit") },
	{ STAGE_BLOCK_MAP, 0, FOR_ALL, 0, TP("ext4_ext_map_blocks_enter", "ext4_ext_map_blocks_enter") },
	{ STAGE_BLOCK_MAP, 0, FOR_ALL, 0, TP("ext4_ext_map_blocks_exit", "ext4_ext_map_blocks_exit") },

	{ STAGE_BLOCK_MAP, 0, FOR_READ, OPTIONAL, TP("ext4_async_alloc", "ext4_async_alloc") },

	{ STAGE_FILESYSTEM, 0, FOR_ALL, LAYER, TP("iomap_iter", "iomap_iter") },

	{ STAGE_BIO_SUBMIT, 0, FOR_READ, 0, TP("ext4_es_lookup_extent_exit", "ext4_es_lookup_extent_exit") },
	{ STAGE_BIO_SUBMIT, 0, FOR_FSYNC, 0, FENTRY("ext4_io_submit", "ext4_io_submit") },
	{ STAGE_BIO_SUBMIT, 1, FOR_READ, 0, TP("ext4_es_lookup_extent_exit", "ext4_es_lookup_extent_exit") },

	{ STAGE_STACKED, 0, FOR_ALL, LAYER, TP("block_bio_queue", "block_bio_queue") },
	{ STAGE_REQUEST, 0, FOR_ALL, LAYER, TP("block_bio_queue", "block_bio_queue") },
	{ STAGE_REQUEST, 0, FOR_ALL, LAYER | OPTIONAL, TP("block_rq_insert", "block_rq_insert") },

	{ STAGE_REQUEST, 0, FOR_RING, LAYER | OPTIONAL, TP("block_split", "block_split") },

	{ STAGE_LIGHT_SUBMIT, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_map", "ext4_async_map") },

	{ STAGE_DMA_MAP, 0, FOR_ALL, 0, TP("nvme_setup_cmd", "nvme_setup_cmd") },
	{ STAGE_DRIVER_SUBMIT, 0, FOR_ALL, LAYER, TP("block_rq_issue", "block_rq_issue") },

	{ STAGE_CACHE_INSERT_DEFERRED, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_submit", "ext4_async_submit") },
	{ STAGE_PAGE_POOL_REFILL, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_insert", "ext4_async_insert") },

	{ STAGE_DEVICE, 0, FOR_READ, LAYER, TP("block_rq_issue", "block_rq_issue") },
	{ STAGE_DEVICE_DATA, 0, FOR_FSYNC, LAYER, TP("block_rq_issue", "block_rq_issue") },
	{ STAGE_DMA_UNMAP_DEFERRED, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_remap", "ext4_async_remap") },
	{ STAGE_POLL, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_insert", "ext4_async_insert") },
	{ STAGE_POLL, 0, FOR_READ, LAYER | ASYNC, TP("ext4_async_refill", "ext4_async_refill") },
	{ STAGE_POLL, 0, FOR_READ, LAYER | ASYNC | OPTIONAL, TP("ext4_async_remap", "ext4_async_remap") },
	{ STAGE_IRQ, 0, FOR_ALL, LAYER, TP("irq_handler_entry", "irq_handler_entry") },
	{ STAGE_IRQ, 0, FOR_ALL, OPTIONAL | ELSEWHERE, TP("nvme_sq", "nvme_sq") },
	{ STAGE_DMA_UNMAP, 0, FOR_ALL, 0, FENTRY("nvme_unmap_data", "nvme_unmap_data") },
	{ STAGE_REQUEST_COMPLETE, 0, FOR_ALL, LAYER, TP("block_rq_complete", "block_rq_complete") },
	{ STAGE_REQUEST_COMPLETE, 0, FOR_READ, LAYER | OPTIONAL, TP("ext4_async_wait", "ext4_async_wait") },

	{ STAGE_EXTENT_CONVERT, 0, FOR_FSYNC, LAYER, TP("sched_waking", "sched_waking") },
	{ STAGE_JOURNAL_WAKE, 0, FOR_FSYNC, LAYER, FENTRY("jbd2_log_wait_commit", "jbd2_log_wait_commit") },
	{ STAGE_JOURNAL_WAKE, 1, FOR_FSYNC, LAYER, TP("sched_waking", "sched_waking") },
	{ STAGE_PREVIOUS_COMMIT, 0, FOR_FSYNC, LAYER, TP("jbd2_start_commit", "jbd2_start_commit") },
	{ STAGE_JOURNAL_LOCK, 0, FOR_FSYNC, LAYER, TP("jbd2_start_commit", "jbd2_start_commit") },
	{ STAGE_JOURNAL_PREPARE, 0, FOR_FSYNC, LAYER, TP("jbd2_commit_flushing", "jbd2_commit_flushing") },
	{ STAGE_JOURNAL_PREPARE, 0, FOR_FSYNC, LAYER | OPTIONAL, TP("ext4_fc_commit_start", "ext4_fc_commit_start") },
	{ STAGE_COMMIT_PREPARE_EARLY, 0, FOR_FSYNC, ASYNC, FENTRY("journal_prepare_early", "journal_prepare_early") },
	{ STAGE_DEVICE_JOURNAL, 0, FOR_FSYNC, LAYER, TP("jbd2_commit_logging", "jbd2_commit_logging") },
	{ STAGE_DEVICE_JOURNAL, 0, FOR_FSYNC, LAYER | OPTIONAL, FENTRY("finish_inode_data_enter", "ext4_journal_finish_inode_data_buffers") },
	{ STAGE_DEVICE_JOURNAL, 0, FOR_FSYNC, LAYER | OPTIONAL, FEXIT("finish_inode_data_exit", "ext4_journal_finish_inode_data_buffers") },
	{ STAGE_COMMIT_PREPARE, 0, FOR_FSYNC, LAYER, FENTRY("journal_submit_commit_record", "journal_submit_commit_record") },
	{ STAGE_COMMIT_PREPARE, 1, FOR_FSYNC, LAYER, TP("block_rq_complete", "block_rq_complete") },
	{ STAGE_DEVICE_FLUSH, 0, FOR_FSYNC, LAYER, TP("block_rq_issue", "block_rq_issue") },
	{ STAGE_DEVICE_COMMIT, 0, FOR_FSYNC, LAYER, TP("block_rq_issue", "block_rq_issue") },
	{ STAGE_COMMIT_FINISH, 0, FOR_FSYNC, LAYER, TP("jbd2_end_commit", "jbd2_end_commit") },
	{ STAGE_COMMIT_FINISH, 0, FOR_FSYNC, LAYER | OPTIONAL, TP("ext4_fc_commit_stop", "ext4_fc_commit_stop") },
	{ STAGE_COMMIT_WAKE, 0, FOR_FSYNC, LAYER, TP("sched_waking", "sched_waking") },

	{ STAGE_WAKEUP, 0, FOR_ALL, LAYER, TP("sched_waking", "sched_waking") },
	{ STAGE_SWITCH_OUT, 0, FOR_ALL, 0, FENTRY("io_schedule", "io_schedule") },
	{ STAGE_SWITCH_OUT, 0, FOR_ALL, 0, FENTRY("io_schedule_timeout", "io_schedule_timeout") },
	{ STAGE_SWITCH_OUT, 1, FOR_FSYNC, 0, TP("folio_wait_writeback", "folio_wait_writeback") },

	{ STAGE_COPY_TO_USER, 0, FOR_READ, 0, FEXIT("filemap_get_pages_exit", "filemap_get_pages") },
	{ STAGE_COPY_TO_USER, 1, FOR_READ, 0, TP("mm_filemap_get_pages", "mm_filemap_get_pages") },
	{ STAGE_COPY_TO_USER, 0, FOR_READ, OPTIONAL, TP("ext4_async_complete", "ext4_async_complete") },
	{ STAGE_COPY_TO_USER, 1, FOR_READ, OPTIONAL, TP("ext4_async_complete", "ext4_async_complete") },
	{ STAGE_SYSCALL_EXIT, 0, FOR_READ, 0, FENTRY("touch_atime", "touch_atime") },
	{ STAGE_SYSCALL_EXIT, 0, FOR_READ, OPTIONAL, FEXIT("ext4_async_read_iter_exit", "ext4_async_read_iter") },
	{ STAGE_SYSCALL_EXIT, 0, FOR_FSYNC, LAYER, TP("ext4_sync_file_exit", "ext4_sync_file_exit") },
	{ STAGE_SYSCALL_EXIT, 1, FOR_FSYNC, LAYER, TP("ext4_sync_file_exit", "ext4_sync_file_exit") },

	{ STAGE_RING_COMPLETE, 0, FOR_RING, LAYER | ASYNC, FENTRY("io_req_task_work_add", "__io_req_task_work_add") },
	{ STAGE_RING_COMPLETE, 0, FOR_RING, LAYER | ASYNC | OPTIONAL, FENTRY("io_req_task_queue", "io_req_task_queue") },
	{ STAGE_RING_COMPLETE, 0, FOR_RING, LAYER | ASYNC | OPTIONAL, FENTRY("io_complete_rw_iopoll", "io_complete_rw_iopoll") },
	{ STAGE_RING_COMPLETE, 0, FOR_RING, LAYER | ASYNC | OPTIONAL, FENTRY("io_uring_cmd_done", "io_uring_cmd_done") },
	{ STAGE_RING_COMPLETE, 1, FOR_RING, LAYER | ASYNC, TP("block_rq_complete", "block_rq_complete") },

	{ STAGE_PREEMPTED, 0, FOR_ALL, LAYER, TP("sched_switch", "sched_switch") },
	{ STAGE_BLOCKED, 0, FOR_ALL, LAYER, TP("sched_waking", "sched_waking") },
};
/* clang-format on */

static const enum stage stage_into[NR_STAGES] = {
	[STAGE_SYSCALL_ENTRY] = STAGE_SYSCALL_ENTRY,
	[STAGE_RING_SUBMIT] = STAGE_RING_SUBMIT,
	[STAGE_IO_WQ] = STAGE_RING_SUBMIT,
	[STAGE_WRITE_COPY] = STAGE_SYSCALL_ENTRY,
	[STAGE_CACHE_LOOKUP] = STAGE_SYSCALL_ENTRY,
	[STAGE_PAGE_ALLOC] = STAGE_CACHE_LOOKUP,
	[STAGE_PAGE_POOL_GET] = STAGE_CACHE_LOOKUP,
	[STAGE_CACHE_INSERT] = STAGE_PAGE_ALLOC,
	[STAGE_PIN_PAGES] = STAGE_BIO_SUBMIT,
	[STAGE_PASSTHRU] = STAGE_RING_SUBMIT,
	[STAGE_DATA_SUBMIT] = STAGE_SYSCALL_ENTRY,
	[STAGE_BLOCK_MAP] = STAGE_CACHE_INSERT,
	[STAGE_FILESYSTEM] = STAGE_SYSCALL_ENTRY,
	[STAGE_BIO_SUBMIT] = STAGE_BLOCK_MAP,
	[STAGE_STACKED] = STAGE_REQUEST,
	[STAGE_REQUEST] = STAGE_BIO_SUBMIT,
	[STAGE_LIGHT_SUBMIT] = STAGE_BLOCK_MAP,
	[STAGE_DMA_MAP] = STAGE_REQUEST,
	[STAGE_DRIVER_SUBMIT] = STAGE_DMA_MAP,
	[STAGE_CACHE_INSERT_DEFERRED] = STAGE_DRIVER_SUBMIT,
	[STAGE_PAGE_POOL_REFILL] = STAGE_CACHE_INSERT_DEFERRED,
	[STAGE_DEVICE] = STAGE_DEVICE,
	[STAGE_DEVICE_DATA] = STAGE_DEVICE_DATA,
	[STAGE_DMA_UNMAP_DEFERRED] = STAGE_PAGE_POOL_REFILL,
	[STAGE_POLL] = STAGE_CACHE_INSERT_DEFERRED,
	[STAGE_IRQ] = STAGE_DEVICE,
	[STAGE_DMA_UNMAP] = STAGE_IRQ,
	[STAGE_REQUEST_COMPLETE] = STAGE_REQUEST_COMPLETE,
	[STAGE_EXTENT_CONVERT] = STAGE_EXTENT_CONVERT,
	[STAGE_JOURNAL_WAKE] = STAGE_DATA_SUBMIT,
	[STAGE_PREVIOUS_COMMIT] = STAGE_JOURNAL_WAKE,
	[STAGE_JOURNAL_LOCK] = STAGE_JOURNAL_WAKE,
	[STAGE_JOURNAL_PREPARE] = STAGE_JOURNAL_LOCK,
	[STAGE_COMMIT_PREPARE_EARLY] = STAGE_JOURNAL_PREPARE,
	[STAGE_DEVICE_JOURNAL] = STAGE_JOURNAL_PREPARE,
	[STAGE_COMMIT_PREPARE] = STAGE_JOURNAL_PREPARE,
	[STAGE_DEVICE_FLUSH] = STAGE_DEVICE_FLUSH,
	[STAGE_DEVICE_COMMIT] = STAGE_DEVICE_COMMIT,
	[STAGE_COMMIT_FINISH] = STAGE_COMMIT_PREPARE,
	[STAGE_COMMIT_WAKE] = STAGE_COMMIT_WAKE,
	[STAGE_WAKEUP] = STAGE_WAKEUP,
	[STAGE_SWITCH_OUT] = STAGE_DRIVER_SUBMIT,
	[STAGE_COPY_TO_USER] = STAGE_CACHE_LOOKUP,
	[STAGE_SYSCALL_EXIT] = STAGE_COPY_TO_USER,
	[STAGE_RING_COMPLETE] = STAGE_RING_COMPLETE,
	[STAGE_PREEMPTED] = STAGE_PREEMPTED,
	[STAGE_BLOCKED] = STAGE_BLOCKED,
	[STAGE_PROBES] = STAGE_PROBES,
	[STAGE_UNATTRIBUTED] = STAGE_UNATTRIBUTED,
};

enum stage stage_before(enum stage stage, int op)
{
	/* A read maps blocks and builds its bio once, writeback again and again, and in between. */
	if (op == FOR_FSYNC && (stage == STAGE_BLOCK_MAP || stage == STAGE_BIO_SUBMIT))
		return STAGE_DATA_SUBMIT;
	return stage_into[stage];
}
