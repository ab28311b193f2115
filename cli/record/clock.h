/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel's clock counts. In the lab's instruction clock, a "nanosecond" is an
 * instruction that the guest executed; the lab says so by the word iostage.clock=insn on
 * the kernel's command line.
 */
#ifndef IOSTAGE_CLOCK_H
#define IOSTAGE_CLOCK_H

/* The unit of all times here: "ns" or "insn". */
const char *clock_unit(void);

/* The same for a kernel command line. */
const char *clock_unit_of(const char *cmdline);

#endif
