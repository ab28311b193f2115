#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whether iostage's stages follow what is known: the modelled device is made slower and slower
# in one boot, with the instruction clock. Prints a table; the exit status is 1 if the device
# stage does not follow within 16 instructions, or anything else moves by more than that.
#
#	accuracy.sh [KERNEL] >results/accuracy-KERNEL.md
set -eu
here=$(dirname "$(realpath "$0")")
latencies="5000 8000 16000 32000 64000 100000 200000"
names="read direct overwrite"
count=300

# What else is in the device's stage, of 200 direct reads: from the block layer's hook to the
# doorbell, from the latency's end to the timer's interrupt, from there to the driver's.
explain()
{
	bpftrace -B line -c "$1 pread 4096 200 /mnt/file direct" -e '
		tracepoint:block:block_rq_issue { @issued = nsecs; }
		tracepoint:timer:hrtimer_start /@issued && !@due/ {
			@doorbell = nsecs;
			@due = (uint64)args->expires;
		}
		tracepoint:irq_vectors:local_timer_entry { @timer = nsecs; }
		tracepoint:irq:irq_handler_entry /@due/ {
			printf("%d %d %d\n", @doorbell - @issued, @timer - @due, nsecs - @timer);
			@issued = 0;
			@due = 0;
		}'
}

if [ -n "${LAB_OUT:-}" ]; then
	out=$LAB_OUT
	for latency in $latencies; do
		echo "$latency,$latency,0" >/sys/module/nvme/parameters/latency
		LAB_OUT=$out/$latency
		mkdir "$LAB_OUT"
		# shellcheck disable=SC2086 # words
		"$here/measure.sh" $count $names
	done
	explain "$here/../../build/lab/io" >"$out/explained"
	exit
fi

kernel=${1:-6.1}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$here/lab" --kernel "$kernel" --modules vanilla --clock insn --device optane --timeout 3000 \
	--out "$directory" -- "$here/accuracy.sh"

cat <<END
# The stages, as the device gets slower

Linux $kernel, \`--modules vanilla --clock insn\`, $count operations of 4 KiB each, in instructions.
Made by \`tests/lab/accuracy.sh $kernel\`. The model's latency is the number at the top of a column;
*untraced* is what the program that does the I/O sees, its 50th percentile; stages are recorded,
their minimum where the latency is taken off, else their 50th percentile.
END
for name in $names; do
	for latency in $latencies; do
		jq --arg times "$(<"$directory/$latency/$name.times")" --argjson latency "$latency" \
			'{$latency, times: ($times | split(" ") | map(tonumber)), capture: .}' \
			"$directory/$latency/$name.json"
	done | jq -r -s --arg name "$name" -f "$here/accuracy.jq"
done | tee "$directory/table"

median()
{
	cut -d' ' -f"$1" "$directory/explained" | sort -n | sed -n 100p
}

cat <<END

The device's stage goes from the block layer's hook to the interrupt's. What it has beyond the
latency is, by a tracer of these instants that adds a little of its own: $(median 1) instructions to the
doorbell (the NVMe command is built and mapped, and the model's timer set up), $(median 2) until the
processor takes the timer's interrupt, and $(median 3) in that until the driver's is raised.
END
! grep -q '\*\*no\*\*' "$directory/table"
