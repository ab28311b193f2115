# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the live tests share: whether they can run, and an ext4 to do I/O on.

IOSTAGE=${IOSTAGE:-$BATS_TEST_DIRNAME/../../build/iostage}

# A test that hangs has failed.
export BATS_TEST_TIMEOUT=60

# Asks the kernel, not iostage, which is what is being tested.
require_tracing()
{
	PATH=$PATH:/usr/sbin:/sbin
	[ "$(id -u)" = 0 ] || skip "needs root"
	[ -r /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF"
	bpftool prog show >/dev/null 2>&1 || skip "this kernel allows no BPF"
}

# An ext4 on a loop device: $MNT, on $LOOP. It is gone when it is unmounted.
make_ext4()
{
	MNT=$BATS_FILE_TMPDIR/mnt
	truncate -s 64M "$BATS_FILE_TMPDIR/image"
	mkfs.ext4 -q "$BATS_FILE_TMPDIR/image"
	LOOP=$(losetup --find --show "$BATS_FILE_TMPDIR/image")
	mkdir "$MNT"
	mount "$LOOP" "$MNT"
	losetup -d "$LOOP"
	dd if=/dev/zero of="$MNT/file" bs=64k count=1 conv=fsync status=none
	export MNT LOOP
}

remove_ext4()
{
	if mountpoint -q "${MNT:-}"; then
		umount "$MNT"
	fi
}

# 16 reads of 4 KiB, which all miss the page cache.
export READS="dd if=\$MNT/file of=/dev/null bs=4k count=16 iflag=direct status=none"

# How many operations a capture has: of all classes, or of those that jq's condition selects.
operations()
{
	jq "[.operations[] | select(${2:-true}) | .count] | add // 0" "$1"
}

# expect COUNT CAPTURE [CONDITION]
expect()
{
	local found

	found=$(operations "${@:2}")
	[ "$found" = "$1" ] || {
		echo "$found operations in $2 ${3:-}, not $1"
		return 1
	}
}
