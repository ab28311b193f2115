# SPDX-License-Identifier: GPL-2.0-only
# What is around a test in a guest of the lab that has all of the async switches on: a new
# filesystem on a disk that has a queue for polling, in a cgroup that memory can be taken from.
# shellcheck shell=sh

# shellcheck source=tests/async/cgroup.sh
. "$(dirname "$0")/cgroup.sh"

fs=/sys/fs/ext4/nvme0n1

mount_all_on()
{
	modprobe -r nvme
	modprobe nvme poll_queues=1
	until [ -b /dev/nvme0n1 ]; do
		usleep 10000
	done
	echo none >/sys/block/nvme0n1/queue/scheduler
	mkfs.ext4 -q -F -O verity /dev/nvme0n1
	mount /dev/nvme0n1 /mnt
	for f in "$fs"/async_*; do
		[ ! -e "$f" ] || echo 1 >"$f" # with vanilla modules there are none
	done
	join_cgroup test
}

# umount_all_on: with the counters of the async stack; status 3 where the kernel complains
umount_all_on()
{
	[ ! -e /proc/fs/ext4/nvme0n1/async ] || grep -v ' 0$' /proc/fs/ext4/nvme0n1/async
	umount /mnt
	e2fsck -fn /dev/nvme0n1 >/dev/null 2>&1
	# A guest that was stopped for a while has soft lockups: see guest.bash.
	if dmesg | grep -v 'soft lockup' | grep -E 'WARNING:|BUG:|stale'; then
		return 3
	fi
}
