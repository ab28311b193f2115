/* SPDX-License-Identifier: GPL-2.0-only */
/* What each way of reading costs, for people and for programs. */
#ifndef IOSTAGE_PATHS_RENDER_H
#define IOSTAGE_PATHS_RENDER_H

#include <jansson.h>
#include <stdio.h>

#include "paths.h"

void paths_text(const struct paths *p, FILE *out);

/* 0 or -ENOMEM. */
int paths_json(const struct paths *p, FILE *out);

#endif
