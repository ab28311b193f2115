/* SPDX-License-Identifier: GPL-2.0-only */
/* A check's outcome, for people, programs and CI. Write errors are left to the stream. */
#ifndef IOSTAGE_CHECK_RENDER_H
#define IOSTAGE_CHECK_RENDER_H

#include <stdio.h>

#include "check.h"
#include "draw.h"

void check_text(const struct check *check, FILE *out);
void check_junit(const struct check *check, FILE *out);
void check_markdown(const struct check *check, FILE *out);

/* 0 or -ENOMEM. */
int check_json(const struct check *check, FILE *out);

/* The outcome in one sentence: "regression: 2 of 60 figures: ...", without an end. */
void put_outcome(const struct check *check, FILE *out);

/* "total p50 42.24 → 45.31 µs, +7.3 % (limit 5 %)" */
void put_judgement(const struct check *check, const struct judgement *j, FILE *out);

/* What is not said by the figures: too few runs, what is inconclusive and why; a line each. */
void put_doubts(const struct check *check, FILE *out);

/* The unit of a class's figures. */
struct scale judged_scale(const struct check *check, enum op_class class);

/* "5 %": from where on it would be a regression, whichever of limit and floor is more. */
const char *limit_format(const struct judgement *j, char *buf);

/* "-1.2 to +3.4 %", of the ratio; "" where there is none. buf: 2 * DRAW_NUMBER. */
const char *ratio_format(const struct judgement *j, char *buf);

#endif
