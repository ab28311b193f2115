# SPDX-License-Identifier: GPL-2.0-only
# A table: passthrough against the block path that has the same features.
def each($all; $path; $depth): first($all.cold.paths[] | select(.path == $path and .depth == $depth)) |
	.elapsed_per_read.value // null;
[["plain", "io_uring, direct", "passthrough"],
 ["registered", "io_uring, registered", "passthrough, registered"],
 ["polled", "io_uring, IOPOLL", "passthrough, IOPOLL"],
 ["both", "io_uring, registered, IOPOLL", "passthrough, registered, IOPOLL"]] as $pairs |
[$a[0], $b[0]] as $all |
([$a[0].cold.paths[].depth] | unique) as $depths |
"| | " + ([$all[] | .cold.size as $size | $depths[] | "\($size) B, depth \(.)"] | join(" | ")) + " |",
"| --- |" + ([$all[] | $depths[] | " ---: |"] | join("")),
($pairs[] | . as $pair | "| \($pair[0]) | " + ([$all[] | . as $of | $depths[] | . as $depth |
	each($of; $pair[1]; $depth) as $block | each($of; $pair[2]; $depth) as $passthru |
	if $block and $passthru then ($block / $passthru - 1) * 1000 | round / 10 |
		(if . < 0 then "" else "+" end) + tostring + " %" else "not to be had" end] | join(" | ")) +
	" |")
