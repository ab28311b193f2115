#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random reads that miss the page cache, of 4 KiB to 128 KiB, by one thread, on three devices:
# the kernel as it is, the async stack, and the async stack with polling.
#
#	reads.sh >results/experiments/reads.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# reads MODE: DEVICE KIB MODE MEDIAN, for each
reads()
{
	local device kib

	for device in optane zssd sata; do
		set_device $device
		for kib in 4 8 16 32 64 128; do
			echo "$device $kib $1 $("$io" pread $((kib * 1024)) 100 /mnt/file cold times |
				cut -d' ' -f2)"
		done
	done
}

if in_guest; then
	reload_with_poll_queue
	mounted defaults
	if [ ! -e $fs/async_read ]; then
		reads vanilla
	else
		# shellcheck disable=SC2046 # words
		switch_on $(mechanisms)
		reads async
		# shellcheck disable=SC2046
		switch_on $(mechanisms) poll
		reads poll
	fi
	exit
fi

header "Random reads that miss the page cache"
echo "One thread, 100 reads of each size, median in instructions."
echo
columns device KiB vanilla async change "async, polling" change
{ insn_guest vanilla --; insn_guest async --; } | compared vanilla async poll
