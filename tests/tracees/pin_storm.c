/* SPDX-License-Identifier: MIT */
/* pin_storm PATH COUNT MICROSECONDS: opens, under a timer whose handler opens, too. */
#include "pin_open.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static char path[256];
static struct itimerval timer;
static volatile long handled, strange, failed, error; /* of the last that failed */

static void handle(int number, siginfo_t *info, void *context)
{
	long fd = look_open(path, O_RDONLY, 0);

	(void)number, (void)info;
	handled++;
	strange += is_strange(context);
	if (fd < 0)
		failed++, error = fd;
	else
		close((int)fd);
	setitimer(ITIMER_REAL, &timer, NULL); /* from now on: who is interrupted gets on, however slow the machine */
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART };

	if (argc != 4)
		return 2;
	strncpy(path, argv[1], sizeof(path) - 1);
	timer.it_value.tv_usec = atol(argv[3]);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (long i = atol(argv[2]); i; i--) {
		long fd = look_open(path, O_RDONLY, 0);

		if (fd < 0)
			failed++, error = fd;
		else
			close((int)fd);
	}
	memset(&timer, 0, sizeof(timer));
	setitimer(ITIMER_REAL, &timer, NULL);
	printf("calls %ld wrong %ld failed %ld strange %ld handled %ld ", calls, wrong, failed, strange, handled);
	printf("error %ld\n", error);
	return 0;
}
