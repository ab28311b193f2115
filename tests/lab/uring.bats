#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Whether operations of io_uring are broken down rightly: on both kernels, with the full tier of
# hooks and NVMe. Each kernel boots once, runs uring.sh, and leaves captures; what follows judges
# them, as breakdown.bats does those of system calls.

# shellcheck disable=SC2016 # jq's variables, not the shell's
bats_require_minimum_version 1.5.0
load judge

setup_file()
{
	mkdir -p "$LAB_RESULTS"
	# A guest sees the directory that the lab is started in.
	cd "$LAB_RESULTS" || return
	gcc -std=gnu11 -Wall -Wextra -Werror -O2 "$BATS_TEST_DIRNAME/../live/ring.c" -luring -o ring
	boot_all "$BATS_TEST_DIRNAME/uring.sh" "$IOSTAGE" "$LAB_RESULTS/ring"
}

setup()
{
	cd "$LAB_RESULTS" || return
}

# --- what there is in an operation, by the way that it takes -----------------------------

# A request that is done before its issue has ended is no wait: so the stages of a wait are in
# some operations, not in all. And any task can have to wait for a lock.
read_direct="ring_submit pin_pages block_map bio_submit request ring_complete"
read_miss="ring_submit cache_lookup page_alloc cache_insert block_map bio_submit request
	copy_to_user ring_complete"
flight="dma_map driver_submit device irq dma_unmap request_complete"
may="wakeup switch_out blocked"
sync_data="ring_submit io_wq data_submit bio_submit request dma_map driver_submit ring_complete"
wait="device_data irq dma_unmap request_complete wakeup switch_out"
commit="journal_wake journal_lock previous_commit journal_prepare device_journal commit_prepare
	device_commit device_flush commit_finish commit_wake"

@test "every workload ran under its recording" {
	all_ran
}

@test "every hook attaches: no stage is merged into another" {
	holds plain '[.hooks[] | select(.merged_into)] == []'
}

# Some requests are the journal's, or metadata's.
@test "nothing is lost, and everything adds up" {
	sound plain 1395-1405 1100-
	sound workers 328 100-
	sound sqpoll 200 180-200
	for kernel in $LAB_KERNELS; do
		LAB_KERNELS=$kernel sound iopoll "$([ "$kernel" = 6.1 ] && echo 200 || echo 400)" 180-400
	done
}

@test "direct reads: one at a time, 32 at a time, registered files and buffers" {
	stages plain "read io_uring, direct miss" 440 "$read_direct" "$flight" "$may"
}

@test "buffered reads: the submitter's, and what it need not wait for" {
	holds plain '[class("read io_uring ")[].count] | add == 440'
	stages plain "read io_uring miss" 1-440 "$read_miss" "$flight" "$may"
	stages plain "read io_uring hit" 200-440 "ring_submit cache_lookup copy_to_user ring_complete" \
		"" "$may"
}

@test "fsync and fdatasync: a worker's, with the journal's stages" {
	stages plain "fsync io_uring, fsync commit" 38-40 "ring_submit io_wq data_submit request
		ring_complete" "$wait dma_map driver_submit block_map bio_submit journal_prepare
		device_journal commit_prepare device_commit commit_finish commit_wake" \
		"$commit extent_convert blocked page_alloc cache_insert"
	stages plain "fsync io_uring, fdatasync data" 30-40 "$sync_data" "$wait" \
		"device_flush extent_convert blocked block_map"
}

@test "passthrough: neither filesystem nor page cache" {
	stages plain "read passthrough miss" 440 "ring_submit passthru request ring_complete" \
		"$flight" "$may"
}

# One completion tells the owners of all the bios in its request; one read waits for all its requests.
@test "requests of several reads, and reads of several requests" {
	sound shapes 72 10-136
	stages shapes "read io_uring, direct miss" 72 "ring_submit pin_pages block_map bio_submit request
		ring_complete" "$flight" "$may"
	holds shapes '[.coverage[].requests] | add < 72 + 64'
	holds shapes 'class("read io_uring, direct miss")[] | occurrences("device")[0] > 50'
}

@test "workers: between submission and issue" {
	stages workers "read io_uring, direct miss" 228 "$read_direct" "$flight io_wq" "$may"
	stages workers "read io_uring miss" 50-100 "$read_miss io_wq" "$flight wakeup switch_out" "$may"
	holds workers 'class("read io_uring, direct miss")[] | occurrences("io_wq") == [100, 100]'
}

@test "SQPOLL: the kernel's thread submits, in the name of the process" {
	stages sqpoll "read io_uring, direct miss" 200 "$read_direct" "$flight" "$may"
}

@test "IOPOLL: completions are found, and nobody is interrupted" {
	stages iopoll "read io_uring, direct miss" 200 "$read_direct" "${flight/irq/poll}" "$may"
	LAB_KERNELS=${LAB_KERNELS/6.1 /} # Debian's 6.1 crashes
	[ "$LAB_KERNELS" = 6.1 ] || stages iopoll "read passthrough miss" 200 \
		"ring_submit passthru request ring_complete" "${flight/irq/poll}" "$may"
}
