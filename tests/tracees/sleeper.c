/* SPDX-License-Identifier: MIT */
/* sleeper MS: says "ready" with its first sleep begun as soon as may be, sleeps, and says how that ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long ms = argc > 1 ? atol(argv[1]) : 0;
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 }, begin, end;

	setvbuf(stdout, NULL, _IONBF, 0);
	printf("ready\n");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	int r = nanosleep(&time, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	long slept = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
	printf("slept %s %s\n", r ? strerror(errno) : "on", slept >= ms ? "enough" : "too little");
	return 0;
}
