# SPDX-License-Identifier: GPL-2.0-only
# iostage's figures beside those of other tools, for agree.sh. Input: iostage's capture.

# Where the rank $q of a sorted list is.
def quantile($q): .[(length * $q | ceil) - 1];

def mean: add / length;

# Two tools on the same operations, one by one: how much more the other one says, and how far
# apart the middle half of these differences is.
def compare($what; $tool; $mine; $other; $why):
	if ($mine | length) != ($other | length) then
		error("\($what): iostage has \($mine | length), \($tool) \($other | length)")
	else
		([$mine, $other] | transpose | map(.[1] - .[0]) | sort) as $differences |
		($differences | quantile(0.5)) as $offset | {
			what: $what, tool: $tool, count: ($mine | length), why: $why,
			mine: ($mine | mean), other: ($other | mean), offset: $offset,
			spread: (($differences | quantile(0.75) - quantile(0.25)) / ($mine | mean) * 100)
		}
	end;

# Their means only.
def compare_means($what; $tool; $mine; $other; $why):
	{what: $what, tool: $tool, count: ($mine | length), why: $why,
		mine: ($mine | mean), other: $other, offset: ($other - ($mine | mean))};

# A histogram of powers of two: the largest part of the operations that lie on another side of
# one of its bounds than where iostage has them, but for those as near to it as 2 % of the mean.
def compare_log2($what; $tool; $mine; $rows; $why):
	def below($bound): map(select(. < $bound)) | length;
	($mine | length) as $n | ($mine | mean / 50) as $near | ($rows | map(.[1]) | add) as $m |
	if $m != $n then error("\($what): iostage has \($n), \($tool) \($m)") else {
		what: $what, tool: $tool, count: $n, why: $why, mine: ($mine | mean),
		displaced: ([$rows[] | .[0] as $bound |
			([$rows[] | select(.[0] <= $bound) | .[1]] | add) |
			([. - ($mine | below($bound + $near)), ($mine | below($bound - $near)) - ., 0] |
			max) / $n * 100] | max)
	} end;

# [[exclusive upper bound in ns, count], ...] of the histograms whose headings match, from
# "  8 -> 15  : 3  |**  |" in us.
def log2_rows($heading):
	reduce split("\n")[] as $line ({rows: []};
		if $line | contains(" = ") then .wanted = ($line | test($heading))
		elif .wanted then
			.rows += [$line | capture("^ *[0-9]+ -> (?<last>[0-9]+) *: (?<count>[0-9]+)") |
				[((.last | tonumber) + 1) * 1000, (.count | tonumber)]]
		else . end) | .rows | sort;

# The values of bpftrace's map: "@name[7]: 1234", in the order of the keys.
def values($name): [split("\n")[] | capture("^@\($name)\\[(?<key>[0-9]+)\\]: (?<value>[0-9]+)") |
	map_values(tonumber)] | sort_by(.key) | map(.value);

# fio's log of latencies: "time in ms, value in ns, ...".
def logged: [split("\n")[] | select(. != "") | split(",")[1] | tonumber];

# The operations, in the order in which they began.
def operations($op): [.samples[] | select(.op == $op)] | unique_by(.start);
def latencies($op): operations($op) | map(.latency);

# From the request's issue until its completion, which ends the stage dma_unmap.
def in_driver:
	[.timeline[] | select(.[3] | not) |
		select(.[0] | IN("driver_submit", "device", "irq", "dma_unmap")) | .[2]] | add;

"its hooks on a system call's entry and exit enclose those of iostage" as $outside |
"its clock is read in user space: entry, exit and all tools' hooks there are added" as $user |
"its hooks lie within the system call" as $inside |
"the same tracepoints, at which the tools' programs run one after the other" as $same |
[
	compare("read"; "bpftrace, sys_enter_pread64 to sys_exit_pread64";
		latencies("read"); $bpftrace | values("read"); $outside),
	compare("read"; "fio, clat of each";
		latencies("read"); ($direct | logged) + ($buffered | logged); $user),
	compare_log2("read"; "ext4dist, read"; latencies("read");
		$ext4dist | log2_rows("\u0027read\u0027"); $inside),
	compare("read, driver_submit to dma_unmap"; "bpftrace, block_rq_issue to block_rq_complete";
		operations("read") | map(in_driver); $bpftrace | values("request");
		$same),
	compare_log2("read, driver_submit to dma_unmap"; "biolatency, reads";
		operations("read") | map(in_driver); $biolatency | log2_rows("Read$");
		$same),
	compare("fsync"; "bpftrace, sys_enter_fsync to sys_exit_fsync";
		latencies("fsync"); $bpftrace | values("fsync"); $outside),
	compare("fsync"; "bpftrace, ext4_sync_file_enter to ext4_sync_file_exit";
		latencies("fsync"); $bpftrace | values("ext4_sync_file"); $inside),
	compare_means("fsync"; "fio, mean of sync lat"; latencies("fsync");
		$fio[0].jobs[] | select(.jobname == "fsync").sync.lat_ns.mean; $user),
	compare_log2("fsync"; "ext4dist, fsync"; latencies("fsync");
		$ext4dist | log2_rows("\u0027fsync\u0027"); $inside)
]
