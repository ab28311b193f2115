# SPDX-License-Identifier: GPL-2.0-only
# What breakdown.bats asks of a capture. Each function answers with complaints, one string
# each; none is good.

def kind: "\(.op) \(.path) \(.outcome)";

# Is the number within "7", "5-9" or "5-"?
def within($range):
	($range | split("-") | map(tonumber? // infinite)) as $bounds |
	. >= $bounds[0] and . <= ($bounds | if length > 1 then .[1] else .[0] end);

# Everything recorded is accounted for, everywhere: sums exact, nothing dropped, all requests
# attributed, and little of a class's time without a name.
def sound($seen; $requests):
	(.accounting |
		(select(.seen | within($seen) | not) | "\(.seen) operations seen, not \($seen)"),
		(select(.reported != .seen) | "\(.reported) of \(.seen) operations reported"),
		(select(.dropped != 0) | "\(.dropped) operations dropped: \(.drops)"),
		(select(.in_flight != 0) | "\(.in_flight) operations in flight")),
	([.coverage[].requests] | add // 0 | select(within($requests) | not) |
		"\(.) requests, not \($requests)"),
	(.coverage[] | select(.attributed != .requests) |
		"\(.attributed) of \(.requests) requests on \(.device) attributed"),
	(.operations[] | kind as $class | (if .op == "read" then 3 else 5 end) as $limit |
		((.unattributed.sum // 0) / .latency.sum * 100 | select(. > $limit) |
			"\($class): \(.) % unattributed"),
		(select(([.stages[].exposed.sum // 0] | add) + (.unattributed.sum // 0) !=
			.latency.sum) | "\($class): the sums are not exact"));

# In how many operations a stage occurred, [at least, at most]: it may be exposed in some,
# hidden in others, and both in one.
def occurrences($stage):
	[.stages[] | select(.stage == $stage) | .exposed.count // 0, .hidden.count // 0] |
	[max // 0, add // 0];

# The class has $count operations; the stages in $every are in each of them, those in $some in
# at least one, those in $may perhaps, and no other at all.
def stages($class; $count; $every; $some; $may):
	([.operations[] | select(kind == $class)] | first // null) as $op |
	if $op == null then "no \($class)" else $op |
		.count as $n |
		(select($n | within($count) | not) | "\($n) of \($class), not \($count)"),
		(($every | split(" "))[] | . as $stage | $op | occurrences($stage) |
			select(.[1] < $n or .[0] > $n) | "\($class): \($stage) in \(.) of \($n)"),
		(($some | split(" "))[] | . as $stage | $op | occurrences($stage) |
			select(.[1] == 0 or .[0] > $n) | "\($class): \($stage) in \(.) of \($n)"),
		([.stages[].stage] - ("\($every) \($some) \($may) preempted probes" | split(" ")) |
			select(length > 0) | "\($class): \(join(", ")) should not be there")
	end;

# Exposed ns in a stage, per operation of the classes whose name begins with this.
def class($name): .operations | map(select(kind | startswith($name)));
def mean($name; $stage):
	class($name) | ([.[].stages[] | select(.stage == $stage) | .exposed.sum // 0] | add // 0) /
		(map(.count) | add);
def latency($name): class($name) | (map(.latency.sum) | add) / (map(.count) | add);
def share($name; $stage): mean($name; $stage) / latency($name) * 100;
