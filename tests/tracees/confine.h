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
 *     far, edge, never   one in the kernel's half; two, of which the second is nowhere; where nobody brings the page
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

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
	{ "openat", SYS_openat },
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

/* The end of a page behind which there is none, or the beginning of one that whoever reads it waits for. */
static inline void *find_place(int never_comes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = { .range = { (unsigned long)at, page }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = never_comes ? (int)syscall(SYS_userfaultfd, 0) : -1;

	munmap(at + page, page);
	if (!never_comes)
		return memset(at + page - 8, 0, 8);
	return fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ? (void *)8 : at;
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
	else if (!strcmp(word, "far"))
		program->filter = (void *)-4096l;
	else if (!strcmp(word, "edge") || !strcmp(word, "never")) {
		program->len = *word == 'e' ? 2 : 1;
		program->filter = find_place(*word == 'n');
	} else if (!strncmp(word, "all", 3))
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
