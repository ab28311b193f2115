#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the checker in a guest of the lab, on a new filesystem with all of the async switches on.
#
#	check.sh UNGUARDED DELAY SECONDS SEED [OPERATION...]
#
# UNGUARDED and DELAY are for the modules' parameters of these names, see unguarded.patch, or 0
# where they are not these modules.
set -e

# shellcheck source=tests/async/all_on.sh
. "$(dirname "$0")/all_on.sh"

unguarded=$1 delay=$2
shift 2
parameters=/sys/module/ext4/parameters

mount_all_on
if [ -e $parameters/unguarded ]; then
	echo "$unguarded" >$parameters/unguarded
	echo "$delay" >$parameters/delay_us
fi
status=0
"$(dirname "$0")"/../../build/lab/checker /mnt "$@" >/run/checked || status=$?
cat /run/checked
# The kernel says why it lets a direct read fail.
if grep -q '^collided [1-9]' /run/checked && ! dmesg | grep -q 'Direct I/O collision'; then
	status=2
fi
umount_all_on
exit $status
