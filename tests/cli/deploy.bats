#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make -C patches install: what is put where, and what is refused, with made-up modules, and
# below a DESTDIR. tests/async does it for real, in the lab.

# shellcheck disable=SC2154 # run --separate-stderr sets $stderr
bats_require_minimum_version 1.5.0

KERNEL=6.1.0-0-test

setup()
{
	PATCHES=$BATS_TEST_DIRNAME/../../patches
	PATH=$BATS_TEST_TMPDIR/bin:$PATH:/usr/sbin:/sbin
	ROOT=$BATS_TEST_TMPDIR/root
	OUT=$BATS_TEST_TMPDIR/out
	mkdir "$BATS_TEST_TMPDIR/bin"
	for m in fs/ext4/ext4 fs/jbd2/jbd2 drivers/nvme/host/nvme drivers/nvme/host/nvme-core; do
		module "$OUT/tree/$m.ko" new
		cp "$OUT/tree/$m.ko" "$OUT"
	done
}

# module FILE VERSION
module()
{
	mkdir -p "${1%/*}"
	echo "const char version[] __attribute__((section(\".modinfo\"))) = \"version=$2\";" |
		gcc -xc -c - -o "$1"
}

# A system with a kernel, whose ext4 is its own.
kernel()
{
	local modules=$ROOT/lib/modules/$KERNEL

	module "$modules/kernel/fs/ext4/ext4.ko" stock
	module "$modules/kernel/fs/jbd2/jbd2.ko" stock
	printf '%s\n' kernel/fs/ext4/ext4.ko kernel/fs/jbd2/jbd2.ko >"$modules/modules.order"
	touch "$modules/modules.builtin" "$modules/modules.builtin.modinfo"
	depmod -b "$ROOT" "$KERNEL"
}

# stub COMMAND LINE...: a command of that name, with these lines
stub()
{
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$BATS_TEST_TMPDIR/bin/$1"
	chmod +x "$BATS_TEST_TMPDIR/bin/$1"
}

to()
{
	make -s -C "$PATCHES" "$1" KERNEL="$KERNEL" OUT="$OUT" "${@:2}"
}

version()
{
	modinfo -b "$ROOT" -k "$KERNEL" -F version "$1"
}

list()
{
	(cd "$ROOT" && find . ! -name 'modules.*' -print0 | sort -z | xargs -0 ls -dl --time-style=+)
}

@test "what the patches change comes before the kernel's own, and goes again without a trace" {
	kernel
	before=$(list)
	[ "$(version ext4)" = stock ]
	run -0 to install DESTDIR="$ROOT"
	[[ $output == *"will load its nvme-core nvme ext4 jbd2 from $ROOT/lib/modules/$KERNEL/updates/iostage"* ]]
	[ "$(version ext4)" = new ]
	[ "$(version jbd2)" = new ]
	[ "$(cd "$ROOT/lib/modules/$KERNEL/updates/iostage" && echo *)" = \
		"ext4.ko jbd2.ko nvme-core.ko nvme.ko" ]
	run -0 to install DESTDIR="$ROOT"
	run -0 to uninstall DESTDIR="$ROOT"
	[ "$(version ext4)" = stock ]
	[ "$(list)" = "$before" ]
	run -2 to uninstall DESTDIR="$ROOT"
	[[ $output == *"there is nothing to take away: "* ]]
}

@test "somebody else's updates stay" {
	kernel
	module "$ROOT/lib/modules/$KERNEL/updates/dkms/other.ko" other
	depmod -b "$ROOT" "$KERNEL"
	before=$(list)
	run -0 to install DESTDIR="$ROOT"
	run -0 to uninstall DESTDIR="$ROOT"
	[ "$(list)" = "$before" ]
	[ "$(version other)" = other ]
}

@test "a package's root gets the modules and nothing else" {
	run -0 to install DESTDIR="$ROOT"
	[ "$(cd "$ROOT" && find . -type f -printf '%f\n' | sort | xargs)" = \
		"ext4.ko jbd2.ko nvme-core.ko nvme.ko" ]
}

@test "a series that changes fewer modules installs no others" {
	echo '+++ b/fs/ext4/file.c' >"$BATS_TEST_TMPDIR/p"
	run -0 to install DESTDIR="$ROOT" PATCHES="$BATS_TEST_TMPDIR/p"
	[ "$(cd "$ROOT/lib/modules/$KERNEL/updates/iostage" && echo *)" = ext4.ko ]
}

@test "no modules, no patches" {
	run -2 to install DESTDIR="$ROOT" OUT="$BATS_TEST_TMPDIR/nothing"
	[[ $output == *"no modules for Linux $KERNEL in $BATS_TEST_TMPDIR/nothing; run make -C"* ]]
	run -2 make -s -C "$PATCHES" install KERNEL=5.10.0-1-amd64 OUT="$OUT" DESTDIR="$ROOT"
	[[ $output == *"there are no patches for Linux 5.10, only for 6.1 6.12"* ]]
	run -2 make -s -C "$PATCHES" KERNEL=5.10.0-1-amd64 OUT="$OUT"
	[[ $output == *"there are no patches for Linux 5.10, only for 6.1 6.12"* ]]
	[ ! -e "$ROOT" ]
}

@test "where / is ext4 it takes FORCE=1" {
	for type in ext4 ext3 ext2; do
		stub findmnt "echo $type"
		run -1 "$PATCHES/deploy.sh" prepare "$KERNEL"
		[[ $output == "/ is ext4: "*"FORCE=1"*"$KERNEL.stock"*GRUB* ]]
		FORCE=1 run -0 "$PATCHES/deploy.sh" prepare "$KERNEL"
		DESTDIR=$ROOT run -0 "$PATCHES/deploy.sh" prepare "$KERNEL"
	done
	stub findmnt "echo xfs"
	run -0 "$PATCHES/deploy.sh" prepare "$KERNEL"
}

# versions IMAGE HEADERS SOURCE: as dpkg has them
versions()
{
	# shellcheck disable=SC2016
	stub dpkg-query 'for p; do :; done' 'case $p in' \
		"linux-image-$KERNEL) echo $1 ;;" "linux-headers-$KERNEL) echo $2 ;;" \
		"linux-source-6.1) echo $3 ;;" 'esac'
}

@test "sources and headers have to be the kernel's own" {
	make=(make -s -C "$PATCHES" KERNEL="$KERNEL" OUT="$BATS_TEST_TMPDIR/new")
	versions '' 'installed 6.1.1-1' 'installed 6.1.1-1'
	run -2 "${make[@]}"
	[[ $output == *"Linux $KERNEL is no installed package"* ]]
	versions 'installed 6.1.1-2' 'installed 6.1.1-2' 'installed 6.1.1-1'
	run -2 "${make[@]}"
	[[ $output == *"is version 6.1.1-2, linux-source-6.1 is 6.1.1-1: apt-get install linux-source-6.1=6.1.1-2"* ]]
	versions 'installed 6.1.1-2' 'installed 6.1.1-1' 'installed 6.1.1-2'
	run -2 "${make[@]}"
	[[ $output == *"linux-headers-$KERNEL is 6.1.1-1: "* ]]
	versions 'installed 6.1.1-2' 'installed 6.1.1-2' 'config-files 6.1.1-2'
	run -2 "${make[@]}"
	[[ $output == *"linux-source-6.1 is not installed: "* ]]
	[ ! -e "$BATS_TEST_TMPDIR/new" ]
}

@test "dkms.conf names the modules that the patches change" {
	kernelver='' kernel_source_dir=''
	# shellcheck source=patches/dkms.conf
	. "$PATCHES/dkms.conf"
	for series in "$PATCHES"/[0-9]*/; do
		rm -rf "$ROOT"
		run -0 to install DESTDIR="$ROOT" PATCHES="$(echo "$series"*.patch)"
		run -0 basename -a -s .ko "$ROOT/lib/modules/$KERNEL/updates/iostage"/*
		# shellcheck disable=SC2153 # dkms.conf has it
		[ "$(sort <<<"$output")" = "$(printf '%s\n' "${BUILT_MODULE_NAME[@]}" | sort)" ]
	done
}
