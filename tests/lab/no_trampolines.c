// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: a kernel that refuses fentry and fexit programs, as locked-down ones do,
 * to iostage on one that does not.
 */
#include "bpf_load.h"

static int on_load(union bpf_attr *attr)
{
	return is_trampoline(attr) ? EPERM : 0;
}
