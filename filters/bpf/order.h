/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_ORDER_H
#define FST_FILTERS_ORDER_H

/*
 * Conditions on arguments as nodes: which word is looked at first, and what then still matters.
 *
 * A choice is "if this test holds, then that choice, else that one", or the end of it: a node. One fst_order serves
 * all calls of one ABI: equal tests, choices and residues of different calls are made once.
 */

#include <filters/bpf/codegen.h>
#include <filters/policy/bind.h>

struct fst_order;
typedef unsigned fst_choice;

/* `price`: how many executed instructions (of one call's mean) one instruction more is worth. NULL: no memory. */
struct fst_order *fst_order_new(void *parent, struct fst_codegen *g, enum flagstop_abi abi, double price);

fst_choice fst_order_end(struct fst_order *o, fst_node node);
fst_choice fst_order_when(struct fst_order *o, const struct fst_cond *cond, fst_choice yes, fst_choice no);

/* The choice with every end but `end` replaced by `other`. */
fst_choice fst_order_unless(struct fst_order *o, fst_choice choice, fst_choice end, fst_choice other);

/* The node that decides it all. No choice that was made before means anything afterwards. */
fst_node fst_order_emit(struct fst_order *o, fst_choice choice);

#endif
