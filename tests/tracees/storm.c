/* SPDX-License-Identifier: MIT */
/*
 * storm COUNT: that many short children, up to 16 at once, each of which makes a getppid; says how many were
 * refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

static int refused;

static void reap(void)
{
	int status;

	wait(&status);
	refused += WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1, alive = 0;

	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (!child)
			_exit(was_refused(syscall(SYS_getppid)));
		if (child < 0)
			return 2;
		if (++alive == 16) {
			reap();
			alive--;
		}
	}
	while (alive--)
		reap();
	printf("refused %d\n", refused);
	return 0;
}
