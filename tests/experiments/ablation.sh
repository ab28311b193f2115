#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random reads of 4 KiB and 32 KiB on the fastest device, mechanism by mechanism: each with nothing
# but what it needs, and all without it; with the IOMMU off, lazy and strict.
#
#	ablation.sh >results/experiments/ablation.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# one IOMMU NAME MECHANISM...: IOMMU NAME BYTES MEDIAN
one()
{
	local iommu=$1 name=$2 bytes

	shift 2
	switch_on "$@"
	for bytes in 4096 32768; do
		echo "$iommu $name $bytes $("$io" pread $bytes 100 /mnt/file cold times | cut -d' ' -f2)"
	done
}

# Those of "$2 ..." that are not $1.
without()
{
	local m

	for m in "${@:2}"; do
		[ "$m" = "$1" ] || printf '%s ' "$m"
	done
}

if in_guest; then
	reload_with_poll_queue
	mounted defaults
	set_device optane
	read -ra all < <(echo "$(mechanisms) poll")
	one "$1" nothing
	one "$1" read read
	for m in "${all[@]:1}"; do
		if [ "$m" = poll ]; then
			one "$1" "read,light,poll" read light poll
		else
			one "$1" "read,$m" read "$m"
		fi
	done
	one "$1" all "${all[@]}"
	for m in "${all[@]:1}"; do
		# polling is of light requests
		# shellcheck disable=SC2046 # words
		one "$1" "all-but-$m" $(without "$m" "${all[@]}")
	done
	exit
fi

header "The mechanisms one by one"
echo "Random reads that miss the page cache, median of 100 in instructions; async modules. *all-but-light*"
echo "does not poll, either: only light requests are polled."
echo
columns "on" "4 KiB: IOMMU off" lazy strict "32 KiB: off" lazy strict
for iommu in off lazy strict; do
	insn_guest async --iommu $iommu -- $iommu
done | awk '
	{ v[$2, $3, $1] = $4 }
	!($2 in seen) { seen[$2]; key[++n] = $2 }
	END {
		for (i = 1; i <= n; i++) {
			k = key[i]
			printf "| %s | %d | %d | %d | %d | %d | %d |\n", k, v[k, 4096, "off"],
				v[k, 4096, "lazy"], v[k, 4096, "strict"], v[k, 32768, "off"],
				v[k, 32768, "lazy"], v[k, 32768, "strict"]
		}
	}'
