# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For scripts that run in the lab's guest and leave what judge.bash judges: scenarios, each under
# a recording of its own. Sourced, with [NAME...]: only these, if there are any.

only=" $* "
# What is written back in the background is nobody's.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs

# chosen NAME: is it to be recorded? With the time, as progress.
chosen()
{
	[[ $only == "  " || $only == *" $1 "* ]] || return
	echo "$(cut -d' ' -f1 /proc/uptime) $1"
}

# failed WHAT FILE: which has the reason in its last lines
failed()
{
	echo "$1: $(tail -n 3 "$2")" >>"$LAB_OUT/failed"
}

# record NAME ARGUMENT...: the function work_NAME, under iostage record ARGUMENT...; its capture
# is $LAB_OUT/NAME.json
record()
{
	local name=$1

	shift
	export -f "work_$name"
	"$IOSTAGE" record "$@" -o "$LAB_OUT/$name.json" -- bash -ec "work_$name" \
		>"$LAB_OUT/$name.txt" 2>"$LAB_OUT/$name.err" ||
		failed "$name: status $?" "$LAB_OUT/$name.err"
}
