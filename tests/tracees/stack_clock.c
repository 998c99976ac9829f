/* SPDX-License-Identifier: MIT */
/* Sends itself a signal, then asks for the time, which the vdso answers. */

#include <signal.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct timespec now;

	/* Once before, so that no lazy binding is left to step through. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	kill(getpid(), SIGUSR1);
	return clock_gettime(CLOCK_MONOTONIC, &now);
}
