/* SPDX-License-Identifier: MIT */
/*
 * struct user_pt_regs (arch/arm64/include/uapi/asm/ptrace.h): x0 … x30, sp, pc, pstate.
 *
 * At a syscall-entry-stop and an exit stop, not at a seccomp stop, x7 holds 0 or 1, and what is written there is lost
 * (report_syscall, arch/arm64/kernel/ptrace.c). Filters that are asked again after a tracer changed x0 still get the
 * first argument that the program gave (orig_x0: syscall_get_arguments, asm/syscall.h).
 */
#include <arch/layout.h>

const struct fst_layout fst_layout_aarch64 = {
	.name = "aarch64",
	.abi = FLAGSTOP_ABI_AARCH64,
	.regset_bytes = 34 * 8,
	.word_bytes = 8,
	.nr = 8 * 8,
	.result = 0, /* x0 is the first argument until the call is made, and the result from then on */
	.args = { 0, 1 * 8, 2 * 8, 3 * 8, 4 * 8, 5 * 8 },
	.pc = 32 * 8,
	.sp = 31 * 8,
	.call_bytes = 4, /* svc */
	/* Of 48 bits: programs lie below, at 2/3 (ELF_ET_DYN_BASE), mappings above, from the end. */
	.window = UINT64_C(0xdfff00000000),
	.ignored_address_bits = UINT64_C(0xff) << 56, /* untagged_addr, asm/uaccess.h: bit 55 takes their place */
	/* x8 is the program's own, and looked at no more: NT_ARM_SYSTEM_CALL (linux/elf.h; ptrace(2) since 3.19). */
	.number_way = FST_NUMBER_BY_REGSET,
	.number_regset = 0x404,
	.first_argument_is_old = true,
	/* el0_svc_common (arch/arm64/kernel/syscall.c) goes to trace_exit with x0 as it is. */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_ENTRY | FST_PLACE_EXIT,
};
