/* SPDX-License-Identifier: MIT */
/* restart: reads a byte from a pipe under SA_RESTART while a child sends it a signal first and the byte then. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2], heard[2];

static void handle(int number)
{
	(void)number;
	if (write(heard[1], "", 1) != 1)
		_exit(1);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	char byte = 0;
	ssize_t n;

	if (pipe(ends) || pipe(heard))
		return 1;
	sigaction(SIGUSR1, &action, NULL);
	if (!fork()) {
		kill(getppid(), SIGUSR1);
		/* readv: it is `read` that is flagged. The handler ran, so the read was interrupted, or not begun. */
		if (readv(heard[0], (struct iovec[]){ { &byte, 1 } }, 1) != 1)
			_exit(1);
		_exit(write(ends[1], "x", 1) != 1);
	}
	n = read(ends[0], &byte, 1);
	printf("read %zd %c errno %s\n", n, n > 0 ? byte : '-', n < 0 ? strerror(errno) : "none");
	wait(NULL);
	return 0;
}
