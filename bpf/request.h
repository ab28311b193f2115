/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests' records: a table with open addressing, keyed by the request's address. blk-mq
 * allocates requests once, so an address means one request in flight.
 */
#ifndef IOSTAGE_REQUEST_H
#define IOSTAGE_REQUEST_H

#include "op.h"

#define REQUEST_PROBES	8

extern struct request_record requests[MAX_REQUESTS]; /* in state.bpf.c */

/* The verifier allows no arithmetic on a pointer; of its lower half it does. */
static __always_inline u32 request_hash(struct request *request)
{
	u32 low = (u32)(unsigned long)request;

	return (low >> 6) * 0x9E3779B1U >> 8;
}

static __always_inline struct request_record *request_cell(u32 hash, u32 probe)
{
	struct request_record *r = &requests[(hash + probe) & (MAX_REQUESTS - 1)];

	barrier_var(r);
	return r;
}

static __always_inline struct request_record *request_find(struct request *request)
{
	u64 rq = (u64)request;
	u32 hash = request_hash(request);

	for (u32 i = 0; i < REQUEST_PROBES; i++) {
		struct request_record *r = request_cell(hash, i);

		if (r->rq == rq)
			return r;
	}
	return NULL;
}

/* The request's record, an old one that no completion has freed, or a fresh one. */
static __always_inline struct request_record *request_claim(struct request *request)
{
	u64 rq = (u64)request;
	u32 hash = request_hash(request);

	for (u32 i = 0; i < REQUEST_PROBES; i++) {
		struct request_record *r = request_cell(hash, i);
		u64 of = r->rq;

		if (!of)
			of = __sync_val_compare_and_swap(&r->rq, 0, rq);
		if (!of || of == rq)
			return r;
	}
	return NULL;
}

#endif
