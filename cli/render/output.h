/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_OUTPUT_H
#define IOSTAGE_OUTPUT_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Results go to standard output between these two. output_end() says whether all of them
 * arrived: 0 or negative errno; err gets one line for a person.
 */
void output_begin(void);
int output_end(char *err, size_t size);

/* The argument of --format where it is text or json; anything else is a usage error. */
bool output_is_json(const char *format, struct argp_state *state);

#endif
