/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request's record: who issued it, and when it passed which boundary. Kept from its
 * issue to its completion in a table with open addressing, keyed by the request's
 * address: blk-mq allocates requests once, so an address means one request in flight.
 */
#ifndef IOSTAGE_REQUEST_H
#define IOSTAGE_REQUEST_H

#include "op.h"

#define REQUEST_PROBES	8

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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct request_record);
	__uint(max_entries, MAX_REQUESTS);
} requests __weak SEC(".maps");

/* The verifier allows no arithmetic on a pointer; of its lower half it does. */
static __always_inline u32 request_hash(struct request *request)
{
	u32 low = (u32)(unsigned long)request;

	return (low >> 6) * 0x9E3779B1U >> 8;
}

static __always_inline struct request_record *request_cell(u32 hash, u32 probe)
{
	u32 key = (hash + probe) & (MAX_REQUESTS - 1);

	return bpf_map_lookup_elem(&requests, &key);
}

static __always_inline struct request_record *request_find(struct request *request)
{
	u64 rq = (u64)request;
	u32 hash = request_hash(request);

	for (u32 i = 0; i < REQUEST_PROBES; i++) {
		struct request_record *r = request_cell(hash, i);

		if (r && r->rq == rq)
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

		if (!r)
			break;
		if (r->rq == rq || (!r->rq && !__sync_val_compare_and_swap(&r->rq, 0, rq)))
			return r;
	}
	return NULL;
}

#endif
