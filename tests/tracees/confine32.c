/* SPDX-License-Identifier: MIT */
/*
 * confine32: 64-bit code that gives itself a filter by i386 calls, whose structure has 32-bit pointers: i386's getppid
 * (64) fails with errno 9, and x86_64's call of that number does not. Then strict mode as i386 calls know it.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int call32(unsigned nr, unsigned a, unsigned b, unsigned long c)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(nr), "b"(a), "c"(b), "d"((unsigned)c)
			 : "r8", "r9", "r10", "r11", "memory");
	return result;
}

int main(void)
{
	struct {
		unsigned short count;
		unsigned insns;
		struct sock_filter program[6];
	} *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 64, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 9),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	int status;

	if (!fork()) {
		dprintf(1, "strict %d\n", call32(172, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0));
		call32(4, 1, 0, 0); /* write */
		call32(64, 0, 0, 0);
	}
	wait(&status);
	dprintf(1, "signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	low->count = 6;
	low->insns = (unsigned)(unsigned long)low->program;
	for (int i = 0; i < 6; i++)
		low->program[i] = program[i];
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	dprintf(1, "nowhere %d\n", call32(354, SECCOMP_SET_MODE_FILTER, 0, 8));
	dprintf(1, "filter %d\n", call32(354, SECCOMP_SET_MODE_FILTER, 0, (unsigned long)low));
	dprintf(1, "getppid %d, get %d\n", call32(64, 0, 0, 0), call32(172, PR_GET_SECCOMP, 0, 0));
	dprintf(1, "socketpair %ld\n", syscall(64, 0, 0, 1));
	return 0;
}
