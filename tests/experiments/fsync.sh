#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A write and its fsync, of 4 KiB to 128 KiB, that allocates or overwrites blocks, with data=ordered
# and data=journal: the kernel as it is, and the async stack.
#
#	fsync.sh >results/experiments/fsync.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# syncs MODE: DEVICE DATA WORKLOAD BYTES MODE MEDIAN, for each
syncs()
{
	local device data bytes on=()

	[ "$1" = vanilla ] || on=(fsync)
	for data in ordered journal; do
		mounted data=$data
		switch_on "${on[@]}"
		for device in optane zssd; do
			set_device $device
			for bytes in 4096 16384 32768 131072; do
				echo "$device $data append $bytes $1 $("$io" fsync $bytes 30 \
					/mnt/new append times | cut -d' ' -f2)"
				echo "$device $data overwrite $bytes $1 $("$io" fsync $bytes 30 \
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
{ insn_guest vanilla --; insn_guest async --; } | awk '
	{ k = $1 " " $2 " " $3 " " $4; v[k, $5] = $6 }
	!(k in seen) { seen[k]; key[++n] = k }
	END {
		for (i = 1; i <= n; i++) {
			split(key[i], field, " ")
			a = v[key[i], "vanilla"]; b = v[key[i], "async"]
			printf "| %s | %s | %s | %d | %d | %d | %+.1f %% |\n", field[1], field[2],
				field[3] == "append" ? "new" : "old", field[4] / 1024, a, b, (b - a) / a * 100
		}
	}'
