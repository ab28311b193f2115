#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make -C patches install and uninstall, in a guest of the lab with the stock modules.
#
#	deploy.sh OUT
#
# OUT is where make -C patches has put the modules for the guest's kernel.

# shellcheck source=tests/async/guest.bash
. "$(dirname "$0")/guest.bash"

out=$1
modules=/lib/modules/$release
initrd=/boot/initrd.img-$release

list()
{
	(cd "$modules" && find . ! -name 'modules.*' -type f -printf '%p %s\n' | sort)
}

reload()
{
	! mountpoint -q /mnt || umount /mnt
	modprobe -r ext4
	modprobe ext4
	mount /dev/nvme0n1 /mnt
}

# The guest's own is read-only; and it has neither an initramfs to update nor an ext4 as its root.
mkdir -p /run/changed/upper /run/changed/work
mount -t overlay -o "lowerdir=$modules,upperdir=/run/changed/upper,workdir=/run/changed/work" \
	overlay "$modules"
mkdir -p /run/stubs /boot
export PATH=/run/stubs:$PATH
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$*, ext4 of $(modinfo -n ext4)" >>/run/updated\n' \
	>/run/stubs/update-initramfs
printf '#!/bin/sh\necho ext4\n' >/run/stubs/findmnt
chmod +x /run/stubs/*
echo stock >"$initrd"
before=$(list)
make=(make -s -C "$tree/patches" "OUT=$out")

mkfs.ext4 -q /dev/nvme0n1
mount /dev/nvme0n1 /mnt
dd if=/dev/zero of=/mnt/f bs=1M count=8 status=none
sync
says "no async stack: Linux $escaped has its stock ext4, without" "$iostage" async status
fails "nothing to switch: Linux $escaped has its stock ext4" "$iostage" async on

echo "/ is ext4"
fails '^/ is ext4: .*FORCE=1' "${make[@]}" install
[[ $(list) == "$before" && ! -e /run/updated && ! -e $initrd.stock ]]
says '^If it does not boot: press e' "${make[@]}" install FORCE=1
[[ $(cat "$initrd.stock") == stock ]]
[[ $(cat /run/updated) == "-u -k $release, ext4 of $modules/updates/iostage/ext4.ko" ]]
# The next update's initramfs is no stock one.
echo new >"$initrd"
"${make[@]}" install FORCE=1 >/dev/null
[[ $(cat "$initrd.stock") == stock ]]
"${make[@]}" uninstall >/dev/null
[[ ! -e $initrd.stock && $(list) == "$before" ]]
rm /run/stubs/findmnt /run/updated

echo "installed"
"${make[@]}" install
[[ ! -e $initrd.stock ]]
[[ $(modinfo -n ext4) == "$modules/updates/iostage/ext4.ko" ]]
for m in jbd2 nvme; do
	[[ $(modinfo -n $m) == "$modules/updates/iostage/$m.ko" ]]
done
says "though one is installed for Linux $escaped: unmount" "$iostage" async status
reload
says '^nvme0n1: read off -> on$' "$iostage" async on
cold_reads /mnt/f
(($(filesystem nvme0n1 '.mechanisms[0].used') >= 90))
[[ -s /sys/kernel/btf/ext4 ]]
no_complaints

echo "uninstalled"
"${make[@]}" uninstall
[[ $(list) == "$before" ]]
[[ $(modinfo -n ext4) == "$modules/kernel/fs/ext4/ext4.ko"* ]]
[[ $(tail -n 1 /run/updated) == "-u -k $release, ext4 of $modules/kernel/fs/ext4/ext4.ko"* ]]
says '^read +on ' "$iostage" async status
reload
says "no async stack: Linux $escaped has its stock ext4, without" "$iostage" async status
cold_reads /mnt/f
umount /mnt
e2fsck -fn /dev/nvme0n1 >/dev/null 2>&1
echo "all of it"
