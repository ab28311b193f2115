// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ladders.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The BTF that names the hooks: the kernel's, and the modules' that have any. */
static const char *const modules[] = { "ext4", "jbd2", "nvme", "nvme_core" };

struct hooks {
	struct hooks_want want;
	struct btf *vmlinux;
	struct btf *module[COUNT(modules)];
	bool refused[MAX_HOOKS];	/* by the kernel, when it was tried */
	bool no_trampolines;		/* fentry and fexit, all of them */
	bool selected[MAX_HOOKS];
	char reason[SUPPORT + 1][96];	/* why a stage's last rung is out */
};

static struct btf *module_btf(const char *name, struct btf *base)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	return access(path, R_OK) ? NULL : btf__load_module_btf(name, base);
}

struct hooks *hooks_new(const struct hooks_want *want)
{
	struct hooks *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->want = *want;
	h->vmlinux = btf__load_vmlinux_btf();
	if (!h->vmlinux) {
		free(h);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(modules); i++)
		h->module[i] = module_btf(modules[i], h->vmlinux);
	return h;
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < COUNT(modules); i++)
		btf__free(h->module[i]);
	btf__free(h->vmlinux);
	free(h);
}

static bool btf_has(const struct hooks *h, const char *name, int kind)
{
	if (btf__find_by_name_kind(h->vmlinux, name, kind) > 0)
		return true;
	for (size_t i = 0; i < COUNT(modules); i++) {
		if (h->module[i] && btf__find_by_name_kind(h->module[i], name, kind) > 0)
			return true;
	}
	return false;
}

static bool target_exists(const struct hooks *h, const struct hook *hook, const char *target)
{
	char name[96];

	if (hook->type != HOOK_TRACEPOINT)
		return btf_has(h, target, BTF_KIND_FUNC);
	snprintf(name, sizeof(name), "btf_trace_%s", target);
	return btf_has(h, name, BTF_KIND_TYPEDEF);
}

/* Where the hook attaches on this kernel; NULL: nowhere. */
static const char *hook_target(const struct hooks *h, const struct hook *hook)
{
	for (size_t i = 0; i < COUNT(hook->target) && hook->target[i]; i++) {
		if (target_exists(h, hook, hook->target[i]))
			return hook->target[i];
	}
	return NULL;
}

static bool hook_wanted(const struct hooks *h, const struct hook *hook)
{
	if (!(hook->ops & FOR_READ && h->want.read) && !(hook->ops & FOR_FSYNC && h->want.fsync))
		return false;
	return !h->want.layer || hook->flags & LAYER;
}

/* Why the hook cannot be had, NULL if it can. */
static const char *hook_obstacle(const struct hooks *h, size_t i)
{
	if (hooks[i].type != HOOK_TRACEPOINT && h->no_trampolines)
		return "this kernel refuses fentry and fexit";
	if (h->refused[i])
		return "the kernel refused the hook";
	return hook_target(h, &hooks[i]) ? NULL : "no such hook in this kernel";
}

static const char *hook_label(const struct hook *hook)
{
	static const char *const label[] = {
		[HOOK_FENTRY] = "fentry", [HOOK_FEXIT] = "fexit", [HOOK_TRACEPOINT] = "tp_btf",
	};

	return label[hook->type];
}

/* Is the stage's rung complete? Hooks that nobody wants now do not count. */
static bool rung_complete(struct hooks *h, int stage, int rung)
{
	bool any = false;

	for (size_t i = 0; hooks[i].program; i++) {
		const char *obstacle;

		if (hooks[i].stage != stage || hooks[i].rung != rung || !hook_wanted(h, &hooks[i]))
			continue;
		obstacle = hook_obstacle(h, i);
		if (!obstacle) {
			any = true;
		} else if (!(hooks[i].flags & OPTIONAL)) {
			snprintf(h->reason[stage], sizeof(h->reason[stage]), "%s: %s",
				 hooks[i].target[0], obstacle);
			return false;
		}
	}
	return any;
}

static void select_rung(struct hooks *h, int stage, int rung)
{
	for (size_t i = 0; hooks[i].program; i++) {
		if (hooks[i].stage == stage && hooks[i].rung == rung &&
		    hook_wanted(h, &hooks[i]) && !hook_obstacle(h, i))
			h->selected[i] = true;
	}
}

static void select_stage(struct hooks *h, int stage)
{
	h->reason[stage][0] = '\0';
	for (int rung = 0; rung < MAX_RUNGS; rung++) {
		if (rung_complete(h, stage, rung)) {
			select_rung(h, stage, rung);
			return;
		}
	}
}

/* A stage without a hook on this kernel; SUPPORT's are the ones nothing works without. */
static bool stage_seen(const struct hooks *h, int stage)
{
	for (size_t i = 0; hooks[i].program; i++) {
		if (hooks[i].stage == stage && h->selected[i])
			return true;
	}
	return false;
}

int hooks_select(struct hooks *h, struct bpf_object *obj)
{
	struct bpf_program *program;
	int err;

	memset(h->selected, 0, sizeof(h->selected));
	for (int stage = 0; stage <= SUPPORT; stage++)
		select_stage(h, stage);
	if (!stage_seen(h, SUPPORT) || !stage_seen(h, STAGE_SYSCALL_ENTRY))
		return -ENOENT;
	bpf_object__for_each_program(program, obj)
		bpf_program__set_autoload(program, false);
	for (size_t i = 0; hooks[i].program; i++) {
		if (!h->selected[i])
			continue;
		program = bpf_object__find_program_by_name(obj, hooks[i].program);
		if (!program)
			return -ENOENT;
		bpf_program__set_autoload(program, true);
		err = bpf_program__set_attach_target(program, 0, hook_target(h, &hooks[i]));
		if (err)
			return err;
	}
	return 0;
}

void hooks_without_trampolines(struct hooks *h)
{
	h->no_trampolines = true;
}

bool hooks_refused(struct hooks *h, const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);
	bool again = false;

	for (size_t i = 0; hooks[i].program; i++) {
		if (!h->selected[i] || strcmp(hooks[i].program, name))
			continue;
		if (hooks[i].stage == SUPPORT || h->refused[i])
			return false;
		h->refused[i] = true;
		again = true;
	}
	return again;
}

bool hooks_has(const struct hooks *h, const char *program)
{
	for (size_t i = 0; hooks[i].program; i++) {
		if (h->selected[i] && !strcmp(hooks[i].program, program))
			return true;
	}
	return false;
}

bool hooks_has_trampolines(const struct hooks *h)
{
	return !h->no_trampolines;
}

/* The hook that shows the stage's beginning: the first one of its rung. */
static const struct hook *stage_hook(const struct hooks *h, int stage)
{
	for (size_t i = 0; hooks[i].program; i++) {
		if (hooks[i].stage == stage && h->selected[i])
			return &hooks[i];
	}
	return NULL;
}

/* The nearest stage before it that is seen: there its time is. */
static int merged_into(const struct hooks *h, int stage)
{
	while ((int)stage_into[stage] != stage && !stage_seen(h, stage))
		stage = stage_into[stage];
	return stage;
}

/* Could the stage be seen by anybody who wants these operations? */
static bool stage_wanted(const struct hooks *h, int stage)
{
	for (size_t i = 0; hooks[i].program; i++) {
		if (hooks[i].stage == stage &&
		    ((hooks[i].ops & FOR_READ && h->want.read) ||
		     (hooks[i].ops & FOR_FSYNC && h->want.fsync)))
			return true;
	}
	return false;
}

static char *copy(const char *text)
{
	return strdup(text);
}

void hooks_describe(const struct hooks *h, struct capture *c)
{
	for (int stage = 0; stage < NR_STAGES; stage++) {
		struct capture_hook *out = &c->hooks[stage];
		const struct hook *hook = stage_hook(h, stage);
		char text[128];

		out->merged_into = -1;
		if (hook) {
			snprintf(text, sizeof(text), "%s:%s", hook_label(hook),
				 hook_target(h, hook));
			out->enter = copy(text);
		} else if (stage_wanted(h, stage)) {
			out->merged_into = merged_into(h, stage);
			out->reason = copy(h->want.layer && !h->reason[stage][0] ?
						   "not at --detail layer" :
						   h->reason[stage]);
		}
	}
}
