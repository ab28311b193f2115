#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What iostage records of the async stack: in the lab, mechanism by mechanism, on both kernels.
# LAB_KERNELS="6.12" takes one kernel only; LAB_RESULTS=DIRECTORY keeps what the guests leave, or
# judges again what is there.

bats_require_minimum_version 1.5.0

setup_file()
{
	local kernel

	export LAB_KERNELS=${LAB_KERNELS:-6.1 6.12} LAB_RESULTS=${LAB_RESULTS:-$BATS_FILE_TMPDIR}
	for kernel in $LAB_KERNELS; do
		[ -e "$LAB_RESULTS/$kernel/append.json" ] ||
			"$BATS_TEST_DIRNAME/../lab/lab" --kernel "$kernel" --modules async --clock insn \
				--device optane --iommu lazy --timeout 2400 --out "$LAB_RESULTS/$kernel" -- \
				"$BATS_TEST_DIRNAME/stages.sh"
	done
}

# ask NAME JQ: complaints about this capture of each kernel's
ask()
{
	local kernel found bad=0

	for kernel in $LAB_KERNELS; do
		found=$(jq -r -L "$BATS_TEST_DIRNAME/../lab" "include \"breakdown\"; $2" \
			"$LAB_RESULTS/$kernel/$1.json") || found="no answer"
		[ -n "$found" ] || continue
		echo "Linux $kernel, $1: $found"
		bad=1
	done
	return $bad
}

words()
{
	tr -s '\n\t ' ' ' <<<"$*" | sed 's/^ //; s/ $//'
}

# read_by NAME COUNT EVERY SOME: reads that miss, each with a request, and these stages of theirs
read_by()
{
	ask "$1" "sound(\"$2\"; \"$2\")"
	ask "$1" "stages(\"read buffered miss\"; \"$2\"; \"$(words "$ever $3")\"; \"$4\"; \"page_alloc\")"
}

# counted NAME COUNTER COUNT: what the stack itself says
counted()
{
	local kernel

	for kernel in $LAB_KERNELS; do
		grep -qx "$2 $3" "$LAB_RESULTS/$kernel/$1.counts" || {
			echo "Linux $kernel, $1: not $2 $3, but $(grep "^$2 " "$LAB_RESULTS/$kernel/$1.counts")"
			return 1
		}
	done
}

# hidden NAME STAGE...: of these most is
hidden()
{
	local name=$1 stage

	shift
	for stage; do
		ask "$name" ".operations[0].stages[] | select(.stage == \"$stage\") |
			[.exposed.sum // 0, .hidden.sum // 0] |
			select(.[0] * 4 > .[1]) | \"$stage: \(.[0]) exposed, \(.[1]) hidden\""
	done
}

ever="syscall_entry cache_lookup block_map dma_map driver_submit device request_complete copy_to_user
	syscall_exit"
# A tick can make a read so late that its device is done: it has not to be woken.
woken="irq dma_unmap wakeup switch_out"

@test "off: no stage of the async stack" {
	read_by off 40 "page_alloc cache_insert bio_submit request" "$woken"
}

@test "deferred insertion" {
	read_by read 40 "page_alloc bio_submit request cache_insert_deferred" "$woken"
	hidden read cache_insert_deferred
	counted read read 41
}

@test "the pool" {
	read_by pool 40 "page_pool_get bio_submit request cache_insert_deferred page_pool_refill" "$woken"
	hidden pool cache_insert_deferred page_pool_refill
}

@test "light submission" {
	read_by light 40 "page_pool_get light_submit cache_insert_deferred page_pool_refill" "$woken"
	counted light light 41
}

@test "polling: the completion is looked for, and nobody is woken" {
	read_by all 40 "page_pool_get light_submit cache_insert_deferred page_pool_refill poll dma_unmap" \
		""
	counted all poll 41
	hidden all poll
}

@test "pages that are mapped and unmapped while the device works" {
	read_by premap 40 "page_pool_get light_submit cache_insert_deferred page_pool_refill
		dma_unmap_deferred" "$woken"
	hidden premap dma_unmap_deferred
	counted premap premap 39
}

@test "reads whose pages take longer to insert than the device takes" {
	read_by large 20 "page_pool_get light_submit cache_insert_deferred page_pool_refill" \
		""
}

@test "fsync: the journal works while the data is in flight" {
	ask append 'sound("40"; "120-200")'
	ask append '.operations[] | select(kind == "fsync fsync commit") |
		select(.count < 38) | "\(.count) commits"'
	hidden append journal_lock commit_prepare_early
	# shellcheck disable=SC2016 # jq's
	ask append '.operations[0].stages | map(.stage) |
		("device_data", "device_journal", "device_commit", "commit_prepare") as $s |
		select(index($s) == null) | "no \($s)"'
	counted append alloc 40
}

@test "doctor finds every stage where the mechanisms are on" {
	local kernel

	for kernel in $LAB_KERNELS; do
		jq -e '[.stages[] | select(.passed > 0) | .stage] |
			contains(["page_pool_get", "page_pool_refill", "cache_insert_deferred",
				"light_submit", "poll"])' "$LAB_RESULTS/$kernel/doctor.json"
	done
}
