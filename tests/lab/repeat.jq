# SPDX-License-Identifier: GPL-2.0-only
# One workload's part of the table of repeat.sh. Input: per boot its name, the untraced times
# and the recorded times (minimum, percentiles, mean) and the capture.

include "stages";

# The figures of one boot, by name.
def figures:
	[["untraced p50", .times[1]], ["untraced p90", .times[2]], ["untraced p99", .times[3]],
		["recorded p50", .recorded[1]], ["recorded p90", .recorded[2]],
		["recorded p99", .recorded[3]],
		(.capture | medians[] | .[0] += " p50")] |
	map({key: .[0], value: .[1]}) | from_entries;

def allowed($name; $value):
	if $name | endswith("p50") then [$value * 0.001, 16] | max
	elif $name | endswith("p90") then $value * 0.005
	else $value * 0.03 end;

def row: "| \(join(" | ")) |";

map(.boot) as $boots | map(figures) as $figures |
([$figures[] | keys_unsorted[]] | unique) as $known |
([$figures[0] | keys_unsorted[]] | . + ($known - .)) as $names |
"\n## \($name)\n",
(["", $boots[], "spread", "asked"] | row),
(["---", ($boots[] | "---:"), "---:", "---"] | row),
($names[] | . as $n | [$figures[] | .[$n]] | . as $values |
	(if any(. == null) then null else max - min end) as $spread |
	[$n, ($values[] | . // "-"), ($spread // "-"),
		(if $spread != null and $spread <= allowed($n; $values | min) then "yes" else "**no**" end)] |
	map(tostring) | row)
