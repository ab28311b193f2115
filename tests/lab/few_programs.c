// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: iostage attaches only the programs that ONLY names, between commas, and believes
 * that the others are. What is recorded is of no use then; what it costs is the least that a detail
 * with these hooks alone can.
 */
#define ON_ATTACH
#include "bpf_load.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int on_load(union bpf_attr *attr)
{
	(void)attr;
	return 0;
}

/* The kernel keeps the beginning of a long name. */
static bool is_named(const char *name)
{
	const char *only = getenv("ONLY");
	char begins[BPF_OBJ_NAME_LEN + 1];

	snprintf(begins, sizeof(begins), ",%s", name);
	return only && strstr(only, begins);
}

static int on_attach(unsigned int program)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr = {};

	attr.info.bpf_fd = program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		abort();
	return is_named(info.name) || !strncmp(info.name, "calibrate_", strlen("calibrate_"))
		       ? 0
		       : eventfd(0, EFD_CLOEXEC);
}
