#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds a kernel that looks for mistakes of its own (KASAN, lockdep, DMA-API debugging; see
# debug.config), from Debian's linux-source package, and prints where it is: a directory for
# tests/lab/lab --kernel, which builds the async modules for it.
#
#	debug_kernel.sh LINE
#
# LINE is that of the kernel and its package, as 6.1. It takes long, once for each version of the
# package and content of debug.config and of this script; ended early, it goes on from there the next
# time. It is kept where the lab keeps its kernels: see tests/lab/lab.
set -eu -o pipefail

line=$1
here=$(dirname "$(realpath "$0")")
package=linux-source-$line
cache=${IOSTAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iostage}

version=$(apt-cache policy "$package" | awk '$1 == "Candidate:" { print $2 }')
[ "$version" ] || {
	echo "$0: apt has no package $package" >&2
	exit 1
}
packages=(bc bison flex libelf-dev libssl-dev)
dpkg -s "${packages[@]}" >/dev/null 2>&1 || {
	echo "$0: a kernel's build needs: apt-get install ${packages[*]}" >&2
	exit 1
}
key=$(cat "$here/debug.config" "$0" | sha256sum)
image=$cache/debug-${line}_$version-${key:0:16}
if [ -e "$image/vmlinux" ]; then
	echo "$image"
	exit
fi
mkdir -p "$image"
exec {lock}>"$image/lock"
flock $lock
# The lab looks for sources and headers here.
source=$image/source
build=$image/build

unpack()
{
	rm -rf "$source.new" "$image/package"
	mkdir -p "$image/package" "$source.new"
	(cd "$image/package" && apt-get -qq download "$package=$version")
	dpkg-deb --fsys-tarfile "$image/package"/*.deb | tar -xO "./usr/src/$package.tar.xz" |
		tar -C "$source.new" --strip-components=1 -xJ
	rm -rf "$image/package"
	# 9p over virtio does not need it, and it would be most of the network.
	sed -i 's/depends on INET && NET_9P$/depends on NET_9P/' "$source.new/fs/9p/Kconfig"
	# QEMU enters a vmlinux where KASAN has no shadow yet.
	echo 'KASAN_SANITIZE := n' >>"$source.new/arch/x86/platform/pvh/Makefile"
	echo 'KASAN_SANITIZE_string.o := n' >>"$source.new/lib/Makefile"
	mv "$source.new" "$source"
}

echo "building a Linux $version that looks for its mistakes (once; it takes long)" >&2
{
	[ -e "$source" ] || unpack
	mkdir -p "$build" "$image/headers/src"
	make=(make -s -C "$source" O="$build" -j "$(nproc)")
	"${make[@]}" KCONFIG_ALLCONFIG="$here/debug.config" allnoconfig
	"${make[@]}" all
	"${make[@]}" INSTALL_MOD_PATH="$image" modules_install
	ln -sfn ../../build "$image/headers/src/linux-headers-$(ls "$image/lib/modules")"
	mv "$build/vmlinux" "$image/vmlinux"
} >&2
echo "$image"
