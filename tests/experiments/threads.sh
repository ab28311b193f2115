#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random reads of 4 KiB by 1 to 16 threads on 4 CPUs, with fio, and with the real clock: of this
# machine's speed and of what else runs on it, so for the shape only.
#
#	threads.sh >results/experiments/threads.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# THREADS NAME OPERATIONS-A-SECOND
threads()
{
	local n

	for n in 1 2 4 8 16; do
		echo "$n $1 $(fio --name=r --filename=/mnt/file --size=32m --rw=randread --bs=4k \
			--ioengine=psync --fadvise_hint=random --norandommap --invalidate=1 \
			--thread --numjobs="$n" --io_size=$((64 / n))m --group_reporting \
			--output-format=json | jq '.jobs[0].read.iops | floor')"
	done
}

if in_guest; then
	modprobe -r nvme
	# as much longer than optane's 6 us as emulation is slower than hardware
	modprobe nvme poll_queues=1 latency=100000,100000,0
	until [ -b /dev/nvme0n1 ]; do
		usleep 10000
	done
	echo none >/sys/block/nvme0n1/queue/scheduler
	mounted defaults
	threads vanilla
	# shellcheck disable=SC2046 # words
	switch_on $(mechanisms)
	threads async
	# shellcheck disable=SC2046
	switch_on $(mechanisms) poll
	threads polling
	exit
fi

header "Threads"
echo "fio, random reads of 4 KiB, operations a second with the real clock, on 4 CPUs of an emulated"
echo "machine with a device of 100 µs: for the shape only. Async modules, switched off in *vanilla*."
echo
columns threads vanilla async change "async, polling" change
guest async --smp 4 -- | compared vanilla async polling
