/* SPDX-License-Identifier: MIT */
/*
 * attack_filter trace|errno|none FOLDER: puts a filter of its own over mkdir, which asks for a stop with data 1, or
 * answers with ENOSPC; then makes the folder, and says what it came to.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "folder.h"

int main(int argc, char **argv)
{
	unsigned action = argc > 1 && !strcmp(argv[1], "trace") ? SECCOMP_RET_TRACE | 1 : SECCOMP_RET_ERRNO | ENOSPC;
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FOLDER_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, insns };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (argc > 1 && strcmp(argv[1], "none") && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return 1;
	printf("mkdir %s\n", mkdir(argc > 2 ? argv[2] : "", 0700) ? strerror(errno) : "done");
	return 0;
}
