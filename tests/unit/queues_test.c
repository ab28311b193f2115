// SPDX-License-Identifier: GPL-2.0-only
/* Which NVMe queues have their requests completed elsewhere. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "queues.h"

static char block[] = "/tmp/iostage-queues-XXXXXX";

/* The directories above the file, and the file. */
static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", block, name);
	for (char *slash = strchr(path + sizeof(block), '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(block + sizeof(block) - 7, "XXXXXX");
	return !mkdtemp(block);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", block);
	return system(command);
}

static void test_no_nvme(void **state)
{
	(void)state;
	assert_false(queues_complete_elsewhere(block));
	put("vda/mq/0/cpu_list", "0, 1\n");
	put("vda/queue/io_poll", "1\n");
	assert_false(queues_complete_elsewhere(block));
}

static void test_a_queue_for_each(void **state)
{
	(void)state;
	put("nvme0n1/mq/0/cpu_list", "0\n");
	put("nvme0n1/mq/1/cpu_list", "1\n");
	put("nvme0n1/queue/io_poll", "0\n");
	assert_false(queues_complete_elsewhere(block));
}

static void test_shared(void **state)
{
	(void)state;
	put("nvme0n1/mq/0/cpu_list", "0\n");
	put("nvme1n1/mq/0/cpu_list", "0\n");
	put("nvme1n1/mq/1/cpu_list", "1, 2\n");
	assert_true(queues_complete_elsewhere(block));
}

static void test_polled(void **state)
{
	(void)state;
	put("nvme0n1/mq/0/cpu_list", "0\n");
	put("nvme0n1/queue/io_poll", "1\n");
	assert_true(queues_complete_elsewhere(block));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_nvme, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_queue_for_each, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_polled, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
