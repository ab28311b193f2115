#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A write and its fsync, of 4 KiB to 128 KiB, that allocates or overwrites blocks, with data=ordered
# and data=journal; then by several threads, which share commits: the kernel as it is, and the async
# stack.
#
#	fsync.sh >results/experiments/fsync.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# one_thread MODE DEVICE DATA: DEVICE DATA BLOCKS KIB MODE MEDIAN, for each
one_thread()
{
	local kib bytes

	for kib in 4 16 32 128; do
		bytes=$((kib * 1024))
		echo "$2 $3 new $kib $1 $("$io" fsync $bytes 30 /mnt/new append times | cut -d' ' -f2)"
		echo "$2 $3 old $kib $1 $("$io" fsync $bytes 30 /mnt/file times | cut -d' ' -f2)"
	done
}

# several MODE DEVICE DATA: threads DEVICE DATA BLOCKS THREADS MODE MEAN, for each
several()
{
	local n

	for n in 2 8; do
		echo "threads $2 $3 new $n $1 $(mean /mnt/several-$n append own-files "threads=$n")"
		echo "threads $2 $3 old $n $1 $(mean /mnt/file "threads=$n")"
	done
}

# mean FILE OPTION...: of all threads' fsyncs
mean()
{
	"$io" fsync 4096 600 "$@" times | awk '{ sum += $5 } END { printf "%d", sum / NR }'
}

# syncs MODE
syncs()
{
	local device data on=()

	[ "$1" = vanilla ] || on=(fsync)
	for data in ordered journal; do
		for device in optane zssd; do
			mounted data=$data
			switch_on "${on[@]}"
			set_device $device
			one_thread "$1" $device $data
			several "$1" $device $data
		done
	done
}

if in_guest; then
	mounted defaults
	if [ -e $fs/async_fsync ]; then syncs async; else syncs vanilla; fi
	exit
fi

figures=$({ insn_guest vanilla --; insn_guest async --; })
header "Writes and their fsyncs"
echo "One thread, 30 fsyncs of each kind, median in instructions. Optane has no volatile write"
echo "cache; a flush of zssd's takes as long as a write."
echo
columns device data blocks KiB vanilla async change
grep -v '^threads' <<<"$figures" | compared vanilla async
cat <<'END'

Several threads, 600 fsyncs of 4 KiB of each, mean: new blocks of a file of its own, or old blocks of a
file that they share. Threads that wait for each other on one processor have no median that repeats.

END
columns device data blocks threads vanilla async change
sed -n 's/^threads //p' <<<"$figures" | compared vanilla async
