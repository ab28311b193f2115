#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# iostage async, in a guest of the lab with the async modules: switches by filesystem and by
# mechanism, also under load; what other users do and may not do; what captures say; and the
# modules go and come back.
#
#	switch.sh [SECONDS]
#
# SECONDS (default 60) is how long the load takes: it must outlast a thousand turns of the
# switches.

# shellcheck source=tests/async/guest.bash
. "$(dirname "$0")/guest.bash"

seconds=${1:-60}

switches()
{
	(cd "/sys/fs/ext4/$1" && grep -H . async_*) | tr '\n' ' '
}

# count DEVICE COUNTER
count()
{
	awk -v name="$2" '$1 == name { n = $2 } END { print n + 0 }' "/proc/fs/ext4/$1/async"
}

for d in nvme0n1 vda; do
	mkfs.ext4 -q -O verity "/dev/$d"
	mkdir -p "/mnt/$d"
	mount "/dev/$d" "/mnt/$d"
	dd if=/dev/zero of="/mnt/$d/f" bs=1M count=8 status=none
	sync
done
off='async_fsync:0 async_light:0 async_poll:0 async_pool:0 async_premap:0 async_read:0 async_unmap:0 '
[[ $(switches nvme0n1) == "$off" ]]
stock=$(switches nvme0n1)
[[ $("$iostage" async status --json | jq -c '[.filesystems[] | .device, .mount, .present]') == \
	'["nvme0n1","/mnt/nvme0n1",true,"vda","/mnt/vda",true]' ]]

echo "by filesystem and mechanism"
says '^nvme0n1: read off -> on$' "$iostage" async on read pool /mnt/nvme0n1/f
[[ $(switches nvme0n1) == *"async_pool:1 async_premap:0 async_read:1"* ]]
[[ $(switches vda) == "$stock" ]]
says '^nvme0n1: read is on, as before$' "$iostage" async on read -d /dev/nvme0n1
says '^vda: light off -> on$' "$iostage" async on light -d vda
says '^vda: light has no effect: needs read, which is off$' "$iostage" async on light -d vda
says '^vda: light on -> off$' "$iostage" async off
[[ $(switches nvme0n1)$(switches vda) == "$stock$stock" ]]
fails "no mechanism 'nosuch', but read, pool, light, poll" "$iostage" async on read nosuch
fails "^iostage async: /proc is on proc; the async stack is ext4's$" "$iostage" async on /proc
[[ $(switches nvme0n1)$(switches vda) == "$stock$stock" ]]

echo "counters"
cold_reads /mnt/nvme0n1/f
[[ $(filesystem nvme0n1 '.mechanisms[0].used') == 0 ]]
"$iostage" async on /mnt/nvme0n1/ >/dev/null
cold_reads /mnt/nvme0n1/f
"$tree/build/lab/io" pread 4096 50 /mnt/nvme0n1/f
"$iostage" async status /mnt/nvme0n1/
(($(filesystem nvme0n1 '.mechanisms[] | select(.mechanism == "read") | .used') >= 90))
(($(filesystem nvme0n1 '.mechanisms[0].fallen_back | add') >= 50))
says '^poll .*' "$iostage" async status poll
says 'no effect: nvme0n1 has no queues for polling: load nvme with poll_queues' \
	"$iostage" async status poll -d nvme0n1
echo mq-deadline >/sys/block/vda/queue/scheduler
says 'no effect: vda has the I/O scheduler mq-deadline: echo none' "$iostage" async status -d vda
echo none >/sys/block/vda/queue/scheduler

echo "a driver that maps each page itself"
"$iostage" async on -d vda >/dev/null
cold_reads /mnt/vda/f
(($(count vda premap_driver) >= 90 && $(count vda premap) == 0))
# Of what was mapped before the first read had shown it, there is one for each processor.
(($(count vda unmap) <= $(nproc) + 1)) || fail "$(count vda unmap) pages mapped for nothing"
"$iostage" async off -d vda >/dev/null

echo "somebody else's change"
echo 0 >/sys/fs/ext4/nvme0n1/async_read
says '^read +off ' "$iostage" async status read -d nvme0n1
says 'no effect: needs read, which is off$' "$iostage" async status pool -d nvme0n1
says '^nvme0n1: read off -> on$' "$iostage" async on -d nvme0n1

echo "without privileges"
user=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all)
says '^read +on +[1-9]' "${user[@]}" "$iostage" async status -d nvme0n1
before=$(switches nvme0n1)
fails '^iostage async: cannot switch read of nvme0n1: Permission denied; it takes root$' \
	"${user[@]}" "$iostage" async off -d nvme0n1
[[ $(switches nvme0n1) == "$before" ]]

echo "captures"
says '^async stack: read on, pool on, light on, poll on' "$iostage" doctor /mnt/nvme0n1
cd /tmp
reads=("$tree/build/lab/io" pread 4096 200 /mnt/nvme0n1/f cold)
"$iostage" record read -o on.json -- "${reads[@]}" >/dev/null
"$iostage" async off -d nvme0n1 >/dev/null
"$iostage" record read -o off.json -- "${reads[@]}" >/dev/null
[[ $(jq -c .async on.json off.json) == '{"present":true,"on":["read","pool","light","poll"'*'
{"present":true,"on":[]}' ]]
says ' - async read,pool,light,poll' "$iostage" report on.json
says ' - async off$' "$iostage" report off.json
says '^B: on.json - .* - async read,pool,light,poll' "$iostage" compare off.json on.json

echo "under load"
under_load /mnt/nvme0n1 "$seconds"

"$iostage" async off >/dev/null
[[ $(switches nvme0n1)$(switches vda) == "$stock$stock" ]]

echo "reloaded"
before=$(used)
for ((n = 0; n < 5; n++)); do
	"$iostage" async on -d nvme0n1 >/dev/null
	cold_reads /mnt/nvme0n1/f
	umount /mnt/nvme0n1 /mnt/vda
	modprobe -r ext4 jbd2
	modprobe ext4
	for d in nvme0n1 vda; do
		mount "/dev/$d" "/mnt/$d"
		cmp -n $((1 << 20)) "/mnt/$d/f" /dev/zero
	done
	[[ $(switches nvme0n1)$(switches vda) == "$stock$stock" ]]
done
after=$(used)
((after < before + 200)) || fail "$((after - before)) objects more"

umount /mnt/nvme0n1 /mnt/vda
e2fsck -fn /dev/nvme0n1 >/dev/null 2>&1
fails '^iostage async: no ext4 is mounted' "$iostage" async status
no_complaints
echo "all of it"
