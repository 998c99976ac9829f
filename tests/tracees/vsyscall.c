/* SPDX-License-Identifier: MIT */
/* vsyscall: calls time() where old programs do, in a page that the kernel answers for; says what it got. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	long (*old_time)(long *) = (long (*)(long *))0xffffffffff600400;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int there = 0;

	while (maps && fgets(line, sizeof(line), maps))
		there |= strstr(line, "[vsyscall]") != NULL;
	if (there)
		printf("time %ld\n", old_time(NULL));
	else
		printf("no page\n");
	return 0;
}
