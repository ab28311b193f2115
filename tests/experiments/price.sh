#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the async stack costs: CPU time for each read, which polling spends on waiting, and reads of
# the device that were for nothing, when several threads want the same page.
#
#	price.sh >results/experiments/price.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# The CPU's idle time so far, in units of 10 ms.
idle()
{
	awk '{ printf "%d", $2 * 100 }' /proc/uptime
}

elapsed()
{
	awk '{ printf "%d", $1 * 100 }' /proc/uptime
}

# Instructions in which the CPU was busy, for each of 4000 reads of 4 KiB.
busy()
{
	local from_idle from

	from_idle=$(idle) from=$(elapsed)
	"$io" pread 4096 4000 /mnt/file cold
	echo $(((($(elapsed) - from) - ($(idle) - from_idle)) * 10000000 / 4000))
}

# Pages that the device read, for each that two threads wanted at the same time.
duplicates()
{
	local before after

	before=$(awk '{ print $3 }' /sys/block/nvme0n1/stat)
	"$io" pread 4096 200 /mnt/file cold same threads=2
	after=$(awk '{ print $3 }' /sys/block/nvme0n1/stat)
	awk -v n=$((after - before)) 'BEGIN { printf "%.2f", n / 8 / 200 }'
}

if in_guest; then
	reload_with_poll_queue
	mounted defaults
	set_device optane
	# shellcheck disable=SC2046 # words
	for on in nothing async polling; do
		case $on in
		nothing) switch_on ;;
		async) switch_on $(mechanisms) ;;
		polling) switch_on $(mechanisms) poll ;;
		esac
		echo "$on $(busy) $(duplicates)"
	done
	exit
fi

header "The price"
echo "Reads of 4 KiB by one thread: instructions in which the CPU was busy, for each of 4000. Two"
echo "threads that read the same pages at the same time: pages that the device read, for each that"
echo "they wanted. A pool keeps at most 32 pages (128 KiB) a CPU, for a second after its last refill."
echo
columns "" "busy, insn a read" "pages read for each wanted"
insn_guest async -- | awk '{ printf "| %s | %d | %s |\n", $1, $2, $3 }'
