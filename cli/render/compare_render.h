/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison, for people and for programs. Write errors are left to the stream. */
#ifndef IOSTAGE_COMPARE_RENDER_H
#define IOSTAGE_COMPARE_RENDER_H

#include <jansson.h>

#include "compare.h"

void compare_text(const struct comparison *c, FILE *out);

/* 0 or -ENOMEM. */
int compare_json(const struct comparison *c, FILE *out);

/* What a person wants to know of a class, in one sentence without an end. */
void put_sentence(const struct comparison *c, enum op_class class, FILE *out);

/* What is on the sides, and what limits the comparison; a line each. */
void put_sides(const struct comparison *c, FILE *out);

/*
 * The same as members of an object: "a", "b", "mismatches". NULL where memory is short.
 */
json_t *sides_json(const struct comparison *c);

/* The classes that are not in every capture, as an array. NULL where memory is short. */
json_t *skipped_json(const struct comparison *c);

/* Writes the object, which it then frees. 0, or -ENOMEM: of a NULL, too. */
int put_json(json_t *all, FILE *out);

/* A string out of a capture or from a command line, which may not be UTF-8. */
json_t *text_json(const char *text);

/* Members for a difference: a, b, difference, and the intervals where there are any. */
json_t *difference_json(const struct difference *d);

#endif
