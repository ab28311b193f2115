# SPDX-License-Identifier: GPL-2.0-only
# Captures to compare, made up.
# shellcheck disable=SC2031,SC2154 # bats sets status, output and stderr

# shellcheck disable=SC2034 # for the tests
setup_captures()
{
	bats_require_minimum_version 1.5.0
	IOSTAGE=${IOSTAGE:-$BATS_TEST_DIRNAME/../../build/iostage}
	SAMPLE=$BATS_TEST_DIRNAME/sample.json
	D=$BATS_TEST_TMPDIR
	cd "$D" || return
	export LC_ALL=C.UTF-8
}

# capture UNIT REQUEST DEVICE [HIDDEN [COUNT]]: COUNT (1000) buffered read misses, each of
# which was so long in request and in device, and HIDDEN (0) in cache_insert behind it.
capture()
{
	jq -n --arg unit "$1" --argjson request "$2" --argjson device "$3" \
		--argjson hidden "${4:-0}" --argjson n "${5:-1000}" '
	def bucket: . as $v | if $v < 128 then $v else
		($v | log2 | floor - 6) as $shift |
		($shift + 1) * 64 + ($v / pow(2; $shift) | floor) % 64 end;
	def hist: {count: $n, sum: (. * $n), min: ., max: ., buckets: [[bucket, $n]]};
	{format: "iostage-capture", version: 1, unit: $unit, detail: "stage", seconds: 1,
	 system: {kernel: "6.1.0-28-amd64", arch: "x86_64", cpu: "A CPU", cpus: 8},
	 target: {device: "nvme0n1", driver: "nvme", filesystem: "ext4",
		mount_options: "rw,relatime", write_cache: true},
	 command: ["iostage", "record", "-o", "x.json", "--", "fio", "--name=read"],
	 calibration: {fentry: 60, fexit: 70, tracepoint: 65},
	 hooks: {request: {enter: "tp_btf:block_bio_queue", hits: $n},
		pin_pages: {merged_into: "bio_submit", reason: "no such hook"}},
	 accounting: {seen: $n, reported: $n, dropped: 0, in_flight: 0, drops: {},
		clock_backward: 0, untracked: 0, unsynced: 0},
	 coverage: [], samples: [],
	 operations: [{op: "read", path: "buffered", outcome: "miss", count: $n,
		latency: ($request + $device | hist),
		stages: ([{stage: "request", layer: "block", exposed: ($request | hist)},
			{stage: "device", layer: "device", exposed: ($device | hist)}] +
			if $hidden > 0 then [{stage: "cache_insert", layer: "page cache",
				hidden: ($hidden | hist)}] else [] end)}]}'
}

# edited FILE PROGRAM: the capture with jq's PROGRAM done to it
edited()
{
	jq "$2" "$1"
}

# fails STATUS PATTERN COMMAND...: that status, nothing on stdout, one line like PATTERN
fails()
{
	local expected=$1 pattern=$2

	shift 2
	run --separate-stderr "$IOSTAGE" "$@"
	echo "status $status, stdout: $output, stderr: $stderr"
	[ "$status" -eq "$expected" ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == "iostage $1: "$pattern ]]
}

# usage COMMAND...: a usage error, which names the help
usage()
{
	run --separate-stderr "$IOSTAGE" "$@"
	echo "'$*': status $status, stdout: $output, stderr: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $stderr == *"iostage $1 --help"* ]]
}
