/* SPDX-License-Identifier: MIT */
/* deeds FOLDER KEPT: a bit of all that a tracer looks after, and forbidden deeds: makes FOLDER, removes KEPT. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static char **arguments;

static void handle(int number)
{
	dprintf(1, "signal %d\n", number);
}

static void try(const char *name, long result)
{
	dprintf(1, "%s %s\n", name, result < 0 ? "refused" : result ? "trapped" :
								      "done");
}

static void *execute(void *unused)
{
	char *again[] = { arguments[0], arguments[1], NULL };

	execv("/proc/self/exe", again);
	_exit(9);
	return unused;
}

int main(int argc, char **argv)
{
	pid_t self = getpid();
	pthread_t thread;

	arguments = argv;
	try("mkdir", mkdir(argv[1], 0700));
	if (argc < 3)
		return 3;
	signal(SIGUSR1, handle);
	signal(SIGSYS, handle);
	raise(SIGUSR1);
	try("rmdir", rmdir(argv[2]));
	pid_t child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* stopped for ever, where the parent is killed */
		if (getppid() != self || raise(SIGSTOP))
			_exit(1);
		try("mkdir", mkdir(argv[1], 0700));
		_exit(0);
	}
	waitpid(child, NULL, WUNTRACED);
	kill(child, SIGCONT);
	waitpid(child, NULL, 0);
	pthread_create(&thread, NULL, execute, NULL);
	for (;;)
		pause();
}
