#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The block layer alone: what a read of 4 KiB and of 32 KiB takes from the mapped block to the
# doorbell, and from there what the completion takes, as bios and as light requests. Recorded by
# iostage: the only experiment that needs the stages.
#
#	submission.sh >results/experiments/submission.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"

# Means in instructions, of both tracks, without the probes: BYTES PATH STAGE MEAN
stages()
{
	jq -r --arg bytes "$1" --arg path "$2" '.operations[0] | .count as $n |
		.stages[] | select(.stage | IN("bio_submit", "request", "light_submit", "dma_map",
			"driver_submit", "irq", "dma_unmap", "request_complete")) |
		[$bytes, $path, .stage, ((.exposed.sum // 0) + (.hidden.sum // 0)) / $n | tostring] |
		join(" ")' "$3"
}

if in_guest; then
	reload_with_poll_queue
	mounted defaults
	set_device optane
	for bytes in 4096 32768; do
		for path in bio light polled; do
			case $path in
			bio) switch_on read pool ;;
			light) switch_on read pool light ;;
			polled) switch_on read pool light premap poll ;;
			esac
			"$io" pread 131072 1 /mnt/file cold from=33423360 # fills the pool
			"$iostage" record read -o /run/capture.json -- \
				"$io" pread $bytes 100 /mnt/file cold >/dev/null
			stages $bytes $path /run/capture.json
		done
	done
	exit
fi

header "The block layer alone"
echo "Random reads with the pool and deferred insertion, mean of 100 in instructions, by stage. The"
echo "completion runs in the interrupt, or where it is polled for. In driver_submit there are some"
echo "360 instructions of the lab's model, which sets a timer for the interrupt: not where it is"
echo "polled for."
echo
columns stage "4 KiB: bio" light "light, premap, poll" "32 KiB: bio" light "light, premap, poll"
insn_guest async -- | awk '
	{ v[$3, $1, $2] = $4 }
	!($3 in seen) { seen[$3]; key[++n] = $3; submits[$3] = $3 ~ /submit|request$|map$/ && $3 !~ /unmap/ }
	function row(name, k,   b, p) {
		printf "| %s", name
		for (b = 4096; b <= 32768; b += 28672)
			for (p = 1; p <= 3; p++)
				printf " | %d", v[k, b, path[p]]
		print " |"
	}
	END {
		split("bio light polled", path)
		for (i = 1; i <= n; i++) {
			k = key[i]
			row(k, k)
			for (b = 4096; b <= 32768; b += 28672) {
				for (p = 1; p <= 3; p++)
					v["all", b, path[p]] += submits[k] ? v[k, b, path[p]] : 0
			}
		}
		row("**submission**", "all")
	}'
