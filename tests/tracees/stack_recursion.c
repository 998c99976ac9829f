/* SPDX-License-Identifier: MIT */
/* Calls itself as often as its argument says, then sends itself a signal. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline, noclone)) static int recurse(int left)
{
	int result = left ? recurse(left - 1) : kill(getpid(), SIGUSR1);

	__asm__ volatile(""
			 : "+r"(result)::"memory");
	return result;
}

int main(int argc, char **argv)
{
	return recurse(argc > 1 ? atoi(argv[1]) : 0);
}
