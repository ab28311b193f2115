// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

/* In the child: waits to be let go, then becomes the workload. */
static void __attribute__((noreturn)) run(int socket, char **argv)
{
	sigset_t none;
	int error;
	char go;

	/* Nothing to read: iostage is gone, and so is the reason to run. */
	if (recv(socket, &go, 1, 0) != 1)
		_exit(0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	error = errno;
	send(socket, &error, sizeof(error), MSG_NOSIGNAL);
	_exit(WORKLOAD_NOT_FOUND);
}

int workload_fork(struct workload *w, char **argv, char *err, size_t size)
{
	int pair[2] = { -1, -1 }, error;

	*w = (struct workload){ .argv = argv, .pidfd = -1, .socket = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		goto failed;
	w->socket = pair[0];
	w->pid = fork();
	if (!w->pid) {
		close(pair[0]);
		run(pair[1], argv);
	}
	error = errno;
	close(pair[1]);
	errno = error;
	if (w->pid < 0) {
		w->pid = 0;
		goto failed;
	}
	w->pidfd = pidfd_open(w->pid, 0);
	if (w->pidfd >= 0)
		return 0;
failed:
	error = errno;
	workload_close(w);
	snprintf(err, size, "cannot start a process for the workload: %s", strerror(error));
	return -error;
}

int workload_start(struct workload *w, char *err, size_t size)
{
	ssize_t got;
	int error;

	send(w->socket, "", 1, MSG_NOSIGNAL);
	do {
		got = recv(w->socket, &error, sizeof(error), 0);
	} while (got < 0 && errno == EINTR);
	close(w->socket);
	w->socket = -1;
	if (got != sizeof(error)) /* closed by exec, which succeeded */
		return 0;
	workload_wait(w);
	w->status = error == ENOENT ? WORKLOAD_NOT_FOUND : WORKLOAD_NOT_EXECUTABLE;
	snprintf(err, size, "cannot run %s: %s", w->argv[0],
		 error == ENOENT ? "not found" : strerror(error));
	return -error;
}

void workload_signal(struct workload *w, int signal, bool from_terminal)
{
	if (!w->pid)
		return;
	if (w->signalled)
		pidfd_send_signal(w->pidfd, SIGKILL, NULL, 0);
	else if (!from_terminal) /* which sends it to the workload as well */
		pidfd_send_signal(w->pidfd, signal, NULL, 0);
	w->signalled = true;
}

void workload_wait(struct workload *w)
{
	int status = 0;

	if (!w->pid)
		return;
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	w->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void workload_close(struct workload *w)
{
	if (w->socket >= 0) {
		close(w->socket);
		workload_wait(w);
	}
	if (w->pidfd >= 0)
		close(w->pidfd);
	w->socket = w->pidfd = -1;
}
