/* SPDX-License-Identifier: MIT */
/*
 * What is left of conditions where nothing is known of facts. A fact that is not known may hold and may not: for "may"
 * each test of one is taken as what helps the condition, for "must" as what hurts it, and constants are folded.
 */
#include <talloc.h>

#include <filters/policy/bind.h>

unsigned fst_cond_facts(const struct fst_cond *cond)
{
	switch (cond->op) {
	case FST_EXPR_TEST:
		return 0;
	case FST_EXPR_FACT:
		return 1u << cond->argument;
	case FST_EXPR_NOT:
		return fst_cond_facts(cond->left);
	default:
		return fst_cond_facts(cond->left) | fst_cond_facts(cond->right);
	}
}

const struct fst_cond *fst_cond_join(void *parent, enum fst_expr_op op, const struct fst_cond *left,
				     const struct fst_cond *right)
{
	const struct fst_cond *wins = op == FST_EXPR_AND ? &fst_never : &fst_always;
	const struct fst_cond *gives_way = op == FST_EXPR_AND ? &fst_always : &fst_never;
	struct fst_cond *joined;

	if (!left || !right)
		return NULL;
	if (left == wins || right == gives_way)
		return left;
	if (right == wins || left == gives_way)
		return right;
	joined = talloc_zero(parent, struct fst_cond);
	if (joined)
		*joined = (struct fst_cond){ .op = op, .left = left, .right = right };
	return joined;
}

const struct fst_cond *fst_cond_negate(void *parent, const struct fst_cond *cond)
{
	struct fst_cond *negated;

	if (!cond || cond == &fst_always || cond == &fst_never)
		return !cond ? NULL : cond == &fst_always ? &fst_never :
							    &fst_always;
	negated = talloc_zero(parent, struct fst_cond);
	if (negated)
		*negated = (struct fst_cond){ .op = FST_EXPR_NOT, .left = cond };
	return negated;
}

static const struct fst_cond *relax(void *parent, const struct fst_cond *cond, bool may)
{
	if (!fst_cond_facts(cond))
		return cond;
	switch (cond->op) {
	case FST_EXPR_FACT:
		return may ? &fst_always : &fst_never;
	case FST_EXPR_NOT:
		return fst_cond_negate(parent, relax(parent, cond->left, !may));
	default:
		return fst_cond_join(parent, cond->op, relax(parent, cond->left, may), relax(parent, cond->right, may));
	}
}

const struct fst_cond *fst_cond_may(void *parent, const struct fst_cond *cond)
{
	return relax(parent, cond, true);
}

const struct fst_cond *fst_cond_must(void *parent, const struct fst_cond *cond)
{
	return relax(parent, cond, false);
}
