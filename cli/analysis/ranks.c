// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "ranks.h"

struct ranked {
	double value;
	size_t index;
};

static int by_value(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;

	return (x > y) - (x < y);
}

/*
 * Doubled ranks of nr values, equal ones sharing the mean of theirs: whole numbers.
 * *ties: the sum of t^3 - t over the groups of equal ones.
 */
static void rank(struct ranked *values, size_t nr, unsigned int *ranks, double *ties)
{
	*ties = 0;
	qsort(values, nr, sizeof(*values), by_value);
	for (size_t i = 0, next; i < nr; i = next) {
		double same;

		for (next = i + 1; next < nr && values[next].value == values[i].value;)
			next++;
		for (size_t k = i; k < next; k++)
			ranks[values[k].index] = i + 1 + next;
		same = next - i;
		*ties += same * same * same - same;
	}
}

/*
 * Of all ways to choose nr_b of the ranks, the part whose sum is at least that large.
 * ways[k * width + s]: how many choices of k ranks sum up to s.
 */
static double exact(const unsigned int *ranks, size_t nr, size_t nr_b, size_t sum)
{
	size_t width = nr * (nr + 1) + 1;
	double *ways = calloc((nr_b + 1) * width, sizeof(*ways)), above = 0, all = 0;

	if (!ways)
		return 1;
	ways[0] = 1;
	for (size_t i = 0; i < nr; i++) {
		for (size_t k = i < nr_b ? i + 1 : nr_b; k > 0; k--) {
			double *to = ways + k * width;
			const double *from = to - width;

			for (size_t s = ranks[i]; s < width; s++)
				to[s] += from[s - ranks[i]];
		}
	}
	for (size_t s = 0; s < width; s++) {
		all += ways[nr_b * width + s];
		if (s >= sum)
			above += ways[nr_b * width + s];
	}
	free(ways);
	return above / all;
}

/* In doubled ranks throughout; half a rank is the correction for continuity. */
static double approximate(double nr, double nr_a, double nr_b, double sum, double ties)
{
	double expected = nr_b * (nr + 1);
	double variance = nr_a * nr_b / 3 * (nr + 1 - ties / (nr * (nr - 1)));

	if (!(variance > 0))
		return 1;
	return 0.5 * erfc((sum - expected - 1) / sqrt(2 * variance));
}

double rank_test(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	size_t nr = nr_a + nr_b, sum = 0;
	struct ranked *values = calloc(nr, sizeof(*values));
	unsigned int *ranks = calloc(nr, sizeof(*ranks));
	double p = 1, ties;

	if (!values || !ranks)
		goto out;
	for (size_t i = 0; i < nr; i++)
		values[i] = (struct ranked){ i < nr_a ? a[i] : b[i - nr_a], i };
	rank(values, nr, ranks, &ties);
	for (size_t i = nr_a; i < nr; i++)
		sum += ranks[i];
	p = nr <= RANK_EXACT ? exact(ranks, nr, nr_b, sum) : approximate(nr, nr_a, nr_b, sum, ties);
out:
	free(ranks);
	free(values);
	return p;
}

double rank_test_least(size_t nr_a, size_t nr_b)
{
	double choices = 1;

	for (size_t i = 1; i <= nr_b; i++)
		choices *= (double)(nr_a + i) / i;
	return 1 / choices;
}

int holm(double *p, size_t nr)
{
	struct ranked *sorted = calloc(nr ? nr : 1, sizeof(*sorted));
	double highest = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		sorted[i] = (struct ranked){ p[i], i };
	qsort(sorted, nr, sizeof(*sorted), by_value);
	for (size_t i = 0; i < nr; i++) {
		highest = fmax(highest, sorted[i].value * (nr - i));
		p[sorted[i].index] = fmin(highest, 1);
	}
	free(sorted);
	return 0;
}
