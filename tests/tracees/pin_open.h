/* SPDX-License-Identifier: MIT */
/*
 * An openat with something in every register, and a look at what is in them afterwards. Where registers_of.h knows
 * none it is the C library's, and nobody looks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "context.h"
#include "registers_of.h"

#if defined(__x86_64__)

#define LARGE_FILE 0
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

static long open_right(long call, const char *path, int flags, int mode, int *ret_right)
{
	struct seen s;
	long fd = open_and_look(&s, AT_FDCWD, path, flags, mode);

	(void)call;
	*ret_right = s.rdi == (uint64_t)AT_FDCWD && s.rsi == (uint64_t)path && s.rdx == (uint64_t)flags &&
		s.r10 == (uint64_t)mode && s.r8 == 0x8888 && s.r9 == 0x9999 && s.rbx == 0xbbbb && s.rbp == 0xb0b0 &&
		s.rcx == s.behind;
	return fd;
}

/* That a handler's frame shows what is not the program's own. */
static inline int is_strange(const void *context)
{
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;

	return regs[REG_RIP] >> 32 == 0x6fff || regs[REG_RSI] >> 32 == 0x6fff;
}

#elif defined(__i386__)

#define LARGE_FILE 0100000 /* as 64-bit programs' opens have it */
struct seen {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, flags;
};

/* All of the flags that arithmetic leaves are set but one. */
#define OPEN_AND_LOOK(name, call) \
	__asm__(".text\n" name ":\n" \
		"push %ebx\npush %ebp\npush %esi\npush %edi\n" \
		"mov 24(%esp), %ebx\nmov 28(%esp), %ecx\nmov 32(%esp), %edx\nmov 36(%esp), %esi\n" \
		"mov $0xd1d1, %edi\nmov $0xb0b0, %ebp\n" \
		"mov $-1, %eax\nadd $1, %eax\nmov $295, %eax\n" call "\n" \
		"pushf\npush %eax\nmov 28(%esp), %eax\n" \
		"mov %ebx, 4(%eax)\nmov %ecx, 8(%eax)\nmov %edx, 12(%eax)\nmov %esi, 16(%eax)\n" \
		"mov %edi, 20(%eax)\nmov %ebp, 24(%eax)\n" \
		"mov %eax, %ecx\npop %eax\nmov %eax, (%ecx)\npop 28(%ecx)\n" \
		"pop %edi\npop %esi\npop %ebp\npop %ebx\nret\n")
OPEN_AND_LOOK("open_by_gate", "int $0x80");
OPEN_AND_LOOK("open_by_library", "call *%gs:0x10"); /* sysenter, or what the kernel gives */
long open_by_gate(struct seen *seen, int dirfd, const char *path, int flags, int mode);
long open_by_library(struct seen *seen, int dirfd, const char *path, int flags, int mode);

/* By either way in turn. */
static long open_right(long call, const char *path, int flags, int mode, int *ret_right)
{
	struct seen s;
	long fd = (call & 1 ? open_by_library : open_by_gate)(&s, AT_FDCWD, path, flags, mode);

	*ret_right = s.ebx == (uint32_t)AT_FDCWD && s.ecx == (uint32_t)path && s.edx == (uint32_t)flags &&
		s.esi == (uint32_t)mode && s.edi == 0xd1d1 && s.ebp == 0xb0b0 && (s.flags & 0xd5) == 0x55;
	return fd;
}

static inline int is_strange(const void *context)
{
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;

	return (uint32_t)regs[REG_EIP] >> 25 == 0x38 || (uint32_t)regs[REG_ECX] >> 25 == 0x38;
}

#elif defined(CALL_NUMBER)

#define LARGE_FILE 0

static long open_right(long call, const char *path, int flags, int mode, int *ret_right)
{
	const long args[6] = { AT_FDCWD, (long)path, flags, mode, 0x8888, 0x9999 };
	register long nr __asm__(CALL_NUMBER) = SYS_openat;
#define PUT(n, name) register long arg##n __asm__(name) = args[n];
	CALL_ARGUMENTS(PUT)

	__asm__ volatile(CALL_INSN
			 : "+r"(nr), "+r"(arg0), "+r"(arg1), "+r"(arg2), "+r"(arg3), "+r"(arg4), "+r"(arg5)
			 :
			 : CALL_CLOBBERS);
	(void)call;
	*ret_right = (nr == SYS_openat || !CALL_KEEPS_NUMBER) && arg1 == args[1] && arg2 == args[2] &&
		arg3 == args[3] && arg4 == args[4] && arg5 == args[5];
	return arg0;
}

static inline int is_strange(const void *context)
{
	const ucontext_t *uc = context;

	return CONTEXT_PC(uc) >> 32 == WINDOW_HIGH || CONTEXT_SECOND(uc) >> 32 == WINDOW_HIGH;
}

#else

#define LARGE_FILE 0

static long open_right(long call, const char *path, int flags, int mode, int *ret_right)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);

	(void)call;
	*ret_right = 1;
	return fd < 0 ? -errno : fd;
}

static inline int is_strange(const void *context)
{
	return !context;
}

#endif

static long calls, wrong; /* of all threads of one process; counted without care, 0 is 0 */

static long look_open(const char *path, int flags, int mode)
{
	int right;
	long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	long fd = open_right(call, path, flags | LARGE_FILE, mode, &right);

	if (!right)
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
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
