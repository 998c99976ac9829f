/* SPDX-License-Identifier: MIT */
/*
 * The table of instructions. Decides which exist and what their operand is. Knows nothing of whole programs.
 */

#include <filters/bpf/opcode.h>

#define AUDIT_ARCH_LITTLE_ENDIAN 0x40000000u /* __AUDIT_ARCH_LE, linux/audit.h */

static const struct fst_opcode opcodes[] = {
	[FST_LD_IMM] = { "ld", FST_OPERAND_IMMEDIATE },
	[FST_LD_ABS] = { "ld", FST_OPERAND_WORD },
	[FST_LD_MEM] = { "ld", FST_OPERAND_SCRATCH },
	[FST_LD_LEN] = { "ld", FST_OPERAND_LENGTH },
	[FST_LDX_IMM] = { "ldx", FST_OPERAND_IMMEDIATE },
	[FST_LDX_MEM] = { "ldx", FST_OPERAND_SCRATCH },
	[FST_LDX_LEN] = { "ldx", FST_OPERAND_LENGTH },
	[FST_ST] = { "st", FST_OPERAND_SCRATCH },
	[FST_STX] = { "stx", FST_OPERAND_SCRATCH },

	[FST_ADD_K] = { "add", FST_OPERAND_IMMEDIATE },
	[FST_SUB_K] = { "sub", FST_OPERAND_IMMEDIATE },
	[FST_MUL_K] = { "mul", FST_OPERAND_IMMEDIATE },
	[FST_DIV_K] = { "div", FST_OPERAND_DIVISOR },
	[FST_OR_K] = { "or", FST_OPERAND_IMMEDIATE },
	[FST_AND_K] = { "and", FST_OPERAND_IMMEDIATE },
	[FST_LSH_K] = { "lsh", FST_OPERAND_SHIFT },
	[FST_RSH_K] = { "rsh", FST_OPERAND_SHIFT },
	[FST_NEG] = { "neg", FST_OPERAND_NONE },
	[FST_XOR_K] = { "xor", FST_OPERAND_IMMEDIATE },
	[FST_ADD_X] = { "add", FST_OPERAND_X },
	[FST_SUB_X] = { "sub", FST_OPERAND_X },
	[FST_MUL_X] = { "mul", FST_OPERAND_X },
	[FST_DIV_X] = { "div", FST_OPERAND_X },
	[FST_OR_X] = { "or", FST_OPERAND_X },
	[FST_AND_X] = { "and", FST_OPERAND_X },
	[FST_LSH_X] = { "lsh", FST_OPERAND_X },
	[FST_RSH_X] = { "rsh", FST_OPERAND_X },
	[FST_XOR_X] = { "xor", FST_OPERAND_X },

	[FST_JA] = { "ja", FST_OPERAND_TARGET },
	[FST_JEQ_K] = { "jeq", FST_OPERAND_BRANCH_K },
	[FST_JGT_K] = { "jgt", FST_OPERAND_BRANCH_K },
	[FST_JGE_K] = { "jge", FST_OPERAND_BRANCH_K },
	[FST_JSET_K] = { "jset", FST_OPERAND_BRANCH_K },
	[FST_JEQ_X] = { "jeq", FST_OPERAND_BRANCH_X },
	[FST_JGT_X] = { "jgt", FST_OPERAND_BRANCH_X },
	[FST_JGE_X] = { "jge", FST_OPERAND_BRANCH_X },
	[FST_JSET_X] = { "jset", FST_OPERAND_BRANCH_X },

	[FST_RET_K] = { "ret", FST_OPERAND_ACTION },
	[FST_RET_A] = { "ret", FST_OPERAND_A },
	[FST_TAX] = { "tax", FST_OPERAND_NONE },
	[FST_TXA] = { "txa", FST_OPERAND_NONE },
};

const struct fst_opcode *fst_opcode_find(uint16_t code)
{
	if (code >= sizeof(opcodes) / sizeof(opcodes[0]) || !opcodes[code].name)
		return NULL;
	return &opcodes[code];
}

bool fst_opcode_arch_is_big_endian(uint32_t audit_arch)
{
	/* the common case first: this runs once a call in the interpreter */
	if (audit_arch & AUDIT_ARCH_LITTLE_ENDIAN)
		return false;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (flagstop_abi_audit_arch((enum flagstop_abi)abi) == audit_arch)
			return true;
	}
	return !(flagstop_abi_audit_arch(flagstop_abi_native()) & AUDIT_ARCH_LITTLE_ENDIAN);
}
