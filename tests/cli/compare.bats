#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage compare: differences of good captures; one line and a status for all others.
# shellcheck disable=SC2030,SC2031 # each test has an output of its own

load captures

setup()
{
	setup_captures
}

@test "two captures: first the sentence, then what it rests on" {
	capture ns 5000 20000 >a.json
	capture ns 2000 20000 3000 >b.json
	run -0 --separate-stderr "$IOSTAGE" compare a.json b.json
	[ -z "$stderr" ]
	[[ ${lines[0]} == "read · buffered miss: B takes 12 % less time than A in these two runs:"* ]]
	[[ ${lines[0]} == *"mean 25.00 → 22.00 µs, -3.00 (95 % interval -3.00 to -3.00)." ]]
	[[ $output == *"A: a.json · Linux 6.1.0-28-amd64 · ext4 on nvme0n1"* ]]
	[[ $output == *"One run a side: the intervals cover these two runs only"* ]]
	grep -E '^block +request +5\.00 +2\.00 +-3\.00 +-3\.00 to -3\.00 +-60 %$' <<<"$output"
	grep -E '^device +device +20\.00 +20\.00 +\+0\.00 .* ~$' <<<"$output"
	grep -E '^page cache +cache_insert hidden +0\.00 +3\.00 +\+3\.00 .* new$' <<<"$output"
	grep -E 'became cheaper +-3\.00 \(request -3\.00\)' <<<"$output"
	for figure in mean p50 p99; do
		[ "$(grep -c "stage: $figure in µs" <<<"$output")" -eq 1 ]
	done
}

@test "what became hidden is told from what became cheaper" {
	capture insn 5000 20000 >a.json
	capture insn 2000 20000 >b.json
	jq '.operations[0].stages[0].hidden = {count: 1000, sum: 2000000, min: 2000, max: 2000,
		buckets: [[381, 1000]]}' b.json >c.json
	run -0 "$IOSTAGE" compare a.json c.json
	grep -E 'became hidden +-2000 \(request -2000\)' <<<"$output"
	grep -E 'became cheaper +-1000 \(request -1000\)' <<<"$output"
}

@test "an async stage counts as the one whose work it does" {
	capture insn 5000 20000 >a.json
	edited a.json '.operations[0].stages[0].stage = "cache_insert"' >before.json
	edited a.json '.operations[0].stages[0] = {stage: "cache_insert_deferred",
		layer: "page cache", hidden: .operations[0].stages[0].exposed} |
		.operations[0].latency = .operations[0].stages[1].exposed' >after.json
	run -0 "$IOSTAGE" compare before.json after.json
	grep -E 'became hidden +-5000 \(cache_insert -5000\)' <<<"$output"
	grep -E 'cache_insert_deferred hidden +0 +5000 ' <<<"$output"
	run -0 "$IOSTAGE" compare after.json before.json
	grep -E 'became exposed +\+5000 \(cache_insert \+5000\)' <<<"$output"
}

@test "what is done no more is told from what became cheaper" {
	capture insn 5000 20000 >a.json
	edited a.json 'del(.operations[0].stages[0]) |
		.operations[0].latency = .operations[0].stages[0].exposed' >b.json
	run -0 "$IOSTAGE" compare a.json b.json
	grep -E 'is done no more +-5000 \(request -5000\)' <<<"$output"
	run ! grep 'became cheaper' <<<"$output"
}

@test "several captures a side are runs" {
	for i in 0 1 2 3 4 5 6; do
		capture ns $((5000 + 100 * i)) 20000 >"a$i.json"
		capture ns $((6000 + 100 * i)) 20000 >"b$i.json"
	done
	run -0 "$IOSTAGE" compare a?.json -- b?.json
	[[ ${lines[0]} == "read · buffered miss: B takes 4.0 % more time than A: mean 25.30 → 26.30 µs"* ]]
	[[ $output == *"A: 7 runs, a0.json to a6.json"* ]]
	run ! grep "One run" <<<"$output"
	run -0 "$IOSTAGE" compare --json a?.json -- b?.json
	jq -e '.operations[0].total.mean | .difference == 1000 and .low > 400 and .low < 1000 and
		.high > 1000 and .high < 1600' <<<"$output"
	jq -e '.a.files | length == 7' <<<"$output"
}

@test "JSON has all of it, and is the same each time" {
	capture insn 5000 20000 >a.json
	capture insn 5084 20000 300 >b.json
	"$IOSTAGE" compare --json a.json b.json >one
	"$IOSTAGE" compare --format json a.json -- b.json >two
	cmp one two
	jq -e '.format == "iostage-comparison" and .unit == "insn" and .mismatches == []' one
	jq -e '.operations[0] | .total.mean == {a: 25000.0, b: 25084.0, difference: 84.0, low: 84.0,
		high: 84.0} and .changes.became_dearer == 84' one
	jq -e '.operations[0].stages | map(select(.stage == "cache_insert"))[0] |
		.hidden.p50.b == 300 and (has("exposed") | not)' one
}

@test "insn: no unit of time anywhere" {
	capture insn 5000 20000 >a.json
	run -0 "$IOSTAGE" compare a.json a.json
	[[ $output == *"mean 25000 → 25000 insn"* ]]
	run ! grep -E 'µs| ms|[^a-z]ns[^a-z]' <<<"$output"
}

@test "a recorded capture against itself: every class, no difference" {
	run -0 "$IOSTAGE" compare "$SAMPLE" "$SAMPLE"
	[ "$(grep -c 'no difference between A and B shows' <<<"$output")" -eq 3 ]
	[[ ${lines[0]} == "fsync · commit: "* ]]
	awk 'length($0) > 160 { print; exit 1 }' <<<"$output"
}

@test "without UTF-8 the output is plain ASCII" {
	LC_ALL=C run -0 "$IOSTAGE" compare "$SAMPLE" "$SAMPLE"
	[[ $output == *" us "* ]]
	LC_ALL=C run ! grep -q '[^ -~]' <<<"$output"
}

@test "a class that not every capture has is named" {
	capture ns 5000 20000 >a.json
	run -0 "$IOSTAGE" compare "$SAMPLE" a.json --allow-mismatch
	[[ $output == *"Not in every capture, not compared: fsync · commit (40 operations in A, 0 in B)"* ]]
}

# differs TRAIT PROGRAM: after jq's PROGRAM captures are not comparable, for that reason
differs()
{
	capture ns 5000 20000 >a.json
	edited a.json "$2" >b.json
	fails 3 "not comparable; $1*; --allow-mismatch compares all the same" compare a.json b.json
	fails 3 "not comparable; $1*" compare a.json b.json -- a.json
	run -0 "$IOSTAGE" compare --allow-mismatch a.json b.json
	[[ $output == *"Compared in spite of: $1"* ]]
}

@test "captures of other circumstances are not compared, unless asked for" {
	differs "kernel line: 6.1 in a.json, 6.12 in b.json" '.system.kernel = "6.12.1"'
	differs "CPU: " '.system.cpus = 2'
	differs "CPU: " '.system.arch = "arm64"'
	differs "device: nvme0n1 (nvme, a volatile write cache) in a.json, sda (" \
		'.target.device = "sda"'
	differs "device: " '.target.write_cache = false'
	differs "device: " 'del(.target.driver)'
	differs "filesystem: ext4 (rw,relatime) in a.json, xfs (" '.target.filesystem = "xfs"'
	differs "filesystem: " '.target.mount_options = "rw"'
	differs "workload: fio --name=read in a.json, fio --name=fsync in b.json" \
		'.command[-1] = "--name=fsync"'
	differs "workload: " 'del(.command)'
	differs "workload: fio --name=read in a.json, fio --name=read, only comm=fio cgroup=/web in" \
		'.filters = ["comm=fio", "cgroup=/web"]'
	differs "detail: " '.detail = "layer"'
	differs "hook of request: tp_btf:block_bio_queue in a.json, fentry:x in b.json" \
		'.hooks.request.enter = "fentry:x"'
	differs "hook of pin_pages: merged into bio_submit in a.json, fentry:x in b.json" \
		'.hooks.pin_pages = {enter: "fentry:x", hits: 1}'
}

@test "how a stage is seen counts for the operations that both captures have" {
	capture ns 5000 20000 >a.json
	edited a.json '.hooks.pin_pages = {enter: "fentry:f", hits: 0, of: "read",
		merged_into: "bio_submit", reason: "x"}' >b.json
	run -0 "$IOSTAGE" compare a.json b.json
	edited a.json '.hooks.pin_pages = {of: "fsync", merged_into: "block_map", reason: "x",
		also: [{of: "read", merged_into: "bio_submit", reason: "x"}]}' >b.json
	run -0 "$IOSTAGE" compare a.json b.json
	edited b.json '.hooks.pin_pages.also[0].merged_into = "request"' >c.json
	run -3 --separate-stderr "$IOSTAGE" compare a.json c.json
	[[ $stderr == *"hook of pin_pages: merged into bio_submit in a.json, merged into request in"* ]]
}

@test "where long commands differ is quoted" {
	local same
	capture ns 5000 20000 >a.json
	same=$(printf "x%.0s" {1..500})
	edited a.json ".command += [\"$same\", \"--one\"]" >b.json
	edited a.json ".command += [\"$same\", \"--two\"]" >c.json
	fails 3 "not comparable; workload: ...x*x --one in b.json, ...x*x --two in c.json; *" \
		compare b.json c.json
}

@test "what does not matter does not keep captures apart" {
	capture ns 5000 20000 >a.json
	edited a.json '.system.kernel = "6.1.9" | .date = "x" | .filters = [] | .command[3] = "y.json" |
		.hooks.irq = {enter: "fentry:x", hits: 1} | .calibration.fentry = 1' >b.json
	run -0 "$IOSTAGE" compare a.json b.json
	# instructions are the same on every machine
	capture insn 5000 20000 >a.json
	edited a.json '.system.cpu = "B CPU" | .system.cpus = 2' >b.json
	run -0 "$IOSTAGE" compare a.json b.json
}

@test "units are never mixed" {
	capture ns 5000 20000 >a.json
	capture insn 5000 20000 >b.json
	fails 3 "not comparable; unit: ns in a.json, insn in b.json*" compare a.json b.json
	fails 3 "not comparable; unit: ns in a.json, insn in b.json*" compare --allow-mismatch \
		a.json b.json
}

@test "bad captures" {
	capture ns 5000 20000 >a.json
	fails 2 "no.json: No such file or directory" compare a.json no.json
	fails 2 "no.json: No such file or directory" compare no.json a.json
	cp a.json b.json
	fails 2 "no.json: No such file or directory" compare a.json b.json -- a.json no.json
	head -c 1000 a.json >b.json
	fails 2 "b.json: no JSON, or cut off: *" compare a.json b.json
	edited a.json '.version = 2' >b.json
	fails 2 "b.json: version 2 of the format, *" compare a.json b.json
	edited a.json '.operations[0].latency.sum += 1' >b.json
	fails 2 "b.json: operations[[]0].latency: sum is impossible*" compare a.json b.json
	fails 2 "/dev/zero: larger than 64 MiB*" compare a.json /dev/zero
	fails 2 "$D: Is a directory" compare a.json "$D"
}

@test "nothing to compare" {
	capture ns 5000 20000 >a.json
	edited a.json '.operations = [] | .accounting.seen = 0 | .accounting.reported = 0' >b.json
	fails 2 "b.json: it has no operations*" compare a.json b.json
	fails 2 "b.json: it has no operations*" compare b.json a.json
	edited a.json '.operations[0].outcome = "shared"' >b.json
	fails 2 "nothing to compare: no class of operations is in every capture; A has read buffered miss, B has read buffered shared" \
		compare a.json b.json
	edited a.json '.operations[0].latency.buckets = []' >b.json
	fails 2 "b.json: operations[[]0].latency: an empty histogram" compare a.json b.json
}

@test "extreme figures: no crash, and finite JSON" {
	capture ns 0 0 >a.json
	capture ns 4000000000000 4000000000000 >b.json
	edited b.json '.operations[0].latency.buckets[0][0] = 1855 |
		.operations[0].stages[].exposed.buckets[0][0] = 1855' >c.json
	for pair in "a c" "c a" "a a" "c c"; do
		# shellcheck disable=SC2086
		set -- $pair
		run -0 "$IOSTAGE" compare "$1.json" "$2.json"
		run ! grep -E 'nan|inf' <<<"$output"
		run -0 "$IOSTAGE" compare --json "$1.json" "$2.json"
		jq -e .operations <<<"$output"
	done
	capture ns 5000 20000 0 1 >a.json
	run -0 "$IOSTAGE" compare a.json a.json
	[[ ${lines[0]} == *"too few operations to tell a difference"* ]]
	# "~" is for what the interval includes
	run ! grep -F "~" <<<"$output"
}

@test "a hostile capture does not reach the terminal" {
	capture ns 5000 20000 >a.json
	edited a.json '.target.device = "\u001b]0;x\u0007" | .system.kernel = "\u001b[2J"' >b.json
	run -0 "$IOSTAGE" compare --allow-mismatch a.json b.json
	run ! grep -q $'\x1b' <<<"$output"
	fails 3 '*\\x1b*' compare a.json b.json
	run ! grep -q $'\x1b' <<<"$stderr"
}

@test "usage errors" {
	usage compare
	usage compare a.json
	usage compare a.json b.json c.json
	usage compare -- b.json
	usage compare a.json --
	capture ns 5000 20000 >a.json
	ln -s a.json link.json
	ln a.json hard.json
	for again in a.json ./a.json link.json hard.json; do
		usage compare a.json $again -- a.json
	done
	usage compare --format html a.json b.json
	usage compare a.json a.json -- b.json
	usage compare a.json -- b.json c.json b.json
	# shellcheck disable=SC2046
	usage compare a.json -- $(seq 257)
}

@test "output that cannot be written is an error" {
	# the sample's is more than a buffer
	for format in text json; do
		# shellcheck disable=SC2016
		run -2 --separate-stderr bash -c '"$0" compare -f "$1" "$2" "$2" >/dev/full' \
			"$IOSTAGE" "$format" "$SAMPLE"
		[ "$stderr" = "iostage compare: standard output: No space left on device" ]
	done
}

@test "sides may differ in what is on of the async stack; a side's runs may not" {
	capture ns 5000 20000 >a.json
	edited a.json '.async = {present: true, on: []}' >off.json
	edited a.json '.async = {present: true, on: ["read", "pool"]}' >on.json
	edited a.json '.async = {present: false, on: []}' >none.json
	run -0 "$IOSTAGE" compare off.json on.json
	grep -E '^A: off.json .* · async off$' <<<"$output"
	grep -E '^B: on.json .* · async read,pool$' <<<"$output"
	run -0 "$IOSTAGE" compare --json off.json on.json
	jq -e '.mismatches == [] and .a.async == {present: true, on: []} and
		.b.async.on == ["read", "pool"]' <<<"$output"
	cp on.json again.json
	run -0 "$IOSTAGE" compare a.json off.json none.json -- on.json again.json
	fails 3 "not comparable; async stack: off in off.json, read,pool in on.json; *" \
		compare on.json -- off.json on.json
	run -0 "$IOSTAGE" compare --allow-mismatch on.json -- off.json on.json
	[[ $output == *"Compared in spite of: async stack: off in off.json"* ]]
}
