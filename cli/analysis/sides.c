// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sides.h"
#include "text.h"

static void add_file(struct side_files *files, char *name)
{
	if (files->nr < RESAMPLE_RUNS)
		files->name[files->nr] = name;
	files->nr++; /* even where it is one too many, for command_line_settle() */
}

int command_line_part(struct command_line *l, int argc, char **argv)
{
	int end = 1;

	memset(l, 0, sizeof(*l));
	while (end < argc && strcmp(argv[end], "--"))
		end++;
	l->parted = end < argc;
	for (int i = end + 1; i < argc; i++)
		add_file(&l->files[SIDE_B], argv[i]);
	return end;
}

void command_line_add(struct command_line *l, char *file)
{
	add_file(&l->files[SIDE_A], file);
}

/* Under whatever name: links, and other spellings. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (!strcmp(a, b))
		return true;
	return !stat(a, &x) && !stat(b, &y) && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Overlapping patterns of the shell name a capture twice: it would count as two runs. */
static bool names_twice(const struct side_files *files)
{
	for (size_t i = 0; i < files->nr; i++) {
		for (size_t j = 0; j < i; j++) {
			if (same_file(files->name[i], files->name[j]))
				return true;
		}
	}
	return false;
}

const char *command_line_settle(struct command_line *l)
{
	struct side_files *a = &l->files[SIDE_A], *b = &l->files[SIDE_B];

	if (!l->parted && a->nr == 2)
		add_file(b, a->name[--a->nr]);
	if (!l->parted && !b->nr)
		return "two captures are needed; where there are more, -- parts the sides";
	if (!a->nr || !b->nr)
		return "captures are needed on both sides of --";
	if (a->nr > RESAMPLE_RUNS || b->nr > RESAMPLE_RUNS)
		return "more than 256 captures on one side";
	if (names_twice(a) || names_twice(b))
		return "a capture is named twice on one side, where each is to be a run of its own";
	return NULL;
}

static int read_run(struct side *side, size_t i, struct capture *c, char *err, size_t size)
{
	const char *name = side->files->name[i];
	int rc = capture_read(c, name, err, size);

	if (rc)
		return rc;
	if (!c->accounting.reported) {
		char safe[256];

		text_escape(safe, sizeof(safe), name);
		snprintf(err, size, "%s: it has no operations, there is nothing to compare", safe);
		return -ENODATA;
	}
	run_reduce(&side->runs[i], c);
	side->seen += c->accounting.seen;
	side->dropped += c->accounting.dropped;
	return 0;
}

static int compare_traits(const struct side *side, const struct side *reference, size_t i,
			  const struct capture *c, struct mismatches *m, char *err, size_t size)
{
	const char *name = side->files->name[i];
	int rc;

	rc = traits_compare(&reference->first, reference->files->name[0], c, name, m);
	if (!rc)
		rc = traits_compare_runs(&side->first, side->files->name[0], c, name, m);
	if (rc)
		snprintf(err, size, "%s", strerror(-rc));
	return rc;
}

static int read_side(struct side *side, const struct side *reference, struct mismatches *m,
		     char *err, size_t size)
{
	const struct side_files *files = side->files;
	int rc = 0;

	side->runs = calloc(files->nr, sizeof(*side->runs));
	if (!side->runs) {
		snprintf(err, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (size_t i = 0; !rc && i < files->nr; i++) {
		struct capture next, *c = i ? &next : &side->first;

		rc = read_run(side, i, c, err, size);
		if (!rc)
			rc = compare_traits(side, reference, i, c, m, err, size);
		if (i)
			capture_free(c);
	}
	return rc;
}

int sides_read(struct side sides[NR_SIDES], const struct side_files files[NR_SIDES],
	       struct mismatches *m, char *err, size_t size)
{
	int rc = 0;

	memset(sides, 0, NR_SIDES * sizeof(*sides));
	memset(m, 0, sizeof(*m));
	for (int i = 0; !rc && i < NR_SIDES; i++) {
		sides[i].files = &files[i];
		rc = read_side(&sides[i], &sides[SIDE_A], m, err, size);
	}
	return rc;
}

void sides_free(struct side sides[NR_SIDES], struct mismatches *m)
{
	for (int i = 0; i < NR_SIDES; i++) {
		free(sides[i].runs);
		capture_free(&sides[i].first);
	}
	for (int i = 0; i < NR_TRAITS; i++)
		free(m->text[i]);
}
