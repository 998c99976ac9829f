/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_MUX_H
#define FST_ARCH_MUX_H

/*
 * Calls that stand for many: socketcall(call, args) has the arguments in memory, ipc(call, …) in registers. i386,
 * ppc64le and s390x have them, beside direct calls for most of what they carry (since 4.3 and 5.1).
 */

#include <stdbool.h>

#include <arch/callset.h>

struct fst_mux_part {
	unsigned number; /* the first argument: linux/net.h, linux/ipc.h */
	bool is_ipc;
	const char *name;
	/* The direct call that does the same where there is none of that name, given 0 for the rest; or NULL. */
	const char *instead;
	unsigned arg_count; /* of socketcall's array */
	/* Of ipc: where the direct call's arguments are, a digit each; NULL: not in registers, or not as they are. */
	const char *registers;
};

/* The upper 16 bits of ipc's first argument are a version (ipc/syscall.c). */
#define FST_MUX_IPC_MASK 0xffffu

extern const struct fst_mux_part fst_mux_parts[];
extern const unsigned fst_mux_part_count;

/* Whether the ABI has that one: is_ipc as above. */
bool fst_mux_is_in(enum flagstop_abi abi, bool is_ipc);

/* Whether the ABI has the call, if only as a part of one of these. */
bool fst_mux_knows(enum flagstop_abi abi, unsigned call);

/* The direct call of the part in the ABI, or -ENOENT. */
int fst_mux_direct(enum flagstop_abi abi, const struct fst_mux_part *part);

/* What a call of this number carries; NULL: it is none of these. */
const struct fst_mux_part *fst_mux_carried(enum flagstop_abi abi, uint32_t nr, uint64_t first_argument);

/* The rules of a call that an ABI has only as a part of such a one are rules of it there, too. */
void fst_mux_add(struct fst_callset *set, unsigned call);

#endif
