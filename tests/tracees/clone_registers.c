/* SPDX-License-Identifier: MIT */
/* clone_registers COUNT: clone3 with something in every register; says in how many parents and children it was lost. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 in the child; *wrong: how many registers are not as they were. */
long clone_and_look(void *arguments, size_t bytes, long *wrong);

#if defined(__x86_64__)
__asm__(".text\nclone_and_look:\n"
	"push %rbx\npush %rbp\npush %r12\npush %r13\nmov %rdx, %r12\nmov %rdi, %r13\n"
	"mov $0xdddd, %edx\nmov $0x1010, %r10d\nmov $0x8888, %r8d\nmov $0x9999, %r9d\nmov $0xbbbb, %ebx\n"
	"mov $435, %eax\nsyscall\n1:\n"
	"xor %ebp, %ebp\n"
	"cmp %r13, %rdi\nsetne %bpl\nmov %rbp, (%r12)\n"
	"cmp $88, %rsi\nsetne %bpl\nadd %rbp, (%r12)\n"
	"cmp $0xdddd, %rdx\nsetne %bpl\nadd %rbp, (%r12)\n"
	"cmp $0x1010, %r10\nsetne %bpl\nadd %rbp, (%r12)\n"
	"cmp $0x8888, %r8\nsetne %bpl\nadd %rbp, (%r12)\n"
	"cmp $0x9999, %r9\nsetne %bpl\nadd %rbp, (%r12)\n"
	"cmp $0xbbbb, %rbx\nsetne %bpl\nadd %rbp, (%r12)\n"
	"lea 1b(%rip), %rdi\ncmp %rdi, %rcx\nsetne %bpl\nadd %rbp, (%r12)\n"
	"pop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");
#elif defined(__i386__)
__asm__(".text\nclone_and_look:\n"
	"push %ebx\npush %ebp\npush %esi\npush %edi\n"
	"mov 20(%esp), %ebx\nmov 24(%esp), %ecx\n"
	"mov $0xdddd, %edx\nmov $0x1010, %esi\nmov $0x8888, %edi\nmov $0x9999, %ebp\n"
	"mov $435, %eax\nint $0x80\npush %eax\nmov $1, %eax\n"
	"cmp 24(%esp), %ebx\njne 1f\ncmp $88, %ecx\njne 1f\ncmp $0xdddd, %edx\njne 1f\n"
	"cmp $0x1010, %esi\njne 1f\ncmp $0x8888, %edi\njne 1f\ncmp $0x9999, %ebp\njne 1f\nxor %eax, %eax\n"
	"1:\nmov 32(%esp), %ecx\nmov %eax, (%ecx)\n"
	"pop %eax\npop %edi\npop %esi\npop %ebp\npop %ebx\nret\n");
#else /* nobody looks */
long clone_and_look(void *arguments, size_t bytes, long *wrong)
{
	*wrong = 0;
	return syscall(SYS_clone3, arguments, bytes);
}
#endif

int main(int argc, char **argv)
{
	uint64_t arguments[11] = { 0, 0, 0, 0, SIGCHLD };
	long count = argc > 1 ? atol(argv[1]) : 1, parents = 0, children = 0, wrong = 0;

	for (long i = 0; i < count; i++) {
		int status = 0;
		long child = clone_and_look(arguments, 88, &wrong);

		if (!child)
			_exit(wrong != 0);
		parents += child < 0 || wrong;
		if (child > 0)
			waitpid((pid_t)child, &status, 0);
		children += status != 0;
	}
	printf("wrong in %ld parents, %ld children\n", parents, children);
	return 0;
}
