/* SPDX-License-Identifier: MIT */
/*
 * deeds FOLDER KEPT: a little of everything that a tracer has to look after, with forbidden deeds in between: makes FOLDER,
 * removes KEPT. Says what each came to.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **arguments;

static void handle(int number)
{
	char line[32];

	write(1, line, snprintf(line, sizeof(line), "signal %d\n", number));
}

static void try(const char *name, long result)
{
	char line[64];

	write(1, line, snprintf(line, sizeof(line), "%s %s\n", name, result < 0 ? "refused" : result ? "trapped" : "done"));
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
	int status;

	arguments = argv;
	try("mkdir", syscall(SYS_mkdir, argv[1], 0700));
	if (argc < 3)
		return 3;
	signal(SIGUSR1, handle);
	signal(SIGSYS, handle);
	raise(SIGUSR1);
	try("rmdir", syscall(SYS_rmdir, argv[2]));
	pid_t child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* stopped for ever, where the parent is killed */
		if (getppid() != self)
			return 1;
		raise(SIGSTOP);
		try("mkdir", syscall(SYS_mkdir, argv[1], 0700));
		_exit(0);
	}
	waitpid(child, &status, WUNTRACED);
	kill(child, SIGCONT);
	waitpid(child, &status, 0);
	pthread_create(&thread, NULL, execute, NULL);
	for (;;)
		pause();
}
