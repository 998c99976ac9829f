/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_FACT_H
#define FST_FILTERS_FACT_H

/* Tests of what an argument points to. Their meaning; what may be asked of which call is fact_of.c's. */

#include <filters/policy/bind.h>

enum fst_subject {
	FST_SUBJECT_PATH,
	FST_SUBJECT_STRING,
	FST_SUBJECT_NOT_IN_FORCE, /* of the layer itself */
};

struct fst_fact {
	enum fst_subject subject;
	enum fst_relation relation; /* UNDER, IS or MATCHES: any of the patterns */
	const struct fst_pattern *patterns;
	unsigned pattern_count;
	unsigned layer; /* NOT_IN_FORCE */
};

/* A leaf of a bound condition (FST_EXPR_FACT). `facts` may be NULL. */
enum fst_truth fst_fact_truth(const struct fst_cond *test, const struct flagstop_facts *facts);

/* The call that a test is bound for. `path`: the argument that the word `path` means, or -1. */
struct fst_asked {
	enum flagstop_abi abi;
	unsigned call;
	const struct flagstop_arg *args;
	unsigned arg_count;
	int path;
};

/*
 * fact_of.c: gives the test a meaning when it asks for facts: 1. 0: it asks for a register. -EBADMSG with the place
 * when it asks for what cannot be known.
 */
int fst_fact_of(const struct fst_asked *asked, const struct fst_expr *test, struct fst_cond *cond,
		struct flagstop_error *error);

/* Whether a test is written with the word that stands for every path of its call. */
bool fst_fact_is_path_word(const struct fst_expr *test);

/* What is wrong with a path that no canonical path can be like; NULL: nothing. */
const char *fst_path_complaint(const char *path, size_t bytes);

/* Whether a path or string is what a pattern says, by that relation. */
bool fst_pattern_holds(const struct fst_pattern *pattern, enum fst_relation relation, bool is_path, const char *bytes,
		       size_t count);

#endif
