#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: every workload that breakdown.bats judges, each under a
# recording of its own, whose capture goes to $LAB_OUT/NAME.json.
#
#	breakdown.sh IOSTAGE IO [NAME...]
#
# A scenario NAME is two functions: before_NAME prepares, work_NAME is recorded. One without
# the first goes on where the one above it ended.
set -u
export IOSTAGE=$1 IO=$2
shift 2
only=" $* "
disk=/dev/nvme0n1
slow=/sys/kernel/config/nullb/nullb0	# the disk's name, too, on newer kernels
# What is written back in the background is nobody's.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs
# Nothing is left for later, so that the workload's requests are the only ones.
ext4="mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0"

# scenario NAME ARGUMENT...: under iostage record ARGUMENT...
scenario()
{
	local name=$1 status

	shift
	[[ $only == "  " || $only == *" $name "* ]] || return 0
	echo "$(cut -d' ' -f1 /proc/uptime) $name"
	export -f "work_$name"
	if declare -F "before_$name" >/dev/null; then
		(set -e; fresh; "before_$name"; sync) >"$LAB_OUT/$name.before" 2>&1
		status=$?	# an || would switch set -e off
		((!status)) ||
			echo "before_$name: $(tail -n 3 "$LAB_OUT/$name.before")" >>"$LAB_OUT/failed"
	fi
	"$IOSTAGE" record "$@" -o "$LAB_OUT/$name.json" -- bash -ec "work_$name" \
		>"$LAB_OUT/$name.txt" 2>"$LAB_OUT/$name.err" ||
		echo "$name: status $?: $(tail -n 3 "$LAB_OUT/$name.err")" >>"$LAB_OUT/failed"
}

# --- what scenarios share ----------------------------------------------------------------

# Takes down what the scenarios before have mounted and made.
fresh()
{
	! mountpoint -q /mnt || umount /mnt
	dmsetup remove_all
	losetup -D
	! mountpoint -q /run/below || umount /run/below
	[ ! -d $slow ] || rmdir $slow
}

# layout FILE MIB: written, and on the device
layout()
{
	dd if=/dev/zero of="$1" bs=1M count="$2" conv=fsync status=none
	sync
}

# mount_ext4 DEVICE [MKFS-OPTIONS [MOUNT-OPTIONS]]: on /mnt, with a file of 64 MiB
mount_ext4()
{
	# shellcheck disable=SC2086 # several options
	$ext4 ${2:-} "$1" 256M
	mount ${3:+-o "$3"} "$1" /mnt
	layout /mnt/file 64
}

# Appending: every fsync has a block to allocate and an inode to commit. Overwriting: an
# fdatasync has only data.
appends_and_overwrites()
{
	"$IO" fsync 4096 40 /mnt/new append
	"$IO" fdatasync 4096 40 /mnt/file
}

reads_and_appends()
{
	"$IO" pread 4096 50 /mnt/file cold
	"$IO" pread 4096 50 /mnt/file direct
	"$IO" fsync 4096 30 /mnt/new append
}

export -f appends_and_overwrites reads_and_appends

# A device with a latency that no other load on the machine can undercut: every operation
# sleeps for it. It keeps its time by the kernel's own timer.
make_slow_device()
{
	modprobe null_blk nr_devices=0
	mountpoint -q /sys/kernel/config || mount -t configfs config /sys/kernel/config
	mkdir $slow
	echo 512 >$slow/size
	echo 1 >$slow/memory_backed
	echo 2 >$slow/irqmode
	echo "$1" >$slow/completion_nsec
	echo 1 >$slow/power
	echo none >/sys/block/nullb0/queue/scheduler
}

# --- 1. every stage that a device and a mount can have ---------------------------------

before_reads()
{
	mount_ext4 $disk
}
work_reads()
{
	"$IO" pread 4096 200 /mnt/file cold
	"$IO" pread 512 100 /mnt/file
	"$IO" pread 4096 200 /mnt/file direct
}
scenario reads read -d nvme0n1

work_sizes()
{
	"$IO" preadv2 131072 20 /mnt/file cold
	"$IO" readv 1048576 10 /mnt/file cold
	"$IO" preadv 1048576 10 /mnt/file
	"$IO" read 131072 20 /mnt/file
	"$IO" pread 512 20 /mnt/file direct
	"$IO" preadv2 131072 20 /mnt/file direct
	"$IO" preadv 1048576 10 /mnt/file direct
}
scenario sizes read -d nvme0n1

work_syncs()
{
	"$IO" fsync 4096 60 /mnt/new append
	"$IO" fdatasync 4096 60 /mnt/file
	"$IO" write 4096 20 /mnt/file dsync
	"$IO" write 4096 20 /mnt/file rwf_dsync
	"$IO" write 4096 20 /mnt/file dsync direct
}
scenario syncs fsync -d nvme0n1

work_threads()
{
	"$IO" fsync 4096 20 /mnt/thread append own-files threads=6
}
scenario threads fsync -d nvme0n1

before_journal()
{
	mount_ext4 $disk "" data=journal
}
work_journal()
{
	appends_and_overwrites
}
scenario journal fsync -d nvme0n1

before_writeback()
{
	mount_ext4 $disk "" data=writeback
}
work_writeback()
{
	appends_and_overwrites
}
scenario writeback fsync -d nvme0n1

before_fast_commit()
{
	mount_ext4 $disk "-O fast_commit"
}
work_fast_commit()
{
	appends_and_overwrites
}
scenario fast_commit fsync -d nvme0n1

before_no_journal()
{
	mount_ext4 $disk "-O ^has_journal"
}
work_no_journal()
{
	appends_and_overwrites
}
scenario no_journal fsync -d nvme0n1

before_xfs()
{
	mkfs.xfs -q -f $disk
	mount $disk /mnt
	layout /mnt/file 32
}
work_xfs()
{
	reads_and_appends
}
scenario xfs all -d nvme0n1

before_virtio()
{
	mount_ext4 /dev/vda
}
work_virtio()
{
	reads_and_appends
}
scenario virtio all -d vda

before_loop()
{
	modprobe loop
	mkfs.ext4 -q -F $disk
	mkdir -p /run/below
	mount $disk /run/below
	truncate -s 300M /run/below/image
	mount_ext4 "$(losetup --find --show --direct-io=on /run/below/image)"
}
work_loop()
{
	reads_and_appends
}
scenario loop all

before_slow()
{
	make_slow_device 3000000
	mount_ext4 /dev/nullb0
}
work_slow()
{
	reads_and_appends
	# Each of them wants a page that the other one is reading.
	"$IO" pread 4096 20 /mnt/file cold same threads=2
}
scenario slow all

# On a device that every operation sleeps for: what dm hands to its worker is known by whom
# it wakes.
before_linear()
{
	make_slow_device 3000000
	dmsetup create linear --table "0 614400 linear /dev/nullb0 2048"
	mount_ext4 /dev/mapper/linear
}
work_linear()
{
	reads_and_appends
}
scenario linear all -c io

# --- 2. disturbances ---------------------------------------------------------------------

# Beside a task that has all the weight: what one waits for is one's turn.
before_busy()
{
	make_slow_device 3000000
	mount_ext4 /dev/nullb0
	layout /mnt/cold 1
}
work_busy()
{
	local spinner

	sh -c 'while :; do :; done' &
	spinner=$!
	"$IO" pread 4096 10 /mnt/cold cold meek
	"$IO" pread 1048576 10 /mnt/file meek
	kill $spinner
}
scenario busy read

# A read that a lower device holds for 50 ms; a write it does not.
before_delay()
{
	modprobe dm_delay
	dmsetup create delay --table "0 614400 delay $disk 2048 50 $disk 2048 0"
	mount_ext4 /dev/mapper/delay
}
work_delay()
{
	"$IO" pread 4096 20 /mnt/file cold
	"$IO" pread 4096 20 /mnt/file direct
}
scenario delay read

# 20 reads a second, so 50 ms for each.
before_throttle()
{
	mount_ext4 $disk
	echo +io >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/throttled
	echo "$(cat /sys/block/${disk#/dev/}/dev) riops=20" >/sys/fs/cgroup/throttled/io.max
}
work_throttle()
{
	echo $BASHPID >/sys/fs/cgroup/throttled/cgroup.procs
	"$IO" pread 4096 20 /mnt/file cold
	"$IO" pread 4096 20 /mnt/file direct
	echo $BASHPID >/sys/fs/cgroup/cgroup.procs
}
scenario throttle read -d nvme0n1

# Direct reads share the inode's lock; a write of many pages has it for itself.
work_lock()
{
	local writer

	mkfifo /run/writing
	"$IO" write 33554432 1000000 /mnt/file same tell >/run/writing &
	writer=$!
	read -r _ </run/writing
	"$IO" pread 4096 20 /mnt/file direct from=50331648
	kill $writer
}
scenario lock read -d nvme0n1

# All of it in one transaction, which no timer commits before.
before_metadata()
{
	mount_ext4 $disk "" commit=300
	mkdir /mnt/many
}
work_metadata()
{
	(cd /mnt/many && seq -f %06.0f 4000 | xargs touch)
	"$IO" fsync 4096 1 /mnt/many/one append
}
scenario metadata fsync -d nvme0n1

# --- 3. two at once, and a violent end -----------------------------------------------------

before_first()
{
	mount_ext4 $disk
}
work_first()
{
	"$IOSTAGE" record read -d nvme0n1 -o "$LAB_OUT/second.json" -- \
		"$IO" pread 4096 100 /mnt/file direct >"$LAB_OUT/second.txt"
}
scenario first read -d nvme0n1

programs()
{
	bpftool -j prog list | jq length
}

reads_of()
{
	sed -n 's/^syscr: //p' "/proc/$1/io"
}

# Polls, but only for what comes without being waited for; gives up after 20 s.
killed()
{
	local before recorder reader reads tries=0 while_recording left

	before=$(programs)
	mkfifo /run/reading
	"$IOSTAGE" record read -d nvme0n1 -o "$LAB_OUT/no.json" -- \
		"$IO" pread 4096 1000000000 /mnt/file same tell >/run/reading &
	recorder=$!
	read -r _ </run/reading
	reader=$(pgrep -x io)
	while_recording=$(programs)
	kill -KILL $recorder
	wait $recorder
	reads=$(reads_of "$reader")
	until left=$(programs) && ((left == before && $(reads_of "$reader") > reads)); do
		((tries++ < 200)) || break
		sleep 0.1
	done
	jq -n "{before: $before, while_recording: $while_recording, left: $left,
		went_on: $(($(reads_of "$reader") - reads))}" >"$LAB_OUT/killed.json"
	kill "$reader"
	find "$LAB_OUT" -name 'no.*' >"$LAB_OUT/killed.files"
}
if [[ $only == "  " || $only == *" killed "* ]]; then
	killed 2>"$LAB_OUT/killed.err"
fi

if [[ $only == "  " || $only == *" agree "* ]]; then
	(set -e; fresh; make_slow_device 3000000; mount_ext4 /dev/nullb0) >"$LAB_OUT/agree.before" 2>&1
	"${0%/*}/agree.sh" /mnt/file nullb0 >"$LAB_OUT/agree.txt" 2>"$LAB_OUT/agree.err" ||
		echo "agree.sh: status $?: $(tail -n 3 "$LAB_OUT/agree.err")" >>"$LAB_OUT/failed"
fi
