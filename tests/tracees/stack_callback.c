/* SPDX-License-Identifier: MIT */
/* The C library calls back into the program: its bsearch stands between two of the program's functions. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline, noclone)) static int compare(const void *a, const void *b)
{
	int result = *(const int *)a - *(const int *)b;

	kill(getpid(), SIGUSR1);
	return result;
}

int main(void)
{
	static const int numbers[] = { 1 };
	/* Through a variable: the header has the function's body, too, and the compiler would put it here. */
	__typeof__(bsearch) *volatile search = bsearch;
	void *found = search(&numbers[0], numbers, 1, sizeof(numbers[0]), compare);

	return found == NULL;
}
