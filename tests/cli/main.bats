#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command line as a whole: what finds a subcommand, and what does not.

# shellcheck disable=SC2154 # run --separate-stderr sets $stderr
bats_require_minimum_version 1.5.0

setup()
{
	IOSTAGE=${IOSTAGE:-$BATS_TEST_DIRNAME/../../build/iostage}
}

@test "without a command: the usage on stderr, and a usage error" {
	run -2 --separate-stderr "$IOSTAGE"
	[ -z "$output" ]
	[[ $stderr == "Usage: iostage "* ]]
}

@test "--help and help: the usage on stdout, with a line for each command" {
	for word in --help -h help; do
		run -0 --separate-stderr "$IOSTAGE" "$word"
		[ -z "$stderr" ]
		[[ $output == *"  record "*"  report "* ]]
	done
}

@test "--version: one line with a number" {
	run -0 "$IOSTAGE" --version
	[[ $output =~ ^iostage\ [0-9][^[:space:]]*$ ]]
}

@test "an unknown command is named, and the way to find the known ones" {
	run -2 --separate-stderr "$IOSTAGE" recrod
	[ -z "$output" ]
	[[ $stderr == "iostage: no command 'recrod'; "*"--help"* ]]
}

@test "every command that is listed has a help of its own, and refuses unknown options" {
	commands=$("$IOSTAGE" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p')
	[ -n "$commands" ]
	for command in $commands; do
		run -0 --separate-stderr "$IOSTAGE" "$command" --help
		[[ $output == "Usage: iostage $command "* ]]
		[ -z "$stderr" ]
		run -2 --separate-stderr "$IOSTAGE" "$command" --no-such-option
		[[ $stderr == *"--no-such-option"*"iostage $command --help"* ]]
	done
}

@test "a result that cannot be written is an error" {
	local command

	for command in "" report; do
		run -2 sh -c "'$IOSTAGE' $command --help >/dev/full"
		[ "$output" = "iostage: cannot write to standard output" ]
	done
}
