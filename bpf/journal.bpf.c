// SPDX-License-Identifier: GPL-2.0-only
/* jbd2: the journal thread's clock, and the tasks that wait for a commit. */
#include "op.h"

/* Called only where the transaction is not yet committed. */
SEC("fentry")
int BPF_PROG(jbd2_log_wait_commit, struct journal_s *journal, u32 tid)
{
	struct op *op = current_op();
	struct journal *j;

	if (!op || !op->journal)
		return 0;
	j = journal_at(op->journal | PID_JOURNAL);
	if (j)
		j->wanted = 1;
	op->tid = tid;
	op->tid_known = 1;
	op->waited |= WAITED_COMMIT;
	op_cross_base(op, STAGE_JOURNAL_WAKE, COST_FENTRY);
	return 0;
}

/* The totals are those of one commit. */
static __always_inline void journal_begins(struct journal *j)
{
	*(volatile u32 *)&j->seq += 1;
	barrier();
	__builtin_memset(j->total, 0, sizeof(j->total));
	j->begun = j->since;
	barrier();
	*(volatile u32 *)&j->seq += 1;
}

SEC("tp_btf")
int BPF_PROG(jbd2_start_commit, struct journal_s *journal, struct transaction_s *transaction)
{
	struct journal *j = current_journal();

	if (!j || !transaction)
		return 0;
	journal_cross(j, STAGE_JOURNAL_LOCK);
	j->tid = transaction->t_tid;
	j->committing = 1;
	j->wait = STAGE_DEVICE_DATA;
	journal_begins(j);
	return 0;
}

/* Locked: data in ordered mode is submitted first. */
SEC("tp_btf")
int BPF_PROG(jbd2_commit_flushing)
{
	struct journal *j = current_journal();

	if (j)
		journal_cross(j, STAGE_JOURNAL_PREPARE);
	return 0;
}

SEC("tp_btf")
int BPF_PROG(jbd2_commit_logging)
{
	struct journal *j = current_journal();

	if (j) {
		j->wait = STAGE_DEVICE_JOURNAL;
		journal_cross(j, STAGE_JOURNAL_PREPARE);
	}
	return 0;
}

/* Before the journal's blocks are waited for, the ordered data is. */
static __always_inline int waits_for(u32 stage)
{
	struct journal *j = current_journal();

	if (j)
		j->wait = stage;
	return 0;
}

SEC("fentry")
int BPF_PROG(finish_inode_data_enter)
{
	return waits_for(STAGE_DEVICE_DATA);
}

SEC("fexit")
int BPF_PROG(finish_inode_data_exit)
{
	return waits_for(STAGE_DEVICE_JOURNAL);
}

SEC("fentry")
int BPF_PROG(journal_submit_commit_record)
{
	struct journal *j = current_journal();

	if (j) {
		j->wait = STAGE_DEVICE_COMMIT;
		journal_cross(j, STAGE_COMMIT_PREPARE);
	}
	return 0;
}

SEC("tp_btf")
int BPF_PROG(jbd2_end_commit)
{
	struct journal *j = current_journal();

	if (j) {
		j->committing = 0;
		journal_cross(j, STAGE_COMMIT_FINISH);
	}
	return 0;
}
