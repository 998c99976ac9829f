/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_UNWIND_H
#define FST_TRACER_UNWIND_H

/* From registers, memory and mappings to return addresses. For the helper process only: hostile input can crash it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracer/image.h"

struct fst_frame {
	uint64_t pc;
	bool exact; /* false: a return address, the call is the instruction before it */
};

/*
 * A regset that can be met on this host, told by its length. One file an architecture has the host's
 * table; the first entry is the native one.
 */
struct fst_unwind_regset {
	size_t bytes;      /* of NT_PRSTATUS as PTRACE_GETREGSET gives it */
	size_t word_bytes; /* of a register in it */
	uint16_t pc;       /* byte offset */
	/* Byte offsets by the unwinder's register number (DWARF's, then the pc's); count 0: the pc alone is known */
	const uint16_t *offsets;
	size_t count;
	/*
	 * A call puts its return address in a register: the innermost function may have no frame, and its
	 * caller's sp.
	 */
	bool has_link_register;
	/*
	 * The instructions that a signal handler returns to: the frame behind it was interrupted, it called
	 * nothing.
	 */
	const unsigned char *trampoline;
	size_t trampoline_bytes;
};
#define FST_UNWIND_TRAMPOLINE_MAX_BYTES 16
#define FST_UNWIND_NO_REGISTER UINT16_MAX /* an offset: it is not in the regset */
extern const struct fst_unwind_regset fst_unwind_regsets[];
extern const size_t fst_unwind_regset_count;

struct fst_unwind;

struct fst_unwind *fst_unwind_new(void);
void fst_unwind_free(struct fst_unwind *unwind);

/*
 * Fills `frames`, innermost first; *ret_cut tells that there were more than `size`. Returns how many, at least 1 (the
 * pc), or -EOPNOTSUPP for a regset of an unknown length.
 */
int fst_unwind_frames(struct fst_unwind *unwind, struct fst_memory *memory, const struct fst_maps *maps,
		      const void *regset, size_t regset_bytes, struct fst_frame *frames, size_t size, bool *ret_cut);

#endif
