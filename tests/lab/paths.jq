# SPDX-License-Identifier: GPL-2.0-only
# A table from what iostage paths measured of the modelled device, whose latency is 16,000.
def of($path; $depth): first(.cold.paths[] | select(.path == $path and .depth == $depth));
def software: .elapsed_per_read.value - (if .depth == 1 then 16000 else 0 end);
def cell($block):
	if .refused then "not to be had" else
		(software | round | tostring) + " (" + (1e9 / .elapsed_per_read.value | round | tostring) +
		", " + ((($block.elapsed_per_read.value / .elapsed_per_read.value) - 1) * 1000 | round / 10 |
			if . < 0 then tostring else "+" + tostring end) + " %)" end;
. as $all |
([.cold.paths[].depth] | unique) as $depths |
"## \($size) B", "",
"| | " + ($depths | map("depth \(.)") | join(" | ")) + " |",
"| --- |" + ($depths | map(" ---: |") | join("")),
(.cold.paths | map(.path) | reduce .[] as $p ([]; if index($p) then . else . + [$p] end) | .[] as $path |
	"| \($path) | " + ($depths | map(. as $d | $all | of("io_uring, direct"; $d) as $block |
		(of($path; $d) // null | if . == null then "" else cell($block) end)) | join(" | ")) + " |"),
"",
(.cold.paths | map(select(.was)) | .[] | "- \(.path) at depth \(.depth): \(.was)"),
(.cold.paths | map(select(.refused)) | group_by(.refused)[] |
	"- " + (map(.path) | unique | join("; ")) + ": \(.[0].refused)"),
(.cold.paths | map(select(.path | test("IOPOLL")) | select(.interrupts_per_read != null)) |
	if length > 0 then "- interrupts for a polled read: " +
	(map(.interrupts_per_read) | max | tostring) + " at most" else empty end), ""
