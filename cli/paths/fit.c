// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fit.h"

#define TERMS 3

/* What alpha, beta and gamma are multiplied with. */
static void terms_of(double n, double x[TERMS])
{
	x[0] = 1;
	x[1] = n;
	x[2] = n > FIT_PAGE ? ceil(n / FIT_PAGE) - 1 : 0;
}

double fit_cost(const struct fit *f, double n)
{
	double x[TERMS];

	terms_of(n, x);
	return f->alpha + f->beta * x[1] + f->gamma * x[2];
}

/* Solves m * solution = right, both of which change, by elimination with pivots. */
static int solve(double m[TERMS][TERMS], double *right, size_t nr, double *solution)
{
	for (size_t k = 0; k < nr; k++) {
		size_t pivot = k;

		for (size_t i = k + 1; i < nr; i++)
			if (fabs(m[i][k]) > fabs(m[pivot][k]))
				pivot = i;
		if (!(fabs(m[pivot][k]) > 1e-12))
			return -EDOM;
		for (size_t j = 0; j < nr; j++) {
			double swapped = m[k][j];

			m[k][j] = m[pivot][j];
			m[pivot][j] = swapped;
		}
		solution[0] = right[k];
		right[k] = right[pivot];
		right[pivot] = solution[0];
		for (size_t i = k + 1; i < nr; i++) {
			double factor = m[i][k] / m[k][k];

			for (size_t j = k; j < nr; j++)
				m[i][j] -= factor * m[k][j];
			right[i] -= factor * right[k];
		}
	}
	for (size_t k = nr; k--;) {
		solution[k] = right[k];
		for (size_t j = k + 1; j < nr; j++)
			solution[k] -= m[k][j] * solution[j];
		solution[k] /= m[k][k];
	}
	return 0;
}

int fit_points(const double *size, const double *cost, size_t nr, bool per_page, struct fit *f)
{
	static const double unit[TERMS] = { 1, FIT_PAGE,
					    1 }; /* so that the sums are alike in size */
	double m[TERMS][TERMS] = { 0 }, right[TERMS] = { 0 }, solution[TERMS] = { 0 };
	size_t terms = per_page ? TERMS : TERMS - 1;
	int rc;

	for (size_t i = 0; i < nr; i++) {
		double x[TERMS];

		if (!(cost[i] > 0))
			return -EDOM;
		terms_of(size[i], x);
		for (size_t j = 0; j < terms; j++)
			x[j] /= unit[j] * cost[i];
		for (size_t j = 0; j < terms; j++) {
			for (size_t k = 0; k < terms; k++)
				m[j][k] += cost[0] * cost[0] * x[j] * x[k];
			right[j] += cost[0] * cost[0] * x[j];
		}
	}
	rc = solve(m, right, terms, solution);
	*f = (struct fit){ solution[0], solution[1] / FIT_PAGE, solution[2] };
	return rc;
}

double fit_worst(const struct fit *f, const double *size, const double *cost, size_t nr)
{
	double worst = 0;

	for (size_t i = 0; i < nr; i++) {
		double off = (fit_cost(f, size[i]) - cost[i]) / cost[i];

		if (fabs(off) > fabs(worst))
			worst = off;
	}
	return worst;
}

static bool dearer(const struct fit *a, const struct fit *b, double n)
{
	return fit_cost(a, n) > fit_cost(b, n);
}

double fit_break_even(const struct fit *a, const struct fit *b, double low, double high)
{
	bool before = dearer(a, b, low);
	double n = low, next;

	/* Steps of a sixteenth, and from one page to the next, where the fit has steps too */
	for (; n < high; n = next) {
		next = fmin(high,
			    n < FIT_PAGE ? fmin(FIT_PAGE, n * 17 / 16 + 1) : n + FIT_PAGE / 4);
		if (dearer(a, b, next) != before)
			break;
	}
	if (n >= high)
		return 0;
	while (next - n > 0.5) {
		double middle = (n + next) / 2;

		if (dearer(a, b, middle) == before)
			n = middle;
		else
			next = middle;
	}
	return next;
}
