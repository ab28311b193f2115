#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the checker in a guest of the lab, on a new filesystem with all of the async switches on.
#
#	check.sh UNGUARDED DELAY SECONDS SEED [OPERATION...]
#
# UNGUARDED and DELAY are for the modules' parameters of these names, see unguarded.patch, or 0
# where they are not these modules. The disk's own queue for polling is used, too.
set -e

unguarded=$1 delay=$2
shift 2
fs=/sys/fs/ext4/nvme0n1
parameters=/sys/module/ext4/parameters

modprobe -r nvme
modprobe nvme poll_queues=1
until [ -b /dev/nvme0n1 ]; do
	usleep 10000
done
echo none >/sys/block/nvme0n1/queue/scheduler
mkfs.ext4 -q -F /dev/nvme0n1
mount /dev/nvme0n1 /mnt
for f in "$fs"/async_*; do
	echo 1 >"$f"
done
if [ -e $parameters/unguarded ]; then
	echo "$unguarded" >$parameters/unguarded
	echo "$delay" >$parameters/delay_us
fi
status=0
"$(dirname "$0")"/../../build/lab/checker /mnt "$@" || status=$?
grep -v ' 0$' /proc/fs/ext4/nvme0n1/async
umount /mnt
e2fsck -fn /dev/nvme0n1 >/dev/null 2>&1
# A guest that was stopped for a while has soft lockups: see guest.bash.
if dmesg | grep -v 'soft lockup' | grep -E 'WARNING:|BUG:|stale'; then
	exit 3
fi
exit $status
