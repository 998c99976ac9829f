/* SPDX-License-Identifier: MIT */
/*
 * What depends on the host that the library is built for, and the only place that asks the compiler which one it is:
 * the native ABI, and the register layouts that its kernel hands out.
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

#define NATIVE FLAGSTOP_ABI_I386
static const struct fst_layout *const layouts[] = { &fst_layout_i386 };

#else
#error "no register layout for this architecture yet; see arch/layout.h"
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
