/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_NODES_H
#define FST_FILTERS_NODES_H

/* The inside of a codegen, for the files that make nodes, count them, and lay them out. */

#include <linux/bpf_common.h>

#include <filters/bpf/codegen.h>
#include <filters/bpf/intern.h>

struct fst_codegen_node {
	uint16_t code;
	uint32_t k;
	uint32_t word;    /* that the accumulator holds; 0 where it does not matter */
	fst_node yes, no; /* both are the one successor of a load or an `and` */
	float mean;       /* instructions that run from here on */
};

struct fst_codegen {
	struct fst_codegen_node *nodes;
	unsigned *marks; /* for walks: a node is marked when it has the number of this walk */
	fst_node *stack; /* for walks: room for each node once */
	unsigned count, size, walk;
	double price;
	uint32_t word; /* that is looked at */
	bool failed;   /* no memory: what is made from here on means nothing, and finish says so */
	struct fst_intern known;
};

static inline bool fst_codegen_is_ret(const struct fst_codegen_node *node)
{
	return BPF_CLASS(node->code) == BPF_RET;
}

static inline bool fst_codegen_is_jump(const struct fst_codegen_node *node)
{
	return BPF_CLASS(node->code) == BPF_JMP;
}

#endif
