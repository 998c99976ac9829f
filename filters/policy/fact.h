/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_FACT_H
#define FST_FILTERS_FACT_H

/* Tests of what an argument points to. Their meaning; what may be asked of which call is fact_of.c's. */

#include <arch/paths.h>
#include <filters/policy/bind.h>

enum fst_subject {
	FST_SUBJECT_PATH,   /* any of the patterns */
	FST_SUBJECT_STRING, /* the same */
	FST_SUBJECT_WORD,   /* of 64 bits, at `offset` of a struct: as FST_EXPR_TEST */
	/* of a socket address */
	FST_SUBJECT_FAMILY,       /* as FST_EXPR_TEST */
	FST_SUBJECT_PORT,         /* the same; of Internet addresses */
	FST_SUBJECT_IP,           /* any of the nets */
	FST_SUBJECT_NAME,         /* of AF_UNIX: any of the patterns; an abstract one begins with '@' */
	FST_SUBJECT_NOT_IN_FORCE, /* of the layer itself */
};

struct fst_fact {
	enum fst_subject subject;
	enum fst_relation relation; /* of patterns: UNDER, IS or MATCHES */
	const struct fst_pattern *patterns;
	unsigned pattern_count;
	const struct fst_net *nets;
	unsigned net_count;
	unsigned offset;
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

/* A number in memory that a name means: one of openat2's flags, a port. */
struct fst_field {
	enum fst_subject subject;
	unsigned argument, offset, bits;
	const char *set;
};

/*
 * fact_of.c: gives the test a meaning when it asks for facts that are no numbers: 1. 0: it asks for a number, here or
 * in a register. -EBADMSG with the place when it asks for what cannot be known.
 */
int fst_fact_of(const struct fst_asked *asked, const struct fst_expr *test, struct fst_cond *cond,
		struct flagstop_error *error);

/*
 * Whether a test of a number asks for one in memory: 1 and *ret_field. 0: it asks for a register. Makes a test that was
 * bound to a number one of that field.
 */
int fst_fact_field(const struct fst_asked *asked, const struct fst_expr *test, struct fst_field *ret_field,
		   struct flagstop_error *error);
int fst_fact_set_field(struct fst_cond *cond, const struct fst_field *field);

/* A number of 64 bits in a structure that the kernel reads. */
struct fst_struct_field {
	enum fst_read_kind kind;
	const char *name;
	unsigned offset;
	const char *set;
};
/* Those that rules may ask for, one after the other; NULL behind the last. */
const struct fst_struct_field *fst_fact_struct_field(enum fst_read_kind kind, unsigned index);

/* rewrite.c: the changes of a rule that rewrites, for one call. */
int fst_rewrite_bind(const struct fst_asked *asked, const struct fst_rule *rule, void *parent, struct fst_step *step,
		     struct flagstop_error *error);

/* Whether a test is one of the four words that fact_intent.c knows. */
bool fst_fact_is_intent(const struct fst_expr *test);

/* fact_intent.c: `reads`, `writes`, `creates`, `executes`. Results as fst_fact_of's; *ret_cond may be a constant. */
int fst_fact_intent(const struct fst_asked *asked, const struct fst_expr *test, void *parent,
		    const struct fst_cond **ret_cond, struct flagstop_error *error);

/* Whether a test is written with the word that stands for every path of its call. */
bool fst_fact_is_path_word(const struct fst_expr *test);

/* What is wrong with a path that no canonical path can be like; NULL: nothing. */
const char *fst_path_complaint(const char *path, size_t bytes);

/* Whether a path or string is what a pattern says, by that relation. */
bool fst_pattern_holds(const struct fst_pattern *pattern, enum fst_relation relation, bool is_path, const char *bytes,
		       size_t count);

#endif
