/* SPDX-License-Identifier: MIT */
/*
 * crowd SLEEPERS HOT CALLS: that many children that sleep, and then as many that make CALLS getppids each, at once.
 * Says when all came to their end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void __attribute__((noreturn)) sleep_for_ever(void)
{
	for (;;)
		pause();
}

static void __attribute__((noreturn)) call(int calls)
{
	for (int i = 0; i < calls; i++)
		syscall(SYS_getppid);
	_exit(0);
}

int main(int argc, char **argv)
{
	int sleepers = argc > 3 ? atoi(argv[1]) : 0, hot = argc > 3 ? atoi(argv[2]) : 0, well = 0, status;
	pid_t *tids = calloc(sleepers + 1, sizeof(*tids));

	for (int i = 0; i < sleepers; i++)
		if (!(tids[i] = fork()))
			sleep_for_ever();
	for (int i = 0; i < hot; i++)
		if (!fork())
			call(atoi(argv[3]));
	for (int i = 0; i < hot; i++)
		well += wait(&status) > 0 && !status;
	for (int i = 0; i < sleepers; i++)
		kill(tids[i], SIGTERM);
	while (wait(&status) > 0)
		well += WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
	printf("well %d\n", well);
	return 0;
}
