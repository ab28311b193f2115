#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage check: the verdict is the exit status, and every format says why.

load captures

setup()
{
	setup_captures
}

# runs NAME REQUEST: seven of them, NAME0.json to NAME6.json, about that long in request
runs()
{
	for i in 0 1 2 3 4 5 6; do
		capture ns $(($2 + 10 * i)) 20000 >"$1$i.json"
	done
}

@test "insn: one run a side is enough; pass, and regression in the right stage" {
	capture insn 5000 20000 >a.json
	capture insn 5010 20000 >b.json
	run -0 --separate-stderr "$IOSTAGE" check --baseline a.json -- b.json
	[ -z "$stderr" ]
	[[ ${lines[0]} == "pass: none of 6 figures is beyond its limit." ]]
	# 0.3 % of the total
	capture insn 5075 20000 >c.json
	run -1 "$IOSTAGE" check --baseline a.json -- c.json
	[[ ${lines[0]} == "regression: "*" of 6 figures: read · buffered miss, total trimmed 25000 → 25075 insn, +0.30 % (limit 0.1 %); request p50 5000 → 5075 insn, +1.5 % (limit 1.28 %)." ]]
	grep -E '^request .* regression$' <<<"$output"
	run ! grep -E '^device .* regression$' <<<"$output"
	run ! grep -E 'µs| ms|[^a-z]ns[^a-z]' <<<"$output"
	# faster is no regression
	run -0 "$IOSTAGE" check --baseline c.json -- a.json
}

@test "ns: pass, regression and inconclusive by runs" {
	runs a 5000
	runs b 5040
	runs c 6000
	run -0 "$IOSTAGE" check --baseline a?.json -- b?.json
	run -1 "$IOSTAGE" check --baseline a?.json -- c?.json
	[[ ${lines[0]} == *"request p50 5.0"* ]]
	run -0 "$IOSTAGE" check --baseline c?.json -- a?.json
	# one of them is no evidence
	run -3 "$IOSTAGE" check --baseline a?.json -- c0.json
	[[ ${lines[0]} == "inconclusive: 9 of 9 figures can be called neither a regression nor none: too few runs a side." ]]
	[[ $output == *"Inconclusive: 9 of 9 figures: too few runs a side."* ]]
	[[ $output == *"it takes 6 runs a side"* ]]
	run -3 "$IOSTAGE" check --baseline a0.json a0.json
}

@test "too few operations to judge are no pass" {
	for i in 0 1 2 3 4 5 6; do
		capture ns 5000 20000 0 100 >"a$i.json"
	done
	run -3 "$IOSTAGE" check --baseline a?.json -- a?.json
	[[ $output == *"3 of 9 figures: too few operations in a run; p99 takes 299, any other 30."* ]]
	run -0 "$IOSTAGE" check --baseline a?.json -t p99=off -- a?.json
}

@test "thresholds on the command line and in a file" {
	capture insn 5000 20000 >a.json
	capture insn 5100 20000 >b.json
	run -1 "$IOSTAGE" check --baseline a.json -- b.json
	run -0 "$IOSTAGE" check -t '*=2%' -t 'request.*=3%' --baseline a.json -- b.json
	run -0 "$IOSTAGE" check --threshold floor=100 --baseline a.json -- b.json
	run -1 "$IOSTAGE" check -t floor=100 -t request.floor=99 --baseline a.json -- b.json
	printf '# what we allow\n\nfloor = 100  # insn\n' >limits
	run -0 "$IOSTAGE" check --thresholds limits --baseline a.json -- b.json
	run -1 "$IOSTAGE" check --thresholds limits -t floor=0 --baseline a.json -- b.json
	run -3 "$IOSTAGE" check -t '*=off' --baseline a.json -- b.json
	[[ ${lines[0]} == "inconclusive: there is nothing to judge." ]]
}

@test "ridiculous thresholds" {
	capture insn 5000 20000 >a.json
	for rule in p50=nan% p50=-5% p50=1e99% p50=5 p75=5% nosuch.p50=5% floor=-1 p50 '' \
		$'\x1b[2J=5%'; do
		fails 2 "threshold '*': *" check -t "$rule" --baseline a.json a.json
	done
	printf 'p50=5%%\np50=a lot\n' >limits
	fails 2 "limits: line 2: threshold 'p50=a lot': *" check --thresholds limits --baseline a.json a.json
	fails 2 "no: No such file or directory" check --thresholds no --baseline a.json a.json
	fails 2 "/dev/zero: line 1: *" check --thresholds /dev/zero --baseline a.json a.json
}

@test "JUnit names in what the captures differ, whatever is in their names" {
	capture insn 5000 20000 >a.json
	edited a.json '.target.device = "<a href=\"&\u001b\">"' >b.json
	run -0 "$IOSTAGE" check -f junit --allow-mismatch --baseline a.json -- b.json
	printf '%s\n' "$output" >junit
	run -0 xmllint --xpath 'string(//testsuite/properties/property[@name="mismatch"]/@value)' junit
	[[ $output == 'device: nvme0n1 (nvme, '*') in a.json, <a href="&'*'"> (nvme, '*') in b.json' ]]
	run -0 "$IOSTAGE" check -f junit --baseline a.json -- a.json
	[[ $output != *properties* ]]
}

@test "every format says the verdict" {
	capture insn 5000 20000 >a.json
	capture insn 5100 20000 >b.json
	for format in text json junit markdown; do
		run -1 --separate-stderr "$IOSTAGE" check -f "$format" --baseline a.json -- b.json
		[ -z "$stderr" ]
		printf '%s\n' "$output" >"$format"
		run -0 "$IOSTAGE" check -f "$format" --baseline a.json -- a.json
	done
	jq -e '.format == "iostage-check" and .unit == "insn" and .verdict == "regression"' json
	jq -e '.figures | map(select(.stage == "request" and .figure == "trimmed"))[0] |
		.verdict == "regression" and .difference == 100 and .limit == 0.001' json
	[ "$(xmllint --xpath 'string(/testsuites/@failures)' junit)" -ge 2 ]
	[[ $(xmllint --xpath 'string(//testcase[@name="request.trimmed"]/failure/@message)' junit) == \
		"request trimmed 5000 → 5100 insn, +2.0 % (limit 0.32 %)" ]]
	[ "$(xmllint --xpath 'count(//testcase[@name="device.trimmed"]/*)' junit)" -eq 0 ]
	[ "$(head -n 1 markdown)" = "### iostage: regression" ]
	# the only table that is not folded away is of what has regressed
	[ "$(sed "/<details>/,\$d" markdown | grep -c "^| read")" -eq "$(jq "[.figures[] |
		select(.verdict == \"regression\")] | length" json)" ]
	grep -F '| read · buffered miss | request | trimmed | 5000 | 5100 insn | +2.0 % |' markdown
	# a row of every table has as many columns as its head
	awk -F'|' '/^\|/ { if (NF != 10) { print; exit 1 } n++ } END { exit !n }' markdown
}

@test "the same captures give the same verdict, to the byte" {
	runs a 5000
	runs b 5200
	for format in text json; do
		"$IOSTAGE" check -f $format --baseline a?.json -- b?.json >one || true
		"$IOSTAGE" check -f $format --baseline a?.json -- b?.json >two || true
		[ -s one ]
		cmp one two
	done
}

@test "operations that a side has not are no pass" {
	capture insn 5000 20000 >a.json
	edited a.json '.operations += [.operations[0] | .outcome = "shared"] |
		.accounting.seen = 2000 | .accounting.reported = 2000' >b.json
	run -3 "$IOSTAGE" check --baseline a.json -- b.json
	[[ $output == *"1 of 7 figures: not in every capture."* ]]
	run -3 "$IOSTAGE" check --json --baseline a.json -- b.json
	jq -e '.not_compared | length == 1 and .[0].outcome == "shared" and .[0].count.a == 0' <<<"$output"
	run -3 "$IOSTAGE" check --baseline b.json -- a.json
	run -0 "$IOSTAGE" check --baseline b.json -- b.json
}

@test "not comparable: 3; bad captures: 2; and nothing on standard output" {
	capture insn 5000 20000 >a.json
	edited a.json '.system.kernel = "6.12.1"' >b.json
	fails 3 "not comparable; kernel line: 6.1 in a.json, 6.12 in b.json; *" check --baseline a.json b.json
	run -0 "$IOSTAGE" check --allow-mismatch --baseline a.json b.json
	capture ns 5000 20000 >b.json
	fails 3 "not comparable; unit: *" check --allow-mismatch --baseline a.json b.json
	fails 2 "no.json: No such file or directory" check --baseline a.json no.json
	head -c 500 a.json >b.json
	fails 2 "b.json: no JSON, or cut off: *" check --baseline b.json a.json
	edited a.json '.operations[0].outcome = "shared"' >b.json
	fails 2 "nothing to compare: *" check --baseline a.json b.json
}

@test "usage errors" {
	usage check
	usage check a.json b.json
	usage check --baseline a.json
	usage check --baseline a.json b.json c.json
	usage check --baseline a.json --
	usage check --format html --baseline a.json b.json
}

@test "output that cannot be written is an error, whatever the verdict" {
	# the sample's is more than a buffer
	for format in text json junit markdown; do
		# shellcheck disable=SC2016
		run -2 --separate-stderr bash -c '"$0" check -f "$1" --baseline "$2" "$2" >/dev/full' \
			"$IOSTAGE" "$format" "$SAMPLE"
		[ "$stderr" = "iostage check: standard output: No space left on device" ]
	done
}

@test "a baseline without the async stack judges captures with it" {
	capture insn 5000 20000 >a.json
	edited a.json '.async = {present: true, on: []}' >off.json
	edited a.json '.async = {present: true, on: ["read"]}' >on.json
	for baseline in a.json off.json; do
		run -0 "$IOSTAGE" check --baseline "$baseline" on.json
		[[ $output == *" · async read"* ]]
	done
}
