/* SPDX-License-Identifier: MIT */
/* Decides what is known of an arm tracee's stack: its pc. Its unwind tables (.ARM.exidx) are not read. */

#include "tracer/unwind.h"

const struct fst_unwind_regset fst_unwind_regsets[] = {
	/* arch/arm/include/uapi/asm/ptrace.h: r0 … r15, cpsr, orig_r0 */
	{ .bytes = 18 * 4, .word_bytes = 4, .pc = 15 * 4 },
};
const size_t fst_unwind_regset_count = sizeof(fst_unwind_regsets) / sizeof(fst_unwind_regsets[0]);
