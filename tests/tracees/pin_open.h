/* SPDX-License-Identifier: MIT */
/* An openat with something in every register, and a look at what is in them afterwards. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

struct seen {
	uint64_t rax, rcx, r11, rdi, rsi, rdx, r10, r8, r9, rbx, rbp, behind;
};
long open_and_look(struct seen *seen, int dirfd, const char *path, int flags, int mode);

__asm__(".text\nopen_and_look:\n"
	"push %rbx\npush %rbp\npush %r12\n"
	"mov %rdi, %r12\nmovslq %esi, %rdi\nmov %rdx, %rsi\nmov %ecx, %edx\nmov %r8d, %r10d\n"
	"mov $0x8888, %r8\nmov $0x9999, %r9\nmov $0xbbbb, %rbx\nmov $0xb0b0, %rbp\n"
	"mov $257, %eax\nsyscall\n1:\n"
	"mov %rax, (%r12)\nmov %rcx, 8(%r12)\nmov %r11, 16(%r12)\nmov %rdi, 24(%r12)\nmov %rsi, 32(%r12)\n"
	"mov %rdx, 40(%r12)\nmov %r10, 48(%r12)\nmov %r8, 56(%r12)\nmov %r9, 64(%r12)\nmov %rbx, 72(%r12)\n"
	"mov %rbp, 80(%r12)\nlea 1b(%rip), %rcx\nmov %rcx, 88(%r12)\n"
	"mov (%r12), %rax\npop %r12\npop %rbp\npop %rbx\nret\n");

static long calls, wrong; /* of all threads of one process; counted without care, 0 is 0 */

static long look_open(const char *path, int flags, int mode)
{
	struct seen s;
	long fd = open_and_look(&s, AT_FDCWD, path, flags, mode);

	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (s.rdi != (uint64_t)AT_FDCWD || s.rsi != (uint64_t)path || s.rdx != (uint64_t)flags ||
	    s.r10 != (uint64_t)mode || s.r8 != 0x8888 || s.r9 != 0x9999 || s.rbx != 0xbbbb || s.rbp != 0xb0b0 ||
	    s.rcx != s.behind) {
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
	return fd;
}

/* That often, one after the other; tells what came of it. */
static inline void look_often(const char *path, long times)
{
	long failed = 0;

	while (times--) {
		long fd = look_open(path, O_RDONLY, 0);

		if (fd < 0)
			failed++;
		else
			close((int)fd);
	}
	printf("calls %ld wrong %ld failed %ld\n", calls, wrong, failed);
}
