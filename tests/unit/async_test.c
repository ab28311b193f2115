// SPDX-License-Identifier: GPL-2.0-only
/* The async stack's switches and counters, in a made-up sysfs, proc and /lib/modules. */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <libgen.h>
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

#include "async_render.h"
#include "mechanisms.h"

#define FS "sys/fs/ext4/nvme0n1p2/"
#define DISK "sys/devices/pci/nvme0n1/"
#define RELEASE "6.1.0-56-amd64"

static char root[64];

static char *inside(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void make_directory(const char *name)
{
	char *path = strdup(inside(name));

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0755);
	free(path);
}

static void make_file(const char *name, const char *text)
{
	char *copy = strdup(name);
	FILE *file;

	make_directory(dirname(copy));
	free(copy);
	file = fopen(inside(name), "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_link(const char *name, const char *to)
{
	assert_int_equal(symlink(to, inside(name)), 0);
}

/* A partition of an NVMe disk with the stack, all of it off. */
static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/iostage-async.XXXXXX");
	assert_non_null(mkdtemp(root));
	make_file(FS "async_poll", "0\n");
	make_file(FS "async_read", "0\n");
	make_file(FS "async_light", "0\n");
	make_file(FS "async_pool", "0\n");
	make_file(FS "delayed_allocation_blocks", "0\n");
	make_file("proc/fs/ext4/nvme0n1p2/async",
		  "read 7\nread_cached 3\nread_eof 2\npool 5\n"
		  "pool_empty 2\nlight 6\npoll 0\npoll_queue 6\nreadahead 4\n");
	make_file(DISK "queue/io_poll", "0\n");
	make_file(DISK "queue/scheduler", "[none] mq-deadline\n");
	make_directory(DISK "mq/0");
	make_file(DISK "nvme0n1p2/partition", "2\n");
	make_directory("sys/class/block");
	make_link("sys/class/block/nvme0n1p2", "../../devices/pci/nvme0n1/nvme0n1p2");
	make_file("sys/module/ext4/initstate", "live\n");
	return 0;
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(root, delete, 16, FTW_DEPTH | FTW_PHYS);
}

static void read_ok(struct async *a)
{
	assert_int_equal(async_read(a, root, "nvme0n1p2"), 0);
}

static void test_switches(void **state)
{
	static const char *const order[] = { "read", "pool", "light", "poll", "zebra" };
	struct async a;

	(void)state;
	make_file(FS "async_zebra", "1\n");
	read_ok(&a);
	assert_int_equal(a.nr_switches, 5);
	for (int i = 0; i < 5; i++) {
		assert_string_equal(a.switches[i].name, order[i]);
		assert_int_equal(a.switches[i].on, i == 4);
	}
	assert_null(mechanism_find("zebra"));
	assert_non_null(async_find(&a, "zebra"));
	assert_null(async_find(&a, "rea"));
}

static void test_bad_switches(void **state)
{
	char name[64];
	struct async a;

	(void)state;
	assert_int_equal(async_read(&a, root, "vda"), -ENOENT);
	make_file(FS "async_read", "on\n");
	assert_int_equal(async_read(&a, root, "nvme0n1p2"), -EPROTO);
	make_file(FS "async_read", "1\n");
	for (int i = 0; i < ASYNC_SWITCHES; i++) {
		snprintf(name, sizeof(name), FS "async_%d", i);
		make_file(name, "0\n");
	}
	assert_int_equal(async_read(&a, root, "nvme0n1p2"), -E2BIG);
}

static void assert_sums(const struct async *a, const char *mechanism, unsigned int used,
			unsigned int fallen_back)
{
	uint64_t u, f;

	async_sums(a, mechanism, &u, &f);
	assert_int_equal(u, used);
	assert_int_equal(f, fallen_back);
}

/* "pool" and "poll", "read" and "readahead" are not to be mixed up. */
static void test_counters(void **state)
{
	struct async a;

	(void)state;
	make_file(FS "async_readahead", "0\n");
	read_ok(&a);
	assert_int_equal(a.error, 0);
	assert_int_equal(a.nr_counters, 9);
	assert_sums(&a, "read", 7, 5);
	assert_sums(&a, "pool", 5, 2);
	assert_sums(&a, "light", 6, 0);
	assert_sums(&a, "poll", 0, 6);
	assert_sums(&a, "readahead", 4, 0);
	assert_string_equal(async_counts("read", &a.counters[1]), "cached");
	assert_null(async_counts("pool", &a.counters[1]));
	for (size_t i = 0; i < a.nr_counters; i++)
		assert_int_equal(!!strchr(a.counters[i].name, '_'),
				 !!mechanism_reason(a.counters[i].name));
}

static void test_bad_counters(void **state)
{
	struct async a;

	(void)state;
	make_file("proc/fs/ext4/nvme0n1p2/async", "read 7\nread_cached\n");
	read_ok(&a);
	assert_int_equal(a.error, -EPROTO);
	make_file("proc/fs/ext4/nvme0n1p2/async", "read 7\nread_cached 1x\n");
	read_ok(&a);
	assert_int_equal(a.error, -EPROTO);
	unlink(inside("proc/fs/ext4/nvme0n1p2/async"));
	read_ok(&a);
	assert_int_equal(a.error, -ENOENT);
	assert_int_equal(a.nr_switches, 4);
}

static void test_choice(void **state)
{
	const char *const names[] = { "poll", "read", "fast" };
	struct async a;

	(void)state;
	read_ok(&a);
	assert_null(async_choose(&a, names, 0));
	assert_true(async_find(&a, "light")->chosen);
	assert_null(async_choose(&a, names, 2));
	assert_true(async_find(&a, "read")->chosen);
	assert_true(async_find(&a, "poll")->chosen);
	assert_false(async_find(&a, "light")->chosen);
	assert_string_equal(async_choose(&a, names, 3), "fast");
}

static void test_switching(void **state)
{
	struct async a;
	bool was, is;

	(void)state;
	assert_int_equal(async_switch(root, "nvme0n1p2", "pool", true, &was, &is), 0);
	assert_false(was);
	assert_true(is);
	/* somebody else's change is seen */
	make_file(FS "async_pool", "0\n");
	read_ok(&a);
	assert_false(async_find(&a, "pool")->on);
	assert_int_equal(async_switch(root, "nvme0n1p2", "pool", false, &was, &is), 0);
	assert_false(was);
	assert_false(is);
	assert_int_equal(async_switch(root, "nvme0n1p2", "fast", true, &was, &is), -ENOENT);
	assert_int_equal(async_may_switch(root, "nvme0n1p2", "fast"), -ENOENT);
	assert_int_equal(async_may_switch(root, "nvme0n1p2", "pool"), 0);
}

/* What the nth obstacle of a mechanism says; "" where there is none. */
static const char *obstacle(const char *mechanism, unsigned int n)
{
	static char text[512];
	struct async a;

	read_ok(&a);
	if (!async_obstacle(&a, async_find(&a, mechanism), n, text, sizeof(text)))
		text[0] = '\0';
	return text;
}

static void test_needs(void **state)
{
	(void)state;
	make_file(DISK "queue/io_poll", "1\n");
	assert_string_equal(obstacle("pool", 0), "");
	make_file(FS "async_pool", "1\n");
	make_file(FS "async_poll", "1\n");
	assert_string_equal(obstacle("pool", 0), "needs read, which is off");
	assert_string_equal(obstacle("poll", 0), "needs light, which is off");
	make_file(FS "async_light", "1\n");
	assert_string_equal(obstacle("poll", 0), "needs read, which is off");
	make_file(FS "async_read", "1\n");
	assert_string_equal(obstacle("pool", 0), "");
	assert_string_equal(obstacle("poll", 0), "");

	make_file(FS "async_unmap", "1\n");
	make_file(FS "async_premap", "1\n");
	assert_string_equal(obstacle("unmap", 0), "");
	make_file(FS "async_pool", "0\n");
	assert_string_equal(obstacle("premap", 0), "needs pool, which is off");
	assert_string_equal(obstacle("unmap", 0), "needs pool, which is off");
	make_file(FS "async_light", "0\n");
	make_file(FS "async_pool", "1\n");
	assert_string_equal(obstacle("premap", 0), "needs light, which is off");
}

static void test_queues(void **state)
{
	(void)state;
	assert_non_null(
		strstr(obstacle("poll", 0), "nvme0n1 has no queues for polling: load nvme"));
	assert_string_equal(obstacle("poll", 1), "");
	make_file(FS "async_poll", "1\n");
	assert_string_equal(obstacle("poll", 0), "needs light, which is off");
	assert_non_null(strstr(obstacle("poll", 1), "no queues for polling"));
	make_file(DISK "queue/io_poll", "1\n");
	assert_string_equal(obstacle("poll", 1), "");

	assert_string_equal(obstacle("light", 0), "");
	make_file(DISK "queue/scheduler", "none [mq-deadline]\n");
	assert_string_equal(obstacle("light", 0), "nvme0n1 has the I/O scheduler mq-deadline: "
						  "echo none >/sys/block/nvme0n1/queue/scheduler");
	make_file(DISK "queue/scheduler", "none\n");
	assert_string_equal(obstacle("light", 0), "");
	rmdir(inside(DISK "mq/0"));
	rmdir(inside(DISK "mq"));
	assert_non_null(strstr(obstacle("light", 0), "nvme0n1 takes bios, not requests"));
}

static const char *absence(void)
{
	static char text[512];

	async_absence(root, RELEASE, text, sizeof(text));
	return text;
}

static void test_absence(void **state)
{
	static const char own[] = "kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko\n";

	(void)state;
	assert_non_null(strstr(absence(), "stock ext4, without the async stack: `make -C patches"));
	make_file("lib/modules/" RELEASE "/modules.dep", own);
	make_file("lib/modules/6.1.0-55-amd64/modules.dep", own);
	assert_non_null(strstr(absence(), "stock ext4, without the async stack: `make -C patches"));
	make_file("lib/modules/6.1.0-55-amd64/modules.dep", "updates/iostage/ext4.ko.xz: x\n");
	assert_non_null(strstr(absence(), "is installed for Linux 6.1.0-55-amd64 only"));
	make_file("lib/modules/" RELEASE "/modules.dep", "updates/dkms/ext4.ko: x\n");
	assert_non_null(strstr(absence(), "boot again"));
	unlink(inside("sys/module/ext4/initstate"));
	assert_non_null(strstr(absence(), "built into"));
}

static void test_description(void **state)
{
	char device[] = "nvme0n1p2", other[] = "vda", ext4[] = "ext4", xfs[] = "xfs";
	struct capture c = { .async.present = -1 };

	(void)state;
	async_describe(root, &c); /* several filesystems, or none */
	assert_int_equal(c.async.present, -1);
	c.target.device = other;
	c.target.filesystem = ext4; /* unmounted by now */
	async_describe(root, &c);
	assert_int_equal(c.async.present, -1);
	c.target.filesystem = xfs;
	async_describe(root, &c);
	assert_int_equal(c.async.present, 0);
	c.target.filesystem = ext4;
	make_directory("sys/fs/ext4/vda");
	async_describe(root, &c);
	assert_int_equal(c.async.present, 0);
	free(c.async.on);

	c.target.device = device;
	make_file(FS "async_read", "1\n");
	make_file(FS "async_light", "1\n");
	async_describe(root, &c);
	assert_int_equal(c.async.present, 1);
	assert_string_equal(c.async.on[0], "read");
	assert_string_equal(c.async.on[1], "light");
	assert_null(c.async.on[2]);
	memset(&c.target, 0, sizeof(c.target));
	capture_free(&c);
}

static char *rendered(struct async *a, const char *why)
{
	struct filesystem fs = { "nvme0n1p2", "/mnt\033" };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	async_text(&fs, a, why, out);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	struct async a;
	char *text;

	(void)state;
	make_file(FS "async_poll", "1\n");
	read_ok(&a);
	text = rendered(&a, "");
	assert_non_null(strstr(text, "nvme0n1p2 on /mnt\\x1b\n"));
	assert_non_null(strstr(text, "\nread        off                7              5  random"));
	assert_non_null(strstr(text, "  3  cached: some of it was in the page cache\n"));
	assert_non_null(strstr(text, "\npoll        on "));
	assert_non_null(strstr(text, "no effect: needs light, which is off\n"));
	free(text);
	a.nr_switches = 0;
	text = rendered(&a, "for a reason");
	assert_non_null(strstr(text, "no async stack: for a reason\n"));
	free(text);
}

/* What fsync allocates is counted by itself. */
static void test_part(void **state)
{
	struct filesystem fs = { "nvme0n1p2", NULL };
	json_t *json, *part;
	struct async a;
	char *text;

	(void)state;
	make_file(FS "async_fsync", "1\n");
	make_file("proc/fs/ext4/nvme0n1p2/async",
		  "fsync 7\nfsync_idle 2\nalloc 1234\nalloc_inside 3\nalloc_inode 0\n");
	read_ok(&a);
	assert_sums(&a, "fsync", 7, 2);
	assert_sums(&a, "alloc", 1234, 3);
	text = rendered(&a, "");
	assert_non_null(strstr(text, "\nalloc                      1,234              3  "));
	assert_non_null(strstr(text, "  3  inside: not at the end of the file, or preallocated\n"));
	free(text);
	json = async_json(&fs, &a, "");
	part = json_object_get(json_array_get(json_object_get(json, "mechanisms"), 4), "alloc");
	assert_int_equal(json_integer_value(json_object_get(part, "used")), 1234);
	json_decref(json);
}

/* Counters that cannot be read are not zero. */
static void test_unreadable(void **state)
{
	struct filesystem fs = { "nvme0n1p2", NULL };
	json_t *json, *first;
	struct async a;
	char *text;

	(void)state;
	unlink(inside("proc/fs/ext4/nvme0n1p2/async"));
	read_ok(&a);
	text = rendered(&a, "");
	assert_non_null(strstr(text, "no counters: No such file"));
	assert_non_null(strstr(text, "\nread        off                -              -  random"));
	free(text);
	json = async_json(&fs, &a, "");
	assert_non_null(json_object_get(json, "no_counters"));
	first = json_array_get(json_object_get(json, "mechanisms"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "mechanism")), "read");
	assert_null(json_object_get(first, "used"));
	json_decref(json);
}

static void test_json(void **state)
{
	static const char expected[] =
		"{\"device\": \"nvme0n1p2\", \"present\": true, \"mount\": \"/mnt\", "
		"\"mechanisms\": "
		"[{\"mechanism\": \"pool\", \"on\": true, \"no_effect\": "
		"[\"needs read, which is off\"], \"used\": 5, \"fallen_back\": {\"empty\": 2}}]}";
	struct filesystem fs = { "nvme0n1p2", "/mnt" };
	const char *const pool = "pool";
	struct async a;
	json_t *json;
	char *text;

	(void)state;
	make_file(FS "async_pool", "1\n");
	read_ok(&a);
	async_choose(&a, &pool, 1);
	json = async_json(&fs, &a, "");
	text = json_dumps(json, 0);
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
	a.nr_switches = 0;
	json = async_json(&fs, &a, "for a reason");
	text = json_dumps(json, 0);
	assert_string_equal(text, "{\"device\": \"nvme0n1p2\", \"present\": false, "
				  "\"mount\": \"/mnt\", \"reason\": \"for a reason\"}");
	free(text);
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_switches),	 TEST(test_bad_switches), TEST(test_counters),
		TEST(test_bad_counters), TEST(test_choice),	  TEST(test_switching),
		TEST(test_needs),	 TEST(test_queues),	  TEST(test_absence),
		TEST(test_description),	 TEST(test_text),	  TEST(test_unreadable),
		TEST(test_json),	 TEST(test_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
