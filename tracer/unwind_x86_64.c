/* SPDX-License-Identifier: MIT */
/*
 * Decides where the registers of an x86-64 kernel's tracees stand in their regset. Refuses to know the unwinder: the
 * numbers are those of DWARF (System V ABI, AMD64 supplement, "DWARF Register Number Mapping"), 16 being the pc.
 */

#include "tracer/unwind.h"

/* struct user_regs_struct of asm/user_64.h: an array of 64-bit words. */
#define WORD(index) ((index)*8)

static const uint16_t x86_64[] = {
	[0] = WORD(10), /* rax */
	[1] = WORD(12), /* rdx */
	[2] = WORD(11), /* rcx */
	[3] = WORD(5),  /* rbx */
	[4] = WORD(13), /* rsi */
	[5] = WORD(14), /* rdi */
	[6] = WORD(4),  /* rbp */
	[7] = WORD(19), /* rsp */
	[8] = WORD(9),  /* r8 */
	[9] = WORD(8),
	[10] = WORD(7),
	[11] = WORD(6),
	[12] = WORD(3),
	[13] = WORD(2),
	[14] = WORD(1),
	[15] = WORD(0),  /* r15 */
	[16] = WORD(16), /* rip */
};

/* mov $15, %rax; syscall: the C libraries' restorers are this and nothing else, as debuggers look for it. */
static const unsigned char trampoline[] = { 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05 };

const struct fst_unwind_regset fst_unwind_regsets[] = {
	{
		.bytes = WORD(27),
		.word_bytes = 8,
		.pc = WORD(16),
		.offsets = x86_64,
		.count = sizeof(x86_64) / sizeof(x86_64[0]),
		.trampoline = trampoline,
		.trampoline_bytes = sizeof(trampoline),
	},
	/* i386: struct user_regs_struct of asm/user_32.h, 17 words of 32 bits, eip the thirteenth. */
	{ .bytes = 17 * 4, .word_bytes = 4, .pc = 12 * 4 },
};
const size_t fst_unwind_regset_count = sizeof(fst_unwind_regsets) / sizeof(fst_unwind_regsets[0]);
