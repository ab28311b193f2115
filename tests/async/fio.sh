#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# fio writes and verifies in a guest of the lab with all of the async switches on, with more data
# than its cgroup has memory for: buffered, direct, by io_uring and by mmap.
#
#	fio.sh SECONDS
set -e

# shellcheck source=tests/async/all_on.sh
. "$(dirname "$0")/all_on.sh"

mount_all_on
echo 64M >/sys/fs/cgroup/test/memory.max
status=0
fio --directory=/mnt --size=64M --runtime="$1" --time_based --output-format=json \
	--rw=randrw --bsrange=4k-128k --fadvise_hint=random --fsync=32 \
	--verify=crc32c --verify_backlog=64 --verify_fatal=1 --verify_state_save=0 --randrepeat=0 \
	--name=buffered --numjobs=2 --name=direct --direct=1 --name=uring --ioengine=io_uring \
	--name=mmap --ioengine=mmap --bsrange=4k-64k >/run/fio.json || status=$?
jq -r '.jobs[] | "\(.jobname): \(.read.total_ios) reads, \(.write.total_ios) writes, error \(.error)"' \
	/run/fio.json
umount_all_on
exit $status
