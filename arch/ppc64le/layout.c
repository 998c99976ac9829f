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
 * negative one; Linux programs of today use `sc` where the C library was not built for POWER9 alone.
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
	/* Skipped at a syscall-entry-stop it is ENOSYS whatever r3 was (do_syscall_trace_enter, `skip`). */
	.result_places = FST_PLACE_SECCOMP | FST_PLACE_EXIT,
	.has_first_copy = true,
	.first_copy = 3 * 8,
	.error_flags = 38 * 8, /* ccr */
	.error_bit = 0x10000000,
};
