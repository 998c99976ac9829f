/* SPDX-License-Identifier: MIT */
/*
 * Decides where the registers of riscv64 tracees stand in their regset (arch/riscv/include/uapi/asm/ptrace.h: pc,
 * x1 … x31).
 */

#include "tracer/unwind.h"

#include <libunwind.h>

#define WORD(index) ((index)*8)

static const uint16_t offsets[] = {
	[UNW_RISCV_X0] = FST_UNWIND_NO_REGISTER,
	[UNW_RISCV_X1] = WORD(1),
	[UNW_RISCV_X2] = WORD(2),
	[UNW_RISCV_X3] = WORD(3),
	[UNW_RISCV_X4] = WORD(4),
	[UNW_RISCV_X5] = WORD(5),
	[UNW_RISCV_X6] = WORD(6),
	[UNW_RISCV_X7] = WORD(7),
	[UNW_RISCV_X8] = WORD(8),
	[UNW_RISCV_X9] = WORD(9),
	[UNW_RISCV_X10] = WORD(10),
	[UNW_RISCV_X11] = WORD(11),
	[UNW_RISCV_X12] = WORD(12),
	[UNW_RISCV_X13] = WORD(13),
	[UNW_RISCV_X14] = WORD(14),
	[UNW_RISCV_X15] = WORD(15),
	[UNW_RISCV_X16] = WORD(16),
	[UNW_RISCV_X17] = WORD(17),
	[UNW_RISCV_X18] = WORD(18),
	[UNW_RISCV_X19] = WORD(19),
	[UNW_RISCV_X20] = WORD(20),
	[UNW_RISCV_X21] = WORD(21),
	[UNW_RISCV_X22] = WORD(22),
	[UNW_RISCV_X23] = WORD(23),
	[UNW_RISCV_X24] = WORD(24),
	[UNW_RISCV_X25] = WORD(25),
	[UNW_RISCV_X26] = WORD(26),
	[UNW_RISCV_X27] = WORD(27),
	[UNW_RISCV_X28] = WORD(28),
	[UNW_RISCV_X29] = WORD(29),
	[UNW_RISCV_X30] = WORD(30),
	[UNW_RISCV_X31] = WORD(31),
	[UNW_RISCV_F0... UNW_RISCV_PC - 1] = FST_UNWIND_NO_REGISTER,
	[UNW_RISCV_PC] = WORD(0),
};

/* li a7, 139; ecall */
static const unsigned char trampoline[] = { 0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00 };

const struct fst_unwind_regset fst_unwind_regsets[] = {
	{
		.bytes = WORD(32),
		.word_bytes = 8,
		.has_link_register = true,
		.pc = WORD(0),
		.offsets = offsets,
		.count = sizeof(offsets) / sizeof(offsets[0]),
		.trampoline = trampoline,
		.trampoline_bytes = sizeof(trampoline),
	},
};
const size_t fst_unwind_regset_count = sizeof(fst_unwind_regsets) / sizeof(fst_unwind_regsets[0]);
