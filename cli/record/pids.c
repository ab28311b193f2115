// SPDX-License-Identifier: GPL-2.0-only
#include "pids.h"

#include <bpf/bpf.h>
#include <errno.h>

int pids_set(struct iostage_bpf *skel, pid_t pid, u16 in)
{
	int fd = bpf_map__fd(skel->maps.pids);
	u32 key = (u32)pid >> 2;
	struct pids pids;

	if (bpf_map_lookup_elem(fd, &key, &pids))
		return -errno;
	pids.in[pid & 3] = in;
	return bpf_map_update_elem(fd, &key, &pids, BPF_ANY) ? -errno : 0;
}
