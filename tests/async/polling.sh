# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For scripts that run in a guest of the lab, whose NVMe disk has no queue for polling. Sourced.

# Gives it one, and leaves its latency as it is.
reload_with_poll_queue()
{
	local latency=

	[ ! -e /sys/module/nvme/parameters/latency ] ||
		latency=$(cat /sys/module/nvme/parameters/latency)
	modprobe -r nvme
	modprobe nvme poll_queues=1 ${latency:+"latency=$latency"}
	until [ -b /dev/nvme0n1 ]; do
		usleep 10000
	done
	echo none >/sys/block/nvme0n1/queue/scheduler
}
