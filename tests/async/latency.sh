#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a random read costs in a guest of the lab, switch by switch: minimum, 50th, 90th and 99th
# percentile, and mean.
#
#	latency.sh [BYTES...]
#
# With POLL set, the disk has a queue for polling.
set -e

io=$(dirname "$0")/../../build/lab/io
fs=/sys/fs/ext4/nvme0n1

if [ "${POLL:-}" ]; then
	modprobe -r nvme
	modprobe nvme poll_queues=1
	until [ -b /dev/nvme0n1 ]; do
		usleep 10000
	done
	echo none >/sys/block/nvme0n1/queue/scheduler
fi
mkfs.ext4 -q -F /dev/nvme0n1
mount /dev/nvme0n1 /mnt
dd if=/dev/zero of=/mnt/f bs=1M count=64 status=none
sync
[ $# -gt 0 ] || set -- 4096
for bytes; do
	echo "$bytes off $("$io" pread "$bytes" 400 /mnt/f cold times)"
	for m in read pool light premap unmap poll; do
		[ -e $fs/async_$m ] || continue
		echo 1 >$fs/async_$m
		echo "$bytes +$m $("$io" pread "$bytes" 400 /mnt/f cold times)"
	done
	for m in read pool light premap unmap poll; do
		[ ! -e $fs/async_$m ] || echo 0 >$fs/async_$m
	done
done
