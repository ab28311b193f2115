// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop.h"

int loop_open(struct loop *l, char *err, size_t size)
{
	sigset_t signals;
	int i, error;

	for (i = 0; i < NR_LOOP_EVENTS; i++)
		l->fd[i] = -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	l->fd[LOOP_SIGNAL] = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->fd[LOOP_SIGNAL] >= 0)
		return 0;
	error = errno;
	snprintf(err, size, "cannot watch for signals: %s", strerror(error));
	return -error;
}

int loop_watch_process(struct loop *l, pid_t pid, char *err, size_t size)
{
	int error;

	l->fd[LOOP_TARGET] = pidfd_open(pid, 0);
	if (l->fd[LOOP_TARGET] >= 0)
		return 0;
	error = errno;
	snprintf(err, size, "cannot watch process %d: %s", pid, strerror(error));
	return -error;
}

int loop_set_timer(struct loop *l, enum loop_event timer, double seconds, bool repeat)
{
	struct itimerspec spec = { 0 };

	spec.it_value.tv_sec = seconds;
	spec.it_value.tv_nsec = (seconds - spec.it_value.tv_sec) * 1e9;
	if (repeat)
		spec.it_interval = spec.it_value;
	l->fd[timer] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->fd[timer] < 0 || timerfd_settime(l->fd[timer], 0, &spec, NULL))
		return -errno;
	return 0;
}

/* Only what the kernel itself sent, for a terminal, has also reached the workload. */
static void pass_on(struct loop *l, struct workload *w)
{
	struct signalfd_siginfo info;

	if (read(l->fd[LOOP_SIGNAL], &info, sizeof(info)) == sizeof(info))
		workload_signal(w, info.ssi_signo, info.ssi_code == SI_KERNEL);
}

int loop_next(struct loop *l, struct workload *w)
{
	struct pollfd fds[NR_LOOP_EVENTS];
	uint64_t expirations;
	int i;

	for (i = 0; i < NR_LOOP_EVENTS; i++)
		fds[i] = (struct pollfd){ .fd = l->fd[i], .events = POLLIN };
	while (poll(fds, NR_LOOP_EVENTS, -1) < 0)
		if (errno != EINTR)
			return -errno;
	for (i = 0; !fds[i].revents; i++)
		;
	if (i == LOOP_SIGNAL)
		pass_on(l, w);
	else if ((i == LOOP_TICK || i == LOOP_DURATION || i == LOOP_COLLECTOR) &&
		 read(l->fd[i], &expirations, sizeof(expirations)) < 0)
		return -errno;
	return i;
}

void loop_close(struct loop *l)
{
	int i;

	/* The workload's is its to close. */
	l->fd[LOOP_WORKLOAD] = -1;
	for (i = 0; i < NR_LOOP_EVENTS; i++)
		if (l->fd[i] >= 0)
			close(l->fd[i]);
}
