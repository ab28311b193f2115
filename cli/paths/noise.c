// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "noise.h"
#include "resample.h"
#include "trial.h"

#define WORK 2000

/* Of this process's only thread. Without CONFIG_SCHED_INFO there is no such file. */
static uint64_t waited(void)
{
	FILE *f = fopen("/proc/thread-self/schedstat", "re");
	uint64_t on_cpu, delay = 0;

	if (f && fscanf(f, "%" SCNu64 " %" SCNu64, &on_cpu, &delay) != 2)
		delay = 0;
	if (f)
		fclose(f);
	return delay;
}

/* user nice system idle iowait irq softirq steal, in ticks */
static uint64_t stolen(void)
{
	FILE *f = fopen("/proc/stat", "re");
	uint64_t ticks = 0;

	if (f && fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &ticks) != 1)
		ticks = 0;
	if (f)
		fclose(f);
	return ticks * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

void noise_begin(struct noise *n)
{
	n->stolen = stolen();
	n->waited = waited();
	n->wall = trial_now();
}

void noise_end(struct noise *n)
{
	n->wall = trial_now() - n->wall;
	n->waited = waited() - n->waited;
	n->stolen = stolen() - n->stolen;
}

double noise_work(void)
{
	uint64_t start = trial_now(), state = start, mixed = 0;

	for (int i = 0; i < WORK; i++)
		mixed ^= next_random(&state);
	__asm__ volatile("" : : "r"(mixed));
	return trial_now() - start;
}

bool noise_disturbed(const struct noise *n, double best, char *why, size_t size)
{
	double cpus = sysconf(_SC_NPROCESSORS_ONLN), part;

	part = (double)n->waited / n->wall;
	if (part > NOISE_TAKEN) {
		snprintf(why, size, "others had the CPU for %.0f %% of the time", 100 * part);
		return true;
	}
	part = n->stolen / (n->wall * cpus);
	if (part > NOISE_TAKEN) {
		snprintf(why, size, "the hypervisor took %.0f %% of the CPUs' time", 100 * part);
		return true;
	}
	part = best > 0 ? n->work / best - 1 : 0;
	if (part > NOISE_SLOWER) {
		snprintf(why, size, "the same work took %.0f %% longer than in the best run",
			 100 * part);
		return true;
	}
	return false;
}

size_t noise_undisturbed(const struct noise *runs, size_t nr, size_t *which, char *why, size_t size)
{
	double best = runs[0].work;
	size_t kept = 0;

	for (size_t i = 1; i < nr; i++)
		best = runs[i].work < best ? runs[i].work : best;
	for (size_t i = 0; i < nr; i++)
		if (!noise_disturbed(&runs[i], best, why, size))
			which[kept++] = i;
	return kept;
}
