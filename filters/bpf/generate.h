/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_GENERATE_H
#define FST_FILTERS_GENERATE_H

/* The code of one layer, or of some of its calls. */

#include <filters/bpf/codegen.h>
#include <filters/bpf/compile.h>
#include <filters/bpf/order.h>

struct fst_generate {
	/* what the caller sets */
	const struct flagstop_policy *policy;
	const struct flagstop_compile_options *options;
	const struct fst_session_keys *keys;
	const struct fst_bound *bound;
	struct fst_codegen *code;
	const double *weights;         /* [abi][call]: how often each comes; NULL: all are alike */
	uint32_t poison;               /* 0 outside the guards' program */
	int execve, seccomp;           /* the calls that take the secret */
	int shmat, shmdt;              /* take the window's */
	unsigned first_call, end_call; /* calls outside are allowed: another program of this layer judges them */
	/* what it keeps for itself */
	enum flagstop_abi abi;
	struct fst_order *order; /* of this ABI; NULL until a condition needs one */
	struct {
		bool known;
		uint32_t action;
		fst_node node;
	} last; /* return that was made */
	struct {
		const struct fst_decision *decision;
		unsigned contested;
		fst_node node;
	} alike; /* the call before, of this ABI */
};

/* Where the layer's program begins, in c->code. Running out of memory shows when that is finished. */
fst_node fst_generate_layer(struct fst_generate *c);

#endif
