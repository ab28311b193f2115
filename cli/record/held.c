// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int held_fork(struct held *h, int (*run)(void *), void *context)
{
	int go[2], error;
	char word;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	h->pid = fork();
	if (!h->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		if (read(go[0], &word, 1) != 1)
			_exit(ECANCELED);
		_exit(run(context));
	}
	error = h->pid < 0 ? -errno : 0;
	close(go[0]);
	h->go = go[1];
	if (error)
		close(go[1]);
	return error;
}

int held_release(const struct held *h)
{
	return write(h->go, "", 1) == 1 ? 0 : -errno;
}

int held_wait(const struct held *h, int options)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, h->pid, &info, WEXITED | WNOWAIT | options))
		return -errno;
	if (!info.si_pid)
		return -EINPROGRESS;
	return info.si_code == CLD_EXITED ? -info.si_status : -EINTR;
}

void held_end(struct held *h)
{
	close(h->go);
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
}
