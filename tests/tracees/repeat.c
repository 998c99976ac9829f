/* SPDX-License-Identifier: MIT */
/* repeat COUNT NUMBER…: makes these system calls, each COUNT times in a row, and says how many gave which result. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int rounds = atoi(argv[1]);

	for (int i = 2; i < argc; i++) {
		long nr = strtol(argv[i], NULL, 0), failed = 0;

		errno = 0;
		for (int n = 0; n < rounds; n++)
			failed += syscall(nr, -1L, -1L, -1L) < 0;
		printf("%ld: %ld failed, errno %d\n", nr, failed, errno);
	}
	return 0;
}
