#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Whose operations are recorded: exactly those that the filters ask for.

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
}

record()
{
	"$IOSTAGE" record "$@" >output
}

@test "-d: the files on a device, and no others" {
	record read -d "$LOOP" -- sh -c "cat /etc/passwd; $READS"
	expect 16 iostage.json
	expect 16 iostage.json '.op == "read" and .path == "direct"'
	jq -e --arg d "${LOOP##*/}" '.target | .device == $d and .driver == "loop" and
		.filesystem == "ext4"' iostage.json
}

@test "-d: the name and the path mean the same, another device does not" {
	record read -d "${LOOP##*/}" -- sh -c "$READS"
	expect 16 iostage.json
	other=$(findmnt -n -o SOURCE -T /etc)
	[ -b "$other" ] || skip "the root is on no block device"
	record read -d "$other" -- sh -c "$READS"
	expect 0 iostage.json '.path == "direct"'
}

# disk COUNT: a loop device with as many partitions of 1 MiB, as $disk.
disk()
{
	local i

	truncate -s "$((2 + $1))M" disk
	disk=$(losetup --find --show disk)
	for ((i = 1; i <= $1; i++)); do
		addpart "$disk" $i $((i * 2048)) 2048
	done
}

teardown()
{
	local part

	[ -n "${disk:-}" ] || return 0
	for part in "/sys/block/${disk##*/}/${disk##*/}p"*; do
		delpart "$disk" "${part##*p}"
	done
	losetup -d "$disk"
}

@test "-d: a disk stands for its partitions, a partition for itself" {
	disk 2
	for device in "$disk" "${disk}p1"; do
		record read -d "$device" -- dd if="${disk}p1" of=/dev/null bs=4k count=7 iflag=direct
		expect 7 iostage.json
	done
	record read -d "${disk}p2" -- dd if="${disk}p1" of=/dev/null bs=4k count=7 iflag=direct
	expect 0 iostage.json
}

@test "-d: more devices than the filter holds are refused" {
	disk 32
	run -2 --separate-stderr "$IOSTAGE" record -d "$disk" -t 0.01
	[[ $stderr == *"-d $disk: more than 32 partitions and devices stacked on it; name"* ]]
	record -d "${disk}p32" -t 0.01
}

@test "without a filter: the command and its descendants" {
	# A reader outside of it, let go by the command, and waited for by it.
	mkfifo go gone
	sh -c "read -r x <go; exec 5>gone; $READS" &
	reader=$!
	record read -- sh -c "(sh -c '$READS'; $READS) & wait; echo >go; cat gone"
	wait $reader
	expect 32 iostage.json '.path == "direct"'
}

@test "-p: one process, and its end is the recording's" {
	mkfifo go gone
	sh -c "read -r x <go; exec 5>gone; exec $READS" &
	target=$!
	# The command only says when all is attached, and reads on its own.
	record read -d "$LOOP" -p $target -- sh -c "$READS; echo >go; cat gone"
	expect 16 iostage.json
}

@test "-c: tasks of one name" {
	ln -s "$(command -v dd)" other-name
	record read -d "$LOOP" -c dd -- \
		sh -c "$READS; ./other-name if=$MNT/file of=/dev/null bs=4k count=16"
	expect 16 iostage.json
	[ "$(jq -c .filters iostage.json)" = '["comm=dd"]' ]
}

@test "--file: one file" {
	cp "$MNT/file" "$MNT/other"
	sync -f "$MNT"
	record read --file "$MNT/file" -- \
		sh -c "$READS; dd if=$MNT/other of=/dev/null bs=4k iflag=direct"
	expect 16 iostage.json
}

@test "--file: a block device" {
	record read --file "$LOOP" -- \
		sh -c "$READS; dd if=$LOOP of=/dev/null bs=4k count=5 iflag=direct"
	expect 5 iostage.json
}

@test "--cgroup: tasks in it or below it" {
	mount=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	[ -n "$mount" ] || skip "no cgroup2 hierarchy is mounted"
	mkdir -p "$mount/iostage-test.$$/below" || skip "cgroup2 cannot be written"
	record read -d "$LOOP" --cgroup "iostage-test.$$" -- sh -c "
		$READS
		echo \$\$ >$mount/iostage-test.$$/below/cgroup.procs
		$READS
		echo \$\$ >$mount/cgroup.procs"
	rmdir "$mount/iostage-test.$$/below" "$mount/iostage-test.$$"
	expect 16 iostage.json
}

@test "read and fsync: only what was asked for" {
	both="$READS; sync $MNT/file; touch $MNT/file; sync $MNT/file"
	record read -d "$LOOP" -- sh -c "$both"
	expect 16 iostage.json
	record fsync -d "$LOOP" -- sh -c "$both"
	expect 2 iostage.json
	expect 2 iostage.json '.op == "fsync"'
	record -d "$LOOP" -- sh -c "$both"
	expect 18 iostage.json
}

@test "nothing to see: says why, and still writes the capture" {
	run -0 --separate-stderr "$IOSTAGE" record -d "$LOOP" -- true
	[ -z "$output" ]
	[[ $stderr == "iostage record: no read or fsync was seen that the filters let through; "* ]]
	expect 0 iostage.json
	jq -e '.accounting.seen == 0' iostage.json
}
