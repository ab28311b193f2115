// SPDX-License-Identifier: GPL-2.0-only
/* Filters, as far as any machine can tell: threads, encodings, the mount table. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "mounts.h"
#include "target.h"

static void *resolve_own_thread(void *result)
{
	char arg[16], *err = result;
	struct target t;

	target_init(&t);
	snprintf(arg, sizeof(arg), "%d", gettid());
	assert_int_not_equal(target_pid(&t, arg, err, 256), 0);
	assert_int_equal(t.pid, 0);
	return NULL;
}

static void test_a_thread_is_no_process(void **state)
{
	char err[256] = "", hint[32];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, resolve_own_thread, err), 0);
	pthread_join(thread, NULL);
	snprintf(hint, sizeof(hint), "; use -p %d", getpid());
	assert_non_null(strstr(err, "a thread of process"));
	assert_non_null(strstr(err, hint));
}

static void test_a_process(void **state)
{
	char err[256], arg[16];
	struct target t;

	(void)state;
	target_init(&t);
	snprintf(arg, sizeof(arg), "%d", getpid());
	if (target_in_container()) {
		assert_int_not_equal(target_pid(&t, arg, err, sizeof(err)), 0);
		assert_non_null(strstr(err, "container"));
		return;
	}
	assert_int_equal(target_pid(&t, arg, err, sizeof(err)), 0);
	assert_int_equal(t.pid, getpid());
}

static void test_the_longest_name(void **state)
{
	char err[256];
	struct target t;

	(void)state;
	target_init(&t);
	assert_int_equal(target_comm(&t, "fifteen-letters", err, sizeof(err)), 0);
	assert_string_equal(t.comm, "fifteen-letters");
	assert_int_not_equal(target_comm(&t, "sixteen--letters", err, sizeof(err)), 0);
}

/* glibc's encoding differs from 256 minors on; the kernel side compares the kernel's. */
static void test_device_numbers(void **state)
{
	(void)state;
	assert_int_equal(target_device_number(8, 1), 0x00800001);
	assert_int_equal(target_device_number(259, 300), 0x1030012c);
}

static void test_a_file(void **state)
{
	struct target t;
	char err[256];
	struct stat st;

	(void)state;
	target_init(&t);
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	if (target_file(&t, "/proc/self/exe", err, sizeof(err))) {
		assert_non_null(strstr(err, "which has no block device"));
		return;
	}
	assert_true(t.file);
	assert_int_equal(t.file_inode, st.st_ino);
	if (major(st.st_dev)) /* where it is not, the mount table knows better */
		assert_int_equal(t.file_device,
				 target_device_number(major(st.st_dev), minor(st.st_dev)));
}

static void test_the_mount_table(void **state)
{
	struct mount by_type, by_device;
	struct stat st;

	(void)state;
	assert_int_equal(stat("/proc", &st), 0);
	assert_int_equal(mount_find_type("proc", &by_type), 0);
	assert_string_equal(by_type.type, "proc");
	assert_string_equal(by_type.point, "/proc");
	assert_int_equal(by_type.device, target_device_number(major(st.st_dev), minor(st.st_dev)));
	assert_int_equal(strncmp(by_type.options, "rw", 2), 0);
	assert_null(strstr(by_type.options + 2, "rw"));
	assert_int_equal(mount_find_device(by_type.device, &by_device), 0);
	assert_string_equal(by_device.point, by_type.point);
	mount_free(&by_device);
	mount_free(&by_type);
	assert_int_not_equal(mount_find_type("nosuch", &by_type), 0);
	assert_int_not_equal(mount_find_device(0xffffffff, &by_type), 0);
}

static void test_types_with_a_device(void **state)
{
	(void)state;
	assert_false(mount_type_has_device("proc"));
	assert_false(mount_type_has_device("tmpfs"));
	assert_false(mount_type_has_device("nosuch"));
	assert_false(mount_type_has_device(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thread_is_no_process),
		cmocka_unit_test(test_a_process),
		cmocka_unit_test(test_the_longest_name),
		cmocka_unit_test(test_device_numbers),
		cmocka_unit_test(test_a_file),
		cmocka_unit_test(test_the_mount_table),
		cmocka_unit_test(test_types_with_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
