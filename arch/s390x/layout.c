/* SPDX-License-Identifier: MIT */
/*
 * s390_regs (arch/s390/include/uapi/asm/ptrace.h): psw (mask, address), gprs 0 … 15, acrs 0 … 15 (32 bits
 * each), orig_gpr2.
 *
 * gpr 2 is the number at a seccomp stop or syscall-entry-stop, and the result at an exit stop. Who writes the
 * number there changes its low 16 bits and no more (__poke_user, arch/s390/kernel/ptrace.c): -1 is 65535, a
 * number that no call has, and that filters are asked about. Where the number goes in, no result can: the call
 * that it names is tried (ENOSYS), and its result is set at the exit stop.
 */
#include <arch/layout.h>

const struct fst_layout fst_layout_s390x = {
	.name = "s390x",
	.abi = FLAGSTOP_ABI_S390X,
	.regset_bytes = 27 * 8,
	.word_bytes = 8,
	.nr = 4 * 8,
	.result = 4 * 8,
	.args = { 26 * 8, 5 * 8, 6 * 8, 7 * 8, 8 * 8, 9 * 8 }, /* orig_gpr2, gprs 3 … 7 */
	.pc = 1 * 8,
	.sp = 17 * 8,    /* gpr 15 */
	.call_bytes = 2, /* svc; nobody of today has it executed by another instruction (ex, exrl), which is longer */
	/*
	 * Of 42 bits, which three levels of page tables give: programs lie at 2/3, or at 4 GiB, as the release has it
	 * (ELF_ET_DYN_BASE, asm/elf.h); mappings go down from the end (asm/processor.h, mm/mmap.c), or up from half of
	 * it. A fourth level comes for who asks for an address above, and for nobody else.
	 */
	.window = UINT64_C(0x37f00000000),
	.number_mask = 0xffff,
	.result_places = FST_PLACE_EXIT,
	/* NT_S390_SYSTEM_CALL; arch_do_signal_or_restart, arch/s390/kernel/signal.c */
	.signalled_number_regset = 0x307,
	.first_is_in_result = true,
	/* The gprs: start_thread (asm/processor.h) sets the last one, ELF_PLAT_INIT (asm/elf.h) clears gpr 14. */
	.kept = 2 * 8,
	.kept_words = 16,
};
