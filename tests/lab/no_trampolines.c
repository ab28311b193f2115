// SPDX-License-Identifier: GPL-2.0-only
/*
 * For LD_PRELOAD: a kernel that refuses fentry and fexit programs, as locked-down ones do,
 * to iostage on one that does not.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <sys/syscall.h>

static int is_trampoline(const union bpf_attr *attr)
{
	return attr->prog_type == BPF_PROG_TYPE_TRACING &&
	       (attr->expected_attach_type == BPF_TRACE_FENTRY ||
		attr->expected_attach_type == BPF_TRACE_FEXIT);
}

/* libbpf's only way into the kernel for BPF. */
long syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && a[0] == BPF_PROG_LOAD &&
	    is_trampoline((const union bpf_attr *)a[1])) {
		errno = EPERM;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
