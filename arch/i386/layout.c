/* SPDX-License-Identifier: MIT */
/* struct user_regs_struct32 of a 32-bit task (arch/x86/include/asm/user_32.h): 17 words. */
#include <arch/layout.h>

const struct fst_layout fst_layout_i386 = {
	.name = "i386",
	.abi = FLAGSTOP_ABI_I386,
	.regset_bytes = 17 * 4,
	.word_bytes = 4,
	.nr = 11 * 4,                                     /* orig_eax */
	.result = 6 * 4,                                  /* eax */
	.args = { 0, 1 * 4, 2 * 4, 3 * 4, 4 * 4, 5 * 4 }, /* ebx ecx edx esi edi ebp */
	.pc = 12 * 4,
	.sp = 15 * 4,
	.call_bytes = 2, /* int 0x80; behind sysenter the kernel has pc behind such an instruction, too */
	/*
	 * Programs lie below with their heaps, or at 2/3 of 3 GiB; mappings go down from the end: 1.1 GiB above where
	 * there are 3 GiB, 2 GiB where there are 4. Calls of 64 bits from 32-bit tasks reach it, too (ljmp to 0x33).
	 */
	.window = 0x70000000,
	.window_bytes = 32 << 20,
	.window_abis = 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_X86_64,
	/* do_syscall_32_irqs_on (arch/x86/entry/common.c), as x86_64's. */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT,
	.trap_shows_number = true,
};

/* The same arguments in the 64-bit set that the kernel shows of a 64-bit task: rbx rcx rdx rsi rdi rbp. */
const struct fst_layout fst_layout_i386_by_gate = {
	.name = "i386",
	.abi = FLAGSTOP_ABI_I386,
	.regset_bytes = 27 * 8,
	.word_bytes = 8,
	.nr = 15 * 8,
	.result = 10 * 8,
	.args = { 5 * 8, 11 * 8, 12 * 8, 13 * 8, 14 * 8, 4 * 8 },
	.pc = 16 * 8,
	.sp = 19 * 8,
	.call_bytes = 2,
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT,
	.trap_shows_number = true,
};
