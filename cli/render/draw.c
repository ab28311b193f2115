// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "draw.h"
#include "text.h"

struct scale scale_for(const char *unit, double typical)
{
	if (!strcmp(unit, "insn")) {
		if (typical < 1e6)
			return (struct scale){ "insn", 1, 0 };
		return (struct scale){ "Minsn", 1e6, 3 };
	}
	if (typical < 1e8)
		return (struct scale){ text_utf8() ? "µs" : "us", 1e3, 2 };
	if (typical < 1e9)
		return (struct scale){ "ms", 1e6, 3 };
	return (struct scale){ "s", 1e9, 3 };
}

const char *scale_format(const struct scale *s, double value, char *buf)
{
	double limit = 1e3;
	int decimals = s->decimals;

	value /= s->divisor;
	for (; decimals && value >= limit; limit *= 10)
		decimals--;
	/* beyond reason: still no wider than a column */
	snprintf(buf, DRAW_NUMBER - 1, value < 1e7 ? "%.*f" : "%.*e", decimals, value);
	return buf;
}

const char *scale_format_signed(const struct scale *s, double value, char *buf)
{
	buf[0] = value < 0 ? '-' : '+';
	scale_format(s, fabs(value), buf + 1);
	return buf;
}

const char *grouped(uint64_t n, char *buf)
{
	char digits[DRAW_NUMBER], *out = buf;
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n), i;

	for (i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buf;
}

const char *percent(double part, double whole, char *buf)
{
	double value = whole > 0 ? 100 * part / whole : 0;

	/* 100 is said only of all, and 0 only of nothing */
	if (part < whole && value > 99.9)
		value = 99.9;
	if (part > 0 && value < 0.1)
		snprintf(buf, DRAW_NUMBER, "<0.1 %%");
	else if (part > 0 && part < whole && (value < 9.95 || value > 99))
		snprintf(buf, DRAW_NUMBER, "%.1f %%", value);
	else
		snprintf(buf, DRAW_NUMBER, "%.0f %%", value);
	return buf;
}

const char *percent_change(double a, double b, char *buf)
{
	double value = a > 0 ? 100 * (b - a) / a : 0;
	int decimals = fabs(value) < 0.995 ? 2 : fabs(value) < 9.95 ? 1 : 0;

	if (b > 0 && !(a > 0))
		snprintf(buf, DRAW_NUMBER, "new");
	else if (!value)
		snprintf(buf, DRAW_NUMBER, "0 %%");
	else
		snprintf(buf, DRAW_NUMBER, value < 1e6 ? "%+.*f %%" : "%+.*e %%", decimals, value);
	return buf;
}

const char *separator(void)
{
	return text_utf8() ? " · " : " - ";
}

const char *arrow(void)
{
	return text_utf8() ? "→" : "->";
}

void put_unit_heading(FILE *out, const struct scale *s, const char *heading, int width)
{
	/* the micro sign is two bytes, but one column */
	int unit = strcmp(s->unit, "µs") ? strlen(s->unit) : 2;

	fprintf(out, "%*s %s", width - unit - 1, heading, s->unit);
}

int stage_column(int width, enum stage stage)
{
	int length = strlen(stage_name[stage]);

	return length > width ? length : width;
}

void put_class_name(FILE *out, enum op_class class)
{
	fprintf(out, "%s%s", class_op[class], separator());
	if (strcmp(class_op[class], class_path[class]))
		fprintf(out, "%s ", class_path[class]);
	fputs(class_outcome[class], out);
}

void put_text(FILE *out, const char *text)
{
	char safe[256];

	text_escape(safe, sizeof(safe), text);
	fputs(safe, out);
}

void put_async(FILE *out, const struct capture *c)
{
	char **on = c->async.on;

	if (c->async.present <= 0)
		return;
	fprintf(out, "%sasync ", separator());
	if (!on || !*on)
		fputs("off", out);
	for (size_t i = 0; on && on[i]; i++) {
		fputs(i ? "," : "", out);
		put_text(out, on[i]);
	}
}

/* 1, 2 or 5 times a power of ten: at most five steps to the end */
static double axis_step(double end)
{
	double step = 1;

	while (step > end / 5)
		step /= 10;
	while (10 * step <= end / 5)
		step *= 10;
	if (end / step <= 5)
		return step;
	if (end / step <= 10)
		return 2 * step;
	return end / step <= 25 ? 5 * step : 10 * step;
}

void put_axis(FILE *out, const struct scale *s, double end)
{
	double last = end / s->divisor, step, value;
	int column = 0;

	step = last > 0 ? axis_step(last) : 1;
	for (value = 0; value <= last; value += step) {
		int at = last > 0 ? value / last * DRAW_BAR : 0;
		char label[DRAW_NUMBER];
		int width = snprintf(label, sizeof(label), "%g", value);

		if (at + width > DRAW_BAR)
			break;
		if (column && at <= column)
			continue;
		fprintf(out, "%*s%s", at - column, "", label);
		column = at + width;
	}
}

static void put_blocks(FILE *out, int eighths, bool hidden)
{
	static const char *const partial[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int cells = hidden || !text_utf8() ? (eighths + 4) / 8 : eighths / 8;

	if (!cells && (hidden || !text_utf8()))
		cells = 1;
	while (cells--)
		fputs(text_utf8() ? hidden ? "░" : "█" : hidden ? "." : "#", out);
	if (!hidden && text_utf8())
		fputs(partial[eighths % 8], out);
}

void put_bar(FILE *out, double start, double length, double end, bool hidden)
{
	int at, eighths;

	if (!(end > 0) || start > end)
		return;
	at = start / end * DRAW_BAR;
	if (at >= DRAW_BAR)
		at = DRAW_BAR - 1;
	if (length > end)
		length = end;
	eighths = length / end * DRAW_BAR * 8 + 0.5;
	if (eighths > (DRAW_BAR - at) * 8)
		eighths = (DRAW_BAR - at) * 8;
	if (eighths < 1)
		eighths = 1;
	fprintf(out, "%*s", at, "");
	put_blocks(out, eighths, hidden);
}
