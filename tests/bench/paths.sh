#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whether iostage paths gives the same answer twice: measures from memory two times, and says for each
# path and term of its model both values, and whether their 95 % intervals overlap. The exit status is 1
# where one of them does not, or a residual is above 10 %; 3 where the machine was too noisy to tell.
#
#	paths.sh [IOSTAGE-PATHS OPTION...]
set -eu
iostage=$(dirname "$(realpath "$0")")/../../build/iostage
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

for i in 1 2; do
	"$iostage" paths --measure hot --json "$@" >"$directory/$i"
done
jq -rs '
def term($t): .model[$t] // empty;
.[0].unit as $unit | [.[].hot] as [$a, $b] |
if $a.noisy or $b.noisy then "too noisy: \($a.disturbance // $b.disturbance)\n" | halt_error(3) else . end |
[range($a.paths | length) as $i | $a.paths[$i] as $p | $b.paths[$i] as $q |
 (("alpha", "beta", "gamma") as $t | ($p | term($t)) as $x | ($q | term($t)) as $y |
  {what: "\($p.path) \($t), \($unit)", ok: ($x.low <= $y.high and $y.low <= $x.high),
   text: "\($x.value) (\($x.low) to \($x.high)), \($y.value) (\($y.low) to \($y.high))"}),
 (($p, $q) | {what: "\(.path), worst residual", ok: .model.good, text: "\(.model.worst_residual)"})] |
(.[] | "\(if .ok then "ok    " else "NOT OK" end)  \(.what): \(.text)"),
if all(.[]; .ok) then empty else "" | halt_error(1) end' "$directory/1" "$directory/2"
