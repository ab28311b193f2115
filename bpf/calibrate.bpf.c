// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one boundary costs, by kind of hook: these programs do what a boundary does, on
 * a slot of their own, and are attached one at a time to what prctl(PR_SET_NAME) runs. Nothing is
 * recorded yet, so that no task is in anything: whoever runs them is taken to be in that slot.
 */
#include "op.h"

static __always_inline int boundary(u32 hook)
{
	struct op *op = op_at(pid_in(current_pid()) + CALIBRATION_SLOT + 1);

	if (op) {
		if (op->record.size > ROOM_FOR(1))
			op->record.size = NO_ENTRIES;
		op_cross(op, STAGE_CACHE_LOOKUP, hook);
	}
	return 0;
}

SEC("fentry")
int BPF_PROG(calibrate_fentry)
{
	return boundary(COST_FENTRY);
}

SEC("fexit")
int BPF_PROG(calibrate_fexit)
{
	return boundary(COST_FEXIT);
}

SEC("tp_btf")
int BPF_PROG(calibrate_tracepoint)
{
	return boundary(COST_TRACEPOINT);
}
