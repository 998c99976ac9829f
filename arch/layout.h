/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_LAYOUT_H
#define FST_ARCH_LAYOUT_H

/*
 * Where a general register set (NT_PRSTATUS, as PTRACE_GETREGSET writes it) keeps what a system call is about: offsets
 * in bytes, by role. One constant struct a layout; every layout is compiled on every host.
 *
 * The kernel picks the layout by the tracee's mode, not by the call's ABI (int 0x80 from 64-bit code has a 64-bit
 * register set), and tells which by its length.
 */

#include <stddef.h>
#include <stdint.h>

#define FST_REGSET_MAX_BYTES 512

struct fst_layout {
	const char *name;
	uint16_t regset_bytes;
	uint8_t word_bytes;
	uint16_t nr; /* the number that the kernel will use: -1 skips the call */
	uint16_t result;
	uint16_t args[6];
	uint16_t pc;
	uint16_t sp;
};

extern const struct fst_layout fst_layout_x86_64;
extern const struct fst_layout fst_layout_i386;

/* The layout of a register set of this length on this host, or NULL: then its registers must not be touched. */
const struct fst_layout *fst_native_layout(size_t regset_bytes);

uint64_t fst_layout_get(const struct fst_layout *layout, const void *regset, uint16_t offset);
void fst_layout_set(const struct fst_layout *layout, void *regset, uint16_t offset, uint64_t value);

#endif
