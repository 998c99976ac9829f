/* SPDX-License-Identifier: MIT */
/*
 * narrow_code: makes calls (i386's) from code of its own, at the place where 32-bit programs with pinned calls have the
 * window, and in it a stub; then has a child there. Says what came of both.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW ((char *)0x70000000)
#define STUB 0x2000 /* of the first slot */
#define GETPGID 132
#define FORK 2

#if defined(__x86_64__)
long call_there(long nr, long argument);
__asm__(".text\ncall_there:\n"
	"push %rbx\nmov %edi, %eax\nmov %esi, %ebx\nmov $0x70002000, %ecx\ncall *%rcx\n"
	"movslq %eax, %rax\npop %rbx\nret\n");
#elif defined(__i386__)
long call_there(long nr, long argument);
__asm__(".text\ncall_there:\n"
	"push %ebx\nmov 8(%esp), %eax\nmov 12(%esp), %ebx\nmov $0x70002000, %ecx\ncall *%ecx\npop %ebx\nret\n");
#else
static long call_there(long nr, long argument)
{
	return nr == FORK ? fork() : getpgid((pid_t)argument);
}
#endif

int main(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS, all = PROT_READ | PROT_WRITE | PROT_EXEC;
	int status = -1;

	if (mmap(WINDOW, 0x10000, all, flags, -1, 0) != WINDOW)
		return 2;
	memcpy(WINDOW + STUB, "\xcd\x80\xc3", 3); /* int $0x80; ret */
	int own = call_there(GETPGID, 0) == getpgid(0);
	pid_t child = (pid_t)call_there(FORK, 0);
	if (!child)
		_exit(call_there(GETPGID, 0) != getpgid(0));
	waitpid(child, &status, 0);
	printf("own %d child %d\n", own, status);
	return 0;
}
