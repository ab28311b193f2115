#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab's guest: workloads.sh's workloads, without a tracer and recorded. The first
# leaves what io.c prints in $LAB_OUT/NAME.times, the second a capture in $LAB_OUT/NAME.json.
#
#	measure.sh COUNT NAME...
set -eu
here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/lab/workloads.sh
. "$here/workloads.sh"
count=$1
shift

for name; do
	fresh
	workload "$name" "$count" >"$LAB_OUT/$name.times"
	fresh
	record "$name" "$count"
done
