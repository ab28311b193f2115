# SPDX-License-Identifier: GPL-2.0-only
# One workload's part of the table of repeat.sh. Input: per boot its name, the untraced times
# and the recorded times (minimum, percentiles, mean) and the capture.

# A percentile, in fio's layout, by its rank among those of its bucket: where the operations lie about
# the edge of two buckets, the middle of a bucket would be a whole step of up to 0.8 % off with a single
# operation more. The one that a capture states is held between minimum and maximum, which a single
# operation can change, too.
def percentile($share):
	(.count * $share) as $rank |
	(reduce .buckets[] as [$bucket, $count] ({before: 0, upto: 0};
		if .upto < $rank then {before: .upto, upto: (.upto + $count), at: $bucket} else . end)) |
	if .at < 128 then .at
	else pow(2; (.at / 64 | floor) - 1) as $step |
		(.at % 64 + 64 + ($rank - .before) / (.upto - .before)) * $step | round
	end;

# The figures of one boot, by name. Of a capture, the class that most operations are in.
def figures:
	(.capture.operations | max_by(.count)) as $class | [
		["untraced p50", .times[1]], ["untraced p90", .times[2]], ["untraced p99", .times[3]],
		["recorded p50", .recorded[1]], ["recorded p90", .recorded[2]],
		["recorded p99", .recorded[3]],
		($class.stages[] | .stage as $stage | {exposed, hidden} | to_entries[] |
			select(.value != null and .value.count * 2 > $class.count) |
			["\($stage)\(if .key == "hidden" then ", hidden" else "" end) p50", (.value | percentile(0.5))])
	] | map({key: .[0], value: .[1]}) | from_entries;

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
