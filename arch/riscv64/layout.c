/* SPDX-License-Identifier: MIT */
/*
 * struct user_regs_struct (arch/riscv/include/uapi/asm/ptrace.h): pc, then x1 … x31.
 *
 * The call gets its first argument from orig_a0 (asm/syscall_wrapper.h), which is in no register set; a0 is -ENOSYS at
 * a stop, or still the argument, as the release has it. Only PTRACE_SET_SYSCALL_INFO (6.16) can change it.
 */
#include <arch/layout.h>

const struct fst_layout fst_layout_riscv64 = {
	.name = "riscv64",
	.abi = FLAGSTOP_ABI_RISCV64,
	.regset_bytes = 32 * 8,
	.word_bytes = 8,
	.nr = 17 * 8,     /* a7 */
	.result = 10 * 8, /* a0 */
	.args = { 10 * 8, 11 * 8, 12 * 8, 13 * 8, 14 * 8, 15 * 8 },
	.pc = 0,
	.sp = 2 * 8,
	.call_bytes = 4, /* ecall */
	/*
	 * Of 38 bits or more (TASK_SIZE_64, asm/pgtable.h): programs lie at 2/3 (ELF_ET_DYN_BASE, asm/elf.h),
	 * mappings go down from the end, or up from a third (TASK_UNMAPPED_BASE, asm/processor.h). That leaves what
	 * is low: above where programs that cannot be moved have their heap, below where compilers keep shadows
	 * (0xd55550000).
	 */
	.window = UINT64_C(0x700000000),
	.ignored_address_bits = UINT64_C(0xffff) << 48, /* untagged_addr, asm/uaccess.h, 6.13: 7 bits or 16 */
	/* do_trap_ecall_u (arch/riscv/kernel/traps.c) leaves a0 alone where the number is -1. */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT,
	/*
	 * a7 is where the kernel looks for the number, and a register that calls preserve (so says glibc's own
	 * asm).
	 */
	.number_is_kept = true,
	.first_argument_is_hidden = true,
	.first_is_in_result = true,
	/* start_thread (arch/riscv/kernel/process.c) sets pc and sp, and no more. */
	.kept = 8,
	.kept_words = 31,
};
