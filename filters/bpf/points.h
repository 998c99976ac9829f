/* SPDX-License-Identifier: MIT */
#ifndef FST_BPF_POINTS_H
#define FST_BPF_POINTS_H

/*
 * At which calls two sides have to be compared so that nothing is missed.
 *
 * Numbers and architectures: a program that only compares them with constants does the same between one constant
 * and the next, and a policy does the same between the known numbers; so both sides of every constant, and every
 * known number with its neighbours, are enough.
 *
 * Arguments: diagrams (filters/compare/diagram.h) give one point of each class that both sides together tell apart.
 * Where a diagram cannot be had, the points here are a sample and prove nothing.
 */

#include <filters/compare/diagram.h>
#include <flagstop/policy.h>

/* ---- numbers and architectures ---------------------------------------------------------------------------------- */

struct fst_cuts {
	uint32_t *archs, *numbers; /* constants that they are compared with */
	size_t arch_count, number_count;
	bool whole; /* they are nowhere used but in comparisons: the points are enough */
};

/* On `parent` by talloc; programs may be none. NULL: no memory. */
struct fst_cuts *fst_cuts_new(void *parent);
int fst_cuts_add(struct fst_cuts *cuts, const struct flagstop_programs *programs);

/* Architectures to look at: those of all ABIs, of the constants, and one that is neither. */
int fst_cuts_archs(const struct fst_cuts *cuts, void *parent, uint32_t **ret_archs, size_t *ret_count);

/* Numbers to look at; every number of the ABIs in `abis` (bits) that belong to that architecture, and some past
 * them. */
int fst_cuts_numbers(const struct fst_cuts *cuts, void *parent, uint32_t audit_arch, unsigned abis,
		     uint32_t **ret_numbers, size_t *ret_count);

/* ---- a sample of arguments -------------------------------------------------------------------------------------- */

struct fst_sample;
struct fst_sample *fst_sample_new(void *parent);
/* Ends of ranges, mask bits, their neighbours, and the same with other high words. */
void fst_sample_add_decision(struct fst_sample *sample, const struct fst_decision *decision);
void fst_sample_add_programs(struct fst_sample *sample, const struct flagstop_programs *programs);
void fst_sample_add_value(struct fst_sample *sample, unsigned field, uint64_t value);
/* All combinations where they are few, else each value with several of the others'. As fst_diagram_visit. */
int fst_sample_visit(struct fst_sample *sample, bool narrow,
		     int (*visit)(const uint64_t fields[FST_FIELDS], void *context), void *context);

#endif
