# SPDX-License-Identifier: GPL-2.0-only
# iostage's figures beside those of other tools, for agree.sh. Input: iostage's capture.

# Buckets of include/hist.h: the value that stands for one.
def middle:
	if . < 128 then . else ((. / 64 | floor) - 1) as $shift |
		(64 + . % 64 + 0.5) * pow(2; $shift) end;

# [[value, count], ...] of several histograms together.
def values: [.[].buckets[] | [(.[0] | middle), .[1]]] | sort_by(.[0]);

# The q-th part of the values is at most this.
def quantile($q):
	(map(.[1]) | add) as $all |
	reduce .[] as $v ({n: 0}; if .at then . else .n += $v[1] |
		if .n >= $q * $all then .at = $v[0] else . end end) | .at;

def deciles: . as $v | [range(1; 10) as $i | $v | quantile($i / 10)];

# The other one minus iostage: at each decile, and how far these lie from their median.
def compare($name; $mine; $other):
	[$other.deciles, ($mine.values | deciles)] | transpose | map(.[0] - .[1]) as $offsets |
	($offsets | sort | .[length / 2 | floor]) as $offset | {
		name: $name,
		iostage_count: ($mine.values | map(.[1]) | add), other_count: $other.count,
		iostage_mean: $mine.mean, other_mean: $other.mean,
		offset: $offset,
		spread: (($offsets | map(. - $offset | fabs) | add / length) / $mine.mean * 100)
	};

def mine(hists): [hists | select(.)] | {values: values, mean: ((map(.sum) | add) / (map(.count) | add))};

def fio: {count: .N, mean, deciles: [.percentile | .["10.000000", "20.000000", "30.000000",
	"40.000000", "50.000000", "60.000000", "70.000000", "80.000000", "90.000000"]]};

def list: sort | {count: length, mean: (add / length), deciles: (map([., 1]) | deciles)};

# A histogram of powers of two says nothing of deciles: the largest part of the operations
# that it has on another side of one of its bounds than iostage.
def compare_log2($name; $mine; $other):
	($mine.values | map(.[1]) | add) as $n | {
		name: $name,
		iostage_count: $n, other_count: ($other | map(.[1]) | add),
		iostage_mean: $mine.mean,
		displaced: ([$other[] | .[0] as $bound |
			(([$mine.values[] | select(.[0] < $bound) | .[1]] | add // 0) -
			([$other[] | select(.[0] <= $bound) | .[1]] | add // 0)) / $n * 100 | fabs] | max)
	};

# [[exclusive upper bound in ns, count], ...] from "  8 -> 15  : 3  |**  |" in us
def log2_rows: [scan("(?m)^ *[0-9]+ -> ([0-9]+) *: ([0-9]+)") | [((.[0] | tonumber) + 1) * 1000, (.[1] | tonumber)]];

def section($head): split("\n\n") | map(select(contains($head))) | join("\n") | log2_rows;

def lines($kind): [split("\n")[] | split(" ") | select(length == 3 and .[0] == $kind) | .[2] | tonumber];

def stage($name): .stages[] | select(.stage == $name) | .exposed;

[
	mine(.operations[] | select(.op == "read") | .latency) as $read |
	mine(.operations[] | select(.op == "fsync") | .latency) as $fsync |
	mine(.operations[] | select(.op == "read") | stage("device")) as $device |
	compare("read: fio clat"; $read; $fio_read.jobs[0].read.clat_ns | fio),
	compare("fsync: fio"; $fsync; $fio_fsync.jobs[0].sync.lat_ns | fio),
	($bpftrace | select(. != "") |
		compare("fsync: ext4_sync_file_enter to _exit (bpftrace)"; $fsync; lines("fsync") | list),
		compare("read device: block_rq_issue to _complete (bpftrace)"; $device; lines("read") | list)),
	($ext4dist | select(. != "") |
		compare_log2("read: ext4dist"; $read; section("'read'")),
		compare_log2("fsync: ext4dist"; $fsync; section("'fsync'"))),
	($biolatency | select(. != "") |
		compare_log2("read device: biolatency"; $device; section("flags = Read")))
]
