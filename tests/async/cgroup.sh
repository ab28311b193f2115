# SPDX-License-Identifier: GPL-2.0-only
# For scripts that run in a guest of the lab. Sourced.
# shellcheck shell=sh

# join_cgroup NAME: the shell, and what it starts from now on, have their memory from a cgroup of
# that name: what is taken back there is theirs and nobody else's, and the root's has no limit.
join_cgroup()
{
	mkdir -p "/sys/fs/cgroup/$1"
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	echo 0 >"/sys/fs/cgroup/$1/cgroup.procs" # whoever writes it; in a subshell $$ is another
}
