#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counts, while COMMAND runs, the blocks that jbd2 takes for checkpointed though their write in
# place is still under way. Whether its log ends with their transaction is then a matter of time:
# after a power cut they are neither in the log nor in place.
#
#	checkpointed.sh COMMAND...
#
# jbd2_journal_try_remove_checkpoint() takes what is neither dirty nor locked. Writeback by
# ext4_bio_write_folio() locks the folio only, and clears the buffer's dirty bit before the write
# is sent. Works in a guest of the lab. Ends with COMMAND's exit status.
set -eu

tracing=/sys/kernel/tracing
# enum bh_state_bits, include/linux/buffer_head.h
dirty=0x2 locked=0x4 writing=0x80

modprobe jbd2
declare -A state=(
	[taken]="!(state & $((dirty | locked)))"
	[early]="!(state & $((dirty | locked))) && state & $((writing))"
)

# struct journal_head begins with its buffer_head, and that with its state.
for event in "${!state[@]}"; do
	echo "p:$event jbd2:jbd2_journal_try_remove_checkpoint state=+0(+0(%di)):x64"
done >$tracing/kprobe_events
for event in "${!state[@]}"; do
	echo "hist:keys=state.hex if ${state[$event]}" >$tracing/events/kprobes/"$event"/trigger
done

# hits EVENT
hits()
{
	sed -n 's/^ *Hits: //p' "$tracing/events/kprobes/$1/hist"
}

status=0
"$@" || status=$?
echo "taken for checkpointed: $(hits taken) blocks, $(hits early) of them while they were being written"
exit $status
