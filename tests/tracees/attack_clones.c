/* SPDX-License-Identifier: MIT */
/*
 * attack_clones HOW [once] SECONDS: clone3 of a structure whose flags another thread changes: from some that the kernel
 * refuses, so that there is nobody to wait for, to CLONE_UNTRACED. A child is one that nobody traces.
 */
#include "race.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t arguments[11] = { CLONE_SIGHAND, 0, 0, 0, SIGCHLD };

static void *racer(void *unused)
{
	volatile uint64_t *flags = arguments;

	for (;;) {
		*flags = CLONE_UNTRACED;
		for (volatile int i = 0; i < 300; i++)
			;
		*flags = CLONE_SIGHAND;
		for (volatile int i = 0; i < 300; i++)
			;
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long child;

	pthread_create(&thread, NULL, racer, NULL);
	for (race_begin(argc, argv); race_goes_on();) {
		child = syscall(SYS_clone3, arguments, sizeof(arguments));
		if (!child)
			_exit(0);
		race_saw(errno == EINVAL);
		race_wrong += child < 0 && errno != EINVAL && errno != EPERM;
		race_escapes += child > 0;
		if (child > 0)
			waitpid((pid_t)child, NULL, __WALL);
	}
	race_say();
	_exit(0);
}
