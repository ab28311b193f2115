#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts modules where modprobe prefers them to the kernel's own, and takes them away again; tells
# depmod and the initramfs. For the Makefile beside it, and for dkms.
#
#	deploy.sh install KERNEL MODULE...
#	deploy.sh uninstall KERNEL
#	deploy.sh prepare KERNEL	only what install does first
#	deploy.sh refresh KERNEL	only depmod and the initramfs
#
# DESTDIR is the root of another system, where nothing but modules is touched. Where / is ext4,
# a module that fails leaves a machine that does not boot: FORCE=1 installs there, too, and
# keeps the initramfs that has the stock one.
set -e

command=$1 kernel=$2
shift 2
modules=$DESTDIR/lib/modules/$kernel
ours=$modules/updates/iostage
initrd=/boot/initrd.img-$kernel

fail()
{
	echo "$*" >&2
	exit 1
}

# The driver of ext4 is that of ext2 and ext3, too.
boots_from_ext4()
{
	[ ! "$DESTDIR" ] || return 1
	case $(findmnt -n -o FSTYPE /) in
	ext[234]) ;;
	*) return 1 ;;
	esac
}

# Whether modprobe prefers another ext4 to the kernel's own.
replaced()
{
	case $(modinfo -k "$kernel" -n ext4 2>/dev/null) in
	*/updates/*) ;;
	*) return 1 ;;
	esac
}

prepare()
{
	boots_from_ext4 || return 0
	[ "$FORCE" = 1 ] || fail "/ is ext4: if the new module fails, this machine does not boot." \
		"FORCE=1 installs it all the same, and keeps the initramfs with the stock one as" \
		"$initrd.stock: to boot with that, press e in GRUB's menu and append .stock to the" \
		"line with initrd"
	replaced || [ ! -e "$initrd" ] || cp -p "$initrd" "$initrd.stock"
}

refresh()
{
	if [ "$DESTDIR" ]; then
		# A package's root has no kernel to list.
		[ ! -e "$modules/modules.order" ] || depmod -b "$DESTDIR" "$kernel"
		return
	fi
	depmod "$kernel" || return
	[ ! -e "$initrd" ] || update-initramfs -u -k "$kernel" || return
	replaced || rm -f "$initrd.stock"
}

remove()
{
	rm -rf "$ours"
	rmdir --ignore-fail-on-non-empty "$modules/updates"
	refresh
}

install_modules()
{
	prepare
	rm -rf "$ours"
	install -D -m 644 -t "$ours" "$@"
	if ! refresh; then
		remove || true
		fail "depmod or update-initramfs failed: the modules are taken away again"
	fi
	echo "Linux $kernel will load its $(basename -a -s .ko "$@" | paste -sd " ") from $ours:" \
		"once no ext4 is mounted and \`modprobe -r ext4' has run, or at the next boot." \
		"\`make -C patches uninstall' brings the stock ones back."
	[ ! -e "$initrd.stock" ] || echo "If it does not boot: press e in GRUB's menu, and append" \
		".stock to the line with initrd."
}

case $command in
install) install_modules "$@" ;;
uninstall)
	[ -e "$ours" ] || fail "there is nothing to take away: $ours does not exist"
	remove
	echo "Linux $kernel will load its stock modules: once no ext4 is mounted and" \
		"\`modprobe -r ext4' has run, or at the next boot."
	;;
prepare) prepare ;;
refresh) refresh ;;
*) fail "deploy.sh: no command $command" ;;
esac
