# SPDX-License-Identifier: GPL-2.0-only
# The stages' 50th percentiles of a capture, for the tables of repeat.sh and accuracy.sh.

# The first value of a bucket in fio's layout, and where `$share` of it are passed.
def value($bucket; $share):
	if $bucket < 128 then $bucket
	else ($bucket % 64 + 64 + $share) * pow(2; ($bucket / 64 | floor) - 1) | round
	end;

# What an operation spent in a stage.
def spent($stage; $hidden):
	[.timeline[] | select(.[0] == $stage and (.[3] // false) == $hidden) | .[2]] | add // empty;

# The 50th percentile of a histogram, placed in its bucket by those of the single operations $singles
# that lie there: where nearly all have one value, at the edge of two buckets, the middle of a bucket
# would be a whole step of up to 1.6 % off with a single operation more. By its rank where none does.
def median($singles):
	(.count / 2) as $rank |
	(reduce .buckets[] as [$bucket, $count] ({before: 0, upto: 0};
		if .upto < $rank then {before: .upto, upto: (.upto + $count), at: $bucket} else . end)) |
	. as $found |
	[$singles[] | select(. >= value($found.at; 0) and . < value($found.at + 1; 0))] | sort |
	if length > 0 then .[length / 2 | floor]
	else value($found.at; ($rank - $found.before) / ($found.upto - $found.before))
	end;

# [[stage, p50], ...] of the class that most operations are in, for what most of them have.
def medians:
	(.operations | max_by(.count)) as $class |
	[.samples[] | select([.op, .path, .outcome] == ($class | [.op, .path, .outcome]))] as $samples |
	[$class.stages[] | .stage as $stage | {exposed, hidden} | to_entries[] |
		select(.value != null and .value.count * 2 > $class.count) |
		(.key == "hidden") as $hidden |
		[$stage + (if $hidden then ", hidden" else "" end),
			(.value | median([$samples[] | spent($stage; $hidden)]))]];
