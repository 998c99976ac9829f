/* SPDX-License-Identifier: MIT */
/* Executes `in/prog in/escapes`; a child keeps exchanging it for a link to out/prog: SECONDS. Says how often it did. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[argc - 1]);
	pid_t racer = fork(), child;
	long tries = 0;

	for (; !racer;)
		syscall(SYS_renameat2, AT_FDCWD, "in/prog", AT_FDCWD, "in/prog2", 2);
	for (; time(NULL) < end && (argc < 4 || access("in/escapes", F_OK)); tries++) {
		child = vfork();
		if (!child) {
			execl("in/prog", "prog", "in/escapes", (char *)NULL);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	printf("%ld tries\n", tries);
	return 0;
}
