#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whether iostage check finds a planted regression of 0.3 % of a read miss, in the stage that it
# is in, and nothing where there is none: boots with the instruction clock and burn.patch, each
# of which records the same reads three times with nothing to burn and once with it. Prints a
# table; the exit status is 1 if a regression was missed or more than 5 % were false.
#
#	planted.sh [KERNEL [DIRECTORY]] >results/planted-KERNEL.md
#
# The captures stay in DIRECTORY, if one is given.
set -eu
here=$(dirname "$(realpath "$0")")
boots=5
count=300

if [ -n "${LAB_OUT:-}" ]; then
	# shellcheck source=tests/lab/workloads.sh
	. "$here/workloads.sh"
	burn=/sys/module/nvme/parameters/burn
	echo 0 >$burn
	for run in 1 2 3; do
		fresh
		record read $count "quiet-$run"
	done
	jq '[.operations[].latency.p50] | max * 0.003 | floor' "$LAB_OUT/quiet-1.json" >$burn
	cat $burn >"$LAB_OUT/burn"
	fresh
	record read $count burning
	exit
fi

kernel=${1:-6.1}
directory=${2:-}
if [ -z "$directory" ]; then
	directory=$(mktemp -d)
	trap 'rm -rf "$directory"' EXIT
fi
for ((boot = 1; boot <= boots; boot++)); do
	"$here/lab" --kernel "$kernel" --modules vanilla --patch "$here/burn.patch" --clock insn \
		--device optane --timeout 1800 --out "$directory/$boot" -- "$here/planted.sh"
done
quiet=("$directory"/*/quiet-*.json)

# judge A B: the verdict, and which stages have regressed
judge()
{
	"$here/../../build/iostage" check --json --baseline "$1" -- "$2" >"$directory/check" ||
		(($? != 2)) || exit 2
	jq -r '"\(.verdict): \([.figures[] | select(.verdict == "regression").stage] | unique |
		join(", "))"' "$directory/check"
}

for a in "${quiet[@]}"; do
	for b in "$directory"/*/burning.json; do
		judge "$a" "$b"
	done
done >"$directory/burning"
for ((a = 0; a < ${#quiet[@]}; a++)); do
	for ((b = a + 1; b < ${#quiet[@]}; b++)); do
		judge "${quiet[a]}" "${quiet[b]}"
	done
done >"$directory/quiet"

# row FILE NAME
row()
{
	sort "$1" | uniq -c | sort -rn | while read -r n verdict stages; do
		echo "| $2 | $n of $(wc -l <"$1") | ${verdict%:} | $stages |"
	done
}

cat <<END
# A planted regression, found in its stage

Linux $kernel, \`--modules vanilla --patch tests/lab/burn.patch --clock insn --device optane\`: $count cold
reads of 4 KiB, recorded ${#quiet[@]} times in $boots boots as they are, and once in each boot with $(sort -nu "$directory"/*/burn | paste -sd' ')
instructions more in the stage dma_map, 0.3 % of the total. Every one of these was judged by each
of the others, one capture a side, with the limits that \`iostage check\` has by itself; and every
two of the others by each other. Made by \`tests/lab/planted.sh $kernel\`.

| captures | how many | verdict | stages that have regressed |
| --- | ---: | --- | --- |
$(row "$directory/burning" "with the regression")
$(row "$directory/quiet" "without")
END
missed=$(grep -vc '^regression: .*dma_map' "$directory/burning") || true
false=$(grep -c ^regression "$directory/quiet") || true
((!missed && false * 20 <= $(wc -l <"$directory/quiet")))
