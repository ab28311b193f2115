# SPDX-License-Identifier: GPL-2.0-only
# One workload's part of the table of accuracy.sh. Input: per latency the untraced times
# (minimum, percentiles, mean) and the capture.

def device: .stage | startswith("device");
def class: .capture.operations | max_by(.count);

# [[name, value, allowed spread], ...] of one latency
def figures:
	.latency as $latency | class as $class |
	["untraced - latency", .times[1] - $latency],
	($class.stages[] | .stage as $stage | device as $device | {exposed, hidden} | to_entries[] |
		select(.value != null and .value.count * 2 > $class.count) |
		if $device then ["**\($stage) - latency**", .value.min - $latency]
		else ["\($stage)\(if .key == "hidden" then ", hidden" else "" end)", .value.p50] end);

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
