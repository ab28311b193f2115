# SPDX-License-Identifier: GPL-2.0-only
# What the scripts that run in a guest of the lab share: the first command that fails ends
# them, and is named.
# shellcheck shell=bash disable=SC2034 # for the scripts

set -eE -o pipefail
trap 'echo "$0: line $LINENO: $BASH_COMMAND: status $?" >&2' ERR

tree=$(cd "$(dirname "$0")/../.." && pwd)
iostage=$tree/build/iostage
release=$(uname -r)
escaped=${release//+/\\+} # for patterns
export LC_ALL=C

# shellcheck source=tests/async/cgroup.sh
. "$(dirname "$0")/cgroup.sh"

# says PATTERN COMMAND...: what it prints has such a line
says()
{
	local output

	output=$("${@:2}" 2>&1) || fail "status $? of ${*:2}: $output"
	grep -qE -- "$1" <<<"$output" || fail "no line '$1' of ${*:2}: $output"
}

# fails PATTERN COMMAND...: with status 2, and such a line
fails()
{
	local output status=0

	output=$("${@:2}" 2>&1) || status=$?
	((status == 2)) || fail "status $status of ${*:2}: $output"
	grep -qE -- "$1" <<<"$output" || fail "no line '$1' of ${*:2}: $output"
}

fail()
{
	echo "$*"
	return 1
}

# Something of the filesystem on DEVICE: filesystem DEVICE JQ-FILTER
filesystem()
{
	"$iostage" async status --json | jq -r ".filesystems[] | select(.device == \"$1\") | $2"
}

# cold_reads FILE: so that the async stack can have them
cold_reads()
{
	"$tree/build/lab/io" pread 4096 100 "$1" cold >/dev/null
}

# How many objects of the size that each read has one of are in use; some come and go by other
# means. KASAN keeps those that are freed until their cache shrinks.
used()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/sys/kernel/slab/kmalloc-1k/shrink
	awk '/^kmalloc-1k/ { print $2 }' /proc/slabinfo
}

# under_load DIRECTORY SECONDS: the checker, on the filesystem of /dev/nvme0n1, while its switches
# are turned: a thousand times at random, then by iostage
under_load()
{
	local checker n m turns=0

	(
		join_cgroup load
		exec nice -n 19 "$tree/build/lab/checker" "$1" "$2" 1
	) >/tmp/checked &
	checker=$!
	for ((n = 0; n < 1000; n++)); do
		for m in read pool light poll premap unmap fsync; do
			((RANDOM % 2)) || echo $((RANDOM % 2)) >/sys/fs/ext4/nvme0n1/async_$m
		done
	done
	kill -0 $checker
	while kill -0 $checker 2>/dev/null; do
		for m in read pool light poll premap unmap fsync; do
			"$iostage" async on $m -d nvme0n1 >/dev/null
			"$iostage" async off $m -d nvme0n1 >/dev/null
		done
		"$iostage" async on -d nvme0n1 >/dev/null
		turns=$((turns + 1))
	done
	wait $checker
	echo "$n and $turns turns, $(tail -n 1 /tmp/checked)"
	((turns))
}

# What the kernel says of itself. A guest that somebody stopped for a while, for the sake of a
# quiet machine, has soft lockups and stalls of RCU; if it has real ones, a test does not end.
no_complaints()
{
	if dmesg | grep -v 'soft lockup' | grep -A 30 -E "WARNING:|BUG:|BTF|disagrees|Unknown symbol"; then
		fail "the kernel complains"
	fi
}
