// SPDX-License-Identifier: GPL-2.0-only
/* Whether captures were made under the same circumstances. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sides.h"
#include "text.h"

#define QUOTED 200 /* bytes, of each text */

static const char *known(const char *s)
{
	return s ? s : "unknown";
}

static void put_unit(const struct capture *c, FILE *out)
{
	fputs(c->unit, out);
}

/* 6.1 of 6.1.0-28-amd64 */
static void put_kernel(const struct capture *c, FILE *out)
{
	unsigned int major, minor;

	if (c->system.kernel && sscanf(c->system.kernel, "%u.%u", &major, &minor) == 2)
		fprintf(out, "%u.%u", major, minor);
	else
		fputs(known(c->system.kernel), out);
}

/* Instructions are the same on every machine. */
static void put_cpu(const struct capture *c, FILE *out)
{
	fputs(known(c->system.arch), out);
	if (strcmp(c->unit, "insn"))
		fprintf(out, ", %u x %s", c->system.cpus, known(c->system.cpu));
}

static void put_device(const struct capture *c, FILE *out)
{
	static const char *const cache[] = { "unknown", "no", "a volatile" };

	fprintf(out, "%s (%s, %s write cache)", known(c->target.device), known(c->target.driver),
		cache[c->target.write_cache + 1]);
}

static void put_filesystem(const struct capture *c, FILE *out)
{
	fprintf(out, "%s (%s)", known(c->target.filesystem), known(c->target.mount_options));
}

static void put_strings(char **strings, const char *between, FILE *out)
{
	for (size_t i = 0; strings && strings[i]; i++)
		fprintf(out, "%s%s", i ? between : "", strings[i]);
}

/* The command that was recorded, without iostage's own words but for what tells it from others. */
static void put_workload(const struct capture *c, FILE *out)
{
	char **word = c->command;

	while (word && *word && strcmp(*word, "--"))
		word++;
	if (word && *word)
		put_strings(word + 1, " ", out);
	else
		fputs("no command", out);
	if (c->filters && *c->filters) {
		fputs(", only ", out);
		put_strings(c->filters, " ", out);
	}
}

static void put_detail(const struct capture *c, FILE *out)
{
	fputs(known(c->detail), out);
}

static void put_mechanisms(const struct capture *c, FILE *out)
{
	if (!c->async.on || !*c->async.on)
		fputs("off", out);
	put_strings(c->async.on, ",", out);
}

/* Without those of the hooks. */
static const struct {
	const char *name;
	void (*put)(const struct capture *c, FILE *out);
} traits[] = {
	[TRAIT_UNIT] = { "unit", put_unit },
	[TRAIT_KERNEL] = { "kernel line", put_kernel },
	[TRAIT_CPU] = { "CPU", put_cpu },
	[TRAIT_DEVICE] = { "device", put_device },
	[TRAIT_FILESYSTEM] = { "filesystem", put_filesystem },
	[TRAIT_WORKLOAD] = { "workload", put_workload },
	[TRAIT_DETAIL] = { "detail", put_detail },
	[TRAIT_ASYNC] = { "async stack", put_mechanisms },
};

static char *describe(const struct capture *c, enum trait trait)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	traits[trait].put(c, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* What a merge can be of. */
static const char *const kinds[] = { "read", "fsync", "io_uring" };

static bool class_is(enum op_class class, const char *kind)
{
	bool ring = !strncmp(class_path[class], "io_uring", strlen("io_uring"));

	if (!strcmp(kind, "io_uring"))
		return ring;
	return !strcmp(class_op[class], "read") == !strcmp(kind, "read");
}

static bool has_operations(const struct capture *c, const char *kind)
{
	for (enum op_class class = 0; class < NR_CLASSES; class ++) {
		if (c->operations[class].latency && class_is(class, kind))
			return true;
	}
	return false;
}

/*
 * By what the stage is told from others in these operations; nothing where it was not asked for or
 * does not exist.
 */
static void describe_hook(const struct capture_hook *hook, const char *kind, char *out, size_t size)
{
	for (size_t i = 0; i < hook->nr_merged; i++) {
		const struct capture_merge *m = &hook->merged[i];

		if (m->of && strcmp(m->of, kind))
			continue;
		snprintf(out, size, "%s%s", m->into >= 0 ? "merged into " : "",
			 m->into >= 0 ? stage_name[m->into] : "");
		return;
	}
	snprintf(out, size, "%s", hook->enter ? hook->enter : "");
}

/* Where to begin, so that the first difference is not beyond what is quoted. */
static size_t quoted_from(const char *a, const char *b)
{
	size_t same = 0;

	while (a[same] && a[same] == b[same])
		same++;
	return same < QUOTED / 2 ? 0 : same - QUOTED / 4;
}

static int add(struct mismatches *m, enum trait trait, const char *what, const char *a,
	       const char *a_name, const char *b, const char *b_name)
{
	size_t from = quoted_from(a, b);
	const char *cut = from ? "..." : "";
	char safe[4][QUOTED];

	text_escape(safe[0], sizeof(safe[0]), a + from);
	text_escape(safe[1], sizeof(safe[1]), a_name);
	text_escape(safe[2], sizeof(safe[2]), b + from);
	text_escape(safe[3], sizeof(safe[3]), b_name);
	if (asprintf(&m->text[trait], "%s: %s%s in %s, %s%s in %s", what, cut, safe[0], safe[1],
		     cut, safe[2], safe[3]) < 0) {
		m->text[trait] = NULL;
		return -ENOMEM;
	}
	m->nr++;
	return 0;
}

static int compare_hooks_of(const char *kind, const struct capture *a, const char *a_name,
			    const struct capture *b, const char *b_name, struct mismatches *m)
{
	char of_a[256], of_b[256], what[64];

	for (enum stage i = 0; i < NR_STAGES; i++) {
		describe_hook(&a->hooks[i], kind, of_a, sizeof(of_a));
		describe_hook(&b->hooks[i], kind, of_b, sizeof(of_b));
		if (!*of_a || !*of_b || !strcmp(of_a, of_b))
			continue;
		snprintf(what, sizeof(what), "hook of %s", stage_name[i]);
		return add(m, TRAIT_HOOKS, what, of_a, a_name, of_b, b_name);
	}
	return 0;
}

/* Of what both have. */
static int compare_hooks(const struct capture *a, const char *a_name, const struct capture *b,
			 const char *b_name, struct mismatches *m)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!m->text[TRAIT_HOOKS] && has_operations(a, kinds[i]) &&
		    has_operations(b, kinds[i]))
			rc = compare_hooks_of(kinds[i], a, a_name, b, b_name, m);
	}
	return rc;
}

static int compare_trait(enum trait trait, const struct capture *a, const char *a_name,
			 const struct capture *b, const char *b_name, struct mismatches *m)
{
	char *of_a, *of_b;
	int rc = 0;

	if (m->text[trait])
		return 0;
	of_a = describe(a, trait);
	of_b = describe(b, trait);
	if (!of_a || !of_b)
		rc = -ENOMEM;
	else if (strcmp(of_a, of_b))
		rc = add(m, trait, traits[trait].name, of_a, a_name, of_b, b_name);
	free(of_a);
	free(of_b);
	return rc;
}

int traits_compare(const struct capture *a, const char *a_name, const struct capture *b,
		   const char *b_name, struct mismatches *m)
{
	int rc = 0;

	for (enum trait i = 0; !rc && i < TRAIT_HOOKS; i++)
		rc = compare_trait(i, a, a_name, b, b_name, m);
	if (!rc && !m->text[TRAIT_HOOKS])
		rc = compare_hooks(a, a_name, b, b_name, m);
	return rc;
}

int traits_compare_runs(const struct capture *a, const char *a_name, const struct capture *b,
			const char *b_name, struct mismatches *m)
{
	return compare_trait(TRAIT_ASYNC, a, a_name, b, b_name, m);
}
