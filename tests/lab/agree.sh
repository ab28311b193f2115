#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: the same reads and fsyncs seen by iostage and, at the same time,
# by tools that answer a smaller question. Prints a table, and leaves its figures in
# $LAB_OUT/agree.json.
#
#	agree.sh FILE DISK
#
# On a device with a latency of its own, so that every operation sleeps for it: an I/O that
# is over before its task could sleep has no device stage to compare.
set -u
file=$1
disk=$2
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
dev=$(tr : ' ' <"/sys/block/$disk/dev" | { read -r major minor; echo $((major << 20 | minor)); })

declare -A tool

# watch NAME LINE COMMAND...: a tool in the background, once it has printed LINE: attached.
watch()
{
	local name=$1 line=$2 found

	shift 2
	mkfifo "$name.out"
	"$@" >"$name.out" 2>"$LAB_OUT/agree.$name.err" &
	tool[$name]=$!
	exec 9<"$name.out"
	while read -r found <&9; do
		if [[ $found == *"$line"* ]]; then
			cat <&9 >"$name.txt" &
			return
		fi
	done
	wait "${tool[$name]}"
	unset "tool[$name]"
	echo "$name does not work on $(uname -r): $(grep -v '^$' "$LAB_OUT/agree.$name.err" | head -n 3)"
}

watch bpftrace ready bpftrace -B line -e '
	BEGIN { printf("ready\n"); }
	tracepoint:block:block_rq_issue /args->dev == '"$dev"'/ { @issued[args->sector] = nsecs; }
	tracepoint:block:block_rq_complete /args->dev == '"$dev"' && @issued[args->sector]/ {
		if (strncmp(args->rwbs, "R", 1) == 0) {
			printf("read - %d\n", nsecs - @issued[args->sector]);
		}
		delete(@issued[args->sector]);
	}
	tracepoint:ext4:ext4_sync_file_enter { @entered[tid] = nsecs; }
	tracepoint:ext4:ext4_sync_file_exit /@entered[tid]/ {
		printf("fsync - %d\n", nsecs - @entered[tid]);
		delete(@entered[tid]);
	}
	END { clear(@issued); clear(@entered); }'
watch biolatency Tracing stdbuf -oL biolatency -F -d "$disk"
watch ext4dist Tracing stdbuf -oL ext4dist

common="--bs=4k --output-format=json+ --clocksource=clock_gettime"
"$IOSTAGE" record all -c fio -o iostage.json -- sh -c "
	fio --name=read --filename=$file --rw=randread --size=64M --number_ios=400 --direct=1 \
		$common --output=read.json
	fio --name=fsync --filename=$file.new --rw=write --size=800k --fsync=1 \
		$common --output=fsync.json" >iostage.txt || exit
for name in "${!tool[@]}"; do
	kill -INT "${tool[$name]}"
	wait "${tool[$name]}"
done
wait

# Empty where the tool does not work here.
touch bpftrace.txt ext4dist.txt biolatency.txt
jq -f "$here/agree.jq" --argjson fio_read "$(<read.json)" --argjson fio_fsync "$(<fsync.json)" \
	--arg bpftrace "$(<bpftrace.txt)" --arg ext4dist "$(<ext4dist.txt)" \
	--arg biolatency "$(<biolatency.txt)" iostage.json >"$LAB_OUT/agree.json"
status=$?
for f in *.txt *.json; do
	cp "$f" "$LAB_OUT/agree.$f"
done
((!status)) || exit
jq -r 'def us: if . then . / 10 | round / 100 else "-" end;
	["", "iostage", "other", "mean µs", "other µs", "offset µs", "spread", "displaced"],
	(.[] | [.name, .iostage_count, .other_count, (.iostage_mean | us), (.other_mean | us),
		(.offset | us), (.spread // empty | "\(. * 10 | round / 10) %") // "-",
		(.displaced // empty | "\(. * 10 | round / 10) %") // "-"]) | map(tostring) | join("|")' \
	"$LAB_OUT/agree.json" | column -t -s '|'
