/* SPDX-License-Identifier: GPL-2.0-only */
/* The workload: the command that is recorded, forked early and let go when all is attached. */
#ifndef IOSTAGE_WORKLOAD_H
#define IOSTAGE_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct workload {
	char **argv;
	pid_t pid;		/* 0: there is none, or it has been waited for */
	int pidfd;		/* readable when it has ended; -1: none */
	int socket;		/* to the child: one byte lets it go; back: what exec said */
	bool signalled;		/* it was asked to end; the next time it is killed */
	int status;		/* for exit(3): its own, or 128 + the signal that killed it */
};

#define WORKLOAD_NOT_EXECUTABLE	126
#define WORKLOAD_NOT_FOUND	127

/* Forks; the child waits. 0 or negative errno; err gets one line for a person. */
int workload_fork(struct workload *w, char **argv, char *err, size_t size);

/*
 * Lets the child run its command. Where it cannot, err says why, w->status is 126 or 127,
 * and the child is gone.
 */
int workload_start(struct workload *w, char *err, size_t size);

/* Passes a signal on. Asked a second time, it kills. */
void workload_signal(struct workload *w, int signal, bool from_terminal);

/* Waits for the end and sets w->status. */
void workload_wait(struct workload *w);

/* Lets go of the child; where it still waits for its start, that is its end. */
void workload_close(struct workload *w);

#endif
