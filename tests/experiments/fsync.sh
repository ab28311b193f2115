#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A write and its fsync, of 4 KiB to 128 KiB, that allocates or overwrites blocks, with data=ordered
# and data=journal: the kernel as it is, and the async stack.
#
#	fsync.sh >results/experiments/fsync.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# syncs MODE: DEVICE DATA BLOCKS KIB MODE MEDIAN, for each
syncs()
{
	local device data kib bytes on=()

	[ "$1" = vanilla ] || on=(fsync)
	for data in ordered journal; do
		mounted data=$data
		switch_on "${on[@]}"
		for device in optane zssd; do
			set_device $device
			for kib in 4 16 32 128; do
				bytes=$((kib * 1024))
				echo "$device $data new $kib $1 $("$io" fsync $bytes 30 \
					/mnt/new append times | cut -d' ' -f2)"
				echo "$device $data old $kib $1 $("$io" fsync $bytes 30 \
					/mnt/file times | cut -d' ' -f2)"
			done
		done
	done
}

if in_guest; then
	mounted defaults
	if [ -e $fs/async_fsync ]; then syncs async; else syncs vanilla; fi
	exit
fi

header "Writes and their fsyncs"
echo "One thread, 30 fsyncs of each kind, median in instructions. Optane has no volatile write"
echo "cache; a flush of zssd's takes as long as a write."
echo
columns device data blocks KiB vanilla async change
{ insn_guest vanilla --; insn_guest async --; } | compared vanilla async
