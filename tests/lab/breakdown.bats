#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Whether the breakdown is right: in the lab, on both kernels, with the full tier of hooks
# and real drivers. Each kernel boots once, runs breakdown.sh, and leaves captures; what
# follows judges them. Timings of an emulated guest say little, so it is structure that is
# asked for: which stages there are, in how many operations, and where time that has been
# added on purpose goes.
#
# judge.bash says how to take one kernel only, and how to keep what the guests leave.

# shellcheck disable=SC2016 # jq's variables, not the shell's
bats_require_minimum_version 1.5.0
load judge

setup_file()
{
	mkdir -p "$LAB_RESULTS"
	# A guest sees the directory that the lab is started in.
	cd "$LAB_RESULTS" || return
	gcc -std=gnu11 -Wall -Wextra -Werror -O2 -pthread "$BATS_TEST_DIRNAME/io.c" -o io
	boot_all "$BATS_TEST_DIRNAME/breakdown.sh" "$IOSTAGE" "$LAB_RESULTS/io"
}

setup()
{
	cd "$LAB_RESULTS" || return
}

# --- what there is in an operation, by the way that it takes -----------------------------

# A disk that was idle does a few requests at once: so quickly that they are over before
# their task sleeps, and that is then no wait. So the stages of a wait are in some operations.
# Nothing holds back a flush or a read of the other disk: these may be waited for, or not.
read_miss="syscall_entry cache_lookup page_alloc cache_insert bio_submit request copy_to_user
	syscall_exit"
read_direct="syscall_entry pin_pages bio_submit request"
read_hit="syscall_entry cache_lookup copy_to_user syscall_exit"
wait="irq request_complete wakeup switch_out"
sync_data="syscall_entry data_submit bio_submit request driver_submit syscall_exit"
commit="extent_convert journal_prepare device_journal commit_prepare device_commit
	commit_finish commit_wake"
# Who comes first, the journal thread or the fsync, is the scheduler's decision.
may_commit="journal_lock previous_commit device_flush page_alloc cache_insert"

@test "every workload ran under its recording" {
	all_ran
}

@test "every hook attaches: no stage is merged into another" {
	holds ordered '[.hooks[] | select(.merged_into)] == []'
	holds doctor '[.stages[] | select(.merged_into)] == []'
	holds doctor '.canary | .seen == 82 and .reported == 82 and .dropped == 0'
}

@test "reads: cold, hot, O_DIRECT and shared, 4 KiB, ext4 on NVMe" {
	sound ordered 250 300-
	stages ordered "read buffered miss" 50 "$read_miss block_map dma_map driver_submit" \
		"device dma_unmap $wait"
	stages ordered "read direct miss" 40 "$read_direct block_map dma_map driver_submit" \
		"device dma_unmap syscall_exit $wait"
	stages ordered "read buffered hit" 20-30 "$read_hit" ""
	stages ordered "read buffered shared" 1-10 "$read_hit device dma_unmap $wait" "" blocked
	# What ends a sleep is seen in all of its parts.
	holds ordered '.operations[] | select(.outcome == "miss") | . as $op |
		("device", "irq", "dma_unmap", "request_complete") |
		. as $stage | $op | occurrences($stage) == occurrences("wakeup")'
	# What ran while the device worked is hidden, and not shown as if it had cost time.
	holds ordered '.operations[] | select(.outcome == "miss") |
		([.stages[] | select(.stage == "driver_submit") | .hidden.count]) ==
		([.stages[] | select(.stage == "device") | .exposed.count])'
}

@test "fsync, fdatasync, O_DSYNC and RWF_DSYNC: data=ordered, a volatile write cache" {
	stages ordered "fsync fsync commit" 70-80 "$sync_data block_map dma_map journal_wake" \
		"device_data dma_unmap $wait $commit" "$may_commit blocked"
	stages ordered "fsync fdatasync data" 20 "$sync_data dma_map" \
		"device_data dma_unmap $wait" device_flush
	stages ordered "write synchronous data" 30 \
		"syscall_entry bio_submit request dma_map driver_submit" \
		"device_data dma_unmap syscall_exit write_copy data_submit $wait" \
		"pin_pages block_map device_flush"
	# Buffered ones copy, direct ones pin.
	holds ordered '.operations[] | select(.op == "write") |
		occurrences("write_copy") == [20, 20] and occurrences("pin_pages") == [10, 10]'
	holds ordered '.target.write_cache and
		any(.operations[].stages[]; .stage == "device_flush")'
}

# Virtio's driver has no hooks: its stages are no stages, rather than stages of no time.
@test "reads: 512 B to 1 MiB, several pages and requests, all five calls, on virtio" {
	sound no_journal 93 100-
	stages no_journal "read buffered miss" 14 "$read_miss block_map driver_submit" "" \
		"device $wait"
	stages no_journal "read buffered hit" 14 "$read_hit" ""
	stages no_journal "read direct miss" 24 "$read_direct block_map driver_submit" "" \
		"device syscall_exit $wait"
}

@test "fsyncs of several threads share commits" {
	holds ordered '.operations[] | select(.outcome == "commit") |
		occurrences("previous_commit")[0] >= 10'
	# Reads and data have 260 requests; each commit on its own would need at least two.
	holds ordered '([.coverage[].requests] | add) < 260 + 80 * 2'
}

@test "fsync: data=journal" {
	sound journal 60 100-
	for call in fsync fdatasync; do
		stages journal "fsync $call commit" 20 "syscall_entry data_submit journal_wake syscall_exit" \
			"bio_submit request driver_submit dma_map device_data dma_unmap $wait
				${commit/extent_convert}" "$may_commit"
	done
}

@test "fsync: fast commits are made by the fsyncs themselves" {
	sound fast_commit 101 109-
	stages fast_commit "fsync fsync commit" 20 \
		"$sync_data block_map dma_map journal_prepare commit_finish" \
		"device_data dma_unmap extent_convert device_commit $wait" \
		"journal_wake device_journal commit_prepare commit_wake $may_commit"
	stages fast_commit "fsync fdatasync data" 20 "$sync_data dma_map" \
		"device_data dma_unmap $wait" "device_flush journal_prepare commit_finish"
	# Now and then a full commit has to be made.
	holds fast_commit '.operations[] | select(.op == "fsync") |
		occurrences("journal_wake", "commit_wake")[1] < 3'
}

@test "fsync: ext4 without a journal" {
	stages no_journal "fsync fsync data" 20 "${sync_data/data_submit/filesystem} block_map dma_map" \
		"device_data dma_unmap extent_convert $wait" device_flush
	stages no_journal "fsync fdatasync data" 20 "${sync_data/data_submit/filesystem} dma_map" \
		"device_data dma_unmap $wait" device_flush
}

@test "another filesystem shows as one stage: xfs" {
	sound xfs 60 60-
	stages xfs "read buffered miss" 20 "${read_miss/bio_submit/filesystem} dma_map driver_submit" \
		"device dma_unmap $wait"
	stages xfs "read direct miss" 20 "$read_direct filesystem dma_map driver_submit" \
		"device dma_unmap $wait" syscall_exit
	stages xfs "fsync fsync data" 20 "filesystem request" \
		"dma_map driver_submit device_data device_flush wakeup switch_out" \
		"syscall_entry syscall_exit dma_unmap irq request_complete"
}

@test "loop" {
	sound loop 60 60-
	stages loop "read buffered miss" 20 "$read_miss block_map driver_submit" \
		"device ${wait/irq}" irq
	stages loop "read direct miss" 20 "$read_direct block_map driver_submit" \
		"device syscall_exit ${wait/irq}" irq
	# A flush is an fsync of the file below. With one processor the journal thread can have
	# begun its commit before the fsync goes to sleep, which is then seen as preempted.
	stages loop "fsync fsync commit" 20 "$sync_data block_map journal_wake" \
		"device_data device_flush ${wait/irq}" "irq $commit $may_commit"
}

# --- disturbances: time that is added on purpose goes where it belongs, and nowhere else ----

@test "undisturbed: none of what follows" {
	holds ordered '("stacked", "blocked", "request", "wakeup", "preempted") as $stage |
		share("read direct"; $stage) < 20'
	holds ordered '[.. | .stage? // empty] | index("stacked") == null'
}

@test "a lower device that holds reads for 50 ms: stacked; data=writeback" {
	# The device that was asked for has no requests; those below it are its worker's.
	local request=" request"

	sound delay 60 0
	stages delay "read buffered miss" 20 "${read_miss/$request/} block_map stacked device $wait dma_unmap" ""
	stages delay "read direct miss" 20 "${read_direct/$request/} block_map stacked device $wait dma_unmap" \
		syscall_exit
	stages delay "fsync fsync commit" 20 "$sync_data block_map stacked journal_wake" \
		"device_data dma_unmap dma_map $wait $commit" "$may_commit"
	holds delay 'mean("read"; "stacked") | . > 45e6 and . < 80e6'
	holds delay 'share("read"; "stacked") > 80'
}

@test "io.max, 20 reads a second: request" {
	stages journal "read buffered miss" 20 "$read_miss block_map" "" \
		"dma_map driver_submit device dma_unmap $wait"
	holds journal 'mean("read"; "request") | . > 25e6 and . < 60e6'
	holds journal 'share("read"; "request") > 60'
}

@test "a busy processor: preempted and wakeup" {
	local kernel usual

	# Copying 32 MiB beside a spinner that has the weight.
	stages fast_commit "read buffered hit" 1 "$read_hit preempted" ""
	holds fast_commit 'share("read buffered hit"; "preempted") > 50'
	stages fast_commit "read buffered miss" 40 "$read_miss block_map dma_map driver_submit" \
		"device dma_unmap $wait" preempted
	for kernel in $LAB_KERNELS; do
		usual=$(jq -L "$BATS_TEST_DIRNAME" 'include "breakdown";
			mean("read buffered miss"; "wakeup")' "$kernel/ordered.json")
		LAB_KERNELS=$kernel holds fast_commit ".operations[] |
			select(kind == \"read buffered miss\") | .stages[] |
			select(.stage == \"wakeup\") | .exposed.max > $usual"
	done
}

@test "a held inode lock: blocked" {
	stages fast_commit "read direct miss" 20 "$read_direct block_map dma_map driver_submit" "" \
		"blocked device dma_unmap syscall_exit $wait"
	holds fast_commit 'share("read direct"; "blocked") > 50'
}

@test "3000 new files behind one fsync: the journal stages" {
	holds no_journal '.operations[] | select(.outcome == "commit") | {operations: [.]} |
		[("journal_wake", "journal_lock", "journal_prepare", "device_journal",
			"commit_prepare", "device_commit", "commit_finish") as $stage |
			share("fsync"; $stage)] | add > 40'
}

# --- it agrees with others, and leaves nothing behind ----------------------------------------

@test "agrees with fio, bpftrace, ext4dist and biolatency" {
	local kernel

	for kernel in $LAB_KERNELS; do
		cat "$kernel/agreement.md"
		jq -e 'length == 9 and all(.[]; (.spread // 0) <= 2 and (.displaced // 0) <= 5 and
			(.offset // 0 | fabs) <= 0.05 * .mine)' \
			"$kernel/agreement.json"
	done
}

@test "killed by SIGKILL: nothing stays attached, and the workload goes on" {
	local kernel

	for kernel in $LAB_KERNELS; do
		jq -e '.while_recording > .before and .left == .before and .went_on > 0' \
			"$kernel/killed.json"
		[ ! -s "$kernel/killed.files" ]
	done
}
