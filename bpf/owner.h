/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a kernel object is, where the task does not tell: several operations of io_uring are in
 * flight for one task, and any task can move one on; and what is flushed for, kblockd issues. An
 * operation is found by its io_kiocb, and by the bios that it has submitted. A table with open
 * addressing, keyed by the object's address; what an operation has left there is void once it has
 * ended.
 */
#ifndef IOSTAGE_OWNER_H
#define IOSTAGE_OWNER_H

#include "op.h"

#define OWNER_PROBES	8

extern struct owned owned[MAX_OWNED]; /* in state.bpf.c */

/* In uring.bpf.c */
extern int ring_asks(struct op *op);
extern int command_issued(struct op *op, u32 dev, u32 flags, u32 sectors);
extern int bios_complete(const u64 *first, const struct stamps *stamps);

static __always_inline struct owned *owned_cell(u64 object, u32 probe)
{
	u32 hash = ((u32)object >> 6) * 0x9E3779B1U >> 8;

	return &owned[(hash + probe) & (MAX_OWNED - 1)];
}

/* The operation that has left this entry; NULL: it has ended. */
static __always_inline struct op *owner_in(const struct owned *o)
{
	struct op *op = &ops[o->slot & (MAX_OPERATIONS - 1)];

	return op->pid && op->record.start == o->start ? op : NULL;
}

/* NULL: it is no operation's. What is 0 is none, as in a free cell. */
static __always_inline struct op *owner_of(u64 object)
{
	struct op *op = NULL;

	if (!object)
		return NULL;
	for (u32 i = 0; i < OWNER_PROBES; i++) {
		struct owned *o = owned_cell(object, i);

		if (o->object == object) {
			op = owner_in(o);
			if (op)
				break;
		}
	}
	barrier_var(op);
	return op;
}

/* False: there is no room. */
static __always_inline bool owner_claims(struct op *op, u64 object)
{
	for (u32 i = 0; i < OWNER_PROBES; i++) {
		struct owned *o = owned_cell(object, i);
		u64 was = o->object;

		if (was && was != object && owner_in(o))
			continue;
		if (__sync_val_compare_and_swap(&o->object, was, object) != was)
			continue;
		o->slot = op->record.slot;
		o->start = op->record.start;
		return true;
	}
	return false;
}

/* The object's address will be another's. */
static __always_inline void owner_forgets(u64 object)
{
	for (u32 i = 0; i < OWNER_PROBES; i++) {
		struct owned *o = owned_cell(object, i);

		if (o->object == object)
			o->object = 0;
	}
}

#endif
