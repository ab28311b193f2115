#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage report: good captures are printed; bad ones give one line on stderr and exit 2.

setup() {
	bats_require_minimum_version 1.5.0
	IOSTAGE=${IOSTAGE:-$BATS_TEST_DIRNAME/../../build/iostage}
	SAMPLE=$BATS_TEST_DIRNAME/sample.json
	FILE=$BATS_TEST_TMPDIR/capture.json
	export LC_ALL=C.UTF-8
}

# refused PATTERN ARGUMENT...: exit 2, nothing on stdout, one line on stderr like PATTERN
refused() {
	local pattern=$1
	shift
	run --separate-stderr "$IOSTAGE" report "$@"
	echo "status $status, stdout: $output, stderr: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == "iostage report: "$pattern ]]
}

@test "a capture is printed, class by class" {
	run --separate-stderr "$IOSTAGE" report "$SAMPLE"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ $output == *"read · buffered hit · ext4 on nvme0n1 and others · Linux 6.1.0-28-amd64 · async read,pool"* ]]
	[[ $output == *"read · buffered miss · ext4 on nvme0n1 · Linux 6.1.0-28-amd64 · async read,pool"* ]]
	[[ $output == *"read · buffered miss"* ]]
	[[ $output == *"fsync · commit"* ]]
	[[ $output == *"405 seen = 400 reported + 2 dropped + 3 in flight"* ]]
	[[ $output == *"99.3 % of 403 device requests attributed"* ]]
	[[ $output == *"dropped: 2 no free slot"* ]]
	[[ $output == *"not seen here:"*"pin_pages of read (in bio_submit: iov_iter"* ]]
}

@test "- is standard input" {
	report=$("$IOSTAGE" report "$SAMPLE")
	run -0 "$IOSTAGE" report - <"$SAMPLE"
	[ "$output" = "$report" ]
	run -2 "$IOSTAGE" report - </dev/null
	[[ $output == "iostage report: -: "* ]]
}

@test "device time is a bar, hidden time a shaded one" {
	run "$IOSTAGE" report "$SAMPLE"
	grep -E '^device +device +61\.73 .* 91 % +█+' <<<"$output"
	grep -E '^ +switch_out +0\.41 .* hidden +░+$' <<<"$output"
	grep -E '^ +probes +0\.84 .* 1\.2 % +calibrated' <<<"$output"
}

@test "what was on of the async stack stands in the title; nothing where there is none" {
	jq '.async.on = []' "$SAMPLE" >"$FILE"
	run -0 "$IOSTAGE" report "$FILE"
	[[ $output == *"Linux 6.1.0-28-amd64 · async off"* ]]
	for program in '.async = {present: false, on: []}' 'del(.async)'; do
		jq "$program" "$SAMPLE" >"$FILE"
		run -0 "$IOSTAGE" report "$FILE"
		run ! grep async <<<"$output"
	done
}

@test "the means of a table add up to the mean of the operations" {
	run "$IOSTAGE" report "$SAMPLE"
	awk '/buffered miss/ { on = 1 } /^fsync/ { on = 0 }
		on && / mean [0-9.]+ / { for (i = 1; i < NF; i++) if ($i == "mean") mean = $(i + 1) }
		on && / %/ && !/hidden/ && !/operations/ {
			sum += $2 ~ /^[0-9.]+$/ ? $2 : $3 ~ /^[0-9.]+$/ ? $3 : $4
		}
		END { print mean, sum; exit !(mean > 60 && sum > mean - 0.1 && sum < mean + 0.1) }' \
		<<<"$output"
}

@test "without UTF-8 the report is plain ASCII" {
	LC_ALL=C run "$IOSTAGE" report --operations 2 "$SAMPLE"
	[ "$status" -eq 0 ]
	[[ $output == *"read - buffered miss - ext4"* ]]
	[[ $output == *" us "* ]]
	[[ $output == *"####"* ]]
	LC_ALL=C run ! grep -q '[^ -~]' <<<"$output"
}

@test "the output is the same on a terminal" {
	command -v script || skip "no script(1)"
	"$IOSTAGE" report "$SAMPLE" >"$FILE"
	script -qec "$IOSTAGE report $SAMPLE" /dev/null | tr -d '\r' | cmp - "$FILE"
}

@test "--json and --format json give the capture again" {
	"$IOSTAGE" report --json "$SAMPLE" >"$FILE"
	cmp "$SAMPLE" "$FILE"
	"$IOSTAGE" report --format json "$SAMPLE" | cmp - "$FILE"
	"$IOSTAGE" report --format=json --format=text "$FILE" | cmp - <("$IOSTAGE" report "$SAMPLE")
}

@test "a capture can come through a pipe" {
	"$IOSTAGE" report /dev/stdin < <(cat "$SAMPLE") | cmp - <("$IOSTAGE" report "$SAMPLE")
}

@test "--operations draws the slowest and random ones" {
	run "$IOSTAGE" report --operations 1 "$SAMPLE"
	[ "$status" -eq 0 ]
	[ "$(grep -c '· slow ·' <<<"$output")" -eq 2 ]
	[ "$(grep -c '· random ·' <<<"$output")" -eq 3 ]
	[[ $output == *"64.42 µs · fio[4711] · returned 4096 · at 5120.128000 s"* ]]
	grep -E '^scheduler +switch_out +2\.72 +0\.46 +hidden +░$' <<<"$output"
}

@test "--help says what there is, and exits with 0" {
	run "$IOSTAGE" report --help
	[ "$status" -eq 0 ]
	[[ $output == *"Usage: iostage report [OPTION...] FILE"* ]]
	[[ $output == *"--operations"* ]]
	[[ $output == *"--json"* ]]
}

@test "usage errors exit with 2 and name the help" {
	local arguments
	for arguments in "" "--no-such-option $SAMPLE" "--format html $SAMPLE" "$SAMPLE $SAMPLE" \
		"--operations 0 $SAMPLE" "--operations 1x $SAMPLE" "--operations -1 $SAMPLE" \
		"--operations 99999999999999999999 $SAMPLE" "--json --operations 1 $SAMPLE"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$IOSTAGE" report $arguments
		echo "'$arguments': status $status, stdout: $output, stderr: $stderr"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ $stderr == *"iostage report --help"* ]]
	done
}

@test "a truncated capture" {
	head -c 20000 "$SAMPLE" >"$FILE"
	refused "$FILE: no JSON, or cut off: line *" "$FILE"
	: >"$FILE"
	refused "$FILE: no JSON, or cut off: line *" "$FILE"
}

@test "a corrupt capture: the message says where" {
	sed 's/"seen": 405/"seen": 406/' "$SAMPLE" >"$FILE"
	refused "$FILE: accounting: seen is not reported + dropped + in_flight" "$FILE"
	sed '0,/"stage": "device"/s//"stage": "divice"/' "$SAMPLE" >"$FILE"
	refused "$FILE: operations[[]1].stages[[]9].stage: unknown stage divice: read it with *" \
		"$FILE"
	head -c 4096 /dev/zero >"$FILE"
	refused "$FILE: no JSON*" "$FILE"
}

@test "a capture of a newer version" {
	sed 's/"version": 1/"version": 7/' "$SAMPLE" >"$FILE"
	refused "$FILE: version 7 of the format, *the iostage that recorded it, or a newer one" \
		"$FILE"
}

@test "JSON that is no capture" {
	echo '{"answer": 42}' >"$FILE"
	refused "$FILE: no iostage-capture, by its \"format\"" "$FILE"
}

@test "a huge file, and a pipe without end" {
	truncate -s 1G "$FILE"
	refused "$FILE: larger than 64 MiB*" "$FILE"
	refused "/dev/zero: larger than 64 MiB*" /dev/zero
}

@test "a deeply nested file, and a fragmented one" {
	head -c 1000000 /dev/zero | tr '\0' '[' >"$FILE"
	refused "$FILE: nested deeper than any capture" "$FILE"
	{ printf '['; head -c 20000000 /dev/zero | tr '\0' ','; } >"$FILE"
	refused "$FILE: more values than any capture has" "$FILE"
}

@test "no such file, and a directory" {
	refused "/no/such/file: No such file or directory" /no/such/file
	refused "$BATS_TEST_TMPDIR: Is a directory" "$BATS_TEST_TMPDIR"
}

@test "a hostile capture does not reach the terminal" {
	sed 's/"device": "nvme0n1"/"device": "\\u001b]0;x\\u0007"/' "$SAMPLE" >"$FILE"
	run "$IOSTAGE" report "$FILE"
	[ "$status" -eq 0 ]
	[[ $output == *'ext4 on \x1b]0;x\x07'* ]]
	run ! grep -q $'\x1b' <<<"$output"
	sed 's/"pin_pages": {/"\\u001b[2J": {/' "$SAMPLE" >"$FILE"
	refused '*hooks: unknown stage \\x1b[[]2J:*' "$FILE"
}

@test "output that cannot be written is an error" {
	local format
	# shellcheck disable=SC2016
	for format in text json; do
		run --separate-stderr bash -c '"$0" report --format "$1" "$2" >/dev/full' \
			"$IOSTAGE" "$format" "$SAMPLE"
		[ "$status" -eq 2 ]
		[ "$stderr" = "iostage report: standard output: No space left on device" ]
		run --separate-stderr bash -c '"$0" report --format "$1" "$2" >&-' \
			"$IOSTAGE" "$format" "$SAMPLE"
		[ "$status" -eq 2 ]
		[[ $stderr == *"standard output: Bad file descriptor"* ]]
	done
}
