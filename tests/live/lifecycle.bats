#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# How a recording begins and ends, whatever ends it, and what it leaves behind: its
# capture, and nothing else.

# shellcheck disable=SC2154 # run --separate-stderr sets $stderr
bats_require_minimum_version 1.5.0
load helpers

setup_file()
{
	require_tracing
	make_ext4
}

teardown_file()
{
	remove_ext4
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	mkfifo ready
}

# Whatever a test was about: no temporary file of the capture is left.
teardown()
{
	[ -z "$(find . -name '*.json.*')" ]
}

# start ARGUMENT...: records in the background, as $recorder; its output goes to files.
# A shell's background job ignores SIGINT, unless it is told otherwise.
start()
{
	env --default-signal=INT "$IOSTAGE" record "$@" >output 2>messages 3>&- &
	recorder=$!
}

# ended STATUS: waits for the recorder.
ended()
{
	local found=0

	wait "$recorder" || found=$?
	[ "$found" = "$1" ] || {
		echo "exit status $found, not $1"
		cat messages
		return 1
	}
}

# The recorder has begun to watch for signals: its mask has SIGTERM, as has a shell's when it forks.
watching()
{
	local mask

	until [ "$(cat "/proc/$recorder/comm")" = iostage ] &&
		mask=$(sed -n 's/^SigBlk:\t//p' "/proc/$recorder/status") &&
		(((16#${mask:-0}) >> 14 & 1)); do
		kill -0 "$recorder"
	done
}

@test "the command's exit status is passed on" {
	run -0 "$IOSTAGE" record -- true
	run -7 "$IOSTAGE" record -- sh -c 'exit 7'
	run -137 "$IOSTAGE" record -- sh -c 'kill -KILL $$'
	[ -s iostage.json ]
}

@test "a command that does not exist: 127, and no capture" {
	run -127 --separate-stderr "$IOSTAGE" record -- ./nosuch
	[ "$stderr" = "iostage record: cannot run ./nosuch: not found" ]
	[ ! -e iostage.json ]
}

@test "a command that cannot be run: 126, and no capture" {
	touch file
	run -126 --separate-stderr "$IOSTAGE" record -- ./file
	[ "$stderr" = "iostage record: cannot run ./file: Permission denied" ]
	[ ! -e iostage.json ]
}

@test "the command gets iostage's standard input, and starts with no signal blocked" {
	run -0 --separate-stderr "$IOSTAGE" record -d "$LOOP" -- cat <<<"some input"
	[ "$output" = "some input" ]
	# A shell would clear its mask.
	run -0 --separate-stderr "$IOSTAGE" record -d "$LOOP" -- grep SigBlk /proc/self/status
	[[ $output == "SigBlk:"*"0000000000000000" ]]
}

@test "SIGINT and SIGTERM without a command: the result so far, exit status 0" {
	for signal in INT TERM HUP; do
		rm -f iostage.json
		start
		watching
		kill -$signal "$recorder"
		ended 0
		jq -e .accounting iostage.json
	done
}

@test "SIGTERM with a command: it gets the signal, and the result comes behind its last word" {
	# It speaks well after the recording has ended, to give a wrong order its chance.
	start read -d "$LOOP" -- bash -c "
		trap 'until [ -s iostage.json ]; do :; done; sleep 0.3
			echo last word; kill \$!; exit 9' TERM
		$READS
		sleep 1000 &
		echo ready >ready
		wait"
	read -r <ready
	kill -TERM "$recorder"
	ended 9
	[ "$(head -n 1 output)" = "last word" ]
	grep -q "^read · direct" output
	expect 16 iostage.json
}

@test "a command that ignores the signal: the result is written, the second signal kills" {
	start read -d "$LOOP" -- sh -c "trap '' TERM; $READS; echo >ready; exec sleep 1000"
	read -r <ready
	kill -TERM "$recorder"
	until [ -s iostage.json ]; do
		kill -0 "$recorder"
	done
	expect 16 iostage.json
	kill -TERM "$recorder"
	ended 137
}

@test "-t: the recording ends, the command goes on" {
	mkfifo go
	start read -d "$LOOP" -t 0.1 -- sh -c "$READS; read -r x <go; $READS; exit 3"
	until [ -s iostage.json ]; do
		kill -0 "$recorder"
	done
	cp iostage.json early.json
	echo >go
	ended 3
	cmp iostage.json early.json
	[ "$(operations iostage.json)" -le 16 ]
}

@test "-p: ends when the process is killed" {
	sleep 1000 &
	target=$!
	start -p $target
	watching
	kill -KILL $target
	ended 0
	[ -s iostage.json ]
}

@test "killed with SIGKILL: no program stays, and no capture appears" {
	start -- sh -c 'echo >ready; exec sleep 1000'
	read -r <ready
	programs=$(sed -n 's/^prog_id:\t//p' "/proc/$recorder"/fdinfo/* | sort -u)
	[ -n "$programs" ]
	sleeper=$(pgrep -P "$recorder")
	kill -KILL "$recorder"
	ended 137
	kill "$sleeper"
	# The kernel frees them a moment later.
	for id in $programs; do
		timeout 10 sh -c "while bpftool prog show id $id; do :; done" >/dev/null 2>&1
	done
	[ ! -e iostage.json ]
}

@test "a full disk: an error, and what was there before stays as it was" {
	mkdir full
	mount -t tmpfs -o size=8k none full
	echo before >full/x
	dd if=/dev/zero of=full/fill bs=4k count=8 status=none 2>/dev/null || true
	status=0
	"$IOSTAGE" record -d "$LOOP" -o full/x -- sh -c "$READS" >output 2>messages || status=$?
	left=$(ls full) kept=$(cat full/x)
	umount full
	[ "$status" = 2 ]
	grep -q "^iostage record: .*full/x.*No space left" messages
	grep -q "^16 seen = 16 reported" output # it is all that is left of the recording
	[ "$left" = $'fill\nx' ]
	[ "$kept" = before ]
}

@test "the device goes away while it is recorded" {
	image=$BATS_TEST_TMPDIR/second
	truncate -s 16M "$image"
	mkfs.ext4 -q "$image"
	mkdir second-mnt
	mount -o loop "$image" second-mnt
	device=$(findmnt -n -o SOURCE second-mnt)
	dd if=/dev/zero of=second-mnt/data bs=4k count=1 status=none
	run -0 --separate-stderr "$IOSTAGE" record read -d "$device" -- \
		sh -c "dd if=second-mnt/data bs=4k count=1 of=/dev/null; umount second-mnt"
	expect 1 iostage.json
}

@test "two recordings at once count the same" {
	mkfifo go
	start read -d "$LOOP" -o first.json -- sh -c 'echo >ready; read -r x <go'
	read -r <ready
	# The first sees only its own command; the second this one.
	"$IOSTAGE" record read -d "$LOOP" -o second.json -- sh -c "$READS" >/dev/null
	echo >go
	ended 0
	expect 0 first.json
	expect 16 second.json
}

@test "CAP_BPF and CAP_PERFMON are enough" {
	chmod 777 .
	exec 9<"$IOSTAGE"
	run -0 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=-all,+bpf,+perfmon --ambient-caps=+bpf,+perfmon \
		/proc/self/fd/9 record read -d "$LOOP" -- \
		dd of=/dev/null bs=4k count=16 <"$MNT/file"
	expect 16 iostage.json
}

@test "progress: on a terminal only, and wiped at the end" {
	run -0 --separate-stderr "$IOSTAGE" record -t 1.2 -o /dev/null
	[[ $stderr != *dropped* ]]
	script -qec "'$IOSTAGE' record -t 1.2 -o /dev/null >/dev/null" typescript </dev/null
	grep -q $'\r[0-9]\+ operations   [0-9]\+/s   p50 .* 0 dropped\033\[K' typescript
	grep -q $'\r\033\[K' typescript
}

@test "--json and -o -: the capture on standard output, and nothing else" {
	"$IOSTAGE" record read -d "$LOOP" --json -- sh -c "$READS" >printed
	cmp printed iostage.json
	rm iostage.json
	"$IOSTAGE" record read -d "$LOOP" -o - -- sh -c "$READS" >printed
	expect 16 printed
	[ ! -e iostage.json ]
	jq -e '.command[:4] == ["iostage", "record", "read", "-d"]' printed
}
