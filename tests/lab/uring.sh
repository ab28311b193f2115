#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: what uring.bats judges. Jobs of fio by io_uring, several under one
# recording, since it is the attaching that takes long; its capture goes to $LAB_OUT/NAME.json.
#
#	uring.sh IOSTAGE RING [NAME...]
set -u
export IOSTAGE=$1 RING=$2
shift 2
# shellcheck source=tests/lab/scenarios.sh
. "$(dirname "$0")/scenarios.sh"
disk=/dev/nvme0n1

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

# scenario NAME ARGUMENT...: under iostage record all ARGUMENT...
scenario()
{
	local name=$1

	shift
	chosen "$name" || return 0
	sync
	record "$name" all "$@"
}
export -f job read_file command

modprobe -r nvme
modprobe nvme poll_queues=1
until [ -b $disk ]; do
	usleep 10000
done
echo none >/sys/block/nvme0n1/queue/scheduler
mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 $disk 64M
mount -o noatime,commit=300 $disk /mnt
dd if=/dev/zero of=/mnt/file bs=1M count=16 conv=fsync status=none

scenario plain -d nvme0n1
scenario shapes -d nvme0n1
scenario workers -d nvme0n1
scenario sqpoll -c fio
scenario iopoll -d nvme0n1
cut -d' ' -f1 /proc/uptime
