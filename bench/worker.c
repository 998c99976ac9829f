/* SPDX-License-Identifier: MIT */
/*
 * The process whose calls are timed, the same program in every row, and the other end of its
 * socket. Knows nothing of what watches it: between two messages it makes one kind of call only.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

int worker_main(int fd)
{
	uint32_t calls;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (recv(fd, &calls, sizeof(calls), 0) == sizeof(calls) && calls) {
		long answer = 0;
		uint64_t start = now_ns();

		for (uint32_t i = 0; i < calls; i++)
			answer = syscall(SYS_getppid);
		struct reply reply = { now_ns() - start, answer == -1 ? -errno : answer };
		if (send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply))
			return 1;
	}
	return 0;
}

int subject_open(struct subject *subject)
{
	int ends[2];

	memset(subject, 0, sizeof(*subject));
	subject->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	if (fcntl(ends[1], F_SETFD, 0)) {
		int failure = errno;

		close(ends[0]);
		close(ends[1]);
		return -failure;
	}
	subject->fd = ends[0];
	subject->worker_fd = ends[1];
	return 0;
}

void subject_argv(struct subject *subject, char *argv[4])
{
	snprintf(subject->worker_fd_text, sizeof(subject->worker_fd_text), "%d",
		 subject->worker_fd);
	argv[0] = "/proc/self/exe";
	argv[1] = "worker";
	argv[2] = subject->worker_fd_text;
	argv[3] = NULL;
}

void subject_close_worker_fd(struct subject *subject)
{
	close(subject->worker_fd);
	subject->worker_fd = -1;
}

int subject_run(const struct subject *subject, uint32_t calls, struct reply *ret_reply)
{
	ssize_t bytes;

	if (send(subject->fd, &calls, sizeof(calls), MSG_NOSIGNAL) != sizeof(calls))
		return -errno;
	bytes = recv(subject->fd, ret_reply, sizeof(*ret_reply), 0);
	if (bytes < 0)
		return -errno;
	return bytes == sizeof(*ret_reply) ? 0 : -EPIPE;
}

void subject_stop(const struct subject *subject)
{
	uint32_t none = 0;

	send(subject->fd, &none, sizeof(none), MSG_NOSIGNAL);
}
