#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The smallest change that ten runs a side, in turns, can find on this kernel: cold reads on a
# scratch ext4, with more and more nanoseconds burnt by a BPF program as each request is issued.
# Found is what iostage compare tells from none: the 95 % interval of the median's difference is
# above 0. Prints a table. Needs root.
#
#	smallest.sh >results/smallest-KERNEL.md
#
# The reads and the loop device's worker have one processor: what an idle one takes to wake up
# in a virtual machine, 5 to 70 us, differs from run to run by more than is looked for. For this
# all unbound work of the kernel stays there meanwhile. The rest happens in a mount namespace of
# its own; the image goes with it.
set -eu
tree=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lab/interrupt.sh
. "$tree/tests/lab/interrupt.sh"
rounds=10
count=3000
# How often the BPF program asks for the time, some 20 ns each. The first is what the others are
# compared with, so that all of them have it attached; the second is the same, and what is found
# there is an error.
turns=(1 1 8 16 32 64 128 256 512)

[ "${1:-}" = inside ] || exec unshare --mount --propagation private -- "$0" inside

unbound=/sys/devices/virtual/workqueue/cpumask
mask=$(cat "$unbound")
# The last one that may be used.
cpu=$(taskset -cp $$ | grep -o '[0-9]*$')

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/iostage-smallest.XXXXXX")
burner=
# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	trap '' INT TERM HUP
	echo "$mask" >"$unbound"
	# bpftrace can sleep through any other
	[ -z "$burner" ] || kill -KILL "$burner" 2>/dev/null || true
	wait
	! mountpoint -q "$scratch/mnt" || umount "$scratch/mnt"
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

truncate -s 256M "$scratch/image"
mkfs.ext4 -q "$scratch/image"
mkdir "$scratch/mnt"
mount -o loop "$scratch/image" "$scratch/mnt"
dd if=/dev/zero of="$scratch/mnt/file" bs=1M count=16 conv=fsync status=none
mkfifo "$scratch/ready"
only=$(printf '%x' $((1 << cpu % 32)))
for ((i = cpu / 32; i; i--)); do only+=,00000000; done
echo "$only" >"$unbound"

# run SERIES TURNS: one more capture of the series, and how long a request was delayed
run()
{
	bpftrace -e "BEGIN { printf(\"ready\\n\"); }
		tracepoint:block:block_rq_issue {
			\$from = nsecs;
			\$i = 0;
			while (\$i < $2) { \$now = nsecs; \$i++; }
			@mean = avg(nsecs - \$from);
		}" >"$scratch/ready" 2>"$scratch/errors" &
	burner=$!
	exec {ready}<"$scratch/ready"
	line=
	until [ "$line" = ready ]; do
		read -r line <&"$ready" || { cat "$scratch/errors" >&2 && exit 1; }
	done
	"$tree/build/iostage" record read -o "$scratch/$1-$round.json" -- \
		taskset -c "$cpu" "$tree/build/lab/io" pread 4096 $count "$scratch/mnt/file" cold \
		>/dev/null
	interrupt "$burner"
	sed -n 's/^@mean: //p' <&"$ready" >>"$scratch/$1.delay"
	wait "$burner" || true
	burner=
	exec {ready}<&-
}

for ((round = 1; round <= rounds; round++)); do
	echo "round $round of $rounds" >&2
	for i in "${!turns[@]}"; do
		run "$i" "${turns[i]}"
	done
done

# delay SERIES: the median of its runs, ns
delay()
{
	sort -n "$scratch/$1.delay" | sed -n $((rounds / 2))p
}

cat <<END
# The smallest change that ten runs find

Linux $(uname -r | cut -d- -f1), $count cold reads of 4 KiB a run on ext4 on a loop device, on one
processor, $rounds runs a side in turns, each request delayed by a BPF program. Made by
\`tests/bench/smallest.sh\`. *Found* is a difference of the median whose 95 % interval, by
\`iostage compare\`, is above 0.

| delay, ns | median, ns | difference, ns | 95 % interval | change | found |
| ---: | ---: | ---: | ---: | ---: | --- |
END
for i in "${!turns[@]}"; do
	((i)) || continue
	"$tree/build/iostage" compare --json "$scratch"/0-*.json -- "$scratch/$i"-*.json |
		jq -r --argjson delay $(($(delay "$i") - $(delay 0))) '
			.operations[] | select(.outcome == "miss").total.p50 |
			"| \($delay) | \(.b) | \(.difference) | \(.low) to \(.high)" +
			" | \(.difference / .a * 1000 | round / 10) %" +
			" | \(if .low > 0 then "yes" else "no" end) |"'
done
