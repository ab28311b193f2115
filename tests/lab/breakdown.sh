#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: every workload that breakdown.bats judges, each under a
# recording of its own, whose capture goes to $LAB_OUT/NAME.json.
#
#	breakdown.sh IOSTAGE IO [NAME...]
#
# A scenario NAME is two functions: before_NAME prepares, work_NAME is recorded. It is the
# attaching that takes long: so there are few scenarios, and in most of them reads and syncs
# have nothing to do with each other.
set -u
export IOSTAGE=$1 IO=$2
shift 2
# shellcheck source=tests/lab/scenarios.sh
. "$(dirname "$0")/scenarios.sh"
disk=/dev/nvme0n1
# Nothing is left for later, so that the workload's requests are the only ones.
ext4="mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0"

# scenario NAME ARGUMENT...: under iostage record ARGUMENT...
scenario()
{
	local name=$1 status

	shift
	chosen "$name" || return 0
	(set -e; fresh; "before_$name"; sync) >"$LAB_OUT/$name.before" 2>&1
	status=$?	# an || would switch set -e off
	((!status)) || failed "before_$name" "$LAB_OUT/$name.before"
	record "$name" "$@"
}

# --- what scenarios share ----------------------------------------------------------------

# Takes down what the scenarios before have mounted and made.
fresh()
{
	! mountpoint -q /media || umount /media
	! mountpoint -q /mnt || umount /mnt
	dmsetup remove_all
	losetup -D
	! mountpoint -q /run/below || umount /run/below
}

# layout FILE MIB: written, and on the device
layout()
{
	dd if=/dev/zero of="$1" bs=1M count="$2" conv=fsync status=none
	sync
}

# mount_ext4 DEVICE [MKFS-OPTIONS [MOUNT-OPTIONS [POINT]]]: with a file of 12 MiB. Nothing is
# committed that no fsync waits for, not even times of access.
mount_ext4()
{
	local point=${4:-/mnt}

	# shellcheck disable=SC2086 # several options
	$ext4 ${2:-} "$1" 64M
	mount -o "noatime,${3:-commit=300}" "$1" "$point"
	layout "$point/file" 12
}

# slow_reads DEVICE MS: /dev/mapper/slow is DEVICE, and each read of it is held for so long.
slow_reads()
{
	modprobe dm_delay
	dmsetup create slow --table "0 614400 delay $1 2048 $2 $1 2048 0"
}

# Appending: every fsync has a block to allocate and an inode to commit. Overwriting: an
# fdatasync has only data.
appends_and_overwrites()
{
	"$IO" fsync 4096 20 /mnt/new append
	"$IO" fdatasync 4096 20 /mnt/file
}

reads_and_appends()
{
	"$IO" pread 4096 20 /mnt/file cold
	"$IO" pread 4096 20 /mnt/file direct
	"$IO" fsync 4096 20 /mnt/new append
}

export -f appends_and_overwrites reads_and_appends

# Everything that ext4 on NVMe does by default.
before_ordered()
{
	mount_ext4 $disk
}
work_ordered()
{
	"$IO" pread 4096 40 /mnt/file cold
	"$IO" pread 512 20 /mnt/file
	"$IO" pread 4096 40 /mnt/file direct
	# Each of them wants a page that the other one is reading.
	"$IO" pread 4096 10 /mnt/file cold same threads=2 from=4194304
	"$IO" fsync 4096 20 /mnt/new append
	"$IO" fsync 4096 10 /mnt/thread append own-files threads=6
	"$IO" fdatasync 4096 20 /mnt/file
	"$IO" write 4096 10 /mnt/file dsync
	"$IO" write 4096 10 /mnt/file rwf_dsync
	"$IO" write 4096 10 /mnt/file dsync direct
}
scenario ordered all -d nvme0n1

# Reads that io.max lets through 20 times a second: 50 ms for each.
before_journal()
{
	mount_ext4 $disk "" commit=300,data=journal
	layout /mnt/cold 1
	echo +io >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/throttled
	echo "$(cat /sys/block/${disk#/dev/}/dev) riops=20" >/sys/fs/cgroup/throttled/io.max
}
work_journal()
{
	appends_and_overwrites
	echo $BASHPID >/sys/fs/cgroup/throttled/cgroup.procs
	"$IO" pread 4096 20 /mnt/cold cold
	echo $BASHPID >/sys/fs/cgroup/cgroup.procs
}
scenario journal all -d nvme0n1

# Buffered reads beside a task that has all the weight: an interrupt, which does not take its turn
# away, wakes one that has slept for longer than any turn. Copying takes several turns. Direct reads
# share the inode's lock; a write of many pages has it for itself, for longer than a read takes.
before_fast_commit()
{
	mount_ext4 $disk "-O fast_commit"
	layout /mnt/held 36
}
work_fast_commit()
{
	local spinner writer

	appends_and_overwrites
	sh -c 'while :; do :; done' &
	spinner=$!
	"$IO" pread 4096 40 /mnt/file cold meek
	"$IO" pread 33554432 1 /mnt/held meek
	kill $spinner
	mkfifo /run/writing
	"$IO" write 36700160 1000000 /mnt/held same tell >/run/writing &
	writer=$!
	read -r _ </run/writing
	"$IO" pread 4096 20 /mnt/held direct from=36700160
	kill $writer
}
scenario fast_commit all

# Beside it, on the other disk, reads of several sizes, and one fsync with a large transaction.
before_no_journal()
{
	mount_ext4 $disk "-O ^has_journal" defaults
	mount_ext4 /dev/vda "-J size=24" "" /media
	mkdir /media/many
}
work_no_journal()
{
	"$IO" preadv2 131072 10 /media/file cold
	"$IO" readv 1048576 4 /media/file cold
	"$IO" preadv 1048576 4 /media/file
	"$IO" read 131072 10 /media/file
	"$IO" pread 512 10 /media/file direct
	"$IO" preadv2 131072 10 /media/file direct
	"$IO" preadv 1048576 4 /media/file direct
	appends_and_overwrites
	(cd /media/many && seq -f %06.0f 3000 | xargs touch)
	# ahead of the journal's thread, or it would be preempted by what it waits for
	chrt -f 1 "$IO" fsync 4096 1 /media/many/one append
}
scenario no_journal all

before_xfs()
{
	mkfs.xfs -q -f $disk
	mount -o noatime $disk /mnt
	layout /mnt/file 12
}
work_xfs()
{
	reads_and_appends
}
scenario xfs all -d nvme0n1

before_loop()
{
	modprobe loop
	$ext4 $disk 200M
	mkdir -p /run/below
	mount $disk /run/below
	truncate -s 100M /run/below/image
	mount_ext4 "$(losetup --find --show --direct-io=on /run/below/image)"
}
work_loop()
{
	reads_and_appends
}
scenario loop all

# Reads that a lower device holds for 50 ms, and another journal mode.
before_delay()
{
	slow_reads $disk 50
	mount_ext4 /dev/mapper/slow "" commit=300,data=writeback
}
work_delay()
{
	reads_and_appends
	killed
}
programs()
{
	bpftool -j prog list | jq length
}
reads_of()
{
	sed -n 's/^syscr: //p' "/proc/$1/io"
}
# A second recording, of another disk, which comes to a violent end.
# Polls, but only for what comes without being waited for; gives up after 20 s.
killed()
{
	local before recorder reader reads tries=0 while_recording left

	before=$(programs)
	mkfifo /run/reading
	"$IOSTAGE" record read -o "$LAB_OUT/no.json" -- \
		"$IO" pread 4096 1000000000 /dev/vda same tell >/run/reading &
	recorder=$!
	read -r _ </run/reading
	reader=$(pgrep -x io)
	while_recording=$(programs)
	kill -KILL $recorder
	wait $recorder || reads=$(reads_of "$reader")
	until left=$(programs) && ((left == before && $(reads_of "$reader") > reads)); do
		((tries++ < 200)) || break
		sleep 0.1
	done
	jq -n "{before: $before, while_recording: $while_recording, left: $left,
		went_on: $(($(reads_of "$reader") - reads))}" >"$LAB_OUT/killed.json"
	kill "$reader"
	find "$LAB_OUT" -name 'no.*' >"$LAB_OUT/killed.files"
}
export -f killed programs reads_of
scenario delay all -d dm-0

if chosen doctor; then
	(fresh; mount_ext4 $disk)
	"$IOSTAGE" doctor --json /mnt >"$LAB_OUT/doctor.json" 2>"$LAB_OUT/doctor.err" ||
		failed "doctor: status $?" "$LAB_OUT/doctor.err"
fi

if chosen agree; then
	fresh
	timeout 300 "${0%/*}/agree.sh" "$IOSTAGE" >"$LAB_OUT/agreement.md" 2>"$LAB_OUT/agree.err" ||
		failed "agree.sh: status $?" "$LAB_OUT/agree.err"
fi
cut -d' ' -f1 /proc/uptime
