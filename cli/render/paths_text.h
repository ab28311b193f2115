/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of what `iostage paths' prints. */
#ifndef IOSTAGE_PATHS_TEXT_H
#define IOSTAGE_PATHS_TEXT_H

#include <stdio.h>

#include "paths.h"

/* "512 B", "4 KiB"; buf has DRAW_NUMBER bytes */
const char *size_format(double bytes, char *buf);

/* What reads are counted by: 10^9 of the clock's units. */
const char *rate_unit(const char *unit);

void put_hot(const struct hot *h, const char *unit, FILE *out);
void put_cold(const struct cold *c, const char *unit, FILE *out);
void put_traced(const struct paths *p, FILE *out);
void put_faults(const struct faults *f, FILE *out);
void put_advice(const struct paths *p, FILE *out);

#endif
