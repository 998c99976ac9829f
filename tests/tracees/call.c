/* SPDX-License-Identifier: MIT */
/* call NUMBER [ARGUMENT…]: makes that system call and prints what the kernel left as its result. */
#include <stdio.h>
#include <stdlib.h>

static long raw_call(const unsigned long *a, unsigned long nr)
{
	register unsigned long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

int main(int argc, char **argv)
{
	unsigned long arguments[6] = { 0 };

	for (int i = 2; i < argc && i < 8; i++)
		arguments[i - 2] = strtoul(argv[i], NULL, 0);
	printf("%ld\n", raw_call(arguments, strtoul(argv[1], NULL, 0)));
	return 0;
}
