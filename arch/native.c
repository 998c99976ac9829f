/* SPDX-License-Identifier: MIT */
/*
 * What depends on the host that the library is built for, and the only place that asks the compiler which one it is:
 * the native ABI, and the register layouts that its kernel hands out. Holds the layouts against the host's headers.
 */
#include <stddef.h>

#include <arch/layout.h>
#include <flagstop/arch.h>

#if defined(__x86_64__)

#include <sys/user.h>

#define AT(member) offsetof(struct user_regs_struct, member)
_Static_assert(sizeof(struct user_regs_struct) == 27 * 8, "regset");
_Static_assert(AT(orig_rax) == 15 * 8 && AT(rax) == 10 * 8 && AT(rip) == 16 * 8 && AT(rsp) == 19 * 8, "roles");
_Static_assert(AT(rdi) == 14 * 8 && AT(rsi) == 13 * 8 && AT(rdx) == 12 * 8 && AT(r10) == 7 * 8 && AT(r8) == 9 * 8 &&
		       AT(r9) == 8 * 8,
	       "arguments");

#ifdef __ILP32__
#define NATIVE FLAGSTOP_ABI_X32
#else
#define NATIVE FLAGSTOP_ABI_X86_64
#endif
static const struct fst_layout *const layouts[] = { &fst_layout_x86_64, &fst_layout_i386 };

#elif defined(__i386__)

#include <sys/user.h>

#define AT(member) offsetof(struct user_regs_struct, member)
_Static_assert(sizeof(struct user_regs_struct) == 17 * 4, "regset");
_Static_assert(AT(orig_eax) == 11 * 4 && AT(eax) == 6 * 4 && AT(eip) == 12 * 4 && AT(esp) == 15 * 4, "roles");
_Static_assert(AT(ebx) == 0 && AT(ecx) == 4 && AT(edx) == 8 && AT(esi) == 12 && AT(edi) == 16 && AT(ebp) == 20,
	       "arguments");

#define NATIVE FLAGSTOP_ABI_I386
static const struct fst_layout *const layouts[] = { &fst_layout_i386 };

#elif defined(__aarch64__)

#include <asm/ptrace.h>
#include <linux/elf.h>

#define AT(member) offsetof(struct user_pt_regs, member)
_Static_assert(sizeof(struct user_pt_regs) == 34 * 8, "regset");
_Static_assert(AT(regs) == 0 && AT(sp) == 31 * 8 && AT(pc) == 32 * 8, "roles");
_Static_assert(NT_ARM_SYSTEM_CALL == 0x404, "the number");

#define NATIVE FLAGSTOP_ABI_AARCH64
static const struct fst_layout *const layouts[] = { &fst_layout_aarch64, &fst_layout_arm_on_aarch64 };

#elif defined(__arm__)

#include <sys/user.h>

_Static_assert(sizeof(struct user_regs) == 18 * 4, "regset");

#define NATIVE FLAGSTOP_ABI_ARM
static const struct fst_layout *const layouts[] = { &fst_layout_arm };

#elif defined(__riscv) && __riscv_xlen == 64

#include <asm/ptrace.h>

#define AT(member) offsetof(struct user_regs_struct, member)
_Static_assert(sizeof(struct user_regs_struct) == 32 * 8, "regset");
_Static_assert(AT(pc) == 0 && AT(sp) == 2 * 8 && AT(a0) == 10 * 8 && AT(a5) == 15 * 8 && AT(a7) == 17 * 8, "roles");

#define NATIVE FLAGSTOP_ABI_RISCV64
static const struct fst_layout *const layouts[] = { &fst_layout_riscv64 };

#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)

#include <asm/ptrace.h>

_Static_assert(PT_R0 == 0 && PT_R1 == 1 && PT_R3 == 3 && PT_NIP == 32 && PT_ORIG_R3 == 34 && PT_CCR == 38, "roles");
_Static_assert(sizeof(struct pt_regs) <= 48 * 8, "regset");

#define NATIVE FLAGSTOP_ABI_PPC64LE
static const struct fst_layout *const layouts[] = { &fst_layout_ppc64le };

#elif defined(__s390x__)

#include <sys/ptrace.h>

#include <asm/ptrace.h>

#define AT(member) offsetof(s390_regs, member)
_Static_assert(sizeof(s390_regs) == 27 * 8, "regset");
_Static_assert(AT(psw) == 0 && AT(gprs) == 2 * 8 && AT(orig_gpr2) == 26 * 8, "roles");

#define NATIVE FLAGSTOP_ABI_S390X
static const struct fst_layout *const layouts[] = { &fst_layout_s390x };

#elif defined(__loongarch64)

#include <asm/ptrace.h>

#define AT(member) offsetof(struct user_pt_regs, member)
_Static_assert(sizeof(struct user_pt_regs) == 45 * 8, "regset");
_Static_assert(AT(regs) == 0 && AT(orig_a0) == 32 * 8 && AT(csr_era) == 33 * 8, "roles");

#define NATIVE FLAGSTOP_ABI_LOONGARCH64
static const struct fst_layout *const layouts[] = { &fst_layout_loongarch64 };

#else
#error "no register layout for this architecture yet; see docs/add-an-architecture.md"
#endif

enum flagstop_abi flagstop_abi_native(void)
{
	return NATIVE;
}

const struct fst_layout *fst_native_layout(size_t regset_bytes)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i]->regset_bytes == regset_bytes)
			return layouts[i];
	return NULL;
}

unsigned fst_native_abis(void)
{
	unsigned abis = 0;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		abis |= 1u << layouts[i]->abi;
	return abis;
}

unsigned fst_native_hidden_first_arguments(void)
{
	unsigned abis = 0;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		abis |= (unsigned)layouts[i]->first_argument_is_hidden << layouts[i]->abi;
	return abis;
}

const struct fst_layout *fst_native_own_layout(void)
{
	return layouts[0];
}

const struct fst_layout *fst_native_second_layout(void)
{
	return sizeof(layouts) / sizeof(*layouts) > 1 ? layouts[sizeof(layouts) / sizeof(*layouts) - 1] : NULL;
}

bool fst_native_makes_calls_again(void)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (!layouts[i]->call_bytes)
			return false;
	return true;
}

uint32_t fst_native_number(uint32_t nr)
{
	return fst_layout_number(layouts[0], nr);
}
