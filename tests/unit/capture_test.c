// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing captures and reading them back. With --write-sample FILE it writes the
 * capture of sample.h instead, which is how tests/cli/sample.json was made.
 */
#include <errno.h>
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

struct fixture {
	char dir[32];
	char path[64];
	char err[256];
	struct capture c;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/iostage-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/capture.json", f->dir);
	sample_capture(&f->c);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	capture_free(&f->c);
	unlink(f->path);
	/* fails where a temporary file was left behind */
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static void write_ok(struct fixture *f, const struct capture *c)
{
	if (capture_write(c, f->path, f->err, sizeof(f->err)))
		fail_msg("%s", f->err);
}

static void read_ok(struct fixture *f, struct capture *c)
{
	if (capture_read(c, f->path, f->err, sizeof(f->err)))
		fail_msg("%s", f->err);
}

static void assert_same_hist(const struct hist *a, const struct hist *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_memory_equal(a, b, sizeof(*a));
}

static void assert_same_operations(const struct capture *a, const struct capture *b)
{
	size_t class, i;

	for (class = 0; class < NR_CLASSES; class ++) {
		const struct capture_operation *x = &a->operations[class];
		const struct capture_operation *y = &b->operations[class];

		assert_same_hist(x->latency, y->latency);
		for (i = 0; i < NR_STAGES; i++) {
			assert_same_hist(x->exposed[i], y->exposed[i]);
			assert_same_hist(x->hidden[i], y->hidden[i]);
		}
	}
}

static void test_round_trip(void **state)
{
	struct fixture *f = *state;
	struct capture again;
	char *first, *second;

	write_ok(f, &f->c);
	first = slurp(f->path);
	read_ok(f, &again);
	assert_same_operations(&f->c, &again);
	assert_int_equal(again.nr_samples, f->c.nr_samples);
	assert_memory_equal(&again.accounting, &f->c.accounting,
			    offsetof(__typeof__(again.accounting), drops));
	assert_int_equal(again.coverage[0].outside, 7);
	assert_int_equal(again.operations[CLASS_READ_HIT].elsewhere, 20);
	assert_int_equal(again.operations[CLASS_READ_MISS].elsewhere, 0);
	assert_string_equal(again.target.device, "nvme0n1");
	assert_int_equal(again.hooks[STAGE_PIN_PAGES].nr_merged, 2);
	assert_int_equal(again.hooks[STAGE_PIN_PAGES].merged[0].into, STAGE_BIO_SUBMIT);
	assert_string_equal(again.hooks[STAGE_PIN_PAGES].merged[0].of, "read");
	assert_int_equal(again.hooks[STAGE_PIN_PAGES].merged[1].into, STAGE_BLOCK_MAP);
	assert_string_equal(again.hooks[STAGE_PIN_PAGES].merged[1].of, "fsync");
	assert_int_equal(again.hooks[STAGE_STACKED].nr_merged, 0);
	/* whatever was not looked at above is in the file, and would differ there */
	write_ok(f, &again);
	second = slurp(f->path);
	assert_string_equal(first, second);
	capture_free(&again);
	free(first);
	free(second);
}

static void test_empty_capture(void **state)
{
	struct fixture *f = *state;
	struct capture empty = { .unit = "ns", .target.write_cache = -1 }, again;

	write_ok(f, &empty);
	read_ok(f, &again);
	assert_int_equal(again.accounting.seen, 0);
	assert_int_equal(again.target.write_cache, -1);
	assert_null(again.target.device);
	capture_free(&again);
}

/* A comm is any 15 bytes, and so is a command line: the file has to be JSON all the same. */
static void test_any_bytes(void **state)
{
	struct fixture *f = *state;
	struct capture again;
	char *text;

	strcpy(f->c.samples[0].comm, "\"\\\x01\xff\xc3(\xed\xa0\x80\n");
	free(f->c.command[1]);
	f->c.command[1] = strdup("na\xc3\xafve \xf0\x9f\x92\xbe");
	write_ok(f, &f->c);
	text = slurp(f->path);
	assert_null(strchr(text, '\x01'));
	free(text);
	read_ok(f, &again);
	assert_string_equal(again.samples[0].comm, "\"\\\x01"
						   "??"
						   "(???\n");
	assert_string_equal(again.command[1], "na\xc3\xafve \xf0\x9f\x92\xbe");
	capture_free(&again);
}

static void test_mode_and_link(void **state)
{
	struct fixture *f = *state;
	mode_t mask = umask(027);
	char link[64];
	struct stat st;

	write_ok(f, &f->c);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(umask(mask), 027);
	snprintf(link, sizeof(link), "%s/link", f->dir);
	assert_int_equal(symlink("capture.json", link), 0);
	assert_int_equal(truncate(f->path, 0), 0);
	assert_int_equal(capture_write(&f->c, link, f->err, sizeof(f->err)), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(f->path, &st), 0);
	assert_true(st.st_size > 0);
	unlink(link);
}

/* What was there stays there, and nothing else appears. */
static void test_failure_leaves_the_old_file(void **state)
{
	struct fixture *f = *state;
	struct capture again;

	write_ok(f, &f->c);
	f->c.accounting.unsynced = 1ULL << 63;
	assert_int_equal(capture_write(&f->c, f->path, f->err, sizeof(f->err)), -EOVERFLOW);
	assert_non_null(strstr(f->err, "unsynced"));
	read_ok(f, &again);
	assert_int_equal(again.accounting.unsynced, 0);
	capture_free(&again);
}

static void test_write_errors(void **state)
{
	struct fixture *f = *state;
	char path[96];

	assert_int_equal(capture_write(&f->c, "/dev/full", f->err, sizeof(f->err)), -ENOSPC);
	assert_non_null(strstr(f->err, "/dev/full: No space left"));
	snprintf(path, sizeof(path), "%s/no/such/folder", f->dir);
	assert_int_equal(capture_write(&f->c, path, f->err, sizeof(f->err)), -ENOENT);
	assert_int_equal(capture_write(&f->c, f->dir, f->err, sizeof(f->err)), -EISDIR);
}

static void test_read_errors(void **state)
{
	struct fixture *f = *state;
	struct capture c;

	assert_int_equal(capture_read(&c, f->path, f->err, sizeof(f->err)), -ENOENT);
	assert_non_null(strstr(f->err, f->path));
	assert_int_equal(capture_read(&c, f->dir, f->err, sizeof(f->err)), -EISDIR);
	assert_int_equal(capture_read(&c, "/dev/zero", f->err, sizeof(f->err)), -EFBIG);
}

static void test_committed_sample(void **state)
{
	struct fixture *f = *state;
	char *made, *committed;

	write_ok(f, &f->c);
	made = slurp(f->path);
	committed = slurp("tests/cli/sample.json");
	if (strcmp(made, committed))
		fail_msg("tests/cli/sample.json is not what capture_test --write-sample writes");
	free(made);
	free(committed);
}

static int write_sample(const char *path)
{
	struct capture c;
	char err[256];
	int rc;

	sample_capture(&c);
	rc = capture_write(&c, path, err, sizeof(err));
	if (rc)
		fprintf(stderr, "%s\n", err);
	capture_free(&c);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_capture, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mode_and_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure_leaves_the_old_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_committed_sample, setup, teardown),
	};

	if (argc == 3 && !strcmp(argv[1], "--write-sample"))
		return write_sample(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
