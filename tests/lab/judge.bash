# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What judges captures from the lab: each kernel boots once, runs a script under which they are
# made, and leaves them in $LAB_RESULTS/KERNEL.
#
# LAB_KERNELS="6.12" takes one kernel only; LAB_RESULTS=DIRECTORY keeps what the guests
# leave, or judges again what is there.

# shellcheck disable=SC2016 # jq's variables, not the shell's

export LAB_KERNELS=${LAB_KERNELS:-6.1 6.12}
export LAB_RESULTS=${LAB_RESULTS:-$BATS_FILE_TMPDIR}
IOSTAGE=$(realpath "${IOSTAGE:-$BATS_TEST_DIRNAME/../../build/iostage}")
export IOSTAGE

boot()
{
	local kernel=$1

	shift
	# One processor: two guests are two busy threads.
	PATH=$BATS_TEST_DIRNAME/slow:$PATH "$BATS_TEST_DIRNAME/lab" --kernel "$kernel" --smp 1 \
		--memory 3072 --out "$LAB_RESULTS/$kernel" --timeout 900 -- "$@" \
		>"$LAB_RESULTS/$kernel.log" 2>&1 ||
		echo "the lab's status: $?" >>"$LAB_RESULTS/$kernel.log"
}

# boot_all SCRIPT ARGUMENT...: in every kernel that has left nothing yet
boot_all()
{
	local kernel

	for kernel in $LAB_KERNELS; do
		[ -e "$LAB_RESULTS/$kernel.log" ] || boot "$kernel" "$@" 3>&- &
	done
	wait
}

# For every kernel: complaints KERNEL/NAME.json JQ
ask()
{
	local name=$1 kernel found bad=0

	for kernel in $LAB_KERNELS; do
		if ! found=$(jq -r -L "$BATS_TEST_DIRNAME" "include \"breakdown\"; $2" "$kernel/$name.json"); then
			found="no answer; the guest's last words: $(tail -n 3 "$kernel.log" "$kernel/$name.err" 2>&1)"
		fi
		[ -n "$found" ] || continue
		echo "Linux $kernel, $name:"
		echo "$found"
		bad=1
	done
	return $bad
}

# sound NAME OPERATIONS REQUESTS
sound()
{
	ask "$1" "sound(\"$2\"; \"$3\")"
	for kernel in $LAB_KERNELS; do
		"$IOSTAGE" report "$kernel/$1.json" >/dev/null
	done
}

words()
{
	tr -s '\n\t ' ' ' <<<"$*" | sed 's/^ //; s/ $//'
}

# stages NAME CLASS COUNT EVERY MANY [MAY]
stages()
{
	ask "$1" "stages(\"$2\"; \"$3\"; \"$(words "$4")\"; \"$(words "$5")\"; \"$(words "${6:-}")\")"
}

# holds NAME JQ-CONDITION: it answers nothing but true, and at least once
holds()
{
	ask "$1" "[$2] | select(length == 0 or any(. != true)) |
		\"\(.) is the answer to \" + $(jq -n --arg c "$2" '$c')"
}

# Nothing of the script has failed.
all_ran()
{
	local kernel

	for kernel in $LAB_KERNELS; do
		tail -n 5 "$kernel.log"
		[ ! -s "$kernel/failed" ] || cat "$kernel/failed"
		[ -d "$kernel" ] && [ ! -e "$kernel/failed" ]
		! grep -q '^the lab' "$kernel.log"
	done
}
