#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NVMe passthrough against the block path, to the instruction: iostage paths in one boot with the
# instruction clock, reads of 512 B and 4 KiB at depths 1 to 128, registered and polled or not.
#
#	paths.sh [KERNEL] >results/paths-KERNEL.md
set -eu
here=$(dirname "$(realpath "$0")")
iostage=$here/../../build/iostage
sizes="512 4096"
reads=2000
kernel=${1:-6.1}

if [ -n "${LAB_OUT:-}" ]; then
	modprobe -r nvme
	modprobe nvme poll_queues=1
	until [ -b /dev/nvme0n1 ]; do
		sleep 0.1
	done
	echo none >/sys/block/nvme0n1/queue/scheduler
	for size in $sizes; do
		"$iostage" paths --measure cold --runs 2 --reads $reads --size "$size" --json \
			/dev/nvme0n1 >"$LAB_OUT/$size.json"
	done
	"$iostage" paths --measure faults /dev/nvme0n1 >"$LAB_OUT/faults"
	exit
fi

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$here/lab" --kernel "$kernel" --modules vanilla --clock insn --device optane --disk-size 128 --timeout 3000 \
	--out "$directory" -- "$here/paths.sh" "$kernel"

cat <<END
# Passthrough against the block path

Linux $kernel, \`--modules vanilla --clock insn --device optane\`, one CPU, $reads random reads for each
figure. Made by \`tests/lab/paths.sh $kernel\`.

Instructions for a read: at depth 1 all that are not the device's own 16,000; deeper, all from one read to
the next, interrupts and the reading program included, and what is left of waiting for the device, which
the fastest ones at depth 8 still do. Behind each, in parentheses, the reads that 10^9 instructions make; and how many more
that is than of *io_uring, direct*, the block path with nothing registered and nothing polled.

What is polled for (IOPOLL, SQPOLL) with several in flight differs from run to run, some of it by a
third: the emulated disk answers late then, and how late is up to the machine. The others do not.

END
for size in $sizes; do
	jq -r --arg size "$size" -f "$here/paths.jq" "$directory/$size.json"
done
cat <<END
## Passthrough against the block path with the same features

More reads in the same number of instructions:

END
jq -rn -f "$here/passthru.jq" --slurpfile a "$directory/512.json" \
	--slurpfile b "$directory/4096.json"
cat <<END

The I/O Passthru paper (Joshi et al., FAST 2024) has 16 to 40 % more reads by passthrough than by the
block path, at peak. In the lists of the patches it makes 1 % more at depth 1, 16 % at 8 and 20 % at 128,
and, with both polled, 1 % more, 3 % and 1 % less (August 2022); registered buffers are worth 17 % to
it with interrupts, and 21 % polled, at 512 B (September 2022). Those are of real CPUs and devices, in
time; instructions know nothing of caches.

## Errors

\`\`\`
$(cat "$directory/faults")
\`\`\`
END
