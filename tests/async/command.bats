#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage async, and the installation of the modules, on both kernels.

bats_require_minimum_version 1.5.0

lab=$BATS_TEST_DIRNAME/../lab/lab
tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# on KERNEL MODULES SCRIPT [ARGUMENT...]: the script says at its end that it came so far
on()
{
	run "$lab" --timeout 1800 --kernel "$1" --modules "$2" -- "$BATS_TEST_DIRNAME/$3" "${@:4}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "all of it" ]
}

# modules KERNEL: makes them for the lab's kernel, with the lab's headers and sources; sets out
modules()
{
	local cache=${IOSTAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iostage} image release

	"$lab" --kernel "$1" --modules async -- true
	image=$(find "$cache" -maxdepth 1 -name "linux-image-$1[.+]*_*" | sort -V | tail -n 1)
	release=$(ls "$image/lib/modules")
	out=$tree/build/modules-$release
	make -C "$tree/patches" -j "$(nproc)" KERNEL="$release" SOURCE="$image/source" \
		HEADERS="$image/headers/src/linux-headers-$release" BTF="$image/vmlinux"
}

@test "switches on Linux 6.1" {
	on 6.1 async switch.sh
}

@test "switches on Linux 6.12" {
	on 6.12 async switch.sh
}

@test "installed and uninstalled on Linux 6.1" {
	modules 6.1
	on 6.1 stock deploy.sh "$out"
}

@test "installed and uninstalled on Linux 6.12" {
	modules 6.12
	on 6.12 stock deploy.sh "$out"
}
