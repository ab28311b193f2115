#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What iostage record refuses before it attaches anything: each with one clear message.

# shellcheck disable=SC2154 # run --separate-stderr sets $stderr
bats_require_minimum_version 1.5.0

setup()
{
	IOSTAGE=${IOSTAGE:-$BATS_TEST_DIRNAME/../../build/iostage}
	cd "$BATS_TEST_TMPDIR" || return
}

# refused MESSAGE ARGUMENT...: exit status 2, the message on stderr, and nothing else.
refused()
{
	local message=$1

	shift
	run -2 --separate-stderr timeout 20 "$IOSTAGE" record "$@"
	[ -z "$output" ]
	[ "$stderr" = "iostage record: $message" ] || {
		echo "expected: iostage record: $message"
		echo "got:      $stderr"
		return 1
	}
	[ ! -e iostage.json ]
}

# The same for what argp ends with its own hint.
misused()
{
	local message=$1

	shift
	refused "$message
Try \`iostage record --help' or \`iostage record --usage' for more information." "$@"
}

@test "what to record: read, fsync or all, once" {
	misused "'write' is neither read, fsync nor all; a command goes behind --" write
	misused "'fsync' is one argument too many; a command goes behind --" read fsync
}

@test "a workload without a command" {
	refused "there is no command behind --" read --
}

@test "-t: a number of seconds within bounds" {
	for bad in 0 -1 x 5s '' nan inf 1e9 0x; do
		misused "-t $bad: not a number of seconds from 0.001 to 1000000" -t "$bad"
	done
}

@test "--detail: layer or stage" {
	misused "--detail all: neither layer nor stage" --detail all
}

@test "-p: an existing process" {
	for bad in 0 -1 x 12x '' 99999999999999999999 4194305; do
		refused "-p $bad: not a process ID" -p "$bad"
	done
	# A process that has been waited for is gone.
	true &
	gone=$!
	wait $gone
	refused "-p $gone: no such process; \`ps -e' lists them" -p $gone
}

@test "-c: a name that the kernel can hold" {
	refused "-c: the name is empty" -c ''
	refused "-c sixteencharacter: the kernel keeps 15 characters of a name; \
use -c 'sixteencharacte'" -c sixteencharacter
}

@test "-d: an existing block device" {
	for bad in nosuch /dev/nosuch '' ..; do
		refused "-d $bad: no such block device; \`lsblk' lists them" -d "$bad"
	done
	for bad in /dev/null /etc /etc/passwd; do
		refused "-d $bad: not a block device; \`findmnt -T $bad' tells which one it is on" \
			-d "$bad"
	done
}

@test "--cgroup: a directory in cgroup2" {
	mount=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	[ -n "$mount" ] || skip "no cgroup2 hierarchy is mounted"
	for bad in nosuch /nosuch "$mount/nosuch" ../.. "$mount/cgroup.procs"; do
		refused "--cgroup $bad: no such cgroup; give a directory below $mount" \
			--cgroup "$bad"
	done
}

@test "--file: a regular file or a block device" {
	refused "--file nosuch: No such file or directory" --file nosuch
	refused "--file .: a directory; give a regular file or a block device" --file .
	refused "--file /dev/null: no storage behind it; give a regular file or a block device" \
		--file /dev/null
	refused "--file /proc/self/maps: on proc, which has no block device; \
give a file that is on one" --file /proc/self/maps
}

@test "-o: a place where a file can be written" {
	refused "cannot write '/': Is a directory; -o names another file" -o /
	refused "cannot write '': No such file or directory; -o names another file" -o ''
	refused "cannot write nosuch/x: directory nosuch: No such file or directory; \
-o names another file" -o nosuch/x
}

# Whoever runs the tests, this is somebody without any capability.
unprivileged()
{
	exec 9<"$IOSTAGE"
	if [ "$(id -u)" = 0 ]; then
		run -2 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
			--inh-caps=-all --bounding-set=-all /proc/self/fd/9 record "$@"
	else
		run -2 --separate-stderr "$IOSTAGE" record "$@"
	fi
}

@test "without privileges: says what it takes, and runs nothing" {
	unprivileged -o /dev/null -- touch "$BATS_TEST_TMPDIR/ran"
	[ -z "$output" ]
	[[ $stderr == "iostage record: "*root* ]]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "without permission to write: says so before it asks for more privileges" {
	[ "$(id -u)" = 0 ] || skip "needs root, to take the permission away"
	mkdir -m 700 closed
	unprivileged -o /root/x
	[[ $stderr == "iostage record: cannot write /root/x: directory /root: Permission denied; "* ]]
}
