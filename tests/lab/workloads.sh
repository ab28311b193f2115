# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For scripts that run in the lab's guest: the workloads that figures are given for, 4 KiB a
# time. Sourced.

# A capture names the program alike, wherever the tree is.
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.." || exit

# What is written back in the background is nobody's.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs

# Pages that a file gives back stay in the processor's list, all of them: else every 63rd allocation
# fills that list up, for 12,000 instructions, or none does, as the boot pleases.
echo 8 >/proc/sys/vm/percpu_pagelist_high_fraction

# A new ext4 on /dev/nvme0n1 with a file, all of it on the device, so that a workload always
# finds the same. Nothing is left to be initialized meanwhile, and the journal is large enough
# not to begin again before the workload's end, for commits cost something else from there on.
fresh()
{
	! mountpoint -q /mnt || umount /mnt
	mkfs.ext4 -q -F -b 4096 -J size=128 -E lazy_itable_init=0,lazy_journal_init=0 /dev/nvme0n1
	mount /dev/nvme0n1 /mnt
	dd if=/dev/zero of=/mnt/file bs=1M count=64 conv=fsync status=none
	sync
}

# arguments NAME COUNT: those of io.c's program, one a line. A file that grows past 4 MiB has
# larger preallocations from there on, and each append costs a tenth more: it begins beyond.
arguments()
{
	case $1 in
	read) printf '%s\n' pread 4096 "$2" /mnt/file cold times ;;
	direct) printf '%s\n' pread 4096 "$2" /mnt/file direct times ;;
	overwrite) printf '%s\n' fsync 4096 "$2" /mnt/file times ;;
	append) printf '%s\n' fsync 4096 "$2" /mnt/new append from=8388608 times ;;
	esac
}

# workload NAME COUNT [TRACER...]: runs the workload. What syncs goes ahead of the kernel's threads:
# whether the journal's preempts a program like any other depends on how long each has run
# before, and differs from boot to boot. The tracer goes with it: else what it has started keeps it
# from going to sleep, and whenever that waits it is switched to, instead of to idle.
workload()
{
	local name=$1 count=$2 arguments ahead=()

	shift 2
	mapfile -t arguments < <(arguments "$name" "$count")
	[ "${arguments[0]}" != fsync ] || ahead=(chrt -f 1)
	"${ahead[@]}" "$@" build/lab/io "${arguments[@]}"
}

# record NAME COUNT [FILE]: the capture is $LAB_OUT/FILE.json, the breakdown FILE.txt
record()
{
	local to=$LAB_OUT/${3:-$1}

	workload "$1" "$2" build/iostage record all -o "$to.json" -- >"$to.txt"
}
