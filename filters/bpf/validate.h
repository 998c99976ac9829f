/* SPDX-License-Identifier: MIT */
#ifndef FST_BPF_VALIDATE_H
#define FST_BPF_VALIDATE_H

/* The proof that compiled programs do what the policy decides; every compile ends with it. */

#include <filters/bpf/compile.h>

/*
 * Compares what the kernel would make of the programs with what flagstop_policy_decide and _place say: for every
 * ABI (and one that is none), every number up to past the tables and on both sides of every constant that a program
 * compares numbers with, and for the arguments of each such call one point of each class that the rules and the
 * programs together tell apart (filters/compare/diagram.h), which is all of them. Conditions that take more than a
 * stated effort are compared at a sample of points: that is a test and no proof.
 *
 * 0; -EPROTO with the call as a witness where the two disagree, which is an error of flagstop's own; -ENOMEM.
 */
int fst_validate(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
		 const struct fst_session_keys *keys, const struct flagstop_programs *programs,
		 struct flagstop_error *reterr_error);

#endif
