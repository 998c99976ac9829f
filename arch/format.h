/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_FORMAT_H
#define FST_ARCH_FORMAT_H

#include <flagstop/arch.h>

/* As flagstop_call_format; where `words` has a text for an argument, that is written in its place. NULL: for none. */
size_t fst_format_call(enum flagstop_abi abi, uint32_t nr, const uint64_t args[6], const char *const words[6],
		       char *text, size_t size);

#endif
