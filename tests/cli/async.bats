#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# iostage async, as far as any kernel can tell. What switches do is seen in tests/async.

# shellcheck disable=SC2154 # run --separate-stderr sets $stderr
load captures

setup()
{
	setup_captures
}

@test "usage errors" {
	usage async
	usage async status --no-such-option
	usage async start
	usage async on --json
}

@test "what is no ext4 is refused, with what it is" {
	fails 2 "/proc is on proc; the async stack is ext4's" async status /proc
	fails 2 "./nosuch: No such file or directory" async on ./nosuch
	fails 2 "-d nosuch: no such block device; *" async off -d nosuch
	fails 2 "-d /dev/null: not a block device; *" async status -d /dev/null
}

@test "a filesystem that the async stack is not in, or in" {
	fs=$(find /sys/fs/ext4 -mindepth 1 -maxdepth 1 ! -name features -printf '%f\n' -quit) || true
	if [ -z "$fs" ]; then
		fails 2 "no ext4 is mounted, *" async status
		return
	fi
	fails 2 "the ext4 of * has no mechanism 'nosuch'*; a path needs a slash" async status nosuch
	fails 2 "the ext4 of * has no mechanism 'nosuch'*; a path needs a slash" async on nosuch
	run -0 --separate-stderr "$IOSTAGE" async status --json
	jq -e --arg fs "$fs" '.format == "iostage-async" and .version == 1 and
		any(.filesystems[]; .device == $fs)' <<<"$output"
	if jq -e '.filesystems[0].present | not' <<<"$output"; then
		[[ $(jq -r '.filesystems[0].reason' <<<"$output") == *"Linux $(uname -r)"* ]]
		fails 2 "there is nothing to switch: *Linux $(uname -r)*" async on read
		fails 2 "there is nothing to switch: *Linux $(uname -r)*" async off
		run -0 "$IOSTAGE" async status
		[[ $output == *"no async stack: "* ]]
	fi
}

@test "a mechanism that no kernel has is an error, also without the async stack" {
	[ -n "$(find /sys/fs/ext4 -mindepth 1 -maxdepth 1 ! -name features)" ] || skip "no ext4 is mounted"
	for switch in /sys/fs/ext4/*/async_read; do
		[ ! -e "$switch" ] || skip "an ext4 here has the async stack"
	done
	for names in foo "read foo" "foo read"; do
		# shellcheck disable=SC2086
		run -2 "$IOSTAGE" async status $names
		[[ $output == "iostage async: the ext4 of "*" has no mechanism 'foo'; a path needs a slash" ]]
	done
}

@test "status that cannot be written is an error" {
	[ -d /sys/fs/ext4 ] || skip "no ext4 is mounted"
	for json in "" --json; do
		# shellcheck disable=SC2016
		run --separate-stderr bash -c '"$0" async status $1 >/dev/full' "$IOSTAGE" "$json"
		[ "$status" -eq 2 ]
		[[ $stderr == "iostage async: "*"No space left on device" ]]
	done
}
