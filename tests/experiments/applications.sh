#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs: RocksDB's db_bench, random reads of a cold database and writes that are synced, and a
# mail server's load (mail.c): the kernel as it is, and the async stack.
#
#	applications.sh >results/experiments/applications.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# rocksdb BENCHMARK KEYS [OPTION...]: the mean of its operations, since its histogram is too coarse
# to tell medians apart
rocksdb()
{
	local benchmark=$1 keys=$2

	shift 2
	db_bench --db=/mnt/db --benchmarks="$benchmark" --num="$keys" --value_size=400 --threads=1 \
		--statistics=0 --compression_type=none --cache_size=65536 "$@" 2>/dev/null |
		awk -v name="$benchmark" '$1 == name { print $3 * 1000 }'
}

# applications MODE: DEVICE LOAD MODE FIGURE
applications()
{
	local device fillsync readrandom mail on=()

	for device in optane zssd; do
		mounted defaults
		# shellcheck disable=SC2207 # words
		[ "$1" = vanilla ] || on=($(mechanisms) fsync)
		switch_on "${on[@]}"
		set_device $device
		fillsync=$(rocksdb fillsync 3000)
		rocksdb fillrandom 20000 --disable_wal >/dev/null
		sync
		echo 3 >/proc/sys/vm/drop_caches
		readrandom=$(rocksdb readrandom 20000 --use_existing_db --reads=500 --mmap_read=false \
			--advise_random_on_open=true)
		mkdir -p /mnt/mail
		mail=$(build/lab/mail /mnt/mail 50 60)
		echo "$device db_bench-fillsync $1 $fillsync"
		echo "$device db_bench-readrandom $1 $readrandom"
		echo "$device mail $1 $mail"
	done
}

if in_guest; then
	mounted defaults
	if [ -e $fs/async_fsync ]; then applications async; else applications vanilla; fi
	exit
fi

header "Applications"
echo "In instructions: the mean of an operation of db_bench (RocksDB, 400-byte values, a block cache of"
echo "64 KiB); the median of a turn of a mail server's load like Filebench's varmail. One thread."
echo
columns device load vanilla async change
{ insn_guest vanilla --; insn_guest async --; } | compared vanilla async
