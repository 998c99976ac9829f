/* SPDX-License-Identifier: MIT */
/*
 * confine_garbage SEED: 5,000 calls of seccomp and prctl(PR_SET_SECCOMP) with arguments that nobody would give, and
 * structures and programs of noise; says how often each result came, and a sum over all in their order. User
 * notification, and strict mode where it would be entered, are left out.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t state;

static uint64_t next(uint64_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 33) % below;
}

static uint64_t odd_number(void)
{
	static const uint64_t edges[] = { 0, 1, 2, 3, 4, 15, 16, 4095, 4096, 4097, 0x7fffffff, 0x80000000, UINT64_MAX };

	return next(4) ? edges[next(sizeof(edges) / sizeof(*edges))] : next(UINT64_MAX) << next(40);
}

/* Of what filters have, and what they may not have. */
static void fill(struct sock_filter *insns, size_t count)
{
	static const uint16_t codes[] = { 0x20, 0x15, 0x25, 0x45, 0x54, 0x06, 0x84, 0x05, 0x04, 0x34,
					  0x64, 0x28, 0x60, 0x02 };

	for (size_t i = 0; i < count; i++)
		insns[i] = (struct sock_filter){ codes[next(14)], next(4), next(4),
						 next(3) ? next(16) * 4 : odd_number() };
	if (next(2))
		insns[count - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i + 1 < count && next(2); i++)
		insns[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, i);
	for (size_t i = 0; i < count; i++) /* those that are taken let pass */
		if (insns[i].code == (BPF_RET | BPF_K))
			insns[i].k = SECCOMP_RET_ALLOW;
}

int main(int argc, char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned counts[4096] = { 0 };
	uint64_t sum = 0;

	state = strtoul(argc > 1 ? argv[1] : "1", NULL, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	munmap(memory + 3 * page, page);
	for (int i = 0; i < 5000; i++) {
		char *insns = memory + 3 * page - next(2 * page);
		char *at[] = { NULL, (char *)odd_number(), memory + next(3 * page) };
		struct sock_fprog program = { next(4) ? next(9) : odd_number(),
					      (void *)(next(9) ? insns : at[next(3)]) };
		size_t fit = (size_t)(memory + 3 * page - insns) / 8;

		if (fit)
			fill((void *)insns, fit < 9 ? fit : 9);
		uint64_t pointer = (uint64_t)(next(8) ? (char *)&program : at[next(3)]);
		uint64_t op = next(3) ? 1 : odd_number(), flags = next(2) ? 0 : odd_number() & ~UINT64_C(0x28);
		long result = -1;

		errno = EPERM;
		if ((unsigned)op == SECCOMP_SET_MODE_STRICT || (unsigned)op == SECCOMP_GET_NOTIF_SIZES)
			flags |= 2;
		if (next(4))
			result = syscall(SYS_seccomp, op, flags, pointer);
		else if (op != SECCOMP_MODE_STRICT)
			result = prctl(PR_SET_SECCOMP, op, pointer);
		counts[result ? errno & 4095 : 0]++;
		sum = sum * 31 + (uint64_t)(result ? errno : 0);
	}
	for (int i = 0; i < 4096; i++)
		if (counts[i])
			printf("%s %u\n", i ? strerror(i) : "success", counts[i]);
	printf("sum %#lx\n", (unsigned long)sum);
	return 0;
}
