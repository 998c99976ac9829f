/* SPDX-License-Identifier: MIT */
/*
 * struct user_pt_regs (arch/powerpc/include/uapi/asm/ptrace.h), and 4 words behind it (ELF_NGREG, asm/elf.h): r0 …
 * r31, nip, msr, orig_gpr3, ctr, link, xer, ccr, …
 *
 * At a seccomp stop r3 is the result (-ENOSYS) and orig_gpr3 the first argument, which goes to r3 later
 * (do_seccomp, arch/powerpc/kernel/ptrace/ptrace.c); at a syscall-entry-stop both are the argument, and where no
 * filter follows r3 is what counts. Writing both is right at either.
 *
 * A negative result that a filter's tracer leaves becomes a positive errno with CR0.SO on the way out
 * (syscall_exit_prepare, arch/powerpc/kernel/interrupt.c), which is before the exit stop. A call by `scv` keeps the
 * negative one, and C libraries use that from POWER9 on: which of the two it was the trap tells.
 */
#include <arch/layout.h>

const struct fst_layout fst_layout_ppc64le = {
	.name = "ppc64le",
	.abi = FLAGSTOP_ABI_PPC64LE,
	.regset_bytes = 48 * 8,
	.word_bytes = 8,
	.nr = 0,                                               /* r0, which calls need not preserve */
	.result = 3 * 8,                                       /* r3 */
	.args = { 34 * 8, 4 * 8, 5 * 8, 6 * 8, 7 * 8, 8 * 8 }, /* orig_gpr3 r4 … r8 */
	.pc = 32 * 8,
	.sp = 1 * 8,
	.call_bytes = 4, /* sc, scv */
	/*
	 * Of 64 TiB with pages of 4 KiB, of 128 with those of 64 KiB (DEFAULT_MAP_WINDOW_USER64, asm/task_size_64.h):
	 * programs lie at 4 GiB (ELF_ET_DYN_BASE, asm/elf.h), mappings go down from the end. Random bits, the most that
	 * can be set (ARCH_MMAP_RND_BITS_MAX, arch/powerpc/Kconfig), are 32 TiB, by default 1 GiB.
	 */
	.window = UINT64_C(0x2fff00000000),
	/* Skipped at a syscall-entry-stop it is ENOSYS whatever r3 was (do_syscall_trace_enter, `skip`). */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_EXIT,
	.has_first_copy = true,
	.first_copy = 3 * 8,
	.error_flags = 38 * 8, /* ccr */
	.error_bit = 0x10000000,
	/* trap, which a tracer may write (set_user_trap, ptrace/ptrace-view.c); check_syscall_restart, signal.c */
	.has_gate = true,
	.gate = 40 * 8,
	.negative_gate = 0x3000, /* trap_is_scv, asm/ptrace.h */
	.gate_flags = 0x1f,      /* TRAP_FLAGS_MASK has had 0x10 and 0x1; scv's vectors are 0x20 apart */
	.first_is_in_result = true,
};
