#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What the lab's guest runs as process 1, twice: from the initramfs, where it
# builds the root that COMMAND will see, and again on that root ("run"), where
# it starts COMMAND. It is busybox's shell both times, so that it needs nothing
# of the host's but bash for COMMAND itself.

fail()
{
	echo "lab: $*" >&2
	reboot -f
}

if [ "$1" != run ]; then
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	for m in /modules/*; do
		[ -e "$m" ] || continue # all of them are part of the kernel
		insmod "$m" || fail "cannot load $m"
	done
	# An accelerator has proved itself once the guest has come this far.
	case $(cat /proc/cmdline) in
	*lab.probe*) echo "lab: guest is up"; reboot -f ;;
	esac

	p9=trans=virtio,version=9p2000.L,msize=262144
	mount -t 9p -o "ro,cache=loose,$p9" host /host || fail "cannot mount the host's root"
	mount -t tmpfs changes /changes
	mkdir /changes/upper /changes/work
	# Writable, so that nothing in the guest trips over a read-only root;
	# what is written stays in the guest's memory and ends with it.
	mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work root /root ||
		fail "cannot lay a writable root over the host's"
	for d in proc sys dev tmp var/tmp run; do
		mkdir -p "/root/$d"
	done
	mount -t tmpfs tmp /root/tmp
	mount -t tmpfs tmp /root/var/tmp
	mount -t tmpfs run /root/run
	chmod 1777 /root/tmp /root/var/tmp
	mkdir /root/run/lab
	mount -t 9p -o "cache=none,$p9" share /root/run/lab || fail "cannot mount the share"
	# Where the lab says which directories of the host's go where.
	modules='' tree='' cwd='' device=''
	# shellcheck source=/dev/null
	. /root/run/lab/settings

	release=$(uname -r)
	mkdir -p "/root/lib/modules/$release"
	mount -o bind "/host$modules" "/root/lib/modules/$release" || fail "cannot mount $modules"
	# Straight from the host and without the overlay: a write to the
	# working tree fails, rather than seeming to succeed and being lost.
	for d in "$tree" "$cwd"; do
		[ -n "$d" ] || continue
		mkdir -p "/root$d"
		mount -o bind "/host$d" "/root$d" || fail "cannot mount $d"
	done

	echo "$device" >/root/run/device
	mkdir /root/run/busybox
	cp /bin/busybox /init /root/run/busybox
	for d in proc sys dev; do
		mount -o move "/$d" "/root/$d"
	done
	exec switch_root /root /run/busybox/busybox sh /run/busybox/init run
fi

# Busybox first: starting one of the host's own programs takes longer.
PATH=/run/busybox:/usr/sbin:/usr/bin:/sbin:/bin
# There is no udev, and libdevmapper would leave the device nodes to it.
DM_DISABLE_UDEV=1
export PATH DM_DISABLE_UDEV
/run/busybox/busybox --install -s /run/busybox
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
ip link set lo up
hostname lab
echo 0 >/proc/sys/kernel/kptr_restrict
echo -1 >/proc/sys/kernel/perf_event_paranoid
# A guest without memory is a failure of the lab, not of COMMAND.
echo 1 >/proc/sys/vm/panic_on_oom
ulimit -l unlimited
umask 022

modprobe=/sbin/modprobe
if [ ! -x $modprobe ]; then
	modprobe=/run/busybox/modprobe
	echo $modprobe >/proc/sys/kernel/modprobe
fi
$modprobe -a virtio_blk nvme ext4 || fail "cannot load the drivers"
n=0
until [ -b /dev/nvme0n1 ] && [ -b /dev/vda ]; do
	n=$((n + 1))
	[ "$n" -lt 1000 ] || fail "the disks have not appeared"
	usleep 10000
done
for q in /sys/block/*/queue/scheduler; do
	echo none >"$q"
done
# Optane has no volatile write cache.
[ "$(cat /run/device)" != optane ] || echo "write through" >/sys/block/nvme0n1/queue/write_cache

# COMMAND writes to pipes, as it may expect of its output, and the share keeps
# what has come through them even if the guest dies the next moment.
mkfifo /run/stdout /run/stderr
dd bs=64k </run/stdout >>/run/lab/stdout &
out=$!
dd bs=64k </run/stderr >>/run/lab/stderr &
err=$!
: >/run/lab/started
setsid bash /run/lab/command
status=$?
# Whatever COMMAND left behind would keep the pipes open for ever.
for p in /proc/[0-9]*; do
	p=${p#/proc/}
	case $p in
	1 | "$out" | "$err") ;;
	*) readlink "/proc/$p/exe" >/dev/null && kill -9 "$p" ;;
	esac
done
wait "$out" "$err"
echo "$status" >/run/lab/status
reboot -f
