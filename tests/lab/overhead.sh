#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What tracing adds to a read and to an fsync, to the instruction: the same workloads under
# each tracer, in one boot with the instruction clock. Prints a table; the exit status is 1 if
# iostage adds more to a read miss than is asked of it: 4,000, and 1,500 at --detail layer. Below
# the table is how often each of iostage's programs runs for a read, and for how long.
#
#	overhead.sh [KERNEL [TRACER...]] >results/overhead-KERNEL.md
set -eu
here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/lab/interrupt.sh
. "$here/interrupt.sh"
build=$here/../../build
iostage=$build/iostage
names="read direct overwrite append"
count=1000
tracers="none stage layer stage-other layer-other stage-empty layer-empty stage-look layer-look layer-5 layer-7 tracepoints tracepoints-layer biolatency ext4dist ext4slower bpftrace again"

# What no breakdown of a read can do without, and what tells the page cache and the block layer apart
five=,pread64_enter,pread64_exit,block_rq_issue,block_rq_complete,sched_switch,
seven=${five}filemap_get_pages_enter,block_bio_queue,

# measured TRACER NAME: those few programs are of reads
measured()
{
	[[ $1 != *-[57] || $2 = read || $2 = direct ]]
}

# recorded TRACER COMMAND...: by iostage
recorded()
{
	local detail=stage changed=() only=()

	[[ $1 != *layer* ]] || detail=layer
	case $1 in
	*-other) only=(-p $$) ;;
	*-empty) changed=(LD_PRELOAD="$build/lab/empty_programs.so") ;;
	*-look) changed=(LD_PRELOAD="$build/lab/empty_programs.so" LOOK=1) ;;
	*-5) changed=(LD_PRELOAD="$build/lab/few_programs.so" ONLY="$five") ;;
	*-7) changed=(LD_PRELOAD="$build/lab/few_programs.so" ONLY="$seven") ;;
	tracepoints*) changed=(LD_PRELOAD="$build/lab/no_trampolines.so") ;;
	esac
	shift
	env "${changed[@]}" "$iostage" record all --detail "$detail" "${only[@]}" -o /tmp/capture -- "$@" |
		sed -n 1p
}

# attached READY COMMAND...: starts COMMAND, and waits until it says READY
attached()
{
	local ready=$1 line

	shift
	mkfifo /tmp/said
	stdbuf -oL "$@" >/tmp/said 2>&1 &
	other=$!
	exec {said}</tmp/said
	rm /tmp/said
	while read -r -u "$said" line && [[ $line != *"$ready"* ]]; do
		echo "$line" >&2
	done
	cat <&"$said" >/dev/null &
	exec {said}<&-
	kill -0 "$other"
}

# under TRACER COMMAND...: what COMMAND prints
under()
{
	local tracer=$1 other=

	shift
	case $tracer in
	stage* | layer* | tracepoints*)
		recorded "$tracer" "$@"
		return
		;;
	biolatency | ext4dist | ext4slower) attached Tracing "$tracer" || return 0 ;;
	bpftrace) attached ready bpftrace -B line "$here/layers.bt" || return 0 ;;
	esac
	"$@"
	[ -z "$other" ] || interrupt "$other"
	wait
}

in_guest()
{
	local tracer name arguments

	# shellcheck source=tests/lab/workloads.sh
	. "$here/workloads.sh"
	for tracer in $tracers; do
		for name in $names; do
			measured "$tracer" "$name" || continue
			fresh
			mapfile -t arguments < <(arguments "$name" $count)
			under "$tracer" "$build/lab/io" "${arguments[@]}" \
				>"$LAB_OUT/$name.$tracer" 2>"$LAB_OUT/$name.$tracer.err"
		done
	done
	umount /mnt
	"$here/../bench/overhead.sh" --profile --loops miss --tracers stage,layer | grep -A 99 '^stage' \
		>"$LAB_OUT/profile"
}

kernel=${1:-6.1}
shift || true
tracers=${*:-$tracers}
if [ -n "${LAB_OUT:-}" ]; then
	in_guest
	exit
fi

# Of what the loader does not find, it says nothing: the rows would be those of the full tier.
for needed in lab/no_trampolines.so lab/empty_programs.so lab/few_programs.so gcc/bench; do
	if [ ! -e "$build/$needed" ]; then
		echo "overhead.sh: run make build/$needed first" >&2
		exit 2
	fi
done
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
# shellcheck disable=SC2086 # words
"$here/lab" --kernel "$kernel" --modules vanilla --clock insn --device optane --timeout 3000 \
	--out "$directory" -- "$here/overhead.sh" "$kernel" $tracers

# added NAME TRACER FIELD: to the same without a tracer
added()
{
	paste "$directory/$1.none" "$directory/$1.$2" | tr '\t' ' ' |
		awk -v f="$3" 'NF == 10 { printf "%+d", $(f + 5) - $f }'
}

# within TRACER INSTRUCTIONS: what it adds to a read
within()
{
	[ ! -s "$directory/read.$1" ] || (($(added read "$1" 2) <= $2))
}

cat <<END
# What tracing adds

Linux $kernel, \`--modules vanilla --clock insn --device optane\`, $count operations of 4 KiB each, in
instructions: the difference of the 50th percentiles, and in parentheses of the means, that the
program which does the I/O sees. Made by
\`tests/lab/overhead.sh $kernel $tracers\`.

|  | buffered read miss | direct read | overwrite + fsync | append + fsync |
| --- | ---: | ---: | ---: | ---: |
END
for tracer in $tracers; do
	row="| $tracer"
	for name in $names; do
		if [ "$tracer" = none ]; then
			row+=" | $(cut -d' ' -f2 "$directory/$name.none") ($(cut -d' ' -f5 "$directory/$name.none"))"
		elif [ -s "$directory/$name.$tracer" ]; then
			row+=" | $(added "$name" "$tracer" 2) ($(added "$name" "$tracer" 5))"
		elif measured "$tracer" "$name"; then
			row+=" | does not run here"
		else
			row+=" | "
		fi
	done
	echo "$row |"
done
cat <<END

*stage* and *layer* are \`iostage record all --detail stage\` and \`layer\`, in the full tier and, as
*tracepoints*, on a kernel that refuses fentry and fexit. *-other* is the same with a filter that
leaves these operations out: what is left is how the kernel calls the programs, the look whether
this task is in an operation, and the requests' records, which are kept for everybody. *-empty* is
the same with programs that return at once, *-look* with programs that look at the clock once and
return (tests/lab/empty_programs.c): what calling them costs, whatever they do. *layer-5* is what no
breakdown of a read can do without: its begin and end, the request's issue and completion, and the
switch back to its task; *layer-7* tells the page cache and the block layer apart as well. The other
programs of *layer* are not attached there (tests/lab/few_programs.c): those that tell whom a completion
wakes, what another task's I/O or a lock was waited for, and what an interrupt is. biolatency,
ext4dist and ext4slower are those of libbpf-tools, each with its defaults; *bpftrace* is
tests/lab/layers.bt, which splits an operation in three. *again* is without a tracer, after all of
them. iostage takes in what it has recorded when the ring is a quarter full, here after the last
operation: on the guest's only processor it would be in the means.

## Where it goes

Each program's runs for one read miss and what it takes, by the kernel's statistics
(\`tests/bench/overhead.sh --profile --loops miss --tracers stage,layer\`), whose
own looks at the clock are in each run. What calls a program is not: see *-other*. What sched_switch
does when the task goes to sleep is hidden by the device, as are io_schedule and what returns from
readahead.

\`\`\`
$(<"$directory/profile")
\`\`\`
END
within stage 4000 && within layer 1500
