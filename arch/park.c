/* SPDX-License-Identifier: MIT */
/* Which layout has which code to park a thread on. */
#include <arch/park.h>

const struct fst_park_code *fst_park_code_of(const struct fst_layout *layout)
{
	return layout == &fst_layout_x86_64 ? &fst_park_code_x86_64 : NULL;
}
