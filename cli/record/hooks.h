/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hook ladders. Every stage lists the hooks that can show its beginning, best first;
 * the first rung that this kernel allows is taken. A rung is all or nothing, and one
 * that the kernel refuses when it is loaded or attached is left for the next.
 */
#ifndef IOSTAGE_HOOKS_H
#define IOSTAGE_HOOKS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "capture.h"

/* What a recording wants of the hooks. */
struct hooks_want {
	bool read;
	bool fsync;
	bool layer;		/* --detail layer */
};

struct hooks;

/* Looks at what the running kernel has. NULL: no memory, or no BTF (errno). */
struct hooks *hooks_new(const struct hooks_want *want);
void hooks_free(struct hooks *h);

/* Chooses the rungs: what will be loaded, and where it attaches. */
int hooks_select(struct hooks *h, struct bpf_object *obj);

/*
 * The kernel refused the program with this error (negative errno): its rung is out, or
 * all of fentry and fexit. False: the recording cannot do without, or there was nothing
 * left to give up.
 */
bool hooks_refused(struct hooks *h, const struct bpf_program *program, int error);

/* All is attached: the kernel's BTF, some 25 MB, is not needed any more. */
void hooks_settled(struct hooks *h);

/* Is this program selected? */
bool hooks_has(const struct hooks *h, const char *program);

/*
 * The value of an enumerator of the kernel's, whatever its enum is called; `otherwise`
 * where there is none. CO-RE looks enums up by name, and some have none.
 */
unsigned int hooks_enum_value(const struct hooks *h, const char *name, unsigned int otherwise);

/* Are fentry and fexit in use? */
bool hooks_has_trampolines(const struct hooks *h);

/* How the stages are seen, for the capture. */
void hooks_describe(const struct hooks *h, struct capture *c);

#endif
