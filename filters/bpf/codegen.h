/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_CODEGEN_H
#define FST_FILTERS_CODEGEN_H

/*
 * cBPF as a graph, and the graph as a program. A node is an instruction whose successors were made before it; nodes
 * that would be equal are one node, so equal tails of different calls are shared. What cannot be reached from the
 * entry costs nothing: several ways to write the same can be made, and the cheapest taken.
 *
 * Delivery (layout.c) goes from the end to the beginning, so that every jump is forward and its distance known:
 *
 *     delivered:  ld, jeq, ret ERRNO, ret ALLOW
 *
 * Jumps beyond 255 go over a copy of their target, or over a `ja` where that cannot be copied.
 */

#include <stdbool.h>

#include <flagstop/program.h>

struct fst_codegen;
typedef unsigned fst_node; /* means nothing outside this codegen; smaller than those of its predecessors */

struct fst_codegen *fst_codegen_new(void *parent);

/* How many executed instructions (of the mean) one instruction more is worth; 0.2 until it is set. */
void fst_codegen_set_price(struct fst_codegen *g, double price);

/*
 * Jumps and `and`s that are made from here on look at this word. Those that look at different words are never one
 * node, though they could be: at each instruction it is known what the accumulator holds, for readers and for the
 * proof.
 */
void fst_codegen_look_at(struct fst_codegen *g, uint32_t offset);

fst_node fst_codegen_ret(struct fst_codegen *g, uint32_t action);

/* The low or high word of argument etc., at this offset of struct seccomp_data; then `next`. */
fst_node fst_codegen_load(struct fst_codegen *g, uint32_t offset, fst_node next);
fst_node fst_codegen_and(struct fst_codegen *g, uint32_t mask, fst_node next);

/* `code` is BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET (with a constant). */
fst_node fst_codegen_jump(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node yes, fst_node no);

/* The same when it is known how often it says yes, from 0 to 1. */
fst_node fst_codegen_branch(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node yes, fst_node no, double often);

/*
 * What is left of `node` for somebody whose accumulator holds that word, and of it the bits of `mask`: the loads it
 * begins with are passed over where they would bring nothing new.
 */
fst_node fst_codegen_enter(const struct fst_codegen *g, fst_node node, uint32_t offset, uint32_t mask);

/*
 * The accumulator's value decides: the pieces cover all of 0 … UINT32_MAX; piece i reaches from low to the next one's
 * low - 1. Neighbours with the same target are merged. `pieces` is changed.
 */
struct fst_span {
	uint32_t low;
	fst_node target;
	float weight; /* how often it comes, in any unit; when all are 0, all are alike */
};
fst_node fst_codegen_choose(struct fst_codegen *g, struct fst_span *pieces, unsigned count);

/* Leaves out pieces that no such value falls into, moves the others to their first one, and merges neighbours. */
unsigned fst_codegen_tidy(struct fst_span *pieces, unsigned count, uint32_t mask);

/* The same for a value of which only the bits of `mask` can be set. */
fst_node fst_codegen_choose_masked(struct fst_codegen *g, uint32_t mask, struct fst_span *pieces, unsigned count);

/* How many instructions run from here on, in the mean; and how many there are (counting stops at `limit`). */
double fst_codegen_mean(const struct fst_codegen *g, fst_node node);
unsigned fst_codegen_size(struct fst_codegen *g, fst_node node, unsigned limit);

/* For a caller that ran out of memory itself: the program is lost, and finish says so. */
void fst_codegen_fail(struct fst_codegen *g);
bool fst_codegen_has_failed(const struct fst_codegen *g);

/*
 * The program that begins with `entry`, as an array on `parent`. 0, -ENOMEM, or -E2BIG when it has more than 4,096
 * instructions (*ret_count says how many, also then; without jumps over 255 when they are far more).
 */
int fst_codegen_finish(struct fst_codegen *g, fst_node entry, void *parent, struct flagstop_insn **ret_insns,
		       size_t *ret_count);

#endif
