/* SPDX-License-Identifier: MIT */
/* call32 NUMBER [ARGUMENT…]: makes an i386 call from 64-bit code, and prints what is left in eax. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	unsigned arguments[3] = { 0 };
	int result;

	for (int i = 2; i < argc && i < 5; i++)
		arguments[i - 2] = (unsigned)strtoul(argv[i], NULL, 0);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"((unsigned)strtoul(argv[1], NULL, 0)), "b"(arguments[0]), "c"(arguments[1]),
			   "d"(arguments[2])
			 : "r8", "r9", "r10", "r11", "memory");
	printf("%d\n", result);
	return 0;
}
