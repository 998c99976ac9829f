/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_CODEGEN_H
#define FST_FILTERS_CODEGEN_H

/*
 * Emits cBPF from its end to its beginning. A node is an instruction whose successors were emitted before it, so every
 * jump is forward and its distance is known when it is emitted; nodes that would be equal are one node, so equal tails
 * of different calls are shared. Jumps beyond 255 go over a copy (of a return) or a `ja`.
 *
 *     emitted:    ret ALLOW (0) ← ret ERRNO (1) ← jeq (2, → 0, 1) ← ld (3)
 *     delivered:  ld, jeq, ret ERRNO, ret ALLOW
 */

#include <stdbool.h>

#include <flagstop/program.h>

struct fst_codegen;
typedef unsigned fst_node; /* an index that means nothing outside this codegen */

struct fst_codegen *fst_codegen_new(void *parent);

fst_node fst_codegen_ret(struct fst_codegen *g, uint32_t action);

/* The low or high word of argument etc., at this offset of struct seccomp_data; then `next`. */
fst_node fst_codegen_load(struct fst_codegen *g, uint32_t offset, fst_node next);
fst_node fst_codegen_and(struct fst_codegen *g, uint32_t mask, fst_node next);

/* `code` is BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET (with a constant). */
fst_node fst_codegen_jump(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node yes, fst_node no);

/*
 * The accumulator's value decides: the pieces cover all of 0 … UINT32_MAX; piece i reaches from low to the next one's
 * low - 1. Neighbours with the same target are merged. `pieces` is changed.
 */
struct fst_span {
	uint32_t low;
	fst_node target;
};
fst_node fst_codegen_choose(struct fst_codegen *g, struct fst_span *pieces, unsigned count);

/* For a caller that ran out of memory itself: the program is lost, and finish says so. */
void fst_codegen_fail(struct fst_codegen *g);

/*
 * The program that begins with `entry`, as an array on `parent`. 0, -ENOMEM, or -E2BIG when it has more than 4,096
 * instructions (*ret_count says how many, also then).
 */
int fst_codegen_finish(struct fst_codegen *g, fst_node entry, void *parent, struct flagstop_insn **ret_insns,
		       size_t *ret_count);

#endif
