// SPDX-License-Identifier: GPL-2.0-only
/* A file of thresholds, whatever is in it: read or refused, and then every limit is one. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thresholds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct thresholds t;
	char path[64], err[512];

	if (fd < 0)
		fd = memfd_create("thresholds", 0);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	thresholds_init(&t);
	thresholds_read(&t, path, err, sizeof(err));
	thresholds_complete(&t, "ns");
	for (int row = 0; row < NR_CLASS_ROWS; row++) {
		if (!(t.floor[row] >= 0 && isfinite(t.floor[row])))
			abort();
		for (int figure = 0; figure < NR_FIGURES; figure++)
			if (!(t.limit[row][figure] >= 0))
				abort();
	}
	return 0;
}
