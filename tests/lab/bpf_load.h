/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For libraries that LD_PRELOAD puts between iostage and the kernel: what they do to a BPF program
 * that is to be loaded is on_load(), and to one that is to be attached on_attach(), if they have it.
 */
#ifndef BPF_LOAD_H
#define BPF_LOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>

/* An errno to refuse it with, or 0 to go on with what is left in attr. */
static int on_load(union bpf_attr *attr);

#ifdef ON_ATTACH
/* 0 to attach the program, or the descriptor that stands for it where it is not attached. */
static int on_attach(unsigned int program);
#else
static int on_attach(unsigned int program)
{
	(void)program;
	return 0;
}
#endif

/* libbpf's only way into the kernel for BPF. */
long syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	union bpf_attr *attr;
	long a[6], instead = 0;
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	attr = (union bpf_attr *)a[1];
	if (number == SYS_bpf && a[0] == BPF_PROG_LOAD) {
		errno = on_load(attr);
		if (errno)
			return -1;
	}
	if (number == SYS_bpf && a[0] == BPF_RAW_TRACEPOINT_OPEN)
		instead = on_attach(attr->raw_tracepoint.prog_fd);
	if (number == SYS_bpf && a[0] == BPF_LINK_CREATE)
		instead = on_attach(attr->link_create.prog_fd);
	if (instead)
		return instead;
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Of a kind that a trampoline calls. */
static inline bool is_trampoline(const union bpf_attr *attr)
{
	return attr->prog_type == BPF_PROG_TYPE_TRACING &&
	       (attr->expected_attach_type == BPF_TRACE_FENTRY ||
		attr->expected_attach_type == BPF_TRACE_FEXIT);
}

#endif
