/* SPDX-License-Identifier: MIT */
/*
 * busy: for ever a child that confines itself, asks for its parent, opens and executes, and one thread that makes and
 * joins others; prints a dot for each turn of the first.
 */
#include "confine.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_a_child(char *self)
{
	char *const again[] = { self, "again", NULL };
	struct sock_fprog program;
	struct sock_filter insns[8];

	for (int i = 0; i < 6; i++)
		syscall(SYS_getppid); /* a run of denials, if it is denied */
	close(open("/proc/self/status", O_RDONLY));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, make_program("getsid=50007", &program, insns));
	execv("/proc/self/exe", again);
	_exit(99);
}

static void *end_at_once(void *unused)
{
	return unused;
}

static void *make_threads(void *unused)
{
	pthread_t thread;

	while (!pthread_create(&thread, NULL, end_at_once, NULL))
		pthread_join(thread, NULL);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t maker;

	if (argc > 1)
		return syscall(SYS_getsid, 0) >= 0;
	pthread_create(&maker, NULL, make_threads, NULL);
	for (;;) {
		pid_t child = fork();

		if (!child)
			be_a_child(argv[0]);
		waitpid(child, NULL, 0);
		if (write(1, ".", 1) != 1)
			return 1;
	}
}
