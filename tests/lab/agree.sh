#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: the same reads and fsyncs, seen at the same time by iostage and by
# tools that answer a smaller question. Prints a table in Markdown. Where $LAB_OUT is
# brought back, agreement.json in it has the table's figures, and agree/ all that they
# come from.
#
#	PATH=$PWD/tests/lab/slow:$PATH tests/lab/lab --kernel 6.1 --smp 1 -- \
#		tests/lab/agree.sh build/iostage >results/agreement-6.1.md
#
# There are 32 operations of each class: a capture keeps so many whole, and each is compared
# with what another tool says of this very operation.
set -u -o pipefail
iostage=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/lab/interrupt.sh
. "$here/interrupt.sh"
disk=nvme0n1
work=$(mktemp -d)
trap 'rm -f "$work"/*.out && cp -r "$work" "$LAB_OUT/agree"' EXIT
cd "$work" || exit

prepare()
{
	mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 /dev/$disk 256M &&
		mount /dev/$disk /mnt &&
		dd if=/dev/zero of=/mnt/file bs=1M count=16 conv=fsync status=none &&
		sync
}
prepare >&2 || exit

declare -A tool

# watch NAME LINE COMMAND...: a tool in the background, attached once it has printed LINE.
watch()
{
	local name=$1 line=$2 found

	shift 2
	mkfifo "$name.out"
	"$@" >"$name.out" 2>"$name.err" &
	tool[$name]=$!
	exec 9<"$name.out"
	while read -r found <&9; do
		if [[ $found == *"$line"* ]]; then
			cat <&9 >"$name.txt" &
			return
		fi
	done
	echo "agree.sh: $name does not work on $(uname -r): $(tail -n 3 "$name.err")" >&2
	exit 1
}

# Kept until the end: a reader that is woken in the midst would be in the way. The dynamic
# loader makes preads of other lengths.
watch bpftrace ready bpftrace -B line -e '
	BEGIN { printf("ready\n"); }
	tracepoint:syscalls:sys_enter_pread64 /comm == "fio" && args->count == 4096/ {
		@reading[tid] = nsecs;
	}
	tracepoint:syscalls:sys_exit_pread64 /@reading[tid]/ {
		@read[@reads++] = nsecs - @reading[tid];
		delete(@reading[tid]);
	}
	tracepoint:block:block_rq_issue /@reading[tid]/ { @issued[args->sector] = nsecs; }
	tracepoint:block:block_rq_complete /@issued[args->sector]/ {
		@request[@requests++] = nsecs - @issued[args->sector];
		delete(@issued[args->sector]);
	}
	tracepoint:syscalls:sys_enter_fsync /comm == "fio"/ { @syncing[tid] = nsecs; }
	tracepoint:ext4:ext4_sync_file_enter /@syncing[tid]/ { @inside[tid] = nsecs; }
	tracepoint:ext4:ext4_sync_file_exit /@inside[tid]/ {
		@ext4_sync_file[@syncs++] = nsecs - @inside[tid];
		delete(@inside[tid]);
	}
	tracepoint:syscalls:sys_exit_fsync /@syncing[tid]/ {
		@fsync[@fsyncs++] = nsecs - @syncing[tid];
		delete(@syncing[tid]);
	}'
watch biolatency Tracing stdbuf -oL biolatency -F -d $disk
watch ext4dist Tracing stdbuf -oL ext4dist

# No task of a tool gets in between fio's clock and its system call: it has priority.
"$iostage" record all -o iostage.json -- \
	chrt -f 1 fio --bs=4k --ioengine=psync --clocksource=clock_gettime --per_job_logs=0 \
	--output-format=json --output=fio.json --filename=/mnt/file --size=16M --number_ios=32 \
	--name=direct --rw=randread --direct=1 --write_lat_log=direct \
	--name=buffered --stonewall --rw=randread --write_lat_log=buffered \
	--name=fsync --stonewall --filename=/mnt/new --size=132k --rw=write --fsync=1 \
	--number_ios=33 >iostage.txt || exit
for name in "${!tool[@]}"; do
	interrupt "${tool[$name]}"
	wait "${tool[$name]}"
done
wait

jq -f "$here/agree.jq" --slurpfile fio fio.json --rawfile bpftrace bpftrace.txt \
	--rawfile ext4dist ext4dist.txt --rawfile biolatency biolatency.txt \
	--rawfile direct direct_clat.log --rawfile buffered buffered_clat.log \
	iostage.json >"$LAB_OUT/agreement.json" || exit

cat <<END_OF_HEAD
# Agreement with other tools, Linux $(uname -r)

4 KiB reads (O_DIRECT and buffered, cold) and appends with an fsync each, by fio on ext4 on an
emulated NVMe disk that does 50 requests a second, each of them seen by all tools at once. fio
runs with real-time priority, so that no other task gets in between its clock and its system
call. This file is the output of

    PATH=\$PWD/tests/lab/slow:\$PATH tests/lab/lab --kernel $(uname -r | cut -d. -f1,2) --smp 1 -- \\
        tests/lab/agree.sh build/iostage

END_OF_HEAD
# shellcheck disable=SC2016 # jq's
jq -r 'def us: . / 10 | round / 100; def percent: "\(. * 100 | round / 100) %";
	["what", "other tool", "n", "iostage, mean µs", "other, mean µs", "offset µs", "spread", "why"],
	[range(8) | "---"],
	(.[] | [.what, .tool, .count, (.mine | us)] +
		if .displaced then ["", "", "\(.displaced | percent) in another bucket"]
		else [(.other | us), (.offset | us), (.spread | if . then percent else "" end)] end +
		[.why]) |
	"| \(map(tostring) | join(" | ")) |"' "$LAB_OUT/agreement.json"

cat <<'END_OF_NOTES'

The offset is what the other tool says more than iostage: the median of the differences, taken
operation by operation. The spread is the interquartile range of these differences, relative to
iostage's mean. Of its fsyncs fio keeps no log: their means are compared. ext4dist and biolatency
have histograms of powers of two, which allow no more than to compare buckets: how many of the
operations are in another one than where iostage has them, but for those that are as near to
its bound as 2 % of the mean.
END_OF_NOTES
