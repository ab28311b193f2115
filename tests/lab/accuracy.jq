# SPDX-License-Identifier: GPL-2.0-only
# One workload's part of the table of accuracy.sh. Input: per latency the untraced times
# (minimum, percentiles, mean) and the capture.

def median: sort | .[length / 2 | floor];
def class: .capture.operations | max_by(.count);

# The device's stage in the operations that were kept at random: exact, which percentiles of
# long times are not.
def device($name):
	[.capture.samples[] | select(.slow | not) |
		[.timeline[] | select(.[0] == $name and (.[3] | not)) | .[2]] | add] | median;

# [[name, value, allowed spread], ...] of one latency
def figures:
	. as $in | .latency as $latency | class as $class |
	["untraced - latency", .times[1] - $latency],
	($class.stages[] | .stage as $stage | {exposed, hidden} | to_entries[] |
		select(.value != null and .value.count * 2 > $class.count) |
		if $stage | startswith("device") then
			["**\($stage) - latency**", ($in | device($stage)) - $latency]
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
