/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture for people. The output is the same on a terminal and off it; only the
 * locale decides whether it has characters beyond ASCII. Write errors are left to the
 * stream, for the caller to ask for.
 */
#ifndef IOSTAGE_RENDER_H
#define IOSTAGE_RENDER_H

#include <stdio.h>

#include "capture.h"

/* The breakdown: a table for each class of operations, and what was not seen. */
void render_text(const struct capture *c, FILE *out);

/*
 * Of each class, up to n of the slowest and n random operations, as waterfalls.
 * 0 or -ENOMEM.
 */
int render_operations(const struct capture *c, unsigned int n, FILE *out);

#endif
