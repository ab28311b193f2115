#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The gate: a short workload in the lab, with the instruction clock, judged by iostage check
# against the baseline in results/gate-KERNEL. The options are the lab's, as --patch FILE.
#
#	gate.sh KERNEL [OPTION...]
#	gate.sh --renew KERNEL [OPTION...]	make the baseline instead
#
# BASELINE is a directory to judge by instead, CAPTURES one that is made and keeps what was recorded,
# as for iostage check --format junit. The exit status is that of iostage check: 0 pass,
# 1 regression, 2 error, 3 where it cannot be said, as when the baseline is of another kernel
# package; 125 where the lab failed.
set -eu
here=$(dirname "$(realpath "$0")")
names="read append"

if [ -n "${LAB_OUT:-}" ]; then
	# shellcheck source=tests/lab/workloads.sh
	. "$here/workloads.sh"
	uname -rv >"$LAB_OUT/kernel"
	# another kernel than the baseline's: what it takes would say nothing
	[ -z "$1" ] || [ "$1" = "$(uname -rv)" ] || exit 3
	for name in $names; do
		fresh
		record "$name" 300
	done
	exit
fi

renew=
[ "${1:-}" != --renew ] || { renew=yes; shift; }
case ${1:-} in
6.1 | 6.12) kernel=$1 && shift ;;
*) sed -n 's/^#\t/usage: /p' "$0" >&2 && exit 2 ;;
esac
baseline=${BASELINE:-$here/../../results/gate-$kernel}
expected=
if [ ! "$renew" ]; then
	if [ ! -e "$baseline/kernel" ]; then
		echo "gate.sh: there is no baseline in $baseline; make one with: $0 --renew $kernel" >&2
		exit 2
	fi
	expected=$(<"$baseline/kernel")
fi
directory=${CAPTURES:-}
if [ -z "$directory" ]; then
	directory=$(mktemp -d)
	trap 'rm -rf "$directory"' EXIT
fi
measured=0
"$here/lab" --kernel "$kernel" --modules vanilla "$@" --clock insn --device zssd --timeout 1200 \
	--out "$directory" -- "$here/gate.sh" "$expected" || measured=$?
if [ "$measured" -eq 3 ]; then
	echo "gate.sh: not comparable: the baseline is of $expected, but the archive has" \
		"$(<"$directory/kernel"); renew it with: make baseline" >&2
fi
[ "$measured" -eq 0 ] || exit "$measured"

if [ "$renew" ]; then
	mkdir -p "$baseline"
	cp "$directory/kernel" "$baseline"
	for name in $names; do
		# Single operations are not judged, and are most of a capture.
		jq '.samples = []' "$directory/$name.json" >"$baseline/$name.json"
	done
	exit
fi
worst=0
for name in $names; do
	"$here/../../build/iostage" check --baseline "$baseline/$name.json" -- \
		"$directory/$name.json" || { status=$?; ((worst == 1)) || worst=$status; }
done
exit "$worst"
