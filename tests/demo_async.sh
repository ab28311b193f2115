#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The end of make demo: the lab records cold reads and appends with an fsync each, on Debian's
# kernel as it is and with the async stack, and iostage compares the two, stage by stage.
set -eu -o pipefail

tree=$(cd "$(dirname "$(realpath "$0")")/.." && pwd)

if [ -n "${LAB_OUT:-}" ]; then
	# shellcheck source=tests/lab/workloads.sh
	. "$tree/tests/lab/workloads.sh"
	fresh
	[ ! -e /sys/fs/ext4/nvme0n1/async_read ] || build/iostage async on /mnt >/dev/null
	build/iostage record all -o "$LAB_OUT/capture.json" -- sh -c '
		build/lab/io pread 4096 300 /mnt/file cold &&
		chrt -f 1 build/lab/io fsync 4096 50 /mnt/new append from=8388608' >/dev/null
	exit
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
printf '\n# Such reads and fsyncs in the lab, on a modelled Optane, in instructions of the kernel'"'"'s:\n'
printf '# A without, B with the asynchronous I/O stack. A few minutes; the first time some more,\n'
printf '# for the modules of both are built.\n\n'
for modules in vanilla async; do
	"$tree/tests/lab/lab" --modules $modules --clock insn --device optane --timeout 1200 \
		--out "$out/$modules" -- "$tree/tests/demo_async.sh"
done
cd "$out"
# Means are enough here.
"$tree/build/iostage" compare vanilla/capture.json async/capture.json |
	awk '/stage: p50 / { skip = 1 } /^(read|fsync) / { skip = 0 } !skip'
