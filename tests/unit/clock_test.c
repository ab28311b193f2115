// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"

static void test_insn(void **state)
{
	(void)state;
	assert_string_equal(clock_unit_of("iostage.clock=insn"), "insn");
	assert_string_equal(clock_unit_of("console=ttyS0  iostage.clock=insn quiet\n"), "insn");
	assert_string_equal(clock_unit_of("quiet iostage.clock=insn\n"), "insn");
}

/* Only that word, whole. */
static void test_ns(void **state)
{
	(void)state;
	assert_string_equal(clock_unit_of(""), "ns");
	assert_string_equal(clock_unit_of("\n"), "ns");
	assert_string_equal(clock_unit_of("console=ttyS0 quiet\n"), "ns");
	assert_string_equal(clock_unit_of("iostage.clock=insns"), "ns");
	assert_string_equal(clock_unit_of("xiostage.clock=insn"), "ns");
	assert_string_equal(clock_unit_of("iostage.clock=real iostage.clock"), "ns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insn),
		cmocka_unit_test(test_ns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
