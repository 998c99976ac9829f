/* SPDX-License-Identifier: MIT */
/*
 * asked_exec: the leader makes a getppid; another thread reads a byte and executes this again, which says so, makes a
 * getppid as well, and says what came of it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

static char *name;

static void *execute(void *unused)
{
	char byte, *again[] = { name, "again", NULL };

	if (read(0, &byte, 1) == 1)
		execv("/proc/self/exe", again);
	_exit(99);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1) {
		printf("executed\n");
		printf("refused %d\n", was_refused(syscall(SYS_getppid)));
		return 0;
	}
	name = argv[0];
	pthread_create(&thread, NULL, execute, NULL);
	syscall(SYS_getppid);
	for (;;)
		pause();
}
