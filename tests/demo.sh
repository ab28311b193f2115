#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: an ext4 with a journal on a loop device; fio reads it at random, cold, and
# then writes and syncs, each under iostage record. Needs root.
#
# All of it happens in a mount namespace of its own, and the image has no name any more
# once it is in use: whatever ends the demo, also SIGKILL, takes mount, loop device and
# image along.
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
iostage=$tree/build/iostage
seconds=${DEMO_SECONDS:-5}

if [ "${1:-}" != inside ]; then
	exec unshare --mount --propagation private -- "$0" inside
fi

say()
{
	printf '\n# %s\n' "$*"
}

# Where this kernel lets nobody load a program, the lab has one that does.
if [ -z "${LAB_OUT:-}" ] && ! "$iostage" record -t 0.001 -o /dev/null >/dev/null 2>&1; then
	say "This kernel does not let iostage record:"
	"$iostage" record -t 0.001 -o /dev/null >/dev/null || true
	say "So the demo runs in the lab, on Debian's Linux 6.12 under QEMU, which is slow."
	exec "$tree/tests/lab/lab" --kernel 6.12 -- "$tree/tests/demo.sh"
fi

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/iostage-demo.XXXXXX")
loop=
cleanup()
{
	cd /
	if mountpoint -q "$scratch/mnt"; then
		umount "$scratch/mnt"
	fi
	if [ -n "$loop" ]; then
		losetup -d "$loop" 2>/dev/null || true
	fi
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# In the lab there is a disk to play with; elsewhere a file plays the disk.
if [ -n "${LAB_OUT:-}" ]; then
	disk=/dev/nvme0n1
	mkfs.ext4 -q "$disk"
else
	truncate -s 512M "$scratch/image"
	mkfs.ext4 -q "$scratch/image"
	# Direct I/O keeps the image out of the page cache: a miss is one all the way down.
	loop=$(losetup --find --show --direct-io=on "$scratch/image" 2>/dev/null) || {
		loop=$(losetup --find --show "$scratch/image")
		say "No direct I/O under the image here: its blocks come from the page cache."
	}
	rm "$scratch/image"
	disk=$loop
fi
mkdir "$scratch/mnt"
mount "$disk" "$scratch/mnt"
if [ -n "$loop" ]; then
	losetup -d "$loop" # when it is unmounted
	loop=
fi
cd "$scratch/mnt"

common=(--filename=file --bs=4k --runtime="$seconds" --output=/dev/null)
# Written beforehand, and dropped from the page cache by fio before it reads.
fio --name=layout --filename=file --rw=write --bs=1M --size=384M --end_fsync=1 \
	--output=/dev/null

say "Random 4 KiB reads, cold, for at most $seconds s"
"$iostage" record read -d "$disk" -o "$scratch/read.json" -- \
	fio --name=read --rw=randread --size=384M "${common[@]}"

rm file
say "4 KiB appended and fsynced, again and again, for $seconds s"
"$iostage" record fsync -d "$disk" -o "$scratch/fsync.json" -- \
	fio --name=fsync --rw=write --size=384M --fsync=1 --time_based "${common[@]}"
