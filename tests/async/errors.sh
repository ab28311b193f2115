#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What callers of fsync get in a guest of the lab when the device fails, with async_fsync off
# and on: a line for each of them, as fsyncs.c prints it, after NAME OFF-OR-ON and what it is
# that fails; and whether the file, after a power cut, shows what its blocks had before.
#
#	errors.sh [UNGUARDED]
#
# UNGUARDED is for the module's parameter of that name, see unguarded.patch.
set -eu

fsyncs=$(dirname "$0")/../../build/lab/fsyncs
disk=/dev/nvme0n1
mib=64 sectors=$((64 * 2048))

# table FIRST SECTORS: what is in there cannot be written
table()
{
	(($1 == 0)) || echo "0 $1 linear $disk 0"
	echo "$1 $2 flakey $disk $1 0 3600 1 error_writes"
	(($1 + $2 == sectors)) || echo "$(($1 + $2)) $((sectors - $1 - $2)) linear $disk $(($1 + $2))"
}

# fail FIRST SECTORS, or without them, nothing fails
fail()
{
	dmsetup suspend --noflush --nolockfs faulty
	if (($#)); then table "$@"; else echo "0 $sectors linear $disk 0"; fi | dmsetup reload faulty
	dmsetup resume faulty
}

# block FILE N: the first sector of its N-th block
block()
{
	debugfs -D -R "bmap $1 $2" $disk 2>/dev/null | awk '{print $1 * 8}'
}

# fresh ON MOUNT-OPTIONS: with a file of a block, and blocks after it that are not zero
fresh()
{
	mkfs.ext4 -q -F -b 4096 -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 $disk ${mib}M
	echo "0 $sectors linear $disk 0" | dmsetup create faulty
	mount -o "$2" /dev/mapper/faulty /mnt
	[ ! -e /sys/fs/ext4/dm-0/async_fsync ] || echo "$1" >/sys/fs/ext4/dm-0/async_fsync
	for f in other written; do
		dd if=/dev/zero of=/mnt/$f bs=4096 count=1 conv=fsync status=none
	done
	sync
}

# What is on the disk now is all there is after a cut: is anything of the file's what mkfs
# found there?
stale()
{
	mkdir -p /run/cut
	dd if=$disk iflag=direct of=/run/image bs=1M count=$mib status=none
	mount -o loop /run/image /run/cut
	if (($(tr -d '\0f' </run/cut/written | wc -c))); then echo stale; else echo "not stale"; fi
	umount /run/cut
}

# scenario WHAT-FAILS MOUNT-OPTIONS
scenario()
{
	local on

	for on in off on; do
		fresh $on "$2"
		case $1 in
		data) fail $(($(block written 0) + 8)) 64 ;;
		journal) fail "$(block '<8>' 0)" 2048 ;;
		# The last sectors, which nothing is written to, but flushes go to each target.
		flush) fail $((sectors - 8)) 8 ;;
		esac
		echo "$1, $2, $on: $("$fsyncs" /mnt/written /mnt/other)"
		fail
		echo "$1, $2, $on: $(stale)"
		umount /mnt
		dmsetup remove faulty
	done
}

modprobe -a loop dm_flakey
[ $# = 0 ] || echo "$1" >/sys/module/ext4/parameters/unguarded
tr '\0' '\333' </dev/zero | dd of=$disk bs=1M count=$mib iflag=fullblock status=none
scenario data defaults
scenario data data_err=abort
scenario data dioread_lock
scenario journal defaults
scenario flush defaults
