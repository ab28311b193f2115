#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random reads that miss the page cache, of 4 KiB to 128 KiB, by one thread, on three devices:
# the kernel as it is, the async stack, and the async stack with polling.
#
#	reads.sh >results/experiments/reads.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# reads MODE: DEVICE BYTES MODE MEDIAN, for each
reads()
{
	local device bytes

	for device in optane zssd sata; do
		set_device $device
		for bytes in 4096 8192 16384 32768 65536 131072; do
			echo "$device $bytes $1 $("$io" pread $bytes 100 /mnt/file cold times | cut -d' ' -f2)"
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
{ insn_guest vanilla --; insn_guest async --; } | awk '
	{ v[$1, $2, $3] = $4 }
	!(($1, $2) in seen) { seen[$1, $2]; key[++n] = $1 SUBSEP $2 }
	function change(of, to) { return sprintf("%+.1f %%", (to - of) / of * 100) }
	END {
		for (i = 1; i <= n; i++) {
			split(key[i], k, SUBSEP)
			a = v[key[i], "vanilla"]; b = v[key[i], "async"]; c = v[key[i], "poll"]
			printf "| %s | %d | %d | %d | %s | %d | %s |\n", k[1], k[2] / 1024, a, b,
				change(a, b), c, change(a, c)
		}
	}'
