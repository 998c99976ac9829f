/* SPDX-License-Identifier: MIT */
/*
 * Decides where the registers of s390x tracees stand in their regset (arch/s390/include/uapi/asm/ptrace.h: psw,
 * then the gprs).
 */

#include "tracer/unwind.h"

#include <libunwind.h>

#define WORD(index) ((index)*8)

static const uint16_t offsets[] = {
	[UNW_S390X_R0] = WORD(2),
	[UNW_S390X_R1] = WORD(3),
	[UNW_S390X_R2] = WORD(4),
	[UNW_S390X_R3] = WORD(5),
	[UNW_S390X_R4] = WORD(6),
	[UNW_S390X_R5] = WORD(7),
	[UNW_S390X_R6] = WORD(8),
	[UNW_S390X_R7] = WORD(9),
	[UNW_S390X_R8] = WORD(10),
	[UNW_S390X_R9] = WORD(11),
	[UNW_S390X_R10] = WORD(12),
	[UNW_S390X_R11] = WORD(13),
	[UNW_S390X_R12] = WORD(14),
	[UNW_S390X_R13] = WORD(15),
	[UNW_S390X_R14] = WORD(16),
	[UNW_S390X_R15] = WORD(17),
	[UNW_S390X_R15 + 1 ... UNW_S390X_IP - 1] = FST_UNWIND_NO_REGISTER,
	[UNW_S390X_IP] = WORD(1),
};

/* svc 173 */
static const unsigned char trampoline[] = { 0x0a, 0xad };

const struct fst_unwind_regset fst_unwind_regsets[] = {
	{
		.bytes = WORD(27),
		.word_bytes = 8,
		.has_link_register = true,
		.pc = WORD(1),
		.offsets = offsets,
		.count = sizeof(offsets) / sizeof(offsets[0]),
		.trampoline = trampoline,
		.trampoline_bytes = sizeof(trampoline),
	},
};
const size_t fst_unwind_regset_count = sizeof(fst_unwind_regsets) / sizeof(fst_unwind_regsets[0]);
