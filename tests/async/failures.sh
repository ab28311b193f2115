#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What callers of read and fsync get in a guest of the lab when the device fails, stalls, is reset
# or goes away, and when there is no memory: without the async stack's switches and with all of
# them, a line each. At the end nothing of it is left in memory, and the modules can go.
#
#	failures.sh [SCENARIO...]

# shellcheck source=tests/async/guest.bash
. "$(dirname "$0")/guest.bash"

shopt -s inherit_errexit
callers=$tree/build/lab/callers
mib=64 sectors=$((64 * 2048))
many=1000000000

# Sets disk and controller; the disk has a queue for polling.
find_disk()
{
	until controller=$(echo /sys/class/nvme/nvme*) && disk=$(echo "$controller"/nvme*n1) &&
		[ -b "/dev/${disk##*/}" ]; do
		usleep 10000
	done
	disk=/dev/${disk##*/}
	echo none >"/sys/block/${disk##*/}/queue/scheduler"
}

# What the kernel calls the device that is mounted.
mounted()
{
	basename "$(realpath "/sys/dev/block/$(mountpoint -d /mnt)")"
}

# fresh DEVICE ON-OR-OFF: with a file of 16 MiB
fresh()
{
	local switch

	mkfs.ext4 -q -F -b 4096 -O verity -E lazy_itable_init=0,lazy_journal_init=0 "$1" ${mib}M
	mount "$1" /mnt
	[[ $2 == off ]] || for switch in "/sys/fs/ext4/$(mounted)"/async_*; do
		echo 1 >"$switch"
	done
	head -c 16M /dev/zero | tr '\0' f >/mnt/f
	sync
}

# unmount ON-OR-OFF
unmount()
{
	[[ $1 == off ]] || grep -qE '^read(_killed)? [1-9]' "/proc/fs/ext4/$(mounted)/async"
	umount /mnt
}

end()
{
	unmount "$1"
	e2fsck -fn "$disk" >/dev/null 2>&1
}

# table [SECTOR]: of the device faulty; with that block, of eight sectors, failing
table()
{
	if (($#)); then
		echo "0 $1 linear $disk 0"
		echo "$1 8 error"
		echo "$(($1 + 8)) $((sectors - $1 - 8)) linear $disk $(($1 + 8))"
	else
		echo "0 $sectors linear $disk 0"
	fi
}

stack()
{
	table | dmsetup create faulty
	fresh /dev/mapper/faulty "$1"
}

unstack()
{
	unmount "$1"
	dmsetup remove faulty
	e2fsck -fn "$disk" >/dev/null 2>&1
}

replace()
{
	dmsetup suspend --noflush --nolockfs faulty
	table "$@" | dmsetup reload faulty
	dmsetup resume faulty
}

unreadable()
{
	stack "$1"
	replace $(($(debugfs -D -R "bmap /f 1" "$disk" 2>/dev/null) * 8))
	"$callers" pages /mnt/f
	replace
	"$callers" pages /mnt/f
	unstack "$1"
}

# Readers of a device that stalls can be killed, and what they wait for ends later.
stalled()
{
	local i syncer

	stack "$1"
	for ((i = 0; i < 10; i++)); do
		dmsetup suspend --noflush --nolockfs faulty
		"$callers" fsync /mnt/f 1 1 &
		syncer=$!
		timeout -s KILL 2 "$callers" read /mnt/f $many 50 || echo "status $?"
		dmsetup resume faulty
		wait $syncer
	done 2>/dev/null | sort | uniq -c
	"$callers" pages /mnt/f
	unstack "$1"
}

# Of a device that is suspended, what is sent as readahead fails at once. Here it is in flight.
slow()
{
	local i

	stack "$1"
	echo "0 $sectors delay $disk 0 10000 $disk 0 0" | dmsetup reload faulty
	dmsetup resume faulty
	for ((i = 0; i < 10; i++)); do
		timeout -s KILL 2 "$callers" read /mnt/f $many 50 || echo "status $?"
	done 2>/dev/null | sort | uniq -c
	[[ $1 == off ]] || grep -q '^read_killed [1-9]' "/proc/fs/ext4/$(mounted)/async"
	replace
	"$callers" pages /mnt/f
	unstack "$1"
}

# To be asked for by name, as the last one: in the lab a reset can fail (ENETRESET), with vanilla
# modules, too, and the disk is gone then, of which everybody is told.
reset()
{
	local resets=0 device

	fresh "$disk" "$1"
	device=$(realpath "$controller/device")
	"$callers" read /mnt/f $many 4 >/run/read &
	"$callers" fsync /mnt/f $many 1 >/run/synced &
	while ((resets < 20)) && echo 1 >"$controller/reset_controller"; do
		((resets += 1))
		usleep 100000 # so that something is in flight at the next
	done 2>/dev/null
	((resets < 20)) || kill %1 %2
	wait
	echo "$resets resets"
	sort /run/read /run/synced | uniq -c
	((resets == 20)) || dmesg | grep -oE 'QID [0-9]+ timeout, disable controller' | tail -n 1
	unmount "$1"
	[[ ! -b $disk ]] || return 0
	echo 1 >"$device/remove"
	echo 1 >/sys/bus/pci/rescan
	find_disk
}

count_reads()
{
	awk '{ print $1 }' "/sys/block/${disk##*/}/stat"
}

unplugged()
{
	local before

	fresh "$disk" "$1"
	before=$(count_reads)
	"$callers" read /mnt/f $many 4 >/run/read &
	"$callers" fsync /mnt/f $many 1 >/run/synced &
	# They are at it.
	until (($(count_reads) > before + 500)); do
		usleep 1000
	done
	echo 1 >"$controller/device/remove"
	wait
	sort -u /run/read
	# Whether its data or the journal's has failed first
	sed 's/EROFS/EIO/' /run/synced
	umount /mnt
	echo 1 >/sys/bus/pci/rescan
	find_disk
	mount "$disk" /mnt
	"$callers" pages /mnt/f
	umount /mnt
	e2fsck -fn "$disk" >/dev/null 2>&1
}

# A reader waits for its own memory, and the driver leaves meanwhile: nothing that is mapped for it
# may wait, too. Then the reader has its data.
held()
{
	local address give

	fresh "$disk" "$1"
	address=$(basename "$(realpath "$controller/device")")
	echo 3 >/proc/sys/vm/drop_caches
	rm -f /run/give
	mkfifo /run/give
	taskset -c 0 "$callers" held /mnt/f </run/give >/run/held &
	exec {give}>/run/give
	until grep -q held /run/held; do
		usleep 1000
	done
	[[ $1 == off ]] || grep -q "^unmap [1-9]" "/proc/fs/ext4/$(mounted)/async"
	echo "$address" >/sys/bus/pci/drivers/nvme/unbind
	exec {give}>&-
	wait
	cat /run/held
	umount /mnt
	echo "$address" >/sys/bus/pci/drivers/nvme/bind
	find_disk
	mount "$disk" /mnt
	"$callers" pages /mnt/f
	umount /mnt
	e2fsck -fn "$disk" >/dev/null 2>&1
}

# Less memory than the pages that are read, and just enough for the readers.
short_of_memory()
{
	fresh "$disk" "$1"
	(
		join_cgroup small
		echo 4M >/sys/fs/cgroup/small/memory.max
		"$callers" read /mnt/f 500 3 &
		"$callers" fsync /mnt/f 500 1 &
		wait
	)
	end "$1"
}

modprobe -r nvme
modprobe nvme poll_queues=1
modprobe -a dm_mod dm_delay
find_disk
(($#)) || set -- unreadable stalled slow unplugged held short_of_memory
for scenario; do
	for on in off on; do
		[[ $on == off ]] || grep -q ext4_async /proc/kallsyms || continue
		before=$(used)
		result=$($scenario $on | paste -s -d' ')
		echo "$scenario, $on: $result"
		after=$(used)
		((after < before + 200)) || fail "$scenario, $on: $((after - before)) objects more"
	done
done
modprobe -r ext4 jbd2
no_complaints
echo "all of it"
