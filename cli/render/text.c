// SPDX-License-Identifier: GPL-2.0-only
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

bool text_utf8(void)
{
	static int utf8 = -1;
	locale_t locale;

	if (utf8 >= 0)
		return utf8;
	/* The program itself stays in the C locale, which is what numbers are written in. */
	locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	utf8 = locale && !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
	if (locale)
		freelocale(locale);
	return utf8;
}

long text_next(const char **s)
{
	static const long smallest[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)*s;
	unsigned int more, i;
	long c = *p;

	if (!c)
		return 0;
	(*s)++;
	if (c < 0x80)
		return c;
	if (c < 0xc0 || c > 0xf7)
		return -1;
	more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	c &= 0x3f >> more;
	for (i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*s += more;
	return c;
}

/* Not so: controls of both ranges, line separators, and what changes the direction. */
static bool harmless(long c)
{
	if (c < 0x20)
		return false;
	if (c < 0x7f)
		return true;
	if (!text_utf8() || c < 0xa0)
		return false;
	return c != 0xad && c != 0x61c && !(c >= 0x200b && c <= 0x200f) &&
	       !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff &&
	       !(c >= 0xfff9 && c <= 0xfffb) && !(c >= 0xe0000 && c <= 0xe0fff);
}

void text_escape(char *out, size_t size, const char *in)
{
	const char *from = in;
	size_t used = 0;
	long c;

	for (; (c = text_next(&in)) != 0; from = in) {
		size_t length = in - from;
		bool plain = c > 0 && harmless(c);

		if (used + (plain ? length : 4 * length) >= size)
			break;
		if (plain) {
			memcpy(out + used, from, length);
			used += length;
			continue;
		}
		for (; from < in; from++)
			used += sprintf(out + used, "\\x%02x", (unsigned char)*from);
	}
	out[used] = '\0';
}
