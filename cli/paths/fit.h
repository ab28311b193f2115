/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reading n bytes from memory costs: alpha + beta * n, and beyond one page gamma for each
 * further page, where the first two do not explain it. Fitted by least squares of the relative
 * errors, so that the small reads count as much as the large ones.
 */
#ifndef IOSTAGE_FIT_H
#define IOSTAGE_FIT_H

#include <stdbool.h>
#include <stddef.h>

#define FIT_PAGE	4096
#define FIT_POINTS	16	/* at most */
#define FIT_GOOD	0.10	/* a fit that is further off anywhere is not to be relied on */
#define FIT_SIMPLE	0.01	/* a fit without the per-page term that is further off needs it */

/* Costs are in the clock's unit (ns or insn), sizes in bytes. */
struct fit {
	double alpha;		/* of each read */
	double beta;		/* of each byte */
	double gamma;		/* of each page but the first; 0 without the per-page term */
};

/*
 * Fits nr points, 2 to FIT_POINTS of different sizes; with gamma at least 3, one of them beyond a
 * page. 0, or -EDOM where they determine no fit.
 */
int fit_points(const double *size, const double *cost, size_t nr, bool per_page, struct fit *f);

/* What the fit says that n bytes cost. */
double fit_cost(const struct fit *f, double n);

/* (fit - measured) / measured of the point that is furthest off. */
double fit_worst(const struct fit *f, const double *size, const double *cost, size_t nr);

/*
 * From which size on, between low and high, b costs less than a, or the other way round: the
 * smallest such size. 0 where one of them is the cheaper one throughout.
 */
double fit_break_even(const struct fit *a, const struct fit *b, double low, double high);

#endif
