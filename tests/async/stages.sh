#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in a guest of the lab, with --clock insn and a modelled device: what iostage records of
# the async stack, mechanism by mechanism; a capture in $LAB_OUT/NAME.json for each.
#
#	stages.sh [NAME...]
set -eu

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/lab/workloads.sh
. "$here/../lab/workloads.sh"
# shellcheck source=tests/async/polling.sh
. "$here/polling.sh"
iostage=build/iostage io=build/lab/io
only=" $* "

# recorded NAME SWITCHES ARGUMENT...: io.c's program, with nothing on but these mechanisms; ahead
# of the journal's thread, as in workloads.sh
recorded()
{
	local name=$1 switches=$2

	shift 2
	[[ $only == "  " || $only == *" $name "* ]] || return 0
	fresh
	# shellcheck disable=SC2086 # several
	[ -z "$switches" ] || "$iostage" async on $switches >/dev/null
	# The pool is filled by the first read that finds it empty.
	"$io" pread 131072 1 /mnt/file cold from=66977792
	"$iostage" record all -o "$LAB_OUT/$name.json" -- chrt -f 1 "$io" "$@" >"$LAB_OUT/$name.txt"
	cp /proc/fs/ext4/nvme0n1/async "$LAB_OUT/$name.counts"
	[[ $name != all ]] || "$iostage" doctor --json /mnt >"$LAB_OUT/doctor.json"
}

reload_with_poll_queue
recorded off "" pread 4096 40 /mnt/file cold
recorded read read pread 4096 40 /mnt/file cold
recorded pool "read pool" pread 4096 40 /mnt/file cold
recorded light "read pool light" pread 4096 40 /mnt/file cold
recorded all "read pool light poll" pread 4096 40 /mnt/file cold
recorded premap "read pool light premap unmap" pread 4096 40 /mnt/file cold
recorded large "read pool light" pread 65536 20 /mnt/file cold
recorded append fsync fsync 4096 40 /mnt/new append from=8388608
