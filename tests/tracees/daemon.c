/* SPDX-License-Identifier: MIT */
/* daemon: forks twice, in a session of its own; the last one goes on when the first is gone, and is refused a getppid. */
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	int first_lives[2], said;
	char byte, line[64];

	pipe(first_lives);
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		close(first_lives[1]);
		while (read(first_lives[0], &byte, 1) > 0)
			;
		said = snprintf(line, sizeof(line), "alone, refused %d\n", syscall(SYS_getppid) < 0);
		write(1, line, said);
		_exit(0);
	}
	wait(NULL);
	return 6;
}
