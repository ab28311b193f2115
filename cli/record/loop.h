/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens while a recording runs, and what ends it. */
#ifndef IOSTAGE_LOOP_H
#define IOSTAGE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "workload.h"

enum loop_event {
	LOOP_SIGNAL,	/* SIGINT, SIGTERM or SIGHUP */
	LOOP_DURATION,	/* the time is over */
	LOOP_WORKLOAD,	/* the workload has ended */
	LOOP_TARGET,	/* the process that was asked for has ended */
	LOOP_TICK,	/* a second has passed */
	LOOP_COLLECTOR,	/* operations may have ended */
	NR_LOOP_EVENTS
};

struct loop {
	int fd[NR_LOOP_EVENTS];	/* -1: cannot happen */
};

/*
 * From here on the signals that end a recording are events; those that come before the
 * loop runs are not lost. 0 or negative errno; err gets one line for a person.
 */
int loop_open(struct loop *l, char *err, size_t size);
int loop_watch_process(struct loop *l, pid_t pid, char *err, size_t size);
int loop_set_timer(struct loop *l, enum loop_event timer, double seconds, bool repeat);

/* Waits for the next event; signals have been passed on to the workload. */
int loop_next(struct loop *l, struct workload *w);
void loop_close(struct loop *l);

#endif
