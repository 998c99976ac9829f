/* SPDX-License-Identifier: MIT */
/*
 * Decides which of our ABIs a call belongs to. Knows names and audit tokens of ABIs; knows nothing of the calls in
 * them, and nothing of the process that makes them.
 */

#include <errno.h>
#include <string.h>

#include <arch/tables.h>

/* linux/audit.h: the ELF machine, with a bit for 64 bits and one for little endian. */
#define AUDIT_64BIT 0x80000000u
#define AUDIT_LE 0x40000000u

struct abi {
	const char *name;
	uint32_t audit_arch;
	unsigned word_bits;
};

static const struct abi abis[FLAGSTOP_ABI_COUNT] = {
	[FLAGSTOP_ABI_X86_64] = { "x86_64", 62 | AUDIT_64BIT | AUDIT_LE, 64 },
	[FLAGSTOP_ABI_I386] = { "i386", 3 | AUDIT_LE, 32 },
	/* the kernel reads whole registers: its x32 entry points are those of x86_64, with few exceptions */
	[FLAGSTOP_ABI_X32] = { "x32", 62 | AUDIT_64BIT | AUDIT_LE, 64 },
	[FLAGSTOP_ABI_AARCH64] = { "aarch64", 183 | AUDIT_64BIT | AUDIT_LE, 64 },
	[FLAGSTOP_ABI_ARM] = { "arm", 40 | AUDIT_LE, 32 },
	[FLAGSTOP_ABI_RISCV64] = { "riscv64", 243 | AUDIT_64BIT | AUDIT_LE, 64 },
	[FLAGSTOP_ABI_PPC64LE] = { "ppc64le", 21 | AUDIT_64BIT | AUDIT_LE, 64 },
	[FLAGSTOP_ABI_S390X] = { "s390x", 22 | AUDIT_64BIT, 64 },
	[FLAGSTOP_ABI_LOONGARCH64] = { "loongarch64", 258 | AUDIT_64BIT | AUDIT_LE, 64 },
};

static const struct abi *abi_row(enum flagstop_abi abi)
{
	return (unsigned)abi < FLAGSTOP_ABI_COUNT ? &abis[abi] : NULL;
}

const char *flagstop_abi_name(enum flagstop_abi abi)
{
	const struct abi *row = abi_row(abi);

	return row ? row->name : NULL;
}

int flagstop_abi_find(const char *name)
{
	for (int abi = 0; name && abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!strcmp(abis[abi].name, name))
			return abi;
	}
	return -ENOENT;
}

uint32_t flagstop_abi_audit_arch(enum flagstop_abi abi)
{
	const struct abi *row = abi_row(abi);

	return row ? row->audit_arch : 0;
}

int flagstop_abi_of_call(uint32_t audit_arch, uint32_t nr)
{
	if (audit_arch == abis[FLAGSTOP_ABI_X86_64].audit_arch) {
		/* -1 is what a tracer sets to skip a call: all bits set, but no x32 call */
		bool is_x32 = nr & FST_X32_BIT && nr != UINT32_MAX;

		return is_x32 ? FLAGSTOP_ABI_X32 : FLAGSTOP_ABI_X86_64;
	}
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (abis[abi].audit_arch == audit_arch)
			return abi;
	}
	return -EOPNOTSUPP;
}

unsigned flagstop_arg_bits(enum flagstop_abi abi, enum flagstop_arg_type type)
{
	const struct abi *row = abi_row(abi);

	if (type == FLAGSTOP_ARG_U16)
		return 16;
	if (type == FLAGSTOP_ARG_S32 || type == FLAGSTOP_ARG_U32 || !row)
		return 32;
	return row->word_bits;
}
