/* SPDX-License-Identifier: MIT */
/*
 * attack_clones HOW [once] SECONDS: clone3 of a structure whose flags another thread changes: from some that the kernel
 * refuses, so that there is nobody to wait for, to CLONE_UNTRACED. A copy that was made byte by byte may have neither:
 * a child is asked whether it is traced.
 */
#include "race.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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

static int is_free(void)
{
	char text[2048] = "";
	int fd = open("/proc/self/status", O_RDONLY); /* flagged, it fails where nobody hears of that */
	const char *at = read(fd, text, sizeof(text) - 1) > 0 ? strstr(text, "\nTracerPid:\t") : NULL;

	return !at || !atoi(at + 12);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long child;
	int status;

	pthread_create(&thread, NULL, racer, NULL);
	for (race_begin(argc, argv); race_goes_on();) {
		child = syscall(SYS_clone3, arguments, sizeof(arguments));
		if (!child)
			_exit(is_free());
		race_saw(errno == EINVAL);
		race_wrong += child < 0 && errno != EINVAL && errno != EPERM;
		if (child > 0)
			race_escapes += waitpid((pid_t)child, &status, __WALL) != child || status;
	}
	race_say();
	_exit(0);
}
