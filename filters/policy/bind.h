/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_BIND_H
#define FST_FILTERS_BIND_H

/*
 * What a layer means for each call of each ABI: names became argument positions, and every comparison became
 * "(argument & mask) is in one of these ranges", or a test of a fact. Evaluator and compiler read nothing else.
 *
 *     layer ─ by_abi[abi][call] ─→ decision: step, step, …, last step without a condition
 */

#include <filters/policy/ast.h>

/* Unsigned, both ends belong to it. */
struct fst_range {
	uint64_t low, high;
};

struct fst_cond {
	enum fst_expr_op op;
	const struct fst_cond *left, *right;
	/* FST_EXPR_TEST: ((argument's low `bits` bits) & mask) in ranges; the ranges are sorted and do not touch */
	unsigned argument;
	unsigned bits;
	uint64_t mask;
	const struct fst_range *ranges;
	unsigned range_count;
	/* FST_EXPR_FACT: of what `argument` points to */
	const struct fst_fact *fact;
	/* FST_EXPR_TEST and FST_EXPR_FACT: fst_expr.index of what was written */
	unsigned index;
};

/* Conditions that always or never hold have no form of their own; these two stand for them. Never inside others. */
extern const struct fst_cond fst_always, fst_never;

/* An argument becomes (argument & keep) | set. */
struct fst_change {
	unsigned argument;
	uint64_t keep, set;
};

struct fst_step {
	const struct fst_cond *when; /* NULL: always */
	const struct fst_rule *rule;
	/*
	 * Of a condition that asks for facts: without any fact, it may hold where `may` does, and holds where `must`
	 * does. They ask for scalars only, and may be fst_always and fst_never.
	 */
	bool has_facts;
	const struct fst_cond *may, *must;
	const struct fst_change *changes; /* of a rewrite */
	unsigned change_count;
};

struct fst_decision {
	unsigned count; /* at least 1 */
	bool has_facts; /* some step has */
	/* So many steps come first that follow from rules on what the call carries (carried.h). */
	unsigned carried;
	struct fst_step steps[];
};

struct fst_bound {
	const struct fst_layer *layer;
	/* Of a layer that `on exec` added: the statement, and the layer that it stands in. NULL: always in force. */
	const struct fst_exec *exec;
	unsigned exec_layer;
	bool in_kernel;                                         /* the guards: no denial of theirs is ever flagged */
	const struct fst_decision **by_abi[FLAGSTOP_ABI_COUNT]; /* NULL: an ABI that the layer does not name */
	bool has_facts;                                         /* some decision asks for what arguments point to */
	const struct fst_rule *path_rule;                       /* some rule that asks for a file's name, or NULL */
	const struct fst_rule *mover;                           /* some rule that names a call which changes names,
		and permits it */
	struct fst_decision *unknown;                           /* numbers that the tables do not have */
	struct fst_decision *foreign;                           /* ABIs that the layer does not name: kill */
};

/* *ret_bound hangs on `layer` by talloc. -EBADMSG with the place when a rule has no meaning or can never match. */
int fst_bind(struct fst_layer *layer, struct fst_bound **ret_bound, struct flagstop_error *reterr_error);

/*
 * Makes the layer, which will be the policy's `index`th, one that only counts where the facts say that it is in force:
 * every decision begins with a step that allows where it is not. 0 or -ENOMEM.
 */
int fst_bind_to_exec(struct fst_bound *bound, const struct fst_exec *exec, unsigned exec_layer, unsigned index);

/* Stands for the layer before its exec. */
extern const struct fst_rule fst_rule_not_in_force;

/* Not an argument, but where the bits of arguments have one for what layers are in force. */
#define FST_FACT_LAYERS 6

/*
 * The meaning of a condition for one call; `known` has a bit for each argument whose value is given. `facts` may be
 * NULL.
 */
enum fst_truth {
	FST_FALSE,
	FST_TRUE,
	FST_UNKNOWN,
};
enum fst_truth fst_cond_truth(const struct fst_cond *cond, const uint64_t args[6], unsigned known,
			      const struct flagstop_facts *facts);

/* A bit for each argument whose facts the condition asks for, and FST_FACT_LAYERS. */
unsigned fst_cond_facts(const struct fst_cond *cond);

/*
 * What scalars say of a condition with facts: where it may hold, or where it must. Hangs on `parent`; NULL: no memory.
 */
const struct fst_cond *fst_cond_may(void *parent, const struct fst_cond *cond);
const struct fst_cond *fst_cond_must(void *parent, const struct fst_cond *cond);

/* Joined by FST_EXPR_AND or _OR, and negated, with constants folded. NULL operands give NULL. NULL: no memory. */
const struct fst_cond *fst_cond_join(void *parent, enum fst_expr_op op, const struct fst_cond *left,
				     const struct fst_cond *right);
const struct fst_cond *fst_cond_negate(void *parent, const struct fst_cond *cond);

/* Whether one of the test's ranges has the value, which is as the mask left it. */
bool fst_cond_takes(const struct fst_cond *test, uint64_t value);

/*
 * False when no arguments can make the condition true. True when that is not known: also when *effort, which says how
 * much may still be spent on finding out and is taken from, does not suffice.
 */
bool fst_cond_can_match(const struct fst_cond *cond, uint64_t *effort);

/* What a layer says about one call. Never NULL. */
const struct fst_decision *fst_bound_decision(const struct fst_bound *bound, uint32_t audit_arch, uint32_t nr);

#endif
