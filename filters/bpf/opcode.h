/* SPDX-License-Identifier: MIT */
#ifndef FST_BPF_OPCODE_H
#define FST_BPF_OPCODE_H

/*
 * The instructions that a seccomp filter may have, and no others.
 *
 * The values are those of linux/bpf_common.h and linux/filter.h; the selection is kernel/seccomp.c
 * seccomp_check_filter's (6.18). Its own list is shorter than that of socket filters: no byte or half-word loads, no
 * indirect ones, no modulus.
 */

#include <stdbool.h>
#include <stdint.h>

#include <flagstop/program.h>

#define FST_SCRATCH_WORDS 16 /* BPF_MEMWORDS */

enum fst_code {
	FST_LD_IMM = 0x00,
	FST_LD_ABS = 0x20,
	FST_LD_MEM = 0x60,
	FST_LD_LEN = 0x80,
	FST_LDX_IMM = 0x01,
	FST_LDX_MEM = 0x61,
	FST_LDX_LEN = 0x81,
	FST_ST = 0x02,
	FST_STX = 0x03,

	FST_ADD_K = 0x04,
	FST_SUB_K = 0x14,
	FST_MUL_K = 0x24,
	FST_DIV_K = 0x34,
	FST_OR_K = 0x44,
	FST_AND_K = 0x54,
	FST_LSH_K = 0x64,
	FST_RSH_K = 0x74,
	FST_NEG = 0x84,
	FST_XOR_K = 0xa4,
	FST_ADD_X = 0x0c,
	FST_SUB_X = 0x1c,
	FST_MUL_X = 0x2c,
	FST_DIV_X = 0x3c,
	FST_OR_X = 0x4c,
	FST_AND_X = 0x5c,
	FST_LSH_X = 0x6c,
	FST_RSH_X = 0x7c,
	FST_XOR_X = 0xac,

	FST_JA = 0x05,
	FST_JEQ_K = 0x15,
	FST_JGT_K = 0x25,
	FST_JGE_K = 0x35,
	FST_JSET_K = 0x45,
	FST_JEQ_X = 0x1d,
	FST_JGT_X = 0x2d,
	FST_JGE_X = 0x3d,
	FST_JSET_X = 0x4d,

	FST_RET_K = 0x06,
	FST_RET_A = 0x16,
	FST_TAX = 0x07,
	FST_TXA = 0x87,
};

/* What stands behind the mnemonic; what the kernel demands of k, jt and jf follows from it. */
enum fst_operand {
	FST_OPERAND_NONE,
	FST_OPERAND_IMMEDIATE, /* any k */
	FST_OPERAND_DIVISOR,   /* k, not 0 */
	FST_OPERAND_SHIFT,     /* k, below 32 */
	FST_OPERAND_X,
	FST_OPERAND_A,
	FST_OPERAND_WORD,    /* k: an offset into struct flagstop_data */
	FST_OPERAND_SCRATCH, /* k: a scratch word */
	FST_OPERAND_LENGTH,
	FST_OPERAND_TARGET,   /* k: how many instructions are skipped */
	FST_OPERAND_BRANCH_K, /* k, jt, jf */
	FST_OPERAND_BRANCH_X, /* jt, jf */
	FST_OPERAND_ACTION,   /* k: a SECCOMP_RET_* value */
};

struct fst_opcode {
	const char *name;
	enum fst_operand operand;
};

/* NULL: no seccomp filter may have it. */
const struct fst_opcode *fst_opcode_find(uint16_t code);

/*
 * Whether calls of that AUDIT_ARCH_* come from a big-endian kernel, where the word at the lower offset of a 64-bit
 * field is the high one. An architecture that is none of ours counts as this host's.
 */
bool fst_opcode_arch_is_big_endian(uint32_t audit_arch);

#endif
