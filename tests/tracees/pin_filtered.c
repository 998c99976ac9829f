/* SPDX-License-Identifier: MIT */
/*
 * pin_filtered WHEN PATH COUNT: installs a filter of its own that allows everything but what has its instruction
 * in a window, which it would kill for; then opens PATH. "late": after one open; "before": and executes itself
 * first.
 */
#include "pin_open.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int install(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x6fff, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 25),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x70000000 >> 25, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	if (!strcmp(argv[1], "before")) {
		char *again[] = { argv[0], "after", argv[2], argv[3], NULL };

		if (install())
			return 3;
		execv(argv[0], again);
		return 4;
	}
	if (!strcmp(argv[1], "late") && (close((int)look_open(argv[2], O_RDONLY, 0)) || install()))
		return 3;
	look_often(argv[2], atol(argv[3]));
	return 0;
}
