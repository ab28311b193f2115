#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The full tier on Debian's kernels: every hook loads and attaches, and the canary's
# operations are all there, with sums that the reader of captures accepts.

bats_require_minimum_version 1.5.0

# One processor: see lab's choice of accelerator.
in_lab()
{
	# shellcheck disable=SC2016 # the guest's variables
	"$BATS_TEST_DIRNAME/lab" --kernel "$1" --smp 1 --out "$BATS_TEST_TMPDIR" -- \
		bash -ec '
			mkfs.ext4 -q /dev/nvme0n1
			mount /dev/nvme0n1 /tmp
			cd /tmp
			"$0" doctor --json >"$LAB_OUT/doctor.json"
			"$0" record -o "$LAB_OUT/capture.json" -- dd if=/dev/zero of=file bs=4k count=20 oflag=dsync
		' "$BATS_TEST_DIRNAME/../../build/iostage"
}

# No stage is merged, and every operation of the canary is reported.
judge()
{
	jq -e '[.stages[] | select(.merged_into)] == [] and
		.canary.seen == 66 and .canary.reported == 66 and .canary.dropped == 0' \
		"$BATS_TEST_TMPDIR/doctor.json"
	jq -e '.accounting.dropped == 0 and
		([.operations[] | select(.op == "write") | .latency.count] | add) == 20 and
		all(.operations[]; ([.stages[].exposed.sum // 0] | add) +
			(.unattributed.sum // 0) == .latency.sum)' "$BATS_TEST_TMPDIR/capture.json"
}

@test "Linux 6.1: every hook, every operation" {
	in_lab 6.1
	judge
}

@test "Linux 6.12: every hook, every operation" {
	in_lab 6.12
	judge
}
