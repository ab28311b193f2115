// SPDX-License-Identifier: GPL-2.0-only
/* Whatever the reader accepts can be compared with something, and judged, in every format. */
#include <stdlib.h>
#include <string.h>

#include "check_render.h"
#include "compare_render.h"
#include "sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *null;

static void side_of(struct side *side, const struct side_files *files, struct capture *c)
{
	side->files = files;
	side->runs = calloc(1, sizeof(*side->runs));
	if (!side->runs)
		abort();
	run_reduce(side->runs, c);
	side->first = *c;
}

static void judge(const struct comparison *c)
{
	struct thresholds t;
	struct check check;

	thresholds_init(&t);
	thresholds_complete(&t, c->unit);
	if (check_run(&check, c, &t))
		abort();
	check_text(&check, null);
	check_junit(&check, null);
	check_markdown(&check, null);
	if (check_json(&check, null))
		abort();
	check_free(&check);
}

/* Both captures become the comparison's. */
static void compare(struct capture *a, struct capture *b)
{
	static struct side_files files = { { "x" }, 1 };
	struct comparison *c = calloc(1, sizeof(*c));
	char err[256];

	if (!c)
		abort();
	side_of(&c->side[SIDE_A], &files, a);
	side_of(&c->side[SIDE_B], &files, b);
	if (traits_compare(a, "a", b, "b", &c->mismatches))
		abort();
	c->unit = a->unit;
	if (!compare_run(c, err, sizeof(err))) {
		compare_text(c, null);
		if (compare_json(c, null))
			abort();
		judge(c);
	}
	compare_close(c);
	free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture x, y;
	char err[256];

	if (!null)
		null = fopen("/dev/null", "w");
	if (!null)
		abort();
	if (capture_parse(&x, (const char *)data, size, err, sizeof(err)))
		return 0;
	sample_capture(&y);
	compare(&x, &y);
	if (capture_parse(&x, (const char *)data, size, err, sizeof(err)) ||
	    capture_parse(&y, (const char *)data, size, err, sizeof(err)))
		abort();
	compare(&x, &y);
	return 0;
}
