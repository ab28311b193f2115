// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ladders.h"
#include "queues.h"

#ifndef ENOTSUPP
#define ENOTSUPP 524 /* the kernel's own, for trampolines that it lacks */
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The BTF that names the hooks: the kernel's, and the modules' that have any. */
static const char *const modules[] = { "ext4", "jbd2", "nvme", "nvme_core" };

struct hooks {
	struct hooks_want want;
	struct btf *vmlinux;
	const char *target[MAX_HOOKS]; /* where the hook attaches on this kernel; NULL: nowhere */
	bool refused[MAX_HOOKS];       /* by the kernel, when it was tried */
	bool no_trampolines;	       /* fentry and fexit, all of them */
	bool elsewhere;		       /* NVMe's requests can be completed there */
	bool selected[MAX_HOOKS];
	char reason[SUPPORT + 1][96]; /* why a stage's last rung is out */
};

static struct btf *module_btf(const char *name, struct btf *base)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	return access(path, R_OK) ? NULL : btf__load_module_btf(name, base);
}

void hooks_settled(struct hooks *h)
{
	btf__free(h->vmlinux);
	h->vmlinux = NULL;
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	hooks_settled(h);
	free(h);
}

/* One name that a hook may attach to, and where the kernel has it. */
struct name {
	const char *name;
	int kind;	    /* of its BTF type */
	const char **found; /* where to say so */
	const char *target;
};

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* What the hook's target is called in BTF. */
static const char *btf_name(const struct hook *hook, const char *target, char *space, size_t size)
{
	if (hook->type != HOOK_TRACEPOINT)
		return target;
	snprintf(space, size, "btf_trace_%s", target);
	return space;
}

static void look_for(const struct btf *btf, __u32 first, struct name *names, size_t nr)
{
	for (__u32 id = first; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		struct name key = {}, *hit;

		if (!btf_is_func(type) && !btf_is_typedef(type))
			continue;
		key.name = btf__name_by_offset(btf, type->name_off);
		hit = bsearch(&key, names, nr, sizeof(*names), by_name);
		if (!hit)
			continue;
		while (hit > names && !by_name(hit - 1, &key))
			hit--;
		for (; hit < names + nr && !by_name(hit, &key); hit++)
			if (hit->kind == (int)btf_kind(type))
				*hit->found = hit->target;
	}
}

/* One pass over the BTF: it holds a hundred thousand types, and libbpf searches from the first. */
static void find_targets(struct hooks *h)
{
	static char space[MAX_HOOKS * 3][64];
	struct name names[MAX_HOOKS * 3];
	size_t nr = 0;

	for (size_t i = 0; hooks[i].program; i++) {
		for (size_t t = 0; t < COUNT(hooks[i].target) && hooks[i].target[t]; t++) {
			const struct hook *hook = &hooks[i];

			names[nr].name =
				btf_name(hook, hook->target[t], space[nr], sizeof(space[nr]));
			names[nr].kind =
				hook->type == HOOK_TRACEPOINT ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC;
			names[nr].found = &h->target[i];
			names[nr].target = hook->target[t];
			nr++;
		}
	}
	qsort(names, nr, sizeof(*names), by_name);
	look_for(h->vmlinux, 1, names, nr);
	for (size_t i = 0; i < COUNT(modules); i++) {
		struct btf *btf = module_btf(modules[i], h->vmlinux);

		if (btf)
			look_for(btf, btf__type_cnt(h->vmlinux), names, nr);
		btf__free(btf);
	}
}

struct hooks *hooks_new(const struct hooks_want *want)
{
	struct hooks *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->want = *want;
	h->elsewhere = queues_complete_elsewhere("/sys/block");
	h->vmlinux = btf__load_vmlinux_btf();
	if (!h->vmlinux) {
		free(h);
		return NULL;
	}
	find_targets(h);
	return h;
}

/* As FOR_ bits. */
static int wanted_ops(const struct hooks *h)
{
	return (h->want.read ? FOR_READ : 0) | (h->want.fsync ? FOR_FSYNC : 0) | FOR_RING;
}

static bool hook_wanted(const struct hooks *h, const struct hook *hook)
{
	return hook->ops & wanted_ops(h) && (!h->want.layer || hook->flags & LAYER) &&
	       (h->elsewhere || !(hook->flags & ELSEWHERE));
}

/* Why the hook cannot be had, NULL if it can. */
static const char *hook_obstacle(const struct hooks *h, size_t i)
{
	if (hooks[i].type != HOOK_TRACEPOINT && h->no_trampolines)
		return "this kernel refuses fentry and fexit";
	if (h->refused[i])
		return "the kernel refused the hook";
	return h->target[i] ? NULL : "no such hook in this kernel";
}

static const char *hook_label(const struct hook *hook)
{
	static const char *const label[] = {
		[HOOK_FENTRY] = "fentry",
		[HOOK_FEXIT] = "fexit",
		[HOOK_TRACEPOINT] = "tp_btf",
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
		if (hooks[i].stage == stage && hooks[i].rung == rung && hook_wanted(h, &hooks[i]) &&
		    !hook_obstacle(h, i))
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
	bpf_object__for_each_program(program, obj) bpf_program__set_autoload(program, false);
	for (size_t i = 0; hooks[i].program; i++) {
		if (!h->selected[i])
			continue;
		program = bpf_object__find_program_by_name(obj, hooks[i].program);
		if (!program)
			return -ENOENT;
		bpf_program__set_autoload(program, true);
		err = bpf_program__set_attach_target(program, 0, h->target[i]);
		if (err)
			return err;
	}
	return 0;
}

static bool is_trampoline(const struct bpf_program *program)
{
	enum bpf_attach_type type = bpf_program__get_expected_attach_type(program);

	return type == BPF_TRACE_FENTRY || type == BPF_TRACE_FEXIT;
}

bool hooks_refused(struct hooks *h, const struct bpf_program *program, int error)
{
	const char *name = bpf_program__name(program);
	bool again = false;

	if (is_trampoline(program) && !h->no_trampolines &&
	    (error == -EPERM || error == -ENOTSUP || error == -ENOTSUPP)) {
		h->no_trampolines = true;
		return true;
	}
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

unsigned int hooks_enum_value(const struct hooks *h, const char *name, unsigned int otherwise)
{
	for (__u32 id = 1; id < btf__type_cnt(h->vmlinux); id++) {
		const struct btf_type *type = btf__type_by_id(h->vmlinux, id);
		const struct btf_enum *e = btf_enum(type);

		for (int i = 0; btf_is_enum(type) && i < btf_vlen(type); i++) {
			if (!strcmp(btf__name_by_offset(h->vmlinux, e[i].name_off), name))
				return e[i].val;
		}
	}
	return otherwise;
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

/* Can the stage that the hook shows occur on this kernel? */
static bool hook_possible(const struct hooks *h, size_t i)
{
	return !(hooks[i].flags & ASYNC) || h->target[i];
}

/* In which of the recorded operations the stage can occur, or is seen, as FOR_ bits. */
static int stage_ops(const struct hooks *h, int stage, bool seen)
{
	int ops = 0;

	for (size_t i = 0; hooks[i].program; i++) {
		if (hooks[i].stage == stage && (seen ? h->selected[i] : hook_possible(h, i)))
			ops |= hooks[i].ops & wanted_ops(h);
	}
	return ops;
}

/* The nearest stage before it that is seen in these operations: there its time is. */
static int merged_into(const struct hooks *h, int stage, int op)
{
	while ((int)stage_before(stage, op) != stage && !(op & stage_ops(h, stage, true)))
		stage = stage_before(stage, op);
	return stage;
}

static void describe_seen(const struct hooks *h, int stage, struct capture_hook *out)
{
	const struct hook *hook = stage_hook(h, stage);
	char text[128];

	if (!hook)
		return;
	snprintf(text, sizeof(text), "%s:%s", hook_label(hook), h->target[hook - hooks]);
	out->enter = strdup(text);
}

static const char *op_name(int op)
{
	if (op == FOR_RING)
		return "io_uring";
	return op == FOR_READ ? "read" : "fsync";
}

static void add_merge(const struct hooks *h, int stage, int into, const char *of,
		      struct capture_hook *out)
{
	struct capture_merge *m = &out->merged[out->nr_merged++];

	m->into = into;
	m->of = of ? strdup(of) : NULL;
	m->reason = strdup(h->want.layer && !h->reason[stage][0] ? "not at --detail layer"
								 : h->reason[stage]);
}

/* Of which operations that is, is said where it is not so of all. */
static void describe_unseen(const struct hooks *h, int stage, struct capture_hook *out)
{
	int unseen = stage_ops(h, stage, false) & ~stage_ops(h, stage, true), into = -1;
	bool alike = !out->enter;

	for (int op = FOR_READ; op <= FOR_RING; op <<= 1) {
		if (!(unseen & op))
			continue;
		alike &= into < 0 || into == merged_into(h, stage, op);
		into = merged_into(h, stage, op);
	}
	if (alike && unseen)
		add_merge(h, stage, into, NULL, out);
	for (int op = FOR_READ; !alike && op <= FOR_RING; op <<= 1)
		if (unseen & op)
			add_merge(h, stage, merged_into(h, stage, op), op_name(op), out);
}

void hooks_describe(const struct hooks *h, struct capture *c)
{
	for (int stage = 0; stage < NR_STAGES; stage++) {
		describe_seen(h, stage, &c->hooks[stage]);
		describe_unseen(h, stage, &c->hooks[stage]);
	}
}
