# shellcheck shell=bash disable=SC2034 # for the scripts
# SPDX-License-Identifier: GPL-2.0-only
# What the experiments share. Sourced. An experiment is one script: started here, it boots guests
# of the lab and starts itself in them, and prints a table in Markdown; in a guest, it prints
# lines of words, which the table is made of. All figures are of the lab's instruction clock,
# with a modelled device, unless an experiment says otherwise; medians, not of what iostage
# records but of what the program that does the I/O sees.

experiments=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
kernel=${KERNEL:-6.1}
io=build/lab/io
iostage=build/iostage
fs=/sys/fs/ext4/nvme0n1

cd "$experiments/../.." || exit
# shellcheck source=tests/async/polling.sh
. tests/async/polling.sh

in_guest()
{
	[ -n "${LAB_OUT:-}" ]
}

# guest MODULES LAB-OPTION... -- ARGUMENT...: this experiment in a guest, with these arguments
guest()
{
	local modules=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	tests/lab/lab --kernel "$kernel" --modules "$modules" --timeout 3000 "${options[@]}" -- \
		"$0" "$@" || {
		echo "${0##*/}: the guest with $modules modules failed" >&2
		exit 1
	}
}

# The same with instructions for a clock and a device that is as fast as Optane at first.
insn_guest()
{
	guest "$1" --clock insn --device optane "${@:2}"
}

# header TITLE: what stands above a table
header()
{
	printf '# %s\n\n' "$1"
	printf 'Linux %s in the lab, made by tests/experiments/%s.\n\n' "$kernel" "${0##*/}"
}

# columns HEADING...: the first two lines of a table
columns()
{
	printf '|'
	printf ' %s |' "$@"
	printf '\n|'
	printf ' --- |%.0s' "$@"
	printf '\n'
}

# compared FIRST MODE...: lines of WORD... MODE FIGURE as rows: what the words name, the figure of
# FIRST, and every other mode's with its change
compared()
{
	awk -v modes="$*" '
	{ key = $1; for (i = 2; i < NF - 1; i++) key = key " | " $i; v[key, $(NF - 1)] = $NF }
	!(key in seen) { seen[key]; order[++n] = key }
	END {
		nr = split(modes, mode, " ")
		for (i = 1; i <= n; i++) {
			first = v[order[i], mode[1]]
			printf "| %s | %d |", order[i], first
			for (j = 2; j <= nr; j++) {
				other = v[order[i], mode[j]]
				printf " %d | %+.1f %% |", other, (other - first) / first * 100
			}
			print ""
		}
	}'
}

# --- in the guest ------------------------------------------------------------------------

# set_device NAME: the latencies of lab --device. A device without one in its cache flushes nothing.
set_device()
{
	local latency cache="write back"

	case $1 in
	optane) latency=16000,16000,0 cache="write through" ;;
	zssd) latency=32000,32000,32000 ;;
	sata) latency=188000,188000,188000 ;;
	esac
	echo "$latency" >/sys/module/nvme/parameters/latency
	echo "$cache" >/sys/block/nvme0n1/queue/write_cache
}

# mechanisms: all that this kernel has for reads, in the order in which one needs the other
mechanisms()
{
	local m have=

	for m in read pool light; do
		[ ! -e "$fs/async_$m" ] || have+=" $m"
	done
	for m in "$fs"/async_*; do
		m=${m##*async_}
		[[ " read pool light poll fsync * " == *" $m "* ]] || have+=" $m"
	done
	echo "${have# }"
}

# switch_on MECHANISM...: these, and no others
switch_on()
{
	local m

	for m in "$fs"/async_*; do
		[ ! -e "$m" ] || echo 0 >"$m"
	done
	for m; do
		echo 1 >"$fs/async_$m"
	done
}

# mounted OPTIONS: a new ext4 with a file of 32 MiB, all of it on the device, nothing left to be done
mounted()
{
	echo 0 >/proc/sys/vm/dirty_writeback_centisecs
	! mountpoint -q /mnt || umount /mnt
	mkfs.ext4 -q -F -b 4096 -J size=64 -E lazy_itable_init=0,lazy_journal_init=0 /dev/nvme0n1
	mount -o "$1" /dev/nvme0n1 /mnt
	dd if=/dev/zero of=/mnt/file bs=1M count=32 conv=fsync status=none
	sync
}
