// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "figures.h"
#include "stats.h"

/* Of a normal distribution, 95 % lie within that many standard deviations. */
#define DEVIATIONS 1.96
/* What always takes the same time is in one bucket or two. */
#define TRIM_BUCKETS 2
#define TRIMMED 750 /* permille */

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

/* Buckets: from begin on, to before end. */
struct kept {
	int begin, end;
};

/* Those that are not a tail, which begins somewhere above the permille, or as far below. */
static struct kept untailed(const struct hist *h, uint64_t count, unsigned int permille)
{
	uint64_t low = value_at(h, count, quantile_rank(count, 1000 - permille));
	uint64_t high = value_at(h, count, quantile_rank(count, permille));
	int begin = hist_bucket(low) - TRIM_BUCKETS, end = hist_bucket(high) + TRIM_BUCKETS + 1;

	return (struct kept){ begin > 0 ? begin : 0, end < HIST_BUCKETS ? end : HIST_BUCKETS };
}

static bool is_kept(const struct kept *kept, int bucket)
{
	return bucket >= kept->begin && bucket < kept->end;
}

/* How many operations; those that h has not took none of it, and are low ones. */
static uint64_t kept_count(const struct hist *h, uint64_t count, const struct kept *kept)
{
	if (kept->begin)
		count = hist_count(h);
	for (int i = 0; i < HIST_BUCKETS; i++) {
		if (!is_kept(kept, i))
			count -= h->bucket[i];
	}
	return count;
}

/* The sum is exact; of it the tails are taken, whose values stand in their buckets' middles. */
static double trimmed_mean(const struct hist *h, uint64_t count, unsigned int permille)
{
	struct kept kept = untailed(h, count, permille);
	double sum = h->sum;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		if (is_kept(&kept, i))
			continue;
		/* the largest is known, which counts where it is far out */
		if (h->bucket[i] == 1 && i == (int)hist_bucket(h->max))
			sum -= h->max;
		else
			sum -= (double)hist_middle(i) * h->bucket[i];
	}
	return fmax(sum / kept_count(h, count, &kept), 0);
}

static double figure_value(enum figure figure, const struct hist *h, uint64_t count)
{
	if (!h || !count)
		return 0;
	if (figure == FIGURE_MEAN)
		return (double)h->sum / count;
	if (figure == FIGURE_TRIMMED)
		return trimmed_mean(h, count, TRIMMED);
	return value_at(h, count, quantile_rank(count, figures[figure].permille));
}

/* The standard error of the kept buckets' mean, times DEVIATIONS. */
static double mean_margin(const struct hist *h, uint64_t count, const struct kept *kept)
{
	double mean = 0, squares = 0;

	count = kept_count(h, count, kept);
	for (int i = kept->begin; i < kept->end; i++) {
		double value = hist_middle(i), part = (double)h->bucket[i] / count;

		mean += value * part;
		squares += value * value * part;
	}
	return DEVIATIONS * sqrt(fmax(squares - mean * mean, 0) / count);
}

/* What the tails' buckets leave open of a trimmed mean: where in them the values are. */
static double tail_margin(const struct hist *h, uint64_t count, const struct kept *kept)
{
	double variance = 0;

	for (int i = 0; i < HIST_BUCKETS - 1; i++) {
		double width = hist_floor(i + 1) - hist_floor(i);

		if (!is_kept(kept, i))
			variance += h->bucket[i] * width * width / 12;
	}
	return DEVIATIONS * sqrt(variance) / kept_count(h, count, kept);
}

/*
 * Where a quarter of the operations, more or less, take another time than the others, it depends
 * on a few of them whether those are the tail.
 */
static double unsteadiness(const struct hist *h, uint64_t count)
{
	static const unsigned int others[] = { TRIMMED - 100, TRIMMED + 100 };
	struct kept kept;
	double mean, most = 0;

	if (!h || !count)
		return 0;
	mean = trimmed_mean(h, count, TRIMMED);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		most = fmax(most, fabs(trimmed_mean(h, count, others[i]) - mean));
	kept = untailed(h, count, TRIMMED);
	return most + mean_margin(h, count, &kept) + tail_margin(h, count, &kept);
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
				run->unsteady[class][track][row] = unsteadiness(h, count);
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

void figure_interval(enum figure figure, const struct hist *h, uint64_t count, double *low,
		     double *high)
{
	double part = figures[figure].permille / 1000.0, rank, margin;
	struct kept kept = { 0, HIST_BUCKETS };

	*low = *high = figure_value(figure, h, count);
	if (!h)
		return;
	if (!figures[figure].permille) {
		if (figure == FIGURE_TRIMMED)
			kept = untailed(h, count, TRIMMED);
		margin = mean_margin(h, count, &kept);
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
