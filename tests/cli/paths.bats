#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage paths: what it refuses, that it leaves nothing behind, and what comes out of small runs.
# How long anything takes is not looked at.

# shellcheck disable=SC2154 # run --separate-stderr sets $stderr
load captures

setup()
{
	setup_captures
}

@test "usage errors" {
	usage paths --no-such-option
	usage paths a b
	for bad in 0 -1 x 4k '' 65537; do
		usage paths --size "$bad"
	done
	for bad in -0.1 1.1 x '' nan; do
		usage paths --hit-ratio "$bad"
	done
	for bad in 0 129 8,1 1,1 1,2,3,4,5 '1,' x ''; do
		usage paths --depth "$bad"
	done
	usage paths --pattern backwards
	usage paths --runs 1
	usage paths --reads 0
	usage paths --measure lukewarm
	usage paths --measure hot,
	usage paths -o x.json
	usage paths -o x.json --depth 1 --measure faults
	[ ! -e x.json ]
}

@test "what cannot be read, or is too short" {
	fails 2 "./nosuch: No such file or directory" paths ./nosuch
	fails 2 "/dev/null: neither a directory, a regular file nor a block device" paths /dev/null
	mkfifo fifo
	fails 2 "fifo: neither a directory, a regular file nor a block device" paths fifo
	head -c 100000 /dev/zero >short
	fails 2 "short: shorter than 256 KiB, that is too short to measure with" paths short
	fails 2 "cannot make a scratch file of 32 MiB in /proc: *" paths /proc
}

@test "from memory: every path and size, with its model" {
	run -0 --separate-stderr "$IOSTAGE" paths --measure hot --runs 2 --size 100 --json
	jq -e '.format == "iostage-paths" and .version == 1 and .unit == "ns" and
		.target.kind == "directory" and .target.path == "."' <<<"$output"
	jq -e '.hot.paths | length == 6' <<<"$output"
	jq -e '.hot.paths[] | select(.path == "pread") | .model.alpha.value > 0 and
		([.sizes[].size] | index(100) and index(1) and index(65536))' <<<"$output"
	jq -e '[.hot.paths[] | select(.path | startswith("page buffer")) | .sizes[].size] |
		max == 4096' <<<"$output"
	jq -e 'all(.hot.paths[].sizes[].cost; .low <= .value and .value <= .high and .low > 0)' \
		<<<"$output"
	jq -e 'has("cold") or has("faults") or has("advice") | not' <<<"$output"
}

# Of each path that can be had here: all reads are in the histogram, and the refused ones say why.
@test "from the device: paths and depths" {
	run -0 --separate-stderr "$IOSTAGE" paths --measure cold --runs 2 --reads 30 --depth 1,8 --json
	jq -e '[.cold.paths[] | select(.path == "pread" or .path == "mmap" or
		.path == "pread, direct") | .depth] == [1, 1, 1]' <<<"$output"
	jq -e '[.cold.paths[] | select(.path == "passthrough")] | length == 2 and
		all(.refused | test("name the device"))' <<<"$output"
	jq -e 'all(.cold.paths[] | select(.latency); .latency.count == 30 * .runs and
		.latency.min <= .latency.p50 and .latency.p50 <= .latency.max and
		.elapsed_per_read.value > 0)' <<<"$output"
	jq -e 'all(.cold.paths[]; has("latency") != has("refused"))' <<<"$output"
	jq -e 'has("advice") | not' <<<"$output"
}

# As root on a kernel that can be traced: every exposed stage is within the reads' own time.
@test "the stages of what is traced, or why there are none" {
	run -0 --separate-stderr "$IOSTAGE" paths --measure cold --runs 2 --reads 30 --depth 1 --json
	if jq -e ".stages.absent" <<<"$output"; then
		return
	fi
	jq -e '[.stages.paths[] | select(.path == "pread" or .path == "pread, hit") | .path] |
		length == 2' <<<"$output"
	jq -e '.stages.paths[] | select(.path == "pread, hit") | .count >= 29 and
		all(.stages[]; .layer != "device")' <<<"$output"
	jq -e '.stages.paths[] | select(.path == "pread") | any(.stages[]; .stage == "device")' \
		<<<"$output"
}

# Both of them want the only CPU that they have.
@test "a noisy neighbour is detected and said, and nothing is recommended" {
	command -v taskset >/dev/null
	cpu=$(taskset -cp $$ | sed "s/.*: //; s/[,-].*//")
	taskset -c "$cpu" sh -c "while :; do :; done" &
	neighbour=$!
	run --separate-stderr taskset -c "$cpu" "$IOSTAGE" paths --runs 4 --reads 20 --depth 1
	kill $neighbour
	[ "$status" -eq 0 ]
	[[ $output == *"hot cache"*"12 runs, nearly all of them disturbed: "* ]]
	[[ $output == *"depth 1: not to be said: nearly all runs were disturbed"* ]]
}

@test "a file that is in the page cache for good is not called cold" {
	cd /dev/shm || skip "no tmpfs"
	run -0 --separate-stderr "$IOSTAGE" paths --measure cold --runs 2 --reads 30 --depth 1 --json
	jq -e '.cold.paths[] | select(.path == "pread") |
		.was == "100 % of it from the page cache"' <<<"$output"
}

@test "what comes of errors, as the kernel has it" {
	run -0 --separate-stderr "$IOSTAGE" paths --measure faults --json
	jq -e '.faults | map(.fault) ==
		["across the end", "past the end", "truncated", "evicted", "I/O error"]' <<<"$output"
	jq -e '.faults[0].outcomes | .pread == "short read, 100 bytes" and
		.mmap == "4096 bytes, zeros behind the end"' <<<"$output"
	for i in 1 2; do
		jq -e ".faults[$i].outcomes"' | .pread == "0 bytes" and .mmap == "SIGBUS"' <<<"$output"
	done
	jq -e '.faults[4] | if .absent then .absent | startswith("could not be provoked: ") else
		.outcomes.pread == "EIO" and .outcomes.mmap == "SIGBUS" end' <<<"$output"
}

@test "a file is only read, and needs no right to be written" {
	head -c 1M /dev/urandom >file
	chmod 400 file
	sum=$(sha256sum file)
	stat -c '%s %A %y %z' file >before
	run -0 --separate-stderr "$IOSTAGE" paths --runs 2 --reads 20 --depth 1 file
	[ "$(sha256sum file)" = "$sum" ]
	stat -c '%s %A %y %z' file | cmp - before
	[[ $output == *"takes a file that may be written: name a directory"* ]]
	[[ $output == *"which path for random reads of 4 KiB, 90 % of them in memory already"* ]]
}

# Nothing is left, whatever ends it: there never was a name.
@test "no file and no process is left behind by a signal" {
	for signal in HUP TERM KILL; do
		mkdir "$signal"
		"$IOSTAGE" paths --runs 50 "$signal" >/dev/null 2>&1 &
		pid=$!
		child=
		until [ -n "$child" ]; do
			read -r child _ < <(cat "/proc/$pid/task/$pid/children" && echo)
		done
		kill -"$signal" $pid
		wait $pid || true
		[ -z "$(ls -A "$signal")" ]
		until ! [ -d "/proc/$child" ] || [[ $(</proc/"$child"/stat) == *") Z "* ]]; do :; done
	done
}

@test "a capture, which compare reads" {
	for i in 1 2; do
		run -0 --separate-stderr "$IOSTAGE" paths --measure hot,cold --runs 2 --reads 20 --depth 1 \
			-o "$i.json"
	done
	run -0 --separate-stderr "$IOSTAGE" report --json 1.json
	jq -e '[.operations[] | .op] | unique == ["paths"]' <<<"$output"
	# of a run that was disturbed there are none
	jq -e '.operations[] | select(.path == "pread" and .outcome == "miss") | .count |
		. >= 20 and . % 20 == 0' <<<"$output"
	run -0 --separate-stderr "$IOSTAGE" compare 1.json 2.json
	[[ $output == *"paths"*"pread hit"* ]]
	run -0 --separate-stderr "$IOSTAGE" paths --measure cold --runs 2 --reads 20 --depth 8 -o 8.json
	run -3 --separate-stderr "$IOSTAGE" compare 1.json 8.json
	[[ $stderr == *"workload: "*"depth=1"*"depth=8"* ]]
}

@test "results that cannot be written are an error" {
	# shellcheck disable=SC2016
	run --separate-stderr bash -c '"$0" paths --measure faults >/dev/full' "$IOSTAGE"
	[ "$status" -eq 2 ]
	[[ $stderr == "iostage paths: "*"No space left on device" ]]
	fails 2 "nosuch/x.json: *" paths --measure hot --runs 2 --depth 1 -o nosuch/x.json
}
