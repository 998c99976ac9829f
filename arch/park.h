/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_PARK_H
#define FST_ARCH_PARK_H

/*
 * Machine code that a thread goes round in while nobody traces it: touches no memory and makes no call, and after some
 * seconds of its own time makes one that ends it, so that it never gets anywhere by itself.
 */

#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>

struct fst_park_code {
	size_t bytes;
	/* What must not be set in a register, or the first step would be told: its offset, and the bits. */
	uint16_t flags;
	uint64_t stepping;
	uint64_t end_of_user; /* calls are made below: from there on they are a page of the kernel's (vsyscall) */
	/* Writes `bytes`; `poison` is the number of the call that ends it. Position-independent. */
	void (*write)(void *code, uint32_t poison);
};

/* NULL where there is none. */
const struct fst_park_code *fst_park_code_of(const struct fst_layout *layout);

extern const struct fst_park_code fst_park_code_x86_64;

#endif
