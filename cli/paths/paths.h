/* SPDX-License-Identifier: GPL-2.0-only */
/* All that one run of `iostage paths' measures. */
#ifndef IOSTAGE_PATHS_H
#define IOSTAGE_PATHS_H

#include "advice.h"
#include "capture.h"
#include "faults.h"
#include "source.h"
#include "traced.h"

/* What can be measured by itself. */
#define PATHS_HOT	1
#define PATHS_COLD	2
#define PATHS_FAULTS	4
#define PATHS_ALL	7

struct paths {
	unsigned int measured;		/* PATHS_* */
	struct source source;
	struct capture circumstances;	/* no operations in it, only system, target and unit */
	struct hot hot;
	struct cold cold;
	struct traced traced;		/* with cold */
	/* of each depth, where both hot and cold are measured */
	struct advice advice[COLD_DEPTHS];
	struct faults faults;
};

#endif
