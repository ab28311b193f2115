#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How far the lab's figures repeat: the workloads of measure.sh in five boots with the
# instruction clock, two of them while every processor of this machine is kept busy. Prints a
# table; the exit status is 1 if a figure varies by more than is asked for.
#
#	repeat.sh [KERNEL [DIRECTORY]] >results/repeatable-KERNEL.md
#
# What each boot yielded stays in DIRECTORY, if one is given. On the Z-SSD: where an fsync
# takes as little as on an Optane, just about 1 % of the overwrites find a new time stamp to
# commit, and a 99th percentile on that edge says nothing.
set -eu
here=$(dirname "$(realpath "$0")")
kernel=${1:-6.1}
directory=${2:-}
device=zssd
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
	"$here/lab" --kernel "$kernel" --modules vanilla --clock insn --device $device \
		--timeout 3000 --out "$out" -- \
		"$here/measure.sh" $count read direct overwrite append
}

boot=0
for host in idle busy idle busy idle; do
	boot=$((boot + 1))
	echo "boot $boot, this machine $host" >&2
	measure $boot $host
done

cat <<END
# The lab's figures, five times

Linux $kernel, \`--modules vanilla --clock insn --device $device\`, $count operations of 4 KiB each,
in instructions. Made by \`tests/lab/repeat.sh $kernel\`. *Untraced* is what the program that does
the I/O sees; *recorded* and the stages are iostage's. Asked for: all 50th percentiles within 0.1 %
or 16 instructions, 90th within 0.5 %, the total's 99th within 3 %. A capture keeps percentiles in
steps of up to 0.8 %.
END
for name in read direct overwrite append; do
	for run in "$directory"/*-*; do
		jq --arg boot "$(basename "$run" | tr - ' ')" --arg times "$(<"$run/$name.times")" \
			'{$boot, times: ($times | split(" ") | map(tonumber)), capture: .}' \
			"$run/$name.json"
	done | jq -r -s --arg name "$name" -f "$here/repeat.jq"
done | tee "$directory/table"
! grep -q '\*\*no\*\*' "$directory/table"
