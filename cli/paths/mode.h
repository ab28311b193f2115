/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOSTAGE_MODE_H
#define IOSTAGE_MODE_H

#include "cold.h"

/*
 * Says in r->was what a path really was, from what its nr runs of reads of size bytes, depth at a
 * time, left behind, where that is not what it is called: kernels turn some modes into others without
 * a word.
 */
void mode_judge(struct cold_result *r, enum cold_path p, size_t size, unsigned int depth,
		const struct cold_run *runs, size_t nr);

#endif
