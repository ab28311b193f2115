// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "figures.h"
#include "stats.h"

/* Of a normal distribution, 95 % lie within that many standard deviations. */
#define DEVIATIONS 1.96
/* What always takes the same time is in one bucket or two. */
#define TRIM_BUCKETS 2

static const struct {
	unsigned int permille; /* 0: a mean */
	/* below: no figure; a bound of 95 % on the 99th percentile takes 299 operations */
	uint64_t fewest;
} figures[NR_FIGURES] = {
	[FIGURE_P50] = { 500, 30 },
	[FIGURE_MEAN] = { 0, 30 },
	[FIGURE_TRIMMED] = { 0, 30 },
	[FIGURE_P99] = { 990, 299 },
};

const char *const figure_name[NR_FIGURES] = {
	[FIGURE_P50] = "p50",
	[FIGURE_MEAN] = "mean",
	[FIGURE_TRIMMED] = "trimmed",
	[FIGURE_P99] = "p99",
};

const struct hist *row_hist(const struct capture *c, enum op_class class, enum track track,
			    unsigned int row)
{
	const struct capture_operation *o = &c->operations[class];

	if (row == ROW_LATENCY)
		return track == TRACK_EXPOSED ? o->latency : NULL;
	return track == TRACK_EXPOSED ? o->exposed[row] : o->hidden[row];
}

/* The value of a rank among count operations: those that h has not are the lowest. */
static double value_at(const struct hist *h, uint64_t count, uint64_t rank)
{
	uint64_t zeros = count - hist_count(h);

	return rank > zeros ? hist_at_rank(h, rank - zeros) : 0;
}

/* Behind the last bucket that is not the tail. */
static int trimmed_end(const struct hist *h, uint64_t count)
{
	int end = hist_bucket(value_at(h, count, quantile_rank(count, 750))) + TRIM_BUCKETS + 1;

	return end < HIST_BUCKETS ? end : HIST_BUCKETS;
}

/* The sum is exact; of it the tail is taken, whose values stand in their buckets' middles. */
static double trimmed_mean(const struct hist *h, uint64_t count)
{
	double sum = h->sum;

	for (int i = trimmed_end(h, count); i < HIST_BUCKETS; i++) {
		/* the largest is known, which counts where it is far out */
		if (h->bucket[i] == 1 && i == (int)hist_bucket(h->max))
			sum -= h->max;
		else
			sum -= (double)hist_middle(i) * h->bucket[i];
		count -= h->bucket[i];
	}
	return fmax(sum / count, 0);
}

static double figure_value(enum figure figure, const struct hist *h, uint64_t count)
{
	if (!h || !count)
		return 0;
	if (figure == FIGURE_MEAN)
		return (double)h->sum / count;
	if (figure == FIGURE_TRIMMED)
		return trimmed_mean(h, count);
	return value_at(h, count, quantile_rank(count, figures[figure].permille));
}

void run_reduce(struct run *run, const struct capture *c)
{
	memset(run, 0, sizeof(*run));
	for (int class = 0; class < NR_CLASSES; class ++) {
		uint64_t count = hist_count(c->operations[class].latency);

		run->count[class] = count;
		for (int track = 0; track < NR_TRACKS; track++) {
			for (int row = 0; row < NR_CLASS_ROWS; row++) {
				const struct hist *h = row_hist(c, class, track, row);
				double *value = run->value[class][track][row];

				for (int figure = 0; figure < NR_FIGURES; figure++)
					value[figure] = figure_value(figure, h, count);
			}
		}
	}
}

bool figure_enough(enum figure figure, uint64_t count)
{
	return count >= figures[figure].fewest;
}

double figure_error(enum figure figure, double value)
{
	uint32_t bucket = hist_bucket(value);
	uint64_t width;

	if (!figures[figure].permille || bucket == HIST_BUCKETS - 1)
		return 0;
	width = hist_floor(bucket + 1) - hist_floor(bucket);
	return width > 1 ? width / 2.0 : 0;
}

/* The mean's standard error times DEVIATIONS, without the buckets from end on. */
static double mean_margin(const struct hist *h, uint64_t count, int end)
{
	double mean = 0, squares = 0;

	for (int i = end; i < HIST_BUCKETS; i++)
		count -= h->bucket[i];
	for (int i = 0; i < end; i++) {
		double value = hist_middle(i), part = (double)h->bucket[i] / count;

		mean += value * part;
		squares += value * value * part;
	}
	return DEVIATIONS * sqrt(fmax(squares - mean * mean, 0) / count);
}

void figure_interval(enum figure figure, const struct hist *h, uint64_t count, double *low,
		     double *high)
{
	double part = figures[figure].permille / 1000.0, rank, margin;

	*low = *high = figure_value(figure, h, count);
	if (!h)
		return;
	if (!figures[figure].permille) {
		margin = mean_margin(h, count,
				     figure == FIGURE_MEAN ? HIST_BUCKETS : trimmed_end(h, count));
		*low -= margin;
		*high += margin;
		return;
	}
	/* how many of count lie below the true percentile is binomial */
	rank = count * part;
	margin = DEVIATIONS * sqrt(count * part * (1 - part));
	*low = value_at(h, count, fmax(floor(rank - margin), 1));
	*high = value_at(h, count, fmin(ceil(rank + margin) + 1, count));
}
