/* SPDX-License-Identifier: GPL-2.0-only */
/* What the asynchronous I/O stack of a filesystem is like, as text or JSON. */
#ifndef IOSTAGE_ASYNC_RENDER_H
#define IOSTAGE_ASYNC_RENDER_H

#include <jansson.h>
#include <stdio.h>

#include "async.h"
#include "filesystems.h"

/* absence: where it has none, why. */
void async_text(const struct filesystem *fs, const struct async *a, const char *absence, FILE *out);
json_t *async_json(const struct filesystem *fs, const struct async *a, const char *absence);

/* What was on when a capture was made: its "async". */
json_t *capture_async_json(const struct capture *c);

#endif
