#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: what uring.bats judges. Jobs of fio by io_uring, several under one
# recording, since it is the attaching that takes long; its capture goes to $LAB_OUT/NAME.json.
#
#	uring.sh IOSTAGE RING [NAME...]
set -u
export IOSTAGE=$1 RING=$2
shift 2
only=" $* "
disk=/dev/nvme0n1
# What is written back in the background is nobody's.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs

# job COUNT ARGUMENT...: COUNT operations of 4 KiB, if ARGUMENTs do not say otherwise
job()
{
	local count=$1

	shift
	fio --name=job --ioengine="${engine:-io_uring}" --bs=4k --rw=randread --norandommap \
		--number_ios="$count" --output="$LAB_OUT/fio.txt" "$@"
}

read_file()
{
	job "$@" --filename=/mnt/file --size=16m
}

command()
{
	engine=io_uring_cmd job "$@" --cmd_type=nvme --filename=/dev/ng0n1 --size=16m
}

# Through io_uring, as the submitter's thread does it; of every depth, and with what is registered.
work_plain()
{
	read_file 40 --direct=1
	read_file 200 --direct=1 --iodepth=32
	read_file 200 --direct=1 --iodepth=32 --registerfiles --fixedbufs
	read_file 40
	read_file 200 --iodepth=32
	dd if=/mnt/file of=/dev/null bs=16M count=1 status=none
	read_file 200 --iodepth=32 --invalidate=0
	job 40 --filename=/mnt/new --size=1m --rw=write --fsync=1 --invalidate=0
	job 40 --filename=/mnt/new --size=1m --rw=write --fdatasync=1 --invalidate=0
	command 40
	command 200 --iodepth=32
	command 200 --iodepth=32 --registerfiles --fixedbufs
}

# Requests of several reads, and reads of several requests.
work_shapes()
{
	read_file 64 --direct=1 --iodepth=32 --iodepth_batch=16 --rw=read
	read_file 8 --direct=1 --bs=2m
}

work_workers()
{
	read_file 100 --direct=1 --iodepth=8 --force_async=1
	read_file 100 --iodepth=8 --force_async=1
	"$RING" /mnt/file 16 direct link read:64
	"$RING" /mnt/file 4 direct overflow:64
}

work_sqpoll()
{
	read_file 200 --direct=1 --iodepth=8 --sqthread_poll --registerfiles
}

# Passthrough that polls crashes Debian's 6.1.
work_iopoll()
{
	read_file 200 --direct=1 --iodepth=8 --hipri
	[[ $(uname -r) == 6.1.* ]] || command 200 --iodepth=8 --hipri
}

# record NAME ARGUMENT...
record()
{
	local name=$1

	shift
	[[ $only == "  " || $only == *" $name "* ]] || return 0
	echo "$(cut -d' ' -f1 /proc/uptime) $name"
	sync
	"$IOSTAGE" record all "$@" -o "$LAB_OUT/$name.json" -- bash -ec "work_$name" \
		>"$LAB_OUT/$name.txt" 2>"$LAB_OUT/$name.err" ||
		echo "$name: status $?: $(tail -n 3 "$LAB_OUT/$name.err")" >>"$LAB_OUT/failed"
}
export -f job read_file command work_plain work_shapes work_workers work_sqpoll work_iopoll

modprobe -r nvme
modprobe nvme poll_queues=1
until [ -b $disk ]; do
	usleep 10000
done
echo none >/sys/block/nvme0n1/queue/scheduler
mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 $disk 64M
mount -o noatime,commit=300 $disk /mnt
dd if=/dev/zero of=/mnt/file bs=1M count=16 conv=fsync status=none

record plain -d nvme0n1
record shapes -d nvme0n1
record workers -d nvme0n1
record sqpoll -c fio
record iopoll -d nvme0n1
cut -d' ' -f1 /proc/uptime
