/* SPDX-License-Identifier: MIT */
/*
 * Filters by a word, for programs that confine themselves (actions are as linux/seccomp.h has them, in hex):
 *
 *     NAME=ACTION…   of calls whose name is in `called`: 7fff0000 lets pass, 50001 fails with errno 1
 *     all=ACTION     of every call
 *     wide=ACTION    getuid with a first argument whose upper half is 1
 *     insns=COUNT    that many which all let pass
 *     odd=CODE.K     one instruction of that opcode and operand, and a return
 *     null, wild     no program at all, or where nothing is
 *     empty, nowhere, noinsns    of no length; one instruction that is nowhere; the same at address 0
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define CONFINE_ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const struct {
	const char *name;
	long nr;
} called[] = {
	{ "getppid", SYS_getppid },
	{ "getpgid", SYS_getpgid },
	{ "getsid", SYS_getsid },
	{ "getuid", SYS_getuid },
	{ "seccomp", SYS_seccomp },
	{ "prctl", SYS_prctl },
	{ "exit", SYS_exit },
	{ "none", -1 },
};

static inline long find_call(const char *word)
{
	size_t length = strcspn(word, "=:");

	for (size_t i = 0; i < sizeof(called) / sizeof(*called); i++)
		if (strlen(called[i].name) == length && !strncmp(called[i].name, word, length))
			return called[i].nr;
	return -2;
}

static inline void *make_program(const char *word, struct sock_fprog *program, struct sock_filter *insns)
{
	const char *value = strchr(word, '=');
	unsigned long n = value ? strtoul(value + 1, NULL, strncmp(word, "insns", 5) ? 16 : 10) : 0;
	const struct sock_filter on_call[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)find_call(word), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, n),
		CONFINE_ALLOW,
	},
				 on_argument[] = {
					 BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 4),
					 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 3),
					 BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
					 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
					 BPF_STMT(BPF_RET | BPF_K, n),
					 CONFINE_ALLOW,
				 };

	*program = (struct sock_fprog){ 1, insns };
	insns[0] = insns[1] = (struct sock_filter)CONFINE_ALLOW;
	if (!strcmp(word, "null") || !strcmp(word, "wild"))
		return *word == 'n' ? NULL : (void *)8;
	if (!strcmp(word, "empty"))
		program->len = 0;
	else if (!strcmp(word, "nowhere") || !strcmp(word, "noinsns"))
		program->filter = word[2] == 'w' ? (void *)8 : NULL;
	else if (!strncmp(word, "all", 3))
		insns[0].k = n;
	else if (!strncmp(word, "insns", 5)) {
		program->len = n;
		for (unsigned long i = 0; i < n; i++)
			insns[i] = insns[0];
	} else if (!strncmp(word, "odd", 3)) {
		program->len = 2;
		insns[0] = (struct sock_filter)BPF_STMT(n, strtoul(strchr(value, '.') + 1, NULL, 16));
	} else if (!strncmp(word, "wide", 4)) {
		program->len = sizeof(on_argument) / sizeof(*insns);
		memcpy(insns, on_argument, sizeof(on_argument));
	} else {
		program->len = sizeof(on_call) / sizeof(*insns);
		memcpy(insns, on_call, sizeof(on_call));
	}
	return program;
}
