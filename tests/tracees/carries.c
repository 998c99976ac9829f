/* SPDX-License-Identifier: MIT */
/*
 * carries socketcall|ipc NUMBER [WORD…]: makes that call, i386's from 64-bit code on x86_64, and prints its result or
 * "done". carries connect PATH: the same, of a socket, to that address. carries race TURNS: sockets of a domain that
 * another thread changes all the time; prints which were made.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __x86_64__
typedef uint32_t word;
#define LOW MAP_32BIT
#define SOCKETCALL 102
#define IPC 117
static long make(long nr, word a, word b, word c, word d, word e)
{
	int result;
	word first = a, second = b;

	__asm__ volatile("int $0x80"
			 : "=a"(result), "+b"(first), "+c"(second)
			 : "0"((word)nr), "d"(c), "S"(d), "D"(e)
			 : "r8", "r9", "r10", "r11", "memory");
	if (first != a || second != b)
		puts("registers are not what they were");
	return result;
}
#else
typedef unsigned long word;
#define LOW 0
#ifndef SYS_socketcall /* and nobody runs it there */
#define SYS_socketcall -1
#define SYS_ipc -1
#endif
#define SOCKETCALL SYS_socketcall
#define IPC SYS_ipc
static long make(long nr, word a, word b, word c, word d, word e)
{
	errno = 0;
	long result = syscall(nr, a, b, c, d, e);

	return errno ? -errno : result;
}
#endif

static void *flip(void *domain)
{
	for (;;)
		*(volatile word *)domain = *(volatile word *)domain == AF_UNIX ? AF_INET : AF_UNIX;
	return NULL;
}

static void race(word *args, int turns)
{
	int made[AF_INET + 1] = { 0 };
	pthread_t thread;

	args[0] = AF_UNIX;
	args[1] = SOCK_STREAM;
	pthread_create(&thread, NULL, flip, args);
	for (int i = 0; i < turns; i++) {
		int fd = (int)make(SOCKETCALL, 1, (word)(uintptr_t)args, 0, 0, 0), domain = 0;

		if (fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){ sizeof(domain) }))
			made[domain]++;
		close(fd);
	}
	printf("unix %d inet %d\n", made[AF_UNIX] > 0, made[AF_INET] > 0);
}

static long connect_to(word *args, const char *path)
{
	struct sockaddr_un *address = (struct sockaddr_un *)(args + 6); /* where 32 bits reach it */

	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, path, sizeof(address->sun_path) - 1);
	args[0] = (word)socket(AF_UNIX, SOCK_STREAM, 0);
	args[1] = (word)(uintptr_t)address;
	args[2] = sizeof(*address);
	return make(SOCKETCALL, 3, (word)(uintptr_t)args, 0, 0, 0);
}

int main(int argc, char **argv)
{
	word *args = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | LOW, -1, 0);
	word number = (word)strtoul(argv[2], NULL, 0);
	long result;

	if (!strcmp(argv[1], "race")) {
		race(args, (int)number);
		return 0;
	}
	for (int i = 3; i < argc; i++)
		args[i - 3] = (word)strtoul(argv[i], NULL, 0);
	if (!strcmp(argv[1], "connect"))
		result = connect_to(args, argv[2]);
	else if (!strcmp(argv[1], "ipc"))
		result = make(IPC, number, args[0], args[1], args[2], args[3]);
	else
		result = make(SOCKETCALL, number, argc > 3 ? (word)(uintptr_t)args : 0, 0, 0, 0);
	if (result < 0)
		printf("%ld\n", result);
	else
		puts("done");
	return 0;
}
