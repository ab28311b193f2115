/* SPDX-License-Identifier: GPL-2.0-only */
/* A child of iostage's own whose work is to be recorded from its beginning. */
#ifndef IOSTAGE_HELD_H
#define IOSTAGE_HELD_H

#include <sys/types.h>

struct held {
	pid_t pid;
	int go; /* to write to; closed, it never runs */
};

/* Its status is what run returns, an errno or 0. It dies with iostage. 0 or negative errno. */
int held_fork(struct held *h, int (*run)(void *), void *context);

/* It runs from now on. 0 or negative errno. */
int held_release(const struct held *h);

/*
 * Its status: 0 or negative errno, -EINTR where a signal killed it, -EINPROGRESS where it runs still
 * and options has WNOHANG. It stays to be ended.
 */
int held_wait(const struct held *h, int options);

/* Whether it has ended or not, it is gone. */
void held_end(struct held *h);

#endif
