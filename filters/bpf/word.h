/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_WORD_H
#define FST_FILTERS_WORD_H

/* Sorting one argument's value into ranges, with instructions that see 32 bits at a time. */

#include <filters/bpf/codegen.h>

/* What is looked at: (argument's low `bits` bits) & mask. */
struct fst_variable {
	unsigned argument;
	unsigned bits;
	uint64_t mask;
};

/* Reaches to the next one's low - 1; the first begins at 0. */
struct fst_piece64 {
	uint64_t low;
	fst_node target;
};

fst_node fst_word_emit(struct fst_codegen *g, enum flagstop_abi abi, const struct fst_variable *variable,
		       const struct fst_piece64 *pieces, unsigned count, double price);

/* What runs in the mean, and the price of what stands there. */
double fst_word_cost(struct fst_codegen *g, fst_node node, double price);

/* Where seccomp_data has the halves of an argument. */
uint32_t fst_word_low(enum flagstop_abi abi, unsigned argument);
uint32_t fst_word_high(enum flagstop_abi abi, unsigned argument);

#endif
