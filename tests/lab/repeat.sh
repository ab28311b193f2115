#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How far the lab's figures repeat: the workloads of measure.sh in five boots with the
# instruction clock, two of them while every processor of this machine is kept busy. Prints a
# table; the exit status is 1 if a figure varies by more than is asked for.
#
#	repeat.sh [KERNEL [DIRECTORY]] >results/repeatable-KERNEL.md
#
# What each boot yielded stays in DIRECTORY, if one is given. Reads are on the Optane, fsyncs on
# the Z-SSD: the timer's tick meets 1 % of operations of 40,000 instructions, be it by the time
# that it takes or by a new time stamp to commit, and a 99th percentile on that edge says nothing.
set -eu
here=$(dirname "$(realpath "$0")")
kernel=${1:-6.1}
directory=${2:-}
count=2000
if [ -z "$directory" ]; then
	directory=$(mktemp -d)
	trap 'rm -rf "$directory"' EXIT
fi

hogs=()
# shellcheck disable=SC2317 # called by the trap
release()
{
	((!${#hogs[@]})) || kill "${hogs[@]}"
	hogs=()
}

# measure BOOT idle|busy
measure()
{
	local out=$directory/$1-$2 i

	trap release RETURN
	for ((i = 0; i < $(nproc); i++)); do
		[ "$2" = busy ] || break
		setpriv --pdeathsig KILL sh -c 'while :; do :; done' &
		hogs+=($!)
	done
	boot optane read direct
	boot zssd overwrite append
}

# boot DEVICE NAME...
boot()
{
	local device=$1

	shift
	"$here/lab" --kernel "$kernel" --modules vanilla --clock insn --device "$device" \
		--timeout 3000 --out "$out" -- "$here/measure.sh" $count "$@"
}

n=0
for host in idle busy idle busy idle; do
	n=$((n + 1))
	echo "boot $n, this machine $host" >&2
	measure $n $host
done

cat <<END
# The lab's figures, five times

Linux $kernel, \`--modules vanilla --clock insn\`, reads on \`--device optane\`, fsyncs on \`zssd\`; $count
operations of 4 KiB each, in instructions. Made by \`tests/lab/repeat.sh $kernel\`, which kept all
processors of the machine busy in the boots that are called so. *Untraced* is what the program
that does the I/O sees, *recorded* what it sees while iostage records; the stages are iostage's, and
add up to its totals. Asked for: all 50th percentiles within 0.1 % or 16 instructions, 90th within
0.5 %, the total's 99th within 3 %. A stage has a histogram with steps of up to 1.6 %, too wide for
totals; in its step, a percentile is placed by the single operations of the capture that lie there.
END
for name in read direct overwrite append; do
	for run in "$directory"/*-*; do
		jq --arg boot "$(basename "$run" | tr - ' ')" --arg times "$(<"$run/$name.times")" \
			--arg recorded "$(head -n 1 "$run/$name.txt")" 'def numbers: split(" ") | map(tonumber);
			{$boot, times: ($times | numbers), recorded: ($recorded | numbers), capture: .}' \
			"$run/$name.json"
	done | jq -L "$here" -r -s --arg name "$name" -f "$here/repeat.jq"
done | tee "$directory/table"
! grep -q '\*\*no\*\*' "$directory/table"
