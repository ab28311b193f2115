#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the async stack costs: CPU time for each read, which polling spends on waiting, and reads of
# the device that were for nothing, when several threads want the same page.
#
#	price.sh >results/experiments/price.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# Instructions that the reading task ran, or that ran in interrupts on top of it, for each of 4000
# reads of 4 KiB. A cgroup counts them from switch to switch; the kernel's other figures, by ticks.
busy()
{
	local group=/sys/fs/cgroup/price before after

	mkdir -p $group
	before=$(awk '/^usage_usec/ { print $2 }' $group/cpu.stat)
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" pread 4096 4000 /mnt/file cold' - $group "$io"
	after=$(awk '/^usage_usec/ { print $2 }' $group/cpu.stat)
	echo $(((after - before) * 1000 / 4000))
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
echo "Reads of 4 KiB by one thread: instructions that its task ran, for each of 4000; an interrupt that"
echo "finds the CPU idle is not among them. Two threads that read the same pages at the same time, on"
echo "one CPU: pages that the device read, for each that they wanted. A pool keeps at most 32 pages (128 KiB) a CPU, for a second after its last refill."
echo
columns "" "CPU, insn a read" "pages read for each wanted"
insn_guest async -- | awk '{ printf "| %s | %d | %s |\n", $1, $2, $3 }'
