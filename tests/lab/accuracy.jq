# SPDX-License-Identifier: GPL-2.0-only
# One workload's part of the table of accuracy.sh. Input: per latency the untraced times
# (minimum, percentiles, mean) and the capture.

include "stages";

# [[name, value], ...] of one latency
def figures:
	.latency as $latency |
	["untraced - latency", .times[1] - $latency],
	(.capture | medians[] |
		if .[0] | startswith("device") then ["**\(.[0]) - latency**", .[1] - $latency] else . end);

def row: "| \(join(" | ")) |";

map(.latency) as $latencies | map([figures] | map({key: .[0], value: .[1]}) | from_entries) as $all |
([$all[] | keys_unsorted[]] | unique) as $known |
([$all[0] | keys_unsorted[]] | . + ($known - .)) as $names |
"\n## \($name)\n",
(["", ($latencies[] | tostring), "spread", "within 16"] | row),
(["---", ($latencies[] | "---:"), "---:", "---"] | row),
($names[] | . as $n | [$all[] | .[$n]] |
	(if any(. == null) then null else max - min end) as $spread |
	[$n, (.[] | . // "-"), ($spread // "-"),
		(if $spread != null and $spread <= 16 then "yes" else "**no**" end)] | map(tostring) | row)
