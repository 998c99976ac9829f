/* SPDX-License-Identifier: MIT */
/* struct user_regs_struct of a 64-bit or x32 task (arch/x86/include/asm/user_64.h): 27 words. */
#include <arch/layout.h>

const struct fst_layout fst_layout_x86_64 = {
	.name = "x86_64",
	.abi = FLAGSTOP_ABI_X86_64,
	.regset_bytes = 27 * 8,
	.word_bytes = 8,
	.nr = 15 * 8,                                            /* orig_rax */
	.result = 10 * 8,                                        /* rax */
	.args = { 14 * 8, 13 * 8, 12 * 8, 7 * 8, 9 * 8, 8 * 8 }, /* rdi rsi rdx r10 r8 r9 */
	.pc = 16 * 8,
	.sp = 19 * 8,
	.call_bytes = 2, /* syscall, int 0x80 */
	.window = UINT64_C(0x6fff00000000),
	.ignored_address_bits = UINT64_C(0x3f) << 57, /* untagged_addr with LAM, asm/uaccess_64.h, since 6.4 */
	.by_other_gate = &fst_layout_i386_by_gate,
	/* do_syscall_64 (arch/x86/entry/common.c) touches rax no more once the number is -1. */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT,
	/* syscall_rollback (asm/syscall.h): ax = orig_ax. */
	.trap_shows_number = true,
};
