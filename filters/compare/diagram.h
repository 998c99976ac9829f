/* SPDX-License-Identifier: MIT */
#ifndef FST_COMPARE_DIAGRAM_H
#define FST_COMPARE_DIAGRAM_H

/*
 * Decision diagrams: functions of a call's arguments, bit by bit, in one form each, so that equal functions are one
 * node.
 *
 *     arg0 bit 63 ─0→ arg0 bit 62 ─0→ … ─→ leaf 0        a leaf: which class of arguments this is
 *          └─1→ leaf 1          └─1→ leaf 1
 *
 * What they are for: a condition, or a path of a program, becomes a diagram over all 2^448 values at once; the pair
 * of two diagrams has a leaf for each combination that arguments can bring about, and no other. One point of each
 * leaf is then enough to compare by running both sides.
 *
 * Fields are the arguments 0 … 5 and the instruction pointer, bits are asked for from the highest of the first
 * field to the lowest of the last, so the smallest point of a leaf is its smallest call.
 */

#include <stdbool.h>
#include <stdint.h>

#include <filters/policy/bind.h>

#define FST_FIELD_ARGS 6
#define FST_FIELD_IP 6
#define FST_FIELDS 7

struct fst_diagram;
typedef uint32_t fst_branch; /* means nothing outside its diagram, nor after fst_diagram_begin */

/* A diagram's table hangs on `parent` by talloc. NULL: no memory. */
struct fst_diagram *fst_diagram_new(void *parent);

/*
 * Begins anew: what was built may be forgotten. Building may cost `effort` (a step is some 50 ns); beyond that, or
 * beyond a million nodes, all branches are meaningless and _error says -E2BIG.
 */
void fst_diagram_begin(struct fst_diagram *d, unsigned effort);
/* 0, -E2BIG or -ENOMEM, for everything since _begin. */
int fst_diagram_error(const struct fst_diagram *d);
/* How much of the effort is left. */
unsigned fst_diagram_effort(const struct fst_diagram *d);

fst_branch fst_diagram_leaf(struct fst_diagram *d, uint32_t value);

/* Leaf 1 where ((the field's bits first … first + count - 1) & mask) is in one of the (sorted) ranges, else leaf 0. */
struct fst_bits {
	unsigned field;
	unsigned first, count;
	uint64_t mask;
	const struct fst_range *ranges;
	unsigned range_count;
};
fst_branch fst_diagram_in(struct fst_diagram *d, const struct fst_bits *bits);

/* `condition` has leaves 0 and 1. */
fst_branch fst_diagram_choose(struct fst_diagram *d, fst_branch condition, fst_branch yes, fst_branch no);

/* A leaf for each pair of leaves that some arguments lead to. */
fst_branch fst_diagram_pair(struct fst_diagram *d, fst_branch a, fst_branch b);

/*
 * The same as classes alone, for which it does not matter what is at a leaf: where one of the two is a single leaf, the
 * other one is all. `classes` may be 0: none yet.
 */
fst_branch fst_diagram_refine(struct fst_diagram *d, fst_branch classes, fst_branch by);

/* The value of the leaf at a point; of a pair's leaf it means nothing. */
uint32_t fst_diagram_at(const struct fst_diagram *d, fst_branch root, const uint64_t fields[FST_FIELDS]);

/* The smallest point where a condition holds; false when it never does. */
bool fst_diagram_smallest(const struct fst_diagram *d, fst_branch condition, uint64_t fields[FST_FIELDS]);

/*
 * Calls `visit` with the smallest point of each leaf, smallest point first, until it returns something else than 0,
 * which is then returned.
 */
int fst_diagram_visit(struct fst_diagram *d, fst_branch root,
		      int (*visit)(const uint64_t fields[FST_FIELDS], void *context), void *context);

#endif
