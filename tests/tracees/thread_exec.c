/* SPDX-License-Identifier: MIT */
/* thread_exec: a thread that does not lead executes, while the leader and others wait; says who it is afterwards. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

static char **arguments;
static char before[16];

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *execute(void *unused)
{
	char *again[] = { arguments[0], before, NULL };

	execv("/proc/self/exe", again);
	_exit(99);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1) {
		printf("same pid %d, leads %d, refused %d\n", getpid() == atoi(argv[1]),
		       getpid() == (pid_t)syscall(SYS_gettid), was_refused(syscall(SYS_getppid)));
		return 5;
	}
	arguments = argv;
	snprintf(before, sizeof(before), "%d", getpid());
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, wait_for_ever, NULL);
	pthread_create(&thread, NULL, execute, NULL);
	wait_for_ever(NULL);
	return 0;
}
