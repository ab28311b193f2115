#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What tracing costs. See usage() below, or overhead.sh --help.
#
# All of it happens in a mount namespace of its own, and the image has no name any more
# once it is in use: whatever ends the benchmark, also SIGKILL, takes mount, loop device,
# image and tracers along.
set -eu -o pipefail
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

usage()
{
	cat <<'END'
Usage: overhead.sh [OPTION...]

Measures what iostage costs: the same loops without a tracer and with one, in
turns, beside tracers that answer a smaller question. Needs root. It prints and
judges nothing by its exit status, which says only whether it could measure.

  --quick            a smoke test: one short round
  --rounds N         rounds (default 5, some 4 minutes)
  --tracers LIST     only these, separated by commas (see below)
  --loops LIST       only these, likewise
  --profile          instead of all that: iostage's programs, loop by loop, how
                     often each runs for an operation, and for how long. Their
                     own time only, without what it takes to call them, and
                     with what the kernel's statistics add (some 20 ns a run)
  --cpu N            the CPU of the loops (default: the last one)
  --scratch DIR      where the image of the ext4 goes (default /dev/shm where a
                     loop device can do direct I/O there, else /var/tmp)
  --raw FILE         every single result as a line: round, tracer, other BPF
                     programs, loop, operations, calm batches, best batch,
                     quartiles (ns per operation)
  -h, --help         print this and exit

Loops, all of one process that is pinned to a CPU:
  hit       pread of 4 KiB that is in the page cache
  miss      pread of 4 KiB at random that is not, without readahead; ext4 with a
            journal on a loop device with direct I/O (in the lab: on NVMe)
  fsync     write of 4 KiB that appends, and fsync
  switch    two threads yield to each other in turns: one context switch and one
            system call, no file I/O
  wakeup    two threads wake each other in turns: one context switch with its
            wakeup and its two system calls (futex)
  getppid   a system call that no tracer asks for

Tracers:
  stage, layer               iostage record all --detail ... -p the loops' process
  stage-other, layer-other   the same with -p another process: the loops are
                             what the filter leaves out
  stage-empty, layer-empty   the same with programs that return at once: what
  stage-look, layer-look     calling them costs; or after one look at the clock
                             (both only by name, with build/lab/empty_programs.so)
  biolatency, biosnoop, ext4dist    of libbpf-tools
  bpftrace-read              histogram of pread and fsync, from system call
                             entry to exit, of the loops' process
  bpftrace-block             histogram of requests, from issue to completion

Method: a tracer attaches, all loops run, it detaches; before and after each
tracer they run without. A loop is timed in short batches. Only those count
before and after which a piece of arithmetic took as long as it can on this CPU:
other work on it, or on its sibling thread, slows system calls by half and more.
(In the lab, where an emulated CPU keeps no such pace, all count.)
The lower quartile of these batches stands for the run; it is left out where
there were none. What a tracer costs is its run less the mean of the two runs
without around it; a round is left out where these two differ by more than 10 %.
Of the rounds used, the median and the quartiles are printed; the ratio is the
throughput with the tracer to that without, with minimum and maximum. "least" is
the lowest run with the tracer less the lowest without, whichever rounds they are
from: it repeats even where the machine is hardly ever calm for long, and is what
is held against the figures asked for.
END
}

tree=$(cd "$(dirname "$0")/../.." && pwd)
iostage=${IOSTAGE:-$tree/build/iostage}
bench=${BENCH:-$tree/build/gcc/bench}
empty=$tree/build/lab/empty_programs.so

die()
{
	echo "overhead: $*" >&2
	exit 2
}

rounds=5
quick=
profile=
wanted=
wanted_loops=
cpu=$(($(nproc) - 1))
scratch_in=
raw=
arguments=("$@")
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 rounds=1 ;;
	--profile) profile=1 ;;
	--rounds | --tracers | --loops | --cpu | --scratch | --raw)
		[ $# -gt 1 ] || die "$1 needs a value"
		case $1 in
		--rounds) rounds=$2 ;;
		--tracers) wanted=$2 ;;
		--loops) wanted_loops=$2 ;;
		--cpu) cpu=$2 ;;
		--scratch) scratch_in=$2 ;;
		--raw) raw=$2 ;;
		esac
		shift
		;;
	-h | --help)
		usage
		exit
		;;
	*) die "unknown option $1; see --help" ;;
	esac
	shift
done
[[ $rounds =~ ^[1-9][0-9]*$ ]] || die "--rounds: not a number: $rounds"
[[ $cpu =~ ^[0-9]+$ ]] || die "--cpu: not a number: $cpu"
[ "$(id -u)" = 0 ] || die "must be root: it mounts, and it loads BPF programs"
for program in "$iostage" "$bench"; do
	[ -x "$program" ] || die "$program is not built; use make bench-overhead"
done

if [ -z "${OVERHEAD_INSIDE:-}" ]; then
	export OVERHEAD_INSIDE=1
	exec unshare --mount --propagation private -- "$0" "${arguments[@]}"
fi

# Milliseconds of calm batches for each loop in one run; up to five times that in all.
if [ -n "$quick" ]; then
	declare -A duration=([hit]=20 [miss]=80 [fsync]=80 [switch]=20 [wakeup]=20 [getppid]=20)
	rate_duration=500
else
	declare -A duration=([hit]=60 [miss]=300 [fsync]=300 [switch]=60 [wakeup]=60 [getppid]=40)
	rate_duration=3000
fi
loops=(hit miss fsync switch wakeup getppid)
tracers=(stage stage-other layer layer-other bpftrace-read bpftrace-block biolatency biosnoop
	ext4dist)
if [ -n "$wanted" ]; then
	IFS=, read -r -a tracers <<<"$wanted"
fi
# Of what the loader does not find, it says nothing: the programs would be iostage's own.
[[ ! "${tracers[*]}" =~ -(empty|look) || -e $empty ]] || die "$empty is not built: make build/lab/empty_programs.so"
if [ -n "$wanted_loops" ]; then
	IFS=, read -r -a loops <<<"$wanted_loops"
fi
for name in "${loops[@]}"; do
	[ -n "${duration[$name]:-}" ] || die "no such loop: $name"
done

# --- the scratch file system --------------------------------------------------------------

scratch=
loop=
tracer_pid=
bench_pid=
stats=

cleanup()
{
	trap - EXIT
	if [ -n "$tracer_pid" ]; then
		kill -KILL "$tracer_pid" 2>/dev/null || true
	fi
	if [ -n "$bench_pid" ]; then
		kill -KILL "$bench_pid" 2>/dev/null || true
		wait "$bench_pid" 2>/dev/null || true
	fi
	if [ -n "$stats" ]; then
		sysctl -q "kernel.bpf_stats_enabled=$stats" || true
	fi
	if [ -n "$loop" ]; then
		losetup -d "$loop" 2>/dev/null || true
	fi
	if [ -n "$scratch" ]; then
		if mountpoint -q "$scratch/mnt"; then
			umount "$scratch/mnt" || true
		fi
		rm -rf "$scratch"
	fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# make_image DIR: an image there on a loop device with direct I/O; false: it cannot be.
make_image()
{
	scratch=$(mktemp -d "$1/iostage-bench.XXXXXX")
	truncate -s 256M "$scratch/image"
	if loop=$(losetup --find --show --direct-io=on "$scratch/image" 2>/dev/null) &&
		[ "$(cat "/sys/block/${loop#/dev/}/loop/dio")" = 1 ]; then
		rm "$scratch/image"
		return 0
	fi
	if [ -n "$loop" ]; then
		losetup -d "$loop"
		loop=
	fi
	rm -r "$scratch"
	scratch=
	return 1
}

make_file_system()
{
	local disk directory

	if [ -n "${LAB_OUT:-}" ]; then
		disk=/dev/nvme0n1
		scratch=$(mktemp -d)
	else
		for directory in ${scratch_in:-/dev/shm /var/tmp}; do
			make_image "$directory" && break
		done
		[ -n "$loop" ] || die "no direct I/O on a loop device in ${scratch_in:-/var/tmp}"
		disk=$loop
		where="loop device on $(stat -f -c %T "$directory"), direct I/O"
	fi
	mkfs.ext4 -q -F "$disk"
	mkdir "$scratch/mnt"
	mount "$disk" "$scratch/mnt"
	if [ -n "$loop" ]; then
		losetup -d "$loop" # when it is unmounted
		loop=
	fi
}

# --- the loops' process -------------------------------------------------------------------

start_bench()
{
	local line

	coproc loops_process { exec "$bench" serve "$scratch/mnt" "$cpu" ${LAB_OUT:+anyhow}; }
	bench_pid=$!
	questions=${loops_process[1]}
	answers=${loops_process[0]}
	read -r -u "$answers" line && [ "$line" = serving ] || exit 2
}

# ask LOOP MILLISECONDS: the answer's fields after the name into $answer.
ask()
{
	local line

	echo "$1 $2" >&"$questions"
	read -r -u "$answers" line || exit 2
	read -r -a answer <<<"${line#* }"
}

# --- tracers ------------------------------------------------------------------------------

# A pipe without a name: both ends in one descriptor.
make_pipe()
{
	mkfifo "$scratch/pipe"
	exec {ready}<>"$scratch/pipe"
	rm "$scratch/pipe"
}

microseconds()
{
	local t=$EPOCHREALTIME

	echo "${t/[.,]/}"
}

# begin COMMAND...: a tracer that runs `bench hold` once it is attached.
begin()
{
	exec {to_tracer}> >(exec "$@" >"$scratch/output" 2>"$scratch/error")
	tracer_pid=$!
}

# begin_tool COMMAND...: a tracer whose first line says that it is attached.
begin_tool()
{
	exec {to_tracer}> >(exec stdbuf -oL "$@" 1>&"$ready" 2>"$scratch/error")
	tracer_pid=$!
}

hold()
{
	echo "$bench hold $ready"
}

record()
{
	local detail=${1%-*} pid=$bench_pid changed=()

	case $1 in
	*-other) pid=$$ ;;
	*-empty) changed=(LD_PRELOAD="$empty") ;;
	*-look) changed=(LD_PRELOAD="$empty" LOOK=1) ;;
	esac
	# shellcheck disable=SC2046 # words
	begin env "${changed[@]}" "$iostage" record all --detail "$detail" -p "$pid" -o "$scratch/capture" -- $(hold)
}

# Entry to exit, of the calls that the loops' process is about.
bpftrace_read()
{
	local call program=

	for call in pread64 fsync; do
		program+="tracepoint:syscalls:sys_enter_$call /pid == $bench_pid/ { @s[tid] = nsecs; }
			tracepoint:syscalls:sys_exit_$call /@s[tid]/ {
				@${call}[0] = hist(nsecs - @s[tid]); delete(@s[tid]); }
			"
	done
	begin bpftrace -c "$(hold)" -e "$program END { clear(@s); }"
}

bpftrace_block()
{
	begin bpftrace -c "$(hold)" -e '
		tracepoint:block:block_rq_issue { @s[args->dev, args->sector] = nsecs; }
		tracepoint:block:block_rq_complete /@s[args->dev, args->sector]/ {
			@usecs = hist((nsecs - @s[args->dev, args->sector]) / 1000);
			delete(@s[args->dev, args->sector]); }
		END { clear(@s); }'
}

# wait_ready SECONDS: until the tracer says that it is attached; false: it does not.
wait_ready()
{
	local end=$((SECONDS + $1)) line

	until read -r -t 0.5 -u "$ready" line; do
		if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$tracer_pid" 2>/dev/null; then
			return 1
		fi
	done
}

# attach TRACER: false where it cannot be, and $reason says why. $attach: µs that it took.
attach()
{
	local from limit=30

	reason=
	: >"$scratch/output"
	: >"$scratch/error"
	rm -f "$scratch/capture"
	if [ -n "${LAB_OUT:-}" ]; then
		limit=300
	fi
	make_pipe
	from=$(microseconds)
	case $1 in
	stage* | layer*) record "$1" ;;
	bpftrace-read) bpftrace_read ;;
	bpftrace-block) bpftrace_block ;;
	biolatency | biosnoop | ext4dist) begin_tool "$1" ;;
	*) die "no such tracer: $1" ;;
	esac
	if ! wait_ready "$limit"; then
		reason=$(sed -E '/^libbpf: |RLIMIT_MEMLOCK/!{h;$!d};/^libbpf: prog.*failed/{p;q};$!d;x;p;d' \
			"$scratch/error" | grep . | head -1) || true
		reason=${reason:-it never became ready}
		detach
		return 1
	fi
	attach=$(($(microseconds) - from))
	if [[ $1 = bio* || $1 = ext4dist ]]; then
		sed '/^end of output$/q' <&"$ready" >"$scratch/output" &
		drain=$!
	fi
}

# Ends the tracer; its output is complete afterwards.
detach()
{
	exec {to_tracer}>&-
	if [ -n "${drain:-}" ]; then
		kill -INT "$tracer_pid" 2>/dev/null || true
	fi
	wait "$tracer_pid" 2>/dev/null || true
	if [ -n "${drain:-}" ]; then
		echo 'end of output' >&"$ready"
		wait "$drain"
		drain=
	fi
	tracer_pid=
	exec {ready}>&-
}

# saw TRACER OPERATIONS: did the tracer see the loops? A blind one costs little.
saw()
{
	case $1 in
	*-other | *-empty | *-look) [ "$(jq .accounting.seen "$scratch/capture")" = 0 ] ;;
	stage | layer)
		jq -e --argjson n "$2" '.accounting.seen == $n and .accounting.reported == $n' \
			"$scratch/capture" >/dev/null
		;;
	biosnoop) [ "$(wc -l <"$scratch/output")" -gt 10 ] ;;
	*) grep -q '|@' "$scratch/output" || grep -q '|\*' "$scratch/output" ;;
	esac
}

# --- memory -------------------------------------------------------------------------------

# Bytes of the tracer's maps: now, and with 16 and with 256 CPUs. Only these depend on them:
# per-CPU maps, on all that are possible; and `pids`, by kernel.pid_max, which systemd sets to 4 Mi from any number of CPUs.
map_bytes()
{
	local ids

	ids=$(sed -n 's/^map_id:[^0-9]*//p' "/proc/$tracer_pid"/fdinfo/* | sort -u | jq -s .)
	bpftool map show -j | jq -r --argjson ids "$ids" --argjson cpus "$possible" '
		def at($n): if .type | startswith("percpu") then
				.bytes_memlock + .max_entries * (.bytes_value / 8 | ceil) * 8 * ($n - $cpus)
			elif .name == "pids" then
				[.bytes_memlock, .bytes_value * 4194304 / 4] | max
			else
				.bytes_memlock
			end;
		map(select(.id | IN($ids[]))) |
		[length, (map(.bytes_memlock) | add), (map(at(16)) | add), (map(at(256)) | add)] |
		map(floor) | join(" ")'
}

measure_memory()
{
	read -r maps map_now map_16 map_256 <<<"$(map_bytes)"
	resident=$(awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$tracer_pid/status")
}

# --- the matrix ---------------------------------------------------------------------------

# run ROUND TRACER: all loops; a line for each into the results. $traced: what a tracer sees.
run()
{
	local name programs=0

	if [ "$2" = none ]; then
		programs=$(tracing_programs)
	fi
	traced=0
	for name in "${loops[@]}"; do
		ask "$name" "${duration[$name]}"
		echo "$1 $2 $programs $name ${answer[*]}" >>"$results"
		if [[ $name = hit || $name = miss || $name = fsync ]]; then
			traced=$((traced + answer[0]))
		fi
		# the file is synced once before each batch of 4
		if [ "$name" = fsync ]; then
			traced=$((traced + answer[0] / 4))
		fi
	done
}

declare -A reason_of blind attach_of

run_tracer()
{
	local round=$1 tracer=$2

	if [ -n "${reason_of[$tracer]:-}" ]; then
		return
	fi
	if ! attach "$tracer"; then
		reason_of[$tracer]=$reason
		return
	fi
	attach_of[$tracer]="${attach_of[$tracer]:-} $attach"
	run "$round" "$tracer"
	if [ "$tracer" = stage ]; then
		measure_memory
	fi
	detach
	saw "$tracer" "$traced" || blind[$tracer]=$((${blind[$tracer]:-0} + 1))
	run "$round" none
}

run_matrix()
{
	local round tracer

	for ((round = 1; round <= rounds; round++)); do
		progress "round $round of $rounds"
		run "$round" none
		for tracer in "${tracers[@]}"; do
			run_tracer "$round" "$tracer"
		done
	done
	progress
}

progress()
{
	if [ -t 2 ]; then
		printf '\r%s\033[K' "${1:-}" >&2
	fi
}

# All CPUs read, as fast as they can: what they did, what the capture has of it.
run_rate()
{
	local detail

	for detail in stage layer; do
		[[ " ${tracers[*]} " = *" $detail "* && -z ${reason_of[$detail]:-} ]] || continue
		attach "$detail" || continue
		ask rate "$rate_duration"
		detach
		jq -r --arg detail "$detail" --argjson n "${answer[0]}" --argjson rate "${answer[1]}" '
			.accounting | "\($detail) \($rate) \($n) \(.seen) \(.reported) \(.dropped)"' \
			"$scratch/capture" >>"$rates"
	done
}

# --- the programs one by one ---------------------------------------------------------------

program_times()
{
	bpftool prog show -j | jq -r --argjson ids "$1" '
		.[] | select(.id | IN($ids[])) |
		"\(.id) \(.name) \(.run_cnt // 0) \(.run_time_ns // 0)"'
}

profile_loop()
{
	local ids=$1 tracer=$2 loop=$3 unit=ns

	! grep -qw iostage.clock=insn /proc/cmdline || unit=insn
	program_times "$ids" >"$scratch/before"
	ask "$loop" "${duration[$loop]}"
	program_times "$ids" >"$scratch/after"
	printf '\n%-40s%10s%12s%12s\n' "$tracer: $loop" "runs/op" "$unit/run" "$unit/op"
	# the file is synced once before each batch of 4
	awk -v n="${answer[0]}" 'NR == FNR { count[$1] = $3; time[$1] = $4; next }
		{
			runs = ($3 - count[$1]) / n
			took = ($4 - time[$1]) / n
			all += took
			often += runs
		}
		runs > 0.005 { printf "  %-38s%10.2f%12.0f%12.0f\n", $2, runs, took / runs, took }
		END { printf "  %-38s%10.2f%12s%12.0f\n", "~ all", often, "", all }
	' "$scratch/before" "$scratch/after" | sort -k4,4nr -k3,3nr
}

print_profile()
{
	local tracer loop ids

	sysctl -q kernel.bpf_stats_enabled=1
	for tracer in "${tracers[@]}"; do
		[[ $tracer = stage* || $tracer = layer* ]] || continue
		attach "$tracer" || die "$tracer: $reason"
		ids=$(sed -n 's/^prog_id:[^0-9]*//p' "/proc/$tracer_pid"/fdinfo/* | sort -u | jq -s .)
		for loop in "${loops[@]}"; do
			profile_loop "$ids" "$tracer" "$loop"
		done
		detach
	done
}

# --- what is printed ----------------------------------------------------------------------

# results: the table of costs; results -v figures=1: what is required of them
print_results()
{
	local full=0

	if [[ $tier = fentry* ]]; then
		full=1
	fi
	awk -v order="none ${tracers[*]}" -v loop_order="${loops[*]}" -v full="$full" \
		-v figures="$1" -f "$tree/tests/bench/overhead.awk" "$results"
}

print_blind()
{
	local tracer

	for tracer in "${tracers[@]}"; do
		if [ -n "${reason_of[$tracer]:-}" ]; then
			echo "$tracer does not run on this kernel: ${reason_of[$tracer]}"
		elif [ -n "${blind[$tracer]:-}" ]; then
			echo "$tracer: in ${blind[$tracer]} of $rounds rounds it did not see what it should"
		fi
	done
}

median()
{
	tr -s ' ' '\n' | grep . | sort -n | awk '{ v[NR] = $1 }
		END { printf "%.2f", (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2e6 }'
}

print_attach()
{
	local tracer

	printf '\nattach: from start until the tracer is ready, median of %d rounds\n' "$rounds"
	for tracer in "${tracers[@]}"; do
		if [ -n "${attach_of[$tracer]:-}" ]; then
			printf '  %-16s%s s\n' "$tracer" "$(median <<<"${attach_of[$tracer]}")"
		fi
	done
}

mebibytes()
{
	awk -v n="$1" 'BEGIN { printf "%.1f", n / 1048576 }'
}

print_memory()
{
	[ -n "${maps:-}" ] || return 0
	printf '\nmemory of iostage --detail stage: %d maps, %s MiB on %d CPUs; resident %s MiB\n' \
		"$maps" "$(mebibytes "$map_now")" "$possible" "$(mebibytes "$resident")"
	printf '  computed for 16 CPUs %s MiB, for 256 CPUs %s MiB: per-CPU maps by CPUs,\n' \
		"$(mebibytes "$map_16")" "$(mebibytes "$map_256")"
	printf '  and kernel.pid_max = 4194304\n'
}

print_rates()
{
	local detail rate n seen reported dropped

	printf '\nrate: all CPUs read, %d hits for each miss\n' 64
	while read -r detail rate n seen reported dropped; do
		printf '  %-16s%d operations/s; did %d, seen %d, reported %d, dropped %d\n' \
			"$detail" "$rate" "$n" "$seen" "$reported" "$dropped"
	done <"$rates"
}

# judge TEXT LIMIT UNIT VALUE
judge()
{
	local word=kept

	if [ "$(awk -v a="$4" -v b="$2" 'BEGIN { print (a > b) }')" = 1 ]; then
		word=MISSED
	fi
	printf '%-44s%6s%8s%9s%9s %18s  %s\n' "$1" "$2" "$3" "$4" "" "" "$word"
}

print_figures()
{
	local detail rate n seen reported dropped

	if [ -n "${attach_of[stage]:-}" ]; then
		judge "attach, stage" 2 s "$(median <<<"${attach_of[stage]}")"
	fi
	if [ -n "${maps:-}" ]; then
		judge "maps at 16 CPUs" 64 MiB "$(mebibytes "$map_16")"
		judge "maps at 256 CPUs" 128 MiB "$(mebibytes "$map_256")"
	fi
	while read -r detail rate n seen reported dropped; do
		judge "dropped at $rate operations/s, $detail" 0 "" "$((n - reported))"
	done <"$rates"
}

print_machine()
{
	echo "Linux $(uname -r), $(nproc) CPUs, loops on CPU $cpu; ext4 on ${where:-NVMe}"
	echo "$(iostage_tier); rounds: $rounds; load average: $(cut -d' ' -f1-3 /proc/loadavg)"
	if [ "$stats" = 1 ]; then
		echo "kernel.bpf_stats_enabled was 1; it is 0 meanwhile"
	fi
	awk '$2 == "none" { if (!n++ || $3 < low) low = $3; if ($3 > high) high = $3 }
		high + 0 { others = low " to " high }
		{ ran++; calm += $6 > 0 }
		END {
			if (others)
				print others, "other BPF tracing programs: they cost both sides the same"
			if (ran)
				printf "%d %% of the runs had calm batches\n", calm * 100 / ran
		}' "$results"
}

iostage_tier()
{
	if [[ $tier = fentry* ]]; then
		echo "full tier"
	else
		echo "tracepoints only"
	fi
}

tracing_programs()
{
	bpftool prog show -j | jq '[.[] | select(.type | test("trac|kprobe|perf_event"))] | length'
}

make_file_system
results=$scratch/results
rates=$scratch/rates
: >"$results"
: >"$rates"
possible=$(awk -F- '{ print $NF + 1 }' /sys/devices/system/cpu/possible)
# Statistics add to every program's cost.
stats=$(sysctl -n kernel.bpf_stats_enabled 2>/dev/null) || true
if [ "$stats" = 1 ]; then
	sysctl -q kernel.bpf_stats_enabled=0
fi
"$iostage" record read --detail layer -t 0.001 -o "$scratch/capture" >/dev/null 2>&1 || {
	"$iostage" record read -t 0.001 -o /dev/null >/dev/null || true
	die "iostage cannot record here"
}
tier=$(jq -r .hooks.syscall_entry.enter "$scratch/capture")
start_bench
if [ -n "$profile" ]; then
	stats=${stats:-0}
	print_machine
	print_profile
	exit
fi
run_matrix
run_rate
print_machine
print_results 0
print_blind
print_attach
print_memory
print_rates
print_results 1
print_figures
if [ -n "$raw" ]; then
	cp "$results" "$raw"
fi
