/* SPDX-License-Identifier: MIT */
/*
 * The words of struct pt_regs (arch/arm/include/uapi/asm/ptrace.h): r0 … r15, cpsr, orig_r0. A kernel of aarch64 gives
 * out the same of its 32-bit tasks (compat_gpr_get, arch/arm64/kernel/ptrace.c).
 *
 * At a syscall-entry-stop and an exit stop, not at a seccomp stop, r12 holds 0 or 1, and what is written there is lost
 * (report_syscall in both kernels' ptrace.c).
 */
#include <arch/layout.h>

/*
 * Both differ in how the number is changed alone. r7 is where EABI programs put it, and is looked at no more.
 * Filters, and who asks for the call, get the first argument from orig_r0 (syscall_get_arguments, asm/syscall.h), the
 * call gets it from r0. svc has two bytes in Thumb code, which cpsr tells (do_signal of both kernels' signal.c).
 *
 * Programs lie below the window with their heaps, or at 2/3 of 4 GiB; mappings go down from the end.
 */
#define ARM_LAYOUT \
	.abi = FLAGSTOP_ABI_ARM, .regset_bytes = 18 * 4, .word_bytes = 4, .nr = 7 * 4, .result = 0, \
	.args = { 17 * 4, 1 * 4, 2 * 4, 3 * 4, 4 * 4, 5 * 4 }, .has_first_copy = true, .first_copy = 0, \
	.pc = 15 * 4, .sp = 13 * 4, .result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT, \
	.call_bytes = 4, .short_call_bytes = 2, .short_flags = 16 * 4, .short_bit = 0x20, \
	.window = 0x70000000, .window_bytes = 32 << 20

/* For a tracer that is a 32-bit program, whatever the kernel: PTRACE_SET_SYSCALL (ptrace(2) since 2.6.16). */
const struct fst_layout fst_layout_arm = {
	.name = "arm",
	ARM_LAYOUT,
	.number_way = FST_NUMBER_BY_SET_SYSCALL,
	/* __NR_SYSCALL_MASK (asm/unistd.h), but for -1, which some releases keep as it is (arch_ptrace, ptrace.c). */
	.number_mask = 0xfffff,
};

/* A 64-bit tracer has no such request; NT_ARM_SYSTEM_CALL is there for 32-bit tracees, too. */
const struct fst_layout fst_layout_arm_on_aarch64 = {
	.name = "arm on aarch64",
	ARM_LAYOUT,
	.number_way = FST_NUMBER_BY_REGSET,
	.number_regset = 0x404,
};
