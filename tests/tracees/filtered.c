/* SPDX-License-Identifier: MIT */
/* Puts two filters on itself (getppid fails with 1, then uname with 2), says so, and exits with 7 when its input
 * ends. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static int refuse(unsigned nr, unsigned number)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
	struct utsname name;
	char byte;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || refuse(SYS_getppid, 1) || refuse(SYS_uname, 2))
		return 1;
	if (write(1, "ready\n", 6) != 6 || read(0, &byte, 1) != 0)
		return 2; /* the wait was disturbed */
	return uname(&name) == -1 && errno == 2 ? 7 : 3;
}
