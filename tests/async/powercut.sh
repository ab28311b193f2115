#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takes the power from an ext4 with async_fsync, again and again: after each cut the journal must
# be recovered, e2fsck clean, and all there that an fsync had acknowledged (see powercut.c).
#
#	powercut.sh log DIRECTORY MOUNT-OPTIONS OPERATIONS ROUNDS [UNGUARDED]
#	powercut.sh log-stock DIRECTORY MOUNT-OPTIONS OPERATIONS ROUNDS
#	powercut.sh cut DIRECTORY MOUNT-OPTIONS CUTS
#
# `log` works in a guest of the lab. Each of ROUNDS has OPERATIONS of each thread, and leaves in
# DIRECTORY what the disk had before and what was then written to it; the counters of the async
# stack are printed. UNGUARDED is for the module's parameter of that name, see unguarded.patch.
# `log-stock` does the same with a kernel's own modules, or with async_fsync off.
#
# `cut` works there, or on any machine, as root; only what was logged on one processor, by a kernel
# that is not preempted, tells it anything (see can_be_cut). It cuts at the flushes and FUA writes of all
# rounds and once between each two of them; or, where that is more than CUTS, at some of them.
# Exits 1 after the first cut that lost something.
set -eu

command=$1 directory=$2 options=$3
powercut=$(dirname "$0")/../../build/lab/powercut
disk=/dev/nvme0n1 log=/dev/vda
mib=40 journal_mib=32

# Data takes longer than the journal's blocks, so that there is data in flight whenever there can
# be. Flushes take no longer, and know only of what is complete.
stack_devices()
{
	local slow=$((journal_mib * 2048)) all=$((mib * 2048))

	dmsetup create slow <<END
0 $slow delay $disk 0 0 $disk 0 4 $disk 0 0
$slow $((all - slow)) linear $disk $slow
END
	dmsetup create logged --table "0 $all log-writes /dev/mapper/slow $log"
}

# write_log ROUND OPERATIONS
write_log()
{
	local bytes

	# Blocks that are not zero show what a file has got and never written.
	tr '\0' '\333' </dev/zero | dd of=$disk bs=1M count=$mib iflag=fullblock status=none
	mkfs.ext4 -q -F -b 4096 -J size=4,location=${journal_mib}M \
		-E nodiscard,lazy_itable_init=0,lazy_journal_init=0 $disk ${mib}M
	mount $disk /mnt
	"$powercut" layout /mnt
	umount /mnt
	dd if=$disk of="$directory/$1.base" bs=1M count=$mib status=none

	stack_devices
	mount -o "$options" /dev/mapper/logged /mnt
	[ "$command" = log-stock ] || echo 1 >/sys/fs/ext4/dm-1/async_fsync
	"$powercut" write /mnt "$1" "$2" logged
	[ "$command" = log-stock ] || grep -v ' 0$' /proc/fs/ext4/dm-1/async
	umount /mnt
	dmsetup remove logged slow
	read -r _ bytes <<<"$("$powercut" points $log)"
	dd if=$log of="$directory/$1.log" iflag=count_bytes bs=1M count="$bytes" status=none
}

# dm-log-writes logs what a flush covers together with that flush, when it is over. Where two are
# on their way at once, the second one can be over and logged first, and what the first one covers
# looks as if it had not been written before either, as if something had been lost.
can_be_cut()
{
	[ "$(nproc)" = 1 ] || return
	case $(uname -v) in
	*PREEMPT_DYNAMIC*) ! grep -q '(full)' /sys/kernel/debug/sched/preempt ;;
	*PREEMPT*) false ;;
	esac
}

# write_logs OPERATIONS ROUNDS [UNGUARDED]
write_logs()
{
	rm -f "$directory/can_be_cut"
	! can_be_cut || touch "$directory/can_be_cut"
	modprobe -a dm_delay dm_log_writes
	[ -z "${3:-}" ] || echo "$3" >/sys/module/ext4/parameters/unguarded
	for ((round = 1; round <= $2; round++)); do
		write_log $round "$1"
	done
	if dmesg | grep -E 'WARNING|BUG:|Call Trace'; then
		exit 3
	fi
}

# cut ROUND CUT
cut()
{
	local acknowledged

	acknowledged=$("$powercut" cut "$directory/$1.log" "$directory/$1.base" "$work/disk" "$2")
	mount -t ext4 -o "loop,$options" "$work/disk" "$work/mounted"
	# shellcheck disable=SC2086 # one for each thread
	"$powercut" check "$work/mounted" "$1" $acknowledged || {
		echo "round $1, cut $2 lost something; acknowledged: $acknowledged"
		umount "$work/mounted"
		exit 1
	}
	umount "$work/mounted"
	e2fsck -fn "$work/disk" >"$work/e2fsck" 2>&1 || {
		cat "$work/e2fsck"
		exit 1
	}
}

make_cuts()
{
	local points step n cuts rounds done=0 at_points=0

	[ -e "$directory/can_be_cut" ] || {
		echo "the logs in $directory are not of one processor: their order tells nothing" >&2
		exit 2
	}
	[ -e /dev/loop-control ] || modprobe loop
	rounds=$(find "$directory" -name '*.log' | wc -l)
	work=$(mktemp -d)
	trap 'umount "$work"; rmdir "$work"' EXIT
	mount -t tmpfs images -o "size=$((2 * mib))M" "$work"
	mkdir "$work/mounted"
	for ((round = 1; round <= rounds; round++)); do
		read -r points _ <<<"$("$powercut" points "$directory/$round.log")"
		cuts=$(($1 * round / rounds - done))
		# Odd, for there are two kinds of cuts.
		step=$((2 * points / cuts | 1))
		for ((n = 0; n < 2 * points && cuts; n += step, cuts--)); do
			cut $round $n
			((done += 1))
			((n % 2)) || ((at_points += 1))
		done
		echo "round $round: $points flushes and FUA writes; nothing lost in $done cuts"
	done
	echo "nothing lost in $done cuts: $at_points at a flush or FUA write," \
		"$((done - at_points)) between two"
}

case $command in
log | log-stock) write_logs "${@:4}" ;;
cut) make_cuts "$4" ;;
esac
