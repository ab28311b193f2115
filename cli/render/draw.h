/* SPDX-License-Identifier: GPL-2.0-only */
/* What breakdown and waterfalls share: numbers, units, bars on a time axis. */
#ifndef IOSTAGE_DRAW_H
#define IOSTAGE_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture.h"

#define DRAW_COLUMNS	100	/* no line is wider */
#define DRAW_BAR	28	/* columns of the axis */
#define DRAW_NUMBER	32	/* bytes that a formatted number may take */

/* One unit for a whole table. */
struct scale {
	const char *unit;
	double divisor;		/* from the capture's unit */
	int decimals;
};

/*
 * In what a table with this typical value reads well, its stages too, which are a hundredth of
 * it and less. unit: the capture's, of the value too.
 */
struct scale scale_for(const char *unit, double typical);

/* The value in the scale's unit, without it; large values lose their decimals. */
const char *scale_format(const struct scale *s, double value, char *buf);

/* The same with its sign, always. */
const char *scale_format_signed(const struct scale *s, double value, char *buf);

/* 1234567 as 1,234,567 */
const char *grouped(uint64_t n, char *buf);

/* A part in percent: "100 %", "12 %", "0.4 %". */
const char *percent(double part, double whole, char *buf);

/*
 * How much b is more or less than a, in percent of a: "-18 %", "+0.40 %"; "new" where a is 0
 * and b is not.
 */
const char *percent_change(double a, double b, char *buf);

/* " · ", or its like in ASCII */
const char *separator(void);

/* "→", or its like in ASCII */
const char *arrow(void);

/* A heading with the table's unit, flush right in width columns. */
void put_unit_heading(FILE *out, const struct scale *s, const char *heading, int width);

/* How wide a column that is `width` wide has to be for this stage's name, too. */
#define STAGE_COLUMN 16
int stage_column(int width, enum stage stage);

/* "read · buffered miss" */
void put_class_name(FILE *out, enum op_class class);

/* A string out of a capture, harmless to a terminal. */
void put_text(FILE *out, const char *text);

/* " · async read,pool", or "off": what was on; nothing where there was no async stack. */
void put_async(FILE *out, const struct capture *c);

/* Labels above the bars, from 0 to end. */
void put_axis(FILE *out, const struct scale *s, double end);

/* A bar from start on, length long, on an axis up to end. Never invisible. */
void put_bar(FILE *out, double start, double length, double end, bool hidden);

#endif
