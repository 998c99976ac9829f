/* SPDX-License-Identifier: MIT */
/*
 * attack_jump WHERE PATH: opens PATH, then jumps into the window: to the call of its own stub ("own"), or of another
 * thread's ("other"), with the number and the arguments of an open of the name in its own memory.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 0x6fff00000000UL

static pthread_barrier_t opened;

static void *open_and_stay(void *path)
{
	close(open(path, O_RDONLY));
	pthread_barrier_wait(&opened);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long result;

	if (argc != 3 || close(open(argv[2], O_RDONLY)))
		return 2;
	pthread_barrier_init(&opened, NULL, 2);
	pthread_create(&thread, NULL, open_and_stay, argv[2]);
	pthread_barrier_wait(&opened);
	unsigned long to = WINDOW + (strcmp(argv[1], "other") ? 0 : 128);
	__asm__ volatile("jmp *%1"
			 : "=a"(result)
			 : "r"(to), "a"(257L), "D"((long)AT_FDCWD), "S"("/etc/secret"), "d"(0L)
			 : "rcx", "r11", "memory");
	printf("came back\n");
	return 0;
}
