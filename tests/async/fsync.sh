#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What an fsync costs in a guest of the lab, without and with async_fsync, on a device without
# and with a volatile write cache, whose flush costs as much as a write: minimum, 50th, 90th and
# 99th percentile, and mean, each the mean of all threads'.
#
#	fsync.sh COUNT [WORKLOAD...]
#
# With vanilla modules, without it only.
set -eu

here=$(dirname "$(realpath "$0")")
io=$here/../../build/lab/io
# shellcheck source=tests/lab/workloads.sh
. "$here/../lab/workloads.sh"
fs=/sys/fs/ext4/nvme0n1
count=$1
shift
(($#)) || set -- append append-32k append-2 append-8 overwrite overwrite-8 \
	journal-append journal-overwrite

# Sets mount to the mount options, and arguments to those of io.c's program.
workload()
{
	mount=defaults
	case $1 in
	append) arguments=(4096 "$count" /mnt/new append) ;;
	append-32k) arguments=(32768 "$count" /mnt/new append) ;;
	append-[0-9]*) arguments=(4096 "$count" /mnt/new append own-files "threads=${1#*-}") ;;
	overwrite) arguments=(4096 "$count" /mnt/file) ;;
	overwrite-[0-9]*) arguments=(4096 "$count" /mnt/file "threads=${1#*-}") ;;
	journal-*)
		workload "${1#*-}"
		mount=data=journal
		;;
	esac
}

# set_cache on|off
set_cache()
{
	local latency mode

	latency=$(cut -d, -f2 /sys/module/nvme/parameters/latency)
	case $1 in
	off) latency=$latency,$latency,0 mode="write through" ;;
	on) latency=$latency,$latency,$latency mode="write back" ;;
	esac
	echo "$latency" >/sys/module/nvme/parameters/latency
	echo "$mode" >/sys/block/nvme0n1/queue/write_cache
}

measure()
{
	fresh
	umount /mnt
	mount -o "$mount" /dev/nvme0n1 /mnt
	[ "$2" = off ] || echo on >$fs/async_fsync
	"$io" fsync "${arguments[@]}" times | awk -v what="$1, async_fsync $2:" '
		{ for (i = 1; i <= NF; i++) sum[i] += $i }
		END {
			printf "%s", what
			for (i = 1; i <= NF; i++)
				printf " %d", sum[i] / NR
			print ""
		}'
}

for cache in off on; do
	set_cache $cache
	for name; do
		workload "$name"
		for on in off on; do
			[[ $on == off || -e $fs/async_fsync ]] || continue
			measure "write cache $cache, $name" $on
		done
	done
done
