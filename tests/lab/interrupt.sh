# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For scripts that start other tracers in the background. Sourced.

# interrupt PID: until it has ended, since bpftrace can sleep through a signal
interrupt()
{
	while kill -INT "$1" 2>/dev/null; do
		timeout 5 tail --pid="$1" -f /dev/null || true
	done
}
