// SPDX-License-Identifier: GPL-2.0-only
/* The page cache: lookup, allocation, insertion, copying; pinning for O_DIRECT. */
#include "target.h"

SEC("fentry")
int BPF_PROG(filemap_get_pages_enter, struct kiocb *iocb)
{
	return lookup_begins(iocb);
}

ENTER(filemap_alloc_folio, STAGE_PAGE_ALLOC)
ENTER(bio_iov_iter_get_pages_enter, STAGE_PIN_PAGES)
LEAVE(bio_iov_iter_get_pages_exit, STAGE_BIO_SUBMIT)
LEAVE(page_cache_async_ra_exit, STAGE_CACHE_LOOKUP)

/* Synchronous readahead: a page was missing. */
static __always_inline int missed(u32 hook)
{
	struct op *op = current_op();

	if (op) {
		op->missed = 1;
		op_cross_base(op, STAGE_CACHE_LOOKUP, hook);
	}
	return 0;
}

SEC("fexit")
int BPF_PROG(page_cache_ra_exit)
{
	return missed(COST_FEXIT);
}

SEC("tp_btf")
int BPF_PROG(page_cache_sync_ra)
{
	return missed(COST_TRACEPOINT);
}

/*
 * Any allocation comes by here, those of interrupts too, where `current` is a bystander; only the one
 * of a folio is meant, which its insertion follows. Asynchronous reads insert later.
 */
SEC("tp_btf")
int BPF_PROG(mm_page_alloc)
{
	struct op *op = current_op();

	if (op && op->stage == STAGE_PAGE_ALLOC && !op->async && !this_cpu()->interrupts) {
		op->own_io = 1;
		op_cross(op, STAGE_CACHE_INSERT, COST_TRACEPOINT);
	}
	return 0;
}

SEC("fexit")
int BPF_PROG(filemap_get_pages_exit, struct kiocb *iocb)
{
	struct op *op = current_op();

	if (op && known_by(op, iocb->ki_filp))
		op_cross_base(op, STAGE_COPY_TO_USER, COST_FEXIT);
	return 0;
}

/* Direct reads of block devices and xfs, and asynchronous ones, come by here before they are done. */
SEC("fentry")
int BPF_PROG(touch_atime)
{
	struct op *op = current_op();

	if (op && op->base == STAGE_COPY_TO_USER)
		op_cross_base(op, exit_stage(op), COST_FENTRY);
	return 0;
}

/* Tracepoints only. mm_filemap_get_pages ends the lookup (Linux 6.8). */
TRACE_BASE(mm_filemap_get_pages, STAGE_COPY_TO_USER)

TRACE(page_cache_ra_unbounded, STAGE_PAGE_ALLOC)
TRACE(page_cache_ra_order, STAGE_PAGE_ALLOC)
