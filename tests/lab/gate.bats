#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The gate, on this tree: its figures are those of the committed baseline, and it does not let a
# planted regression pass.

bats_require_minimum_version 1.5.0

gate=$BATS_TEST_DIRNAME/gate.sh

# The archive's kernel may be newer than the baseline: nothing can be said then.
comparable()
{
	echo "$output"
	[[ $output != *"not comparable: "* ]] || skip "${output##*gate.sh: }"
}

@test "reads and fsyncs take what they took, on Linux 6.1" {
	run "$gate" 6.1
	comparable
	[ "$status" -eq 0 ]
}

@test "reads and fsyncs take what they took, on Linux 6.12" {
	run "$gate" 6.12
	comparable
	[ "$status" -eq 0 ]
}

@test "a planted regression does not pass, and is found in its stage" {
	CAPTURES=$BATS_TEST_TMPDIR/kept run "$gate" 6.1 --patch "$BATS_TEST_DIRNAME/burn.patch"
	comparable
	[ "$status" -eq 1 ]
	grep '^dma_map .* regression$' <<<"$output"
	[ "$(jq .accounting.reported "$BATS_TEST_TMPDIR/kept/read.json")" -ge 300 ]
}

# stages.bats sees that of these operations no other stage is merged. The device and probes are no
# software.
@test "what tracepoints alone do not tell apart is at most 35 % of the software" {
	jq -es 'map([.operations[0].stages[] | select(.layer != "device" and .layer != "probes") |
		{stage, sum: ((.exposed.sum // 0) + (.hidden.sum // 0))}] |
		(map(select(.stage | IN("switch_out", "syscall_exit", "bio_submit", "dma_map",
			"dma_unmap")).sum) | add) / (map(.sum) | add)) | debug | all(.[]; . > 0 and . <= 0.35)' \
		"$BATS_TEST_DIRNAME"/../../results/gate-*/*.json
}

@test "without a baseline nothing is booted, and what makes one is said" {
	BASELINE=$BATS_TEST_TMPDIR/none run "$gate" 6.1
	[ "$status" -eq 2 ]
	[[ $output == "gate.sh: there is no baseline in $BATS_TEST_TMPDIR/none; make one with: "* ]]
	run "$gate" 6.1 --patch
	[ "$status" -eq 2 ]
	[[ $output == *"--patch needs a value"* ]]
}

@test "a baseline of another kernel package is not comparable, and what renews it is said" {
	cp "$BATS_TEST_DIRNAME"/../../results/gate-6.1/* "$BATS_TEST_TMPDIR"
	echo "6.1.0-1-amd64 #1 SMP of another day" >"$BATS_TEST_TMPDIR/kernel"
	BASELINE=$BATS_TEST_TMPDIR run "$gate" 6.1
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *"not comparable: the baseline is of 6.1.0-1-amd64 "*"but the archive has 6.1."* ]]
	[[ $output == *"renew it with: make baseline" ]]
}
