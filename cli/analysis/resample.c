// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resample.h"

/* Steele, Lea and Flood's SplitMix64: every seed is a good one. */
uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int resampler_init(struct resampler *r, size_t nr, uint64_t seed)
{
	r->nr = nr;
	r->picks = malloc(RESAMPLES * nr);
	if (!r->picks)
		return -ENOMEM;
	for (size_t i = 0; i < RESAMPLES * nr; i++)
		r->picks[i] = (next_random(&seed) >> 32) * nr >> 32;
	return 0;
}

void resampler_free(struct resampler *r)
{
	free(r->picks);
	r->picks = NULL;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that stands at place when the values are taken as often as times says. */
static double value_at(const double *sorted, const uint16_t *times, size_t place)
{
	size_t i = 0, passed = times[0];

	while (passed <= place)
		passed += times[++i];
	return sorted[i];
}

static double middle(const double *sorted, const uint16_t *times, size_t nr)
{
	double upper = value_at(sorted, times, nr / 2);

	return nr % 2 ? upper : (value_at(sorted, times, nr / 2 - 1) + upper) / 2;
}

double median(const double *values, size_t nr)
{
	uint16_t once[RESAMPLE_RUNS];
	double sorted[RESAMPLE_RUNS];

	memcpy(sorted, values, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), ascending);
	for (size_t i = 0; i < nr; i++)
		once[i] = 1;
	return middle(sorted, once, nr);
}

void resample_medians(const struct resampler *r, const double *values, double *medians)
{
	uint8_t place[RESAMPLE_RUNS]; /* of each run among the sorted ones */
	double sorted[RESAMPLE_RUNS];

	memcpy(sorted, values, r->nr * sizeof(*sorted));
	qsort(sorted, r->nr, sizeof(*sorted), ascending);
	for (size_t i = 0; i < r->nr; i++) {
		place[i] = 0; /* of equal ones the first, which is as good as any */
		while (sorted[place[i]] != values[i])
			place[i]++;
	}
	for (size_t n = 0; n < RESAMPLES; n++) {
		uint16_t times[RESAMPLE_RUNS] = { 0 };

		for (size_t i = 0; i < r->nr; i++)
			times[place[r->picks[n * r->nr + i]]]++;
		medians[n] = middle(sorted, times, r->nr);
	}
}

/* The value that has so many below it, by Hoare's selection: sorting them all takes ten times as long. */
static double selected(double *values, size_t nr, size_t place)
{
	ptrdiff_t low = 0, high = nr - 1, at = place;

	while (low < high) {
		double pivot = values[(low + high) / 2];
		ptrdiff_t i = low, k = high;

		while (i <= k) {
			while (values[i] < pivot)
				i++;
			while (values[k] > pivot)
				k--;
			if (i <= k) {
				double swapped = values[i];

				values[i++] = values[k];
				values[k--] = swapped;
			}
		}
		if (at <= k)
			high = k;
		else if (at >= i)
			low = i;
		else
			break;
	}
	return values[place];
}

void resample_interval(double *values, double *low, double *high)
{
	*low = selected(values, RESAMPLES, RESAMPLES / 40);
	*high = selected(values, RESAMPLES, RESAMPLES - 1 - RESAMPLES / 40);
}
