/* SPDX-License-Identifier: MIT */
/*
 * attack_abi i386|x32 FOLDER: makes the folder by the number that mkdir has in another ABI; the name lies below 4 GiB.
 * Says what it came to.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int main(int argc, char **argv)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	if (argc < 3 || low == MAP_FAILED)
		return 1;
	memcpy(low, argv[2], strlen(argv[2]) + 1);
	if (!strcmp(argv[1], "i386"))
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "0"(39), "b"(low), "c"(0700)
				 : "r8", "r9", "r10", "r11", "memory");
	else
		__asm__ volatile("syscall"
				 : "=a"(result)
				 : "0"(SYS_mkdir | 0x40000000), "D"(low), "S"(0700)
				 : "rcx", "r11", "memory");
	printf("mkdir %s\n", (int)result ? strerror(-(int)result) : "done");
	return 0;
}
