/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_OUTPUT_H
#define IOSTAGE_OUTPUT_H

#include <stddef.h>

/*
 * Results go to standard output between these two. output_end() says whether all of them
 * arrived: 0 or negative errno; err gets one line for a person.
 */
void output_begin(void);
int output_end(char *err, size_t size);

#endif
