#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Takes the power from an ext4 with async_fsync in a guest of the lab, again and again: after
# each cut the journal must be recovered, e2fsck clean, and all there that an fsync had
# acknowledged (see powercut.c).
#
#	powercut.sh MOUNT-OPTIONS OPERATIONS CUTS [UNGUARDED]
#
# Prints the counters of the async stack. Exits 1 after the first cut that lost something.
# UNGUARDED is for the module's parameter of that name, see unguarded.patch.
set -eu

options=$1 operations=$2 cuts=$3 unguarded=${4:-}
powercut=$(dirname "$0")/../../build/lab/powercut
disk=/dev/nvme0n1 log=/dev/vda
mib=64 journal_mib=56
image=/run/image

modprobe -a loop dm_delay dm_log_writes
mount -t tmpfs images -o "size=$((3 * mib))M" /media
# Blocks that are not zero show what a file has got and never written.
tr '\0' '\333' </dev/zero | dd of=$disk bs=1M count=$mib iflag=fullblock status=none
mkfs.ext4 -q -F -b 4096 -J size=4,location=${journal_mib}M \
	-E nodiscard,lazy_itable_init=0,lazy_journal_init=0 $disk ${mib}M
mount $disk /mnt
"$powercut" layout /mnt
umount /mnt
dd if=$disk of=/media/base bs=1M count=$mib status=none

# Data takes longer than the journal's blocks, so that there is data in flight whenever there
# can be. Flushes take no longer, and know only of what is complete.
slow=$((journal_mib * 2048))
dmsetup create slow <<END
0 $slow delay $disk 0 0 $disk 0 4 $disk 0 0
$slow $((mib * 2048 - slow)) linear $disk $slow
END
dmsetup create logged --table "0 $((mib * 2048)) log-writes /dev/mapper/slow $log"
mkdir -p $image
mount -o "$options" /dev/mapper/logged /mnt
echo 1 >/sys/fs/ext4/dm-1/async_fsync
[ -z "$unguarded" ] || echo "$unguarded" >/sys/module/ext4/parameters/unguarded
"$powercut" write /mnt "$operations" logged
grep -v ' 0$' /proc/fs/ext4/dm-1/async
umount /mnt
dmsetup remove logged slow

for ((seed = 1; seed <= cuts; seed++)); do
	acknowledged=$("$powercut" cut $log /media/base /media/cut $seed)
	mount -o "loop,$options" /media/cut $image
	# shellcheck disable=SC2086 # one for each thread
	"$powercut" check $image $acknowledged || {
		echo "cut $seed lost something; acknowledged: $acknowledged"
		exit 1
	}
	umount $image
	e2fsck -fn /media/cut >/run/e2fsck 2>&1 || {
		cat /run/e2fsck
		exit 1
	}
done
echo "nothing lost in $cuts cuts"
if dmesg | grep -E 'WARNING|BUG:|Call Trace'; then
	exit 3
fi
