/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings that somebody else wrote: decoding them, and showing them on a terminal. */
#ifndef IOSTAGE_TEXT_H
#define IOSTAGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the user's locale writes UTF-8. */
bool text_utf8(void);

/*
 * Decodes one character of UTF-8 and steps over it; -1 for a byte that is none, 0 at
 * the end, where it does not step.
 */
long text_next(const char **s);

/*
 * Copies in to out, and cuts it off at size: whatever could drive a terminal or turn
 * the text around becomes \xNN, and so does what the locale cannot show.
 */
void text_escape(char *out, size_t size, const char *in);

#endif
