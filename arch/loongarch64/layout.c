/* SPDX-License-Identifier: MIT */
/*
 * struct user_pt_regs (arch/loongarch/include/uapi/asm/ptrace.h): r0 … r31, orig_a0, csr_era, csr_badv, and
 * 10 reserved words.
 * The call gets its first argument from orig_a0 (do_syscall, arch/loongarch/kernel/syscall.c).
 */
#include <arch/layout.h>

const struct fst_layout fst_layout_loongarch64 = {
	.name = "loongarch64",
	.abi = FLAGSTOP_ABI_LOONGARCH64,
	.regset_bytes = 45 * 8,
	.word_bytes = 8,
	.nr = 11 * 8,                                          /* a7 */
	.result = 4 * 8,                                       /* a0 */
	.args = { 32 * 8, 5 * 8, 6 * 8, 7 * 8, 8 * 8, 9 * 8 }, /* orig_a0, a1 … a5 */
	.pc = 33 * 8,                                          /* csr_era */
	.sp = 3 * 8,
	/* do_syscall leaves a0 alone where the number is -1. */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT,
	/* a7 is both where the kernel looks for the number and a register that calls preserve. */
	.number_is_kept = true,
};
