#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The async stack in a guest of the lab whose kernel looks for its own mistakes: use of freed
# memory, locks taken in orders that can deadlock, sleep where there must be none, DMA mappings
# that do not match. At the end the modules go, and what they left behind is found. Status 1, and
# what the kernel says, if it complains of anything or has ceased to look.
#
#	make build/iostage build/lab/{checker,io,powercut,fsyncs,callers}
#	tests/lab/lab --kernel "$(tests/async/debug_kernel.sh 6.1)" --modules async --iommu lazy \
#		--timeout 3600 -- tests/async/debug.sh SECONDS [STEP...]
#
# The checker runs for SECONDS each time. STEP is one of the functions below; without any, all do.

# shellcheck source=tests/async/guest.bash
. "$(dirname "$0")/guest.bash"

seconds=$1
shift
here=$(dirname "$(realpath "$0")")

# Each with those that it needs, one more at a time.
mechanisms()
{
	local on

	mkfs.ext4 -q -F /dev/nvme0n1
	mount /dev/nvme0n1 /mnt
	dd if=/dev/zero of=/mnt/f bs=1M count=16 conv=fsync status=none
	for on in read pool light premap unmap poll fsync; do
		"$iostage" async on $on -d nvme0n1 >/dev/null
		cold_reads /mnt/f
		"$tree/build/lab/io" pread 65536 20 /mnt/f cold >/dev/null
		"$tree/build/lab/io" fsync 4096 20 /mnt/$on append >/dev/null
	done
	grep -v ' 0$' /proc/fs/ext4/nvme0n1/async | paste -s -d' '
	umount /mnt
}

turned()
{
	mkfs.ext4 -q -F -O verity /dev/nvme0n1
	mount /dev/nvme0n1 /mnt
	under_load /mnt "$seconds"
	umount /mnt
}

checked()
{
	"$here/check.sh" 0 0 "$seconds" 1
}

# What would survive power cuts, the logs of two processors cannot tell.
fsyncs()
{
	local options

	for options in defaults data=journal; do
		mkdir "/run/$options"
		"$here/powercut.sh" log "/run/$options" $options 40 3
	done
}

errors()
{
	"$here/errors.sh"
}

# Without the disk that is unplugged: 6.1 itself uses freed memory then, see results/errors.md.
failures()
{
	"$here/failures.sh" unreadable stalled slow short_of_memory
}

# lockdep ends with its first report, DMA-API's debugging when it is out of memory.
still_looking()
{
	grep -q ' kasan_report$' /proc/kallsyms || fail "there is no KASAN"
	grep -qE '^ debug_locks: +1$' /proc/lockdep_stats || fail "lockdep has ended"
	[[ $(cat /sys/kernel/debug/dma-api/disabled) == N ]] || fail "DMA-API debugging has ended"
	[[ $(cat /sys/kernel/debug/dma-api/error_count) == 0 ]] || fail "DMA-API debugging has found errors"
}

# shellcheck source=tests/async/polling.sh
. "$here/polling.sh"

reload_with_poll_queue
(($#)) || set -- mechanisms turned checked fsyncs errors failures
for step; do
	echo "== $step"
	$step
done
# Whatever is still mapped is told of now.
modprobe -r nvme ext4
no_complaints
still_looking
echo "all of it, in $SECONDS s of the guest"
