/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_NUMBERS_H
#define FST_FILTERS_NUMBERS_H

/* The way from a call's number to what decides it. */

#include <filters/bpf/codegen.h>
#include <flagstop/policy.h>

#define FST_NUMBERS_X32 0x40000000u /* __X32_SYSCALL_BIT, asm/unistd.h */

/* The numbers under one AUDIT_ARCH_*, and what they lead to. */
struct fst_numbers {
	struct fst_codegen *code;
	enum flagstop_optimize optimize;
	bool weighted;           /* the weights are those of calls that were counted: each has a piece of its own */
	fst_node unknown;        /* numbers of no call lead here ... */
	fst_node foreign;        /* ... and those of an ABI that is not compiled here */
	bool x32_is_foreign;     /* and nothing else above the calls */
	struct fst_span *pieces; /* changed */
	unsigned count;
	double weight;   /* of all pieces */
	unsigned others; /* calls that lead elsewhere than to `unknown` */
};

/* Loads the number, and chooses. */
fst_node fst_numbers_emit(struct fst_numbers *n);

#endif
