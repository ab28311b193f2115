// SPDX-License-Identifier: GPL-2.0-only
/* Whatever the reader accepts can be drawn, and can be written. */
#include <stdlib.h>

#include "capture.h"
#include "render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	struct capture c;
	char err[256];

	if (!null)
		null = fopen("/dev/null", "w");
	if (!null)
		abort();
	if (capture_parse(&c, (const char *)data, size, err, sizeof(err)))
		return 0;
	render_text(&c, null);
	if (render_operations(&c, 10, null))
		abort();
	if (capture_write(&c, "/dev/null", err, sizeof(err)))
		abort();
	capture_free(&c);
	return 0;
}
