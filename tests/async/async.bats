#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The async stack never returns wrong data, and never loses what an fsync has acknowledged:
# what checker.c, powercut.c and fsyncs.c see of it, and that they do see it where a guard is
# missing.

bats_require_minimum_version 1.5.0

# check MODULES UNGUARDED DELAY SECONDS [OPERATION...]
check()
{
	local modules=$1

	shift
	run "$BATS_TEST_DIRNAME/../lab/lab" --timeout 1800 --kernel "${KERNEL:-6.1}" --modules "$modules" \
		--iommu "${iommu:-off}" -- \
		"$BATS_TEST_DIRNAME/check.sh" "$1" "$2" "$3" 1 "${@:4}"
	echo "$output"
}

with_all()
{
	check "$@"
	[ "$status" -eq 0 ]
	[[ $output == *$'\n'"read_changed "* ]]
	[[ $output == *$'\n'"poll "* ]]
	[[ $output == *$'\n'"refused "[1-9]* ]]
}

# Each guard alone, and what it is against.
without()
{
	check unguarded "$1" 20000 40 "${@:2}"
	[ "$status" -eq 1 ]
	[[ $output == *"may be of:"* ]]
}

# fsyncs whose data is in flight for a known time need the clock of instructions.
lab_with_device()
{
	local modules=$1

	shift
	run "$BATS_TEST_DIRNAME/../lab/lab" --kernel "${KERNEL:-6.1}" --modules "$modules" \
		--clock insn --device zssd --timeout 1200 -- "$@"
	echo "$output"
}

# powercut MODULES MOUNT-OPTIONS OPERATIONS CUTS [UNGUARDED]
powercut()
{
	# shellcheck disable=SC2016 # expanded in the guest
	lab_with_device "$1" bash -ec 'mkdir /run/logs
		"$1" log /run/logs "$2" "$3" 1 "${@:5}"
		"$1" cut /run/logs "$2" "$4"' \
		- "$BATS_TEST_DIRNAME/powercut.sh" "${@:2}"
}

# Of all cuts, few show what is missing. The first one does, and ends it.
loses()
{
	powercut unguarded defaults 60 1000 "$1"
	[ "$status" -eq 1 ]
	[[ $output == *"lost something"* ]]
}

# line WHAT-FAILS MOUNT-OPTIONS OFF-OR-ON: what the callers of fsync got
callers()
{
	grep "^$1, $2, $3: [E0]" <<<"$output" | sed 's/.*: //'
}

@test "no wrong data with all mechanisms on" {
	with_all async 0 0 60
}

@test "no wrong data with pages that are mapped before and after their reads" {
	iommu=lazy with_all async 0 0 60
	[[ $output == *$'\n'"premap "* ]]
	[[ $output == *$'\n'"unmap "* ]]
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
	# Where more is written, most reads are seen to have old data, and are read again.
	without 8 read write=100000 punch evict
}

@test "without invalidate_lock, truncated pages come back" {
	without 8 read write=100000 truncate evict
}

@test "without the guard of verity, pages that have become others on disk come back" {
	without 256 seal sealed_read
}

@test "fio reads what it has written" {
	run "$BATS_TEST_DIRNAME/../lab/lab" --timeout 1800 --kernel "${KERNEL:-6.1}" --modules async -- \
		"$BATS_TEST_DIRNAME/fio.sh" 30
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *$'\n'"poll "* ]]
}

@test "no power cut loses what an fsync has acknowledged" {
	powercut async defaults 100 100
	[ "$status" -eq 0 ]
	grep -q '^fsync ' <<<"$output"
	grep -q '^alloc ' <<<"$output"
	grep -q '^fsync_unwritten ' <<<"$output"
}

@test "no power cut loses what an fsync has acknowledged, with data=journal" {
	powercut async data=journal 100 60
	[ "$status" -eq 0 ]
}

@test "an fsync that does not wait for its commit loses data" {
	loses 32
}

@test "a commit that does not wait for its data loses it" {
	loses 16
}

@test "an early commit with overwritten data in flight loses it" {
	loses 64
}

@test "an fsync that looks only before its data whether there is something to commit loses it" {
	loses 512
}

@test "each caller of fsync gets the error that it ever got" {
	local off on

	lab_with_device async "$BATS_TEST_DIRNAME/errors.sh"
	[ "$status" -eq 0 ]
	[ "$(grep -cE '^data, (defaults|data_err=abort), on: not stale$' <<<"$output")" -eq 2 ]
	for failing in "data dioread_lock" "journal defaults" "flush defaults"; do
		# shellcheck disable=SC2086 # two arguments
		off=$(callers $failing off) on=$(callers $failing on)
		[ "$off" ]
		[ "$on" == "$off" ]
	done
	# Where new blocks would be unwritten, and now would show what they had before if the
	# commit ended: the journal has been aborted.
	for options in defaults data_err=abort; do
		off=$(callers data $options off) on=$(callers data $options on)
		[ "$off" == "EIO 0 EIO EIO 0 " ]
		[[ $on == "EIO EIO EIO EIO "* ]]
	done
}

@test "a commit that ends though its data cannot be written shows stale data" {
	lab_with_device unguarded "$BATS_TEST_DIRNAME/errors.sh" 128
	[[ $output == *"data, defaults, on: stale"* ]]
}

@test "callers get what they ever got when the device fails, stalls or goes away" {
	local scenario

	run "$BATS_TEST_DIRNAME/../lab/lab" --timeout 1800 --kernel "${KERNEL:-6.1}" --modules async -- \
		"$BATS_TEST_DIRNAME/failures.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	for scenario in unreadable stalled slow unplugged held short_of_memory; do
		[ "$(grep -c "^$scenario, " <<<"$output")" -eq 2 ]
		[ "$(sed -n "s/^$scenario, o[nf]*: //p" <<<"$output" | sort -u | wc -l)" -eq 1 ]
	done
}
