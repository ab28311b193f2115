/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether somebody else disturbed a run: had its CPU, or slowed it down. What the scheduler and the
 * hypervisor own up to is read from them; what they do not is seen by a fixed piece of work that
 * takes longer than in the best run.
 */
#ifndef IOSTAGE_NOISE_H
#define IOSTAGE_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOISE_TAKEN	0.10	/* of the time, by others; a median passes over less */
#define NOISE_SLOWER	0.05	/* than in the best run, the fixed work */

/* Times in ns (insn). */
struct noise {
	uint64_t wall;		/* the run's length */
	uint64_t waited;	/* runnable, while others had the CPU */
	uint64_t stolen;	/* from this machine's CPUs by the hypervisor */
	double work;		/* what the fixed piece of work took */
};

/* Around what is timed, in the process that is timed; noise_end() makes differences of it. */
void noise_begin(struct noise *n);
void noise_end(struct noise *n);

/* How long the fixed piece of work takes now: some 10 us. */
double noise_work(void);

/* Whether it was disturbed, and by what, for a person; best: the least work of all runs. */
bool noise_disturbed(const struct noise *n, double best, char *why, size_t size);

/*
 * Which of nr runs were not disturbed, in their order; how many. why gets what disturbed the last one
 * that was.
 */
size_t noise_undisturbed(const struct noise *runs, size_t nr, size_t *which, char *why, size_t size);

#endif
