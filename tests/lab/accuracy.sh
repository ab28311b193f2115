#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whether iostage's stages follow what is known: the modelled device is made slower and slower
# in one boot, with the instruction clock. Prints a table; the exit status is 1 if the device
# stage does not follow within 16 instructions, or anything else moves by more than that.
#
#	accuracy.sh [KERNEL] >results/accuracy-KERNEL.md
set -eu
here=$(dirname "$(realpath "$0")")
latencies="5000 8000 16000 64000 200000"
names="read direct overwrite"
count=300

# traced PROGRAM EVENT...: where 200 direct reads meet these events of the kernel's own tracer,
# by the raw instruction counter
traced()
{
	local tracing=/sys/kernel/tracing program=$1 event

	shift
	: >$tracing/trace
	echo x86-tsc >$tracing/trace_clock
	for event; do
		echo 1 >"$tracing/events/$event/enable"
	done
	"$program" pread 4096 200 /mnt/file direct
	echo 0 >$tracing/events/enable
	cat $tracing/trace
}

# The median of what is between two lines of what is traced.
between()
{
	awk -v from="$1" -v to="$2" '
		{ match($0, /[0-9]+: /); at = substr($0, RSTART, RLENGTH) + 0 }
		$0 ~ to && start { print at - start; start = 0 }
		$0 ~ from { start = at }' | sort -n | awk '{ v[NR] = $1 } END { print v[int(NR / 2) + 1] }'
}

# What else is in the device's stage: before the doorbell, and from the end of the latency on.
# What it takes to record the first event is found by leaving it out, and taken off.
explain()
{
	local latency=200000 setup="nvme_setup_cmd:" issue="block_rq_issue:"
	local begin="hrtimer_start:.*latency_elapsed" driver="irq_handler_entry:.*nvme"
	local without recording doorbell

	echo $latency,$latency,0 >/sys/module/nvme/parameters/latency
	without=$(traced "$1" nvme/nvme_setup_cmd timer/hrtimer_start | between $setup "$begin")
	traced "$1" nvme/nvme_setup_cmd block/block_rq_issue timer/hrtimer_start \
		irq/irq_handler_entry >/tmp/trace
	recording=$(($(between $setup "$begin" </tmp/trace) - without))
	doorbell=$(($(between $issue "$begin" </tmp/trace) - recording))
	echo "$doorbell" "$(($(between "$begin" "$driver" </tmp/trace) - latency))"
}

if [ -n "${LAB_OUT:-}" ]; then
	out=$LAB_OUT
	for latency in $latencies; do
		echo "$latency,$latency,0" >/sys/module/nvme/parameters/latency
		LAB_OUT=$out/$latency
		mkdir "$LAB_OUT"
		# Ahead of the fair class: which way dequeue_task_fair() takes depends on how busy
		# the task has been, and so on the latency.
		# shellcheck disable=SC2086 # words
		chrt -f 1 "$here/measure.sh" $count $names
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
*untraced* is what the program that does the I/O sees, stages are recorded: 50th percentiles, placed
in their histogram's step by the single operations of the capture that lie there.
END
for name in $names; do
	for latency in $latencies; do
		jq --arg times "$(<"$directory/$latency/$name.times")" --argjson latency "$latency" \
			'{$latency, times: ($times | split(" ") | map(tonumber)), capture: .}' \
			"$directory/$latency/$name.json"
	done | jq -L "$here" -r -s --arg name "$name" -f "$here/accuracy.jq"
done | tee "$directory/table"

read -r doorbell interrupt <"$directory/explained"
cat <<END

The device's stage goes from the block layer's hook to the interrupt's. What it has beyond the
latency is, by the kernel's own tracer: $doorbell instructions until the NVMe command is mapped, queued
and told of, and the model has seen it; $interrupt for what the model itself executes at the doorbell,
which is not part of the latency, and from the latency's end until the driver's interrupt is
raised. The rest is iostage's hooks.
END
! grep -q 'wakeup.*\*\*no' "$directory/table" || cat <<'END'

After 5000 some device is done while the processor is still on its way into idle: there the kernel
takes another way into it and out again, also untraced, which *switch_out* and *wakeup* show.
END
! grep -q '\*\*no\*\*' "$directory/table"
