#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the async stack costs where all of it is switched off: each stage of reads, direct reads,
# overwrites and appends with their fsyncs, against the vanilla modules. The exit status is that of
# iostage check: 1 if one is more than 0.5 % and 16 instructions above.
#
#	off.sh >results/experiments/off.md
set -eu -o pipefail
# shellcheck source=tests/experiments/common.sh
. "$(dirname "$0")/common.sh"
names="read direct overwrite append"

if in_guest; then
	# shellcheck source=tests/lab/workloads.sh
	. tests/lab/workloads.sh
	for name in $names; do
		fresh
		record "$name" 2000
	done
	exit
fi

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
for modules in vanilla async; do
	mkdir "$directory/$modules"
	guest "$modules" --clock insn --device zssd --out "$directory/$modules" -- recorded
done

header "Everything off"
cat <<'END'
A is the vanilla modules, B the async ones with all mechanisms off; 2,000 operations of 4 KiB each, on
the model of a drive with a write cache. Guards stay in place when everything is off.
END
worst=0
for name in $names; do
	printf '\n## %s\n\n' "$name"
	env -C "$directory" "$PWD/$iostage" check -t 'p50=0.5%' -t 'trimmed=0.5%' -t 'floor=16' \
		--format markdown --baseline "vanilla/$name.json" -- "async/$name.json" || {
		status=$?
		((worst == 1)) || worst=$status
	}
done
exit "$worst"
