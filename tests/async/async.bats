#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The async stack never returns wrong data: what checker.c sees of it with all
# mechanisms on, and that it does see it where a guard is missing.

bats_require_minimum_version 1.5.0

# check MODULES UNGUARDED DELAY SECONDS [OPERATION...]
check()
{
	local modules=$1

	shift
	run "$BATS_TEST_DIRNAME/../lab/lab" --timeout 1800 --kernel "${KERNEL:-6.1}" --modules "$modules" -- \
		"$BATS_TEST_DIRNAME/check.sh" "$1" "$2" "$3" 1 "${@:4}"
	echo "$output"
}

with_all()
{
	check "$@"
	[ "$status" -eq 0 ]
	[[ $output == *$'\n'"read_changed "* ]]
	[[ $output == *$'\n'"poll "* ]]
}

# Each guard alone, and what it is against.
without()
{
	check unguarded "$1" 20000 40 "${@:2}"
	[ "$status" -eq 1 ]
	[[ $output == *"may be of:"* ]]
}

@test "no wrong data with all mechanisms on" {
	with_all async 0 0 60
}

@test "no wrong data with a wider window" {
	with_all unguarded 0 20000 60
}

@test "without the guard of writeback, written and evicted pages come back old" {
	without 1 read write evict
}

@test "without the guard of writeback, pages written by mmap come back old" {
	without 1 read mmap_write evict
}

@test "without the guard of direct writes, pages come back old" {
	without 2 read direct_write evict
}

@test "without the guard of exchanged blocks, pages of another file come back" {
	without 4 donor_read exchange
}

@test "without invalidate_lock, punched pages come back" {
	without 8 read write punch evict
}

@test "without invalidate_lock, truncated pages come back" {
	without 8 read write=100000 truncate evict
}
