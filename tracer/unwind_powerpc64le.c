/* SPDX-License-Identifier: MIT */
/*
 * Decides where the registers of ppc64le tracees stand in their regset (arch/powerpc/include/uapi/asm/ptrace.h:
 * 36 is the link register, 35 the counter).
 */

#include "tracer/unwind.h"

#include <libunwind.h>

#define WORD(index) ((index)*8)

static const uint16_t offsets[] = {
	[0] = WORD(0),
	[1] = WORD(1),
	[2] = WORD(2),
	[3] = WORD(3),
	[4] = WORD(4),
	[5] = WORD(5),
	[6] = WORD(6),
	[7] = WORD(7),
	[8] = WORD(8),
	[9] = WORD(9),
	[10] = WORD(10),
	[11] = WORD(11),
	[12] = WORD(12),
	[13] = WORD(13),
	[14] = WORD(14),
	[15] = WORD(15),
	[16] = WORD(16),
	[17] = WORD(17),
	[18] = WORD(18),
	[19] = WORD(19),
	[20] = WORD(20),
	[21] = WORD(21),
	[22] = WORD(22),
	[23] = WORD(23),
	[24] = WORD(24),
	[25] = WORD(25),
	[26] = WORD(26),
	[27] = WORD(27),
	[28] = WORD(28),
	[29] = WORD(29),
	[30] = WORD(30),
	[31] = WORD(31),
	[UNW_PPC64_R31 + 1 ... UNW_PPC64_LR - 1] = FST_UNWIND_NO_REGISTER,
	[UNW_PPC64_LR] = WORD(36),
	[UNW_PPC64_CTR] = WORD(35),
	[UNW_PPC64_CTR + 1 ... UNW_PPC64_NIP - 1] = FST_UNWIND_NO_REGISTER,
	[UNW_PPC64_NIP] = WORD(32),
};

const struct fst_unwind_regset fst_unwind_regsets[] = {
	{
		.bytes = WORD(48),
		.word_bytes = 8,
		.has_link_register = true,
		.pc = WORD(32),
		.offsets = offsets,
		.count = sizeof(offsets) / sizeof(offsets[0]),
	},
};
const size_t fst_unwind_regset_count = sizeof(fst_unwind_regsets) / sizeof(fst_unwind_regsets[0]);
