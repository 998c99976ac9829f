/* SPDX-License-Identifier: MIT */
/* Which layout has which stub. */
#include <arch/stub.h>

const struct fst_stub *fst_stub_of(const struct fst_layout *layout)
{
	return layout == &fst_layout_x86_64 ? &fst_stub_x86_64 :
		layout == &fst_layout_i386  ? &fst_stub_i386 :
					      NULL;
}

const struct fst_hermit *fst_native_hermit(void)
{
	static const struct fst_hermit *const hermits[FLAGSTOP_ABI_COUNT] = {
		[FLAGSTOP_ABI_X86_64] = &fst_hermit_x86_64,
		[FLAGSTOP_ABI_AARCH64] = &fst_hermit_aarch64,
		[FLAGSTOP_ABI_PPC64LE] = &fst_hermit_ppc64le,
		[FLAGSTOP_ABI_RISCV64] = &fst_hermit_riscv64,
		[FLAGSTOP_ABI_S390X] = &fst_hermit_s390x,
		[FLAGSTOP_ABI_I386] = &fst_hermit_i386,
		[FLAGSTOP_ABI_ARM] = &fst_hermit_arm,
	};

	return hermits[flagstop_abi_native()];
}
