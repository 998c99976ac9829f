/* SPDX-License-Identifier: MIT */
/*
 * daemon: forks twice, in a session of its own; the last one goes on when the first is gone, and is refused a
 * getppid.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

int main(void)
{
	int first_lives[2], said;
	char byte, line[64];

	if (pipe(first_lives))
		return 1;
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		close(first_lives[1]);
		while (read(first_lives[0], &byte, 1) > 0)
			;
		said = snprintf(line, sizeof(line), "alone, refused %d\n", was_refused(syscall(SYS_getppid)));
		_exit(write(1, line, said) != said);
	}
	wait(NULL);
	return 6;
}
