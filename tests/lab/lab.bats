#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The lab itself: what a command sees in its guest, what comes back, and how
# the ways in which a guest can fail are told apart.

bats_require_minimum_version 1.5.0

setup()
{
	lab=$BATS_TEST_DIRNAME/lab
	cache=${IOSTAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iostage}
	scratch=$BATS_TEST_TMPDIR/scratch
	mkdir "$scratch" "$BATS_TEST_TMPDIR/bin"
	cd "$BATS_TEST_TMPDIR" || return
}

# The processors that the threads of this test's QEMU may run on, a line for each such set
processors()
{
	local pid

	pid=$(pgrep -f "^qemu-system-x86_64 .*$scratch")
	sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$pid"/task/*/status | sort -u
}

# Whatever a test was about, its lab leaves nothing behind.
teardown()
{
	[ -z "$(ls -A "$scratch")" ]
	[ -z "$(pgrep -f "$scratch")" ]
}

lab()
{
	TMPDIR=$scratch "$lab" "$@"
}

has()
{
	grep -qxF -- "$1" <<<"$output" || {
		echo "no line '$1' in:"
		echo "$output"
		return 1
	}
}

check_guest()
{
	cat >check.sh <<-'END'
		echo "kernel $(uname -r)"
		echo "directory $PWD"
		echo "arguments $#: $1"
		echo "variable $LAB_TEST"
		echo "processors $(nproc)"
		echo "clock $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
		for f in vmlinux nvme nvme_core ext4 jbd2; do
			[ -s /sys/kernel/btf/$f ] && echo "btf $f"
		done
		for d in nvme0n1 vda; do
			echo "$d $(blockdev --getsize64 /dev/$d) $(cat /sys/block/$d/queue/scheduler)"
		done
		for d in /sys/kernel/tracing /sys/kernel/debug /sys/fs/bpf /sys/fs/cgroup /tmp /run; do
			echo "$d $(stat -f -c %T $d)"
		done
		modprobe -a dm_delay xfs loop null_blk && echo "modules loaded"
		mkfs.ext4 -q /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && echo "filesystem mounted"
		touch "$LAB_TREE/new" 2>/dev/null || echo "tree read-only"
		touch /usr/new && echo "root writable"
		mkdir "$LAB_OUT/sub" && echo "a file" >"$LAB_OUT/sub/file"
		sleep 1000 &
		echo problem >&2
		exit 42
	END
	LAB_TREE=$BATS_TEST_DIRNAME LAB_TEST="a  b" run --separate-stderr \
		lab --kernel "$1" --disk-size 512 --out results -- sh check.sh "an argument"
	[ "$status" -eq 42 ]
	[[ ${lines[0]} == "kernel $1."* ]]
	# shellcheck disable=SC2154 # set by run
	[ "${stderr##*$'\n'}" = problem ]
	[ "$(cat results/sub/file)" = "a file" ]
	[ ! -e /usr/new ]
	has "directory $BATS_TEST_TMPDIR"
	has "arguments 1: an argument"
	has "variable a  b"
	has "processors 2"
	[[ $output != *"clock hpet"* ]]
	for f in vmlinux nvme nvme_core ext4 jbd2; do
		has "btf $f"
	done
	has "nvme0n1 536870912 [none] mq-deadline "
	has "vda 536870912 [none] mq-deadline "
	has "/sys/kernel/tracing tracefs"
	has "/sys/kernel/debug debugfs"
	has "/sys/fs/bpf bpf_fs"
	has "/sys/fs/cgroup cgroup2fs"
	has "/tmp tmpfs"
	has "/run tmpfs"
	has "modules loaded"
	has "filesystem mounted"
	has "tree read-only"
	has "root writable"
}

check_vanilla()
{
	cat >vanilla.sh <<-'END'
		for m in nvme nvme_core ext4 jbd2; do
			modinfo -n $m
			[ -s /sys/kernel/btf/$m ] && echo "btf $m"
		done
		mkfs.ext4 -q /dev/nvme0n1 && mount /dev/nvme0n1 /mnt &&
			dd if=/dev/zero of=/mnt/file bs=4k count=100 oflag=dsync status=none &&
			umount /mnt && fsck.ext4 -fn /dev/nvme0n1 >/dev/null && echo "filesystem works"
		[ -n "$(cat /sys/module/nvme/parameters/latency)" ] || echo "no model"
	END
	run --separate-stderr lab --kernel "$1" --modules vanilla -- sh vanilla.sh
	[ "$status" -eq 0 ]
	for m in nvme nvme-core ext4 jbd2; do
		grep -q "/updates/$m.ko$" <<<"$output"
	done
	for m in nvme nvme_core ext4 jbd2; do
		has "btf $m"
	done
	has "filesystem works"
	has "no model"
}

# at WORD N: the N-th number of the line that begins with WORD
at()
{
	grep "^$1 " <<<"$output" | cut -d' ' -f$(($2 + 1))
}

# within N A B: do they differ by at most N?
within()
{
	local difference=$(($2 - $3))

	echo "$2 - $3 = $difference"
	[ ${difference#-} -le "$1" ]
}

@test "a command's output, files and status come back from Linux 6.1" {
	check_guest 6.1
}

@test "a command's output, files and status come back from Linux 6.12" {
	check_guest 6.12
}

@test "modules built from Debian's sources work on Linux 6.1" {
	check_vanilla 6.1
}

@test "modules built from Debian's sources work on Linux 6.12" {
	check_vanilla 6.12
}

@test "modules are built once" {
	printf '#!/bin/sh\necho "make again" >&2\nexit 1\n' >bin/make
	chmod +x bin/make
	PATH=$PWD/bin:$PATH run --separate-stderr lab --modules vanilla -- true
	[ "$status" -eq 0 ]
	[[ $stderr != *building* ]]
}

@test "a further patch is built in, and one that does not apply is refused" {
	patch=$BATS_TEST_DIRNAME/burn.patch
	run --separate-stderr lab --modules vanilla --patch "$patch" -- \
		cat /sys/module/nvme/parameters/burn
	[ "$status" -eq 0 ]
	[ "$output" = 100 ]
	printf '%s\n' '--- a/fs/ext4/inode.c' '+++ b/fs/ext4/inode.c' '@@ -1 +1 @@' '-nowhere' '+new' >bad
	run --separate-stderr lab --modules vanilla --patch "$patch" --patch bad -- true
	[ "$status" -eq 2 ]
	[[ $stderr == *"lab: the patches do not apply to 6.1."*"fs/ext4/inode.c"* ]]
}

@test "instructions are counted, and a device is as slow as it is told to be" {
	cat >count.sh <<-'END'
		grep -o 'iostage.clock=.*' /proc/cmdline
		cat /sys/block/nvme0n1/queue/write_cache
		io=$1/build/lab/io
		mkfs.ext4 -q /dev/nvme0n1
		mount /dev/nvme0n1 /mnt
		dd if=/dev/zero of=/mnt/file bs=1M count=4 conv=fsync status=none
		for latency in 16000 116000; do
			echo $latency,$latency,0 >/sys/module/nvme/parameters/latency
			echo "$latency $($io pread 4096 300 /mnt/file direct times)"
		done
		umount /mnt
		# Completions that are due early pass those that are due late.
		echo 16000,300000,0 >/sys/module/nvme/parameters/latency
		fio --name=mix --filename=/dev/nvme0n1 --size=16M --rw=randrw --direct=1 \
			--ioengine=io_uring --iodepth=4 --number_ios=600 \
			--clocksource=clock_gettime --output-format=json --output=/tmp/mix
		jq -r '.jobs[0] | "mix \(.read.lat_ns.min) " +
			"\(.read.clat_ns.percentile["50.000000"]) \(.write.lat_ns.min)"' /tmp/mix
		# The same without interrupts. A device that is late stops no clock, nor turns it on.
		modprobe -r nvme
		modprobe nvme latency=16000,300000,0 latency_wait_port=$((0x505)) poll_queues=1
		until [ -b /dev/nvme0n1 ]; do sleep 0.01; done
		for load in randrw:4 randread:1; do
			fio --name=polled --filename=/dev/nvme0n1 --size=16M --rw=${load%:*} --direct=1 \
				--ioengine=io_uring --iodepth=${load#*:} --hipri=1 --number_ios=600 \
				--clocksource=clock_gettime --output-format=json --output=/tmp/polled
			jq -r --arg load ${load%:*} '.jobs[0] | "\($load) \(.read.lat_ns.min) " +
				"\(.read.lat_ns.mean | floor) \(.write.lat_ns.min)"' /tmp/polled
		done
	END
	run --separate-stderr lab --modules vanilla --clock insn --device optane -- \
		sh count.sh "$BATS_TEST_DIRNAME/../.."
	[ "$status" -eq 0 ]
	echo "$output"
	has "iostage.clock=insn"
	has "write through"
	within 16 $(($(at 16000 2) + 100000)) "$(at 116000 2)"
	# fio's lat begins where it begins to submit, its clat once the batch has been submitted
	[ "$(at mix 1)" -ge 16000 ]
	[ "$(at mix 2)" -lt 150000 ]
	[ "$(at mix 3)" -ge 300000 ]
	[ "$(at randrw 1)" -ge 16000 ]
	[ "$(at randrw 3)" -ge 300000 ]
	[ "$(at randread 1)" -ge 16000 ]
	[ "$(at randread 2)" -lt 30000 ]
	# Another boot counts the same.
	first=$output
	run --separate-stderr lab --modules vanilla --clock insn --device optane -- \
		sh count.sh "$BATS_TEST_DIRNAME/../.."
	within 16 "$(output=$first at 16000 2)" "$(at 16000 2)"
	within 16 "$(output=$first at 116000 2)" "$(at 116000 2)"
}

@test "DMA is mapped, lazily or strictly" {
	for mode in lazy:DMA-FQ strict:DMA; do
		# shellcheck disable=SC2016 # expanded in the guest
		run --separate-stderr lab --iommu ${mode%:*} --modules vanilla --clock insn \
			--device zssd -- sh -c 'dd if=/dev/nvme0n1 of=/dev/null count=1 status=none &&
				cat /sys/block/nvme0n1/device/device/iommu_group/type
				cat /sys/block/nvme0n1/queue/write_cache'
		[ "$status" -eq 0 ]
		has "${mode#*:}"
		has "write back"
	done
}

@test "two labs at once do not disturb each other" {
	# shellcheck disable=SC2016 # expanded in the guest
	work='echo $0 >$LAB_OUT/name; dd if=/dev/zero of=/dev/nvme0n1 bs=1M count=64 status=none
		cat $LAB_OUT/name; exit $1'
	lab --out one -- sh -c "$work" one 11 >one.txt 3>&- &
	run lab --out two -- sh -c "$work" two 22
	[ "$status" -eq 22 ]
	[ "$output" = two ]
	wait $! || status=$?
	[ "$status" -eq 11 ]
	[ "$(cat one.txt)" = one ]
	[ "$(cat one/name two/name)" = $'one\ntwo' ]
}

@test "without the archive a cached kernel is used, and its panic is reported" {
	# A cache with nothing but what looks like an older kernel.
	mkdir old
	ln -s "$cache"/linux-image-6.1[.+]* old/linux-image-6.1.0-1-amd64_6.1.1-1
	cp "$cache"/kvm-* old || true
	printf '#!/bin/sh\nexit 100\n' >bin/apt-get
	chmod +x bin/apt-get
	# shellcheck disable=SC2016 # expanded in the guest
	PATH=$PWD/bin:$PATH IOSTAGE_CACHE=old run --separate-stderr \
		lab --out results -- sh -c 'echo x >$LAB_OUT/x; echo c >/proc/sysrq-trigger'
	echo "$stderr"
	[ "$status" -eq 125 ]
	[ -s results/x ]
	[[ $stderr == *"using linux-image-6.1.0-1-amd64_6.1.1-1 of the cache"* ]]
	[[ $stderr == *"lab: the guest panicked: Kernel panic - not syncing: sysrq triggered crash"* ]]
	[[ $stderr == *"lab| "*"Kernel panic - not syncing: sysrq triggered crash"*"sysrq_handle_crash"* ]]
}

@test "a guest without memory is reported" {
	run --separate-stderr lab --memory 320 -- tail /dev/zero
	[ "$status" -eq 125 ]
	[[ $stderr == *"lab: the guest ran out of memory; "*"lab| "* ]]
}

@test "a guest that takes too long is reported" {
	run --separate-stderr lab --timeout 1 -- sleep 1000
	[ "$status" -eq 125 ]
	[[ $stderr == *"lab: no end after 1 s, "* ]]
}

@test "a guest that hangs while its device is modelled is reported" {
	run --separate-stderr lab --modules vanilla --clock insn --device sata --timeout 20 -- \
		sh -c 'while :; do :; done'
	[ "$status" -eq 125 ]
	[[ $stderr == *"lab: no end after 20 s, "*"lab| "* ]]
}

@test "output is passed on at once, QEMU has one processor, and a signal ends the guest" {
	local reader

	mkfifo output
	TMPDIR=$scratch "$lab" --timeout 120 -- sh -c 'echo running; exec sleep 1000' >output 3>&- &
	# It stays open: the lab ends, too, once nobody can read.
	exec {reader}<output
	read -r line <&"$reader"
	[ "$line" = running ]
	run processors
	[[ $output =~ ^[0-9]+$ ]]
	kill -TERM $!
	wait $! || status=$?
	[ "$status" -eq 143 ]
}

@test "the guest ends when nobody reads its output" {
	lab --timeout 120 -- yes | head -n 1
	[ "${PIPESTATUS[0]}" -eq 141 ]
}

@test "QEMU's own complaints are passed on" {
	run --separate-stderr lab --smp 1000 -- true
	[ "$status" -eq 125 ]
	[[ $stderr == *"lab: QEMU failed with status 1: "*"Invalid SMP CPUs 1000"* ]]
}

@test "bad usage is refused" {
	echo "+++ b/file" >whole.patch
	: >empty
	printf '%s\n' '--- a/fs/ext4/file.c' '+++ b/fs/ext4/file.c' '--- a/include/linux/fs.h' \
		'+++ b/include/linux/fs.h' >header.patch
	while read -r complaint arguments; do
		# shellcheck disable=SC2086
		run --separate-stderr lab $arguments
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ ${stderr//\'/} == "lab: "*"${complaint//_/ }"* ]]
	done <<-'END'
		no_command
		no_command --smp 1 --
		comes_after_-- true
		unknown_option_--frob --frob -- true
		needs_a_value --kernel
		--kernel_can_be:_6.1_6.12 --kernel 5.10 -- true
		--kernel:_there_is_no_kernel_in_./none --kernel ./none -- true
		--modules_can_be:_stock_vanilla --modules other -- true
		--patch_needs_--modules_vanilla --patch whole.patch -- true
		--patch_cannot_read --modules vanilla --patch missing.patch -- true
		--patch_cannot_change_include/linux/fs.h:_what_is_built_is_fs/jbd2 --modules vanilla --patch header.patch -- true
		--patch_needs_a_unified_diff --modules vanilla --patch empty -- true
		--clock_can_be:_real_insn --clock other -- true
		--device_can_be:_none_optane_zssd_sata --device other -- true
		--iommu_can_be:_off_lazy_strict --iommu other -- true
		--device_optane_needs_--modules_vanilla --device optane --clock insn -- true
		--device_optane_needs_--clock_insn --device optane --modules vanilla -- true
		--clock_insn_counts_for_one_processor --clock insn --smp 2 -- true
		--smp_needs_a_whole_number --smp 0 -- true
		--memory_needs_a_whole_number --memory 2G -- true
		--timeout_needs_a_whole_number --timeout -1 -- true
	END
}

@test "help names every option" {
	run --separate-stderr lab --help
	[ "$status" -eq 0 ]
	for option in kernel modules patch clock device iommu smp memory disk-size timeout out; do
		[[ $output == *"  --$option "* ]]
	done
}

@test "missing tools are named by their packages" {
	for tool in bash sed grep apt-get xz zstd; do
		ln -s "$(command -v "$tool")" bin
	done
	run --separate-stderr env PATH="$PWD/bin" "$lab" -- true
	[ "$status" -eq 125 ]
	[ "$stderr" = "lab: missing tools; please install: qemu-system-x86 busybox-static cpio" ]
}
