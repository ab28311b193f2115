#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage paths on NVMe: what is polled and what only seems to be, and passthrough.

bats_require_minimum_version 1.5.0

# boot KERNEL PARAMETERS: what paths finds there, with nvme loaded with PARAMETERS
boot()
{
	# shellcheck disable=SC2016 # for the guest's shell
	PATH=$BATS_TEST_DIRNAME/late:$PATH \
		"$BATS_TEST_DIRNAME/lab" --kernel "$1" --out "$BATS_TEST_TMPDIR" -- sh -c '
		modprobe -r nvme && modprobe nvme $2 && until [ -b /dev/nvme0n1 ]; do usleep 10000; done
		"$1" paths --measure cold --runs 2 --reads 100 --size 512 --depth 1,32 --json /dev/nvme0n1 \
			>"$LAB_OUT/paths.json"
		cat /sys/block/nvme0n1/stat >"$LAB_OUT/stat"' \
		sh "$BATS_TEST_DIRNAME/../../build/iostage" "$2"
	found=$(<"$BATS_TEST_TMPDIR/paths.json")
	# nothing was ever written: the fifth figure
	[ "$(awk '{ print $5 }' "$BATS_TEST_TMPDIR/stat")" -eq 0 ]
}

# of PATH CONDITION: it holds at both depths
of()
{
	jq -e --arg path "$1" "[.cold.paths[] | select(.path == \$path)] |
		length == 2 and all(.[]; $2)" <<<"$found" ||
		{ jq -c --arg path "$1" '.cold.paths[] | select(.path == $path)' <<<"$found"; return 1; }
}

# goes PATH STAGES SKIPPED: traced, its reads have been in these stages, and in none of those
goes()
{
	jq -e --arg path "$1" --arg stages "$2" --arg skipped "$3" '
		[.stages.paths[] | select(.path == $path) | .stages[].stage] as $met |
		($stages | split(" ")) - $met == [] and
		($skipped | split(" ")) - $met == ($skipped | split(" "))' <<<"$found" ||
		{ jq -c .stages <<<"$found"; return 1; }
}

@test "6.12 with a queue for polling: polled reads raise no interrupts, others one each at depth 1" {
	boot 6.12 poll_queues=1
	for path in "io_uring, IOPOLL" "io_uring, registered, IOPOLL" "passthrough, IOPOLL" \
		"passthrough, registered, IOPOLL"; do
		of "$path" '.interrupts_per_read == 0 and .latency.count >= 100 and (has("was") | not)'
	done
	for path in "io_uring, direct" "io_uring, registered" passthrough "passthrough, registered"; do
		of "$path" '.interrupts_per_read > (if .depth == 1 then 0.9 else 0 end)'
	done
	goes pread "syscall_entry cache_lookup device irq wakeup" "ring_submit ring_complete"
	goes "io_uring, direct" "ring_submit pin_pages bio_submit device irq ring_complete" \
		"syscall_entry cache_lookup poll"
	goes "io_uring, IOPOLL" "ring_submit device poll ring_complete" "irq"
	goes passthrough "ring_submit passthru request device irq ring_complete" \
		"syscall_entry bio_submit cache_lookup"
	goes "passthrough, IOPOLL" "passthru device poll" "irq bio_submit"
}

@test "6.1 without one: what asks for polling gets interrupts, and is called so" {
	boot 6.1 poll_queues=0
	of "io_uring, IOPOLL" 'has("refused") or (.was | startswith("by interrupts, not polled"))'
	of passthrough '.latency.count >= 100'
}

@test "6.1: passthrough that is polled would crash it, and is not tried" {
	boot 6.1 poll_queues=1
	of "passthrough, IOPOLL" '.refused | startswith("it can crash this kernel")'
	of "passthrough, registered, IOPOLL" '.refused | startswith("it can crash this kernel")'
	of "io_uring, IOPOLL" '.interrupts_per_read == 0'
}
