/* SPDX-License-Identifier: MIT */
/* Decides what is known of an i386 tracee's stack: its pc. 32-bit ELF files are not read. */

#include "tracer/unwind.h"

const struct fst_unwind_regset fst_unwind_regsets[] = {
	/* struct user_regs_struct of asm/user_32.h */
	{ .bytes = 17 * 4, .word_bytes = 4, .pc = 12 * 4 },
};
const size_t fst_unwind_regset_count = sizeof(fst_unwind_regsets) / sizeof(fst_unwind_regsets[0]);
