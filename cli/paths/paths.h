/* SPDX-License-Identifier: GPL-2.0-only */
/* All that one run of `iostage paths' measures. */
#ifndef IOSTAGE_PATHS_H
#define IOSTAGE_PATHS_H

#include "capture.h"
#include "cold.h"
#include "hot.h"
#include "source.h"

struct paths {
	struct source source;
	struct capture circumstances;	/* no operations in it, only system, target and unit */
	bool has_hot;
	struct hot hot;
	bool has_cold;
	struct cold cold;
};

#endif
