/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trial is a run in a process of its own: what differs from process to process, as which pages
 * its memory is in, differs from trial to trial, and the intervals cover it. A signal that
 * reading brings, as SIGBUS, ends no more than the trial.
 */
#ifndef IOSTAGE_TRIAL_H
#define IOSTAGE_TRIAL_H

#include <stddef.h>
#include <stdint.h>

#define TRIAL_SECONDS	3600	/* then it has hung, and is ended by a signal */

/* Memory that trials leave their results in, zeroed. NULL: there is none. */
void *trial_share(size_t size);
void trial_unshare(void *shared, size_t size);

/*
 * Runs function in a child and waits for it. What it returns, 0 or negative errno down to -255,
 * or -EINTR where a signal ended it.
 */
int trial_run(int (*function)(void *shared, const void *argument), void *shared,
	      const void *argument);

/* CLOCK_MONOTONIC, in ns (insn in the lab's instruction clock). */
uint64_t trial_now(void);

/* Bytes that this process has had read from devices, as /proc says; UINT64_MAX: it does not. */
uint64_t trial_read_bytes(void);

/* Says on a terminal which run it is; of 0: takes that away again. */
void trial_progress(const char *what, unsigned int run, unsigned int of);

#endif
