/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests by ranks: whether runs differ by more than chance, whatever their distribution. */
#ifndef IOSTAGE_RANKS_H
#define IOSTAGE_RANKS_H

#include <stddef.h>

/*
 * Mann and Whitney's test, one-sided: how likely is it that values which differ by
 * nothing but chance rank b's as high above a's as here? Exact, with ties, up to
 * RANK_EXACT values in all, above that by the normal approximation.
 * The probability, or 1 where memory is short.
 */
#define RANK_EXACT	48
double rank_test(const double *a, size_t nr_a, const double *b, size_t nr_b);

/* The smallest probability that rank_test() can give for so many values without ties. */
double rank_test_least(size_t nr_a, size_t nr_b);

/*
 * Holm's correction: makes the probabilities of nr tests what they are worth as a
 * family: whoever compares each with a level errs even once no more often than that.
 * 0 or -ENOMEM.
 */
int holm(double *p, size_t nr);

#endif
