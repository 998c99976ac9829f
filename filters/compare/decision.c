/* SPDX-License-Identifier: MIT */
/* Conditions and decisions as diagrams. Knows no verdict: which step decides is all that is asked. */
#include <filters/compare/decision.h>

fst_branch fst_cond_diagram(struct fst_diagram *d, const struct fst_cond *cond)
{
	const struct fst_bits bits = { cond->argument, 0, cond->bits, cond->mask, cond->ranges, cond->range_count };

	if (fst_diagram_error(d))
		return 0;
	if (cond == &fst_always || cond == &fst_never)
		return fst_diagram_leaf(d, cond == &fst_always);
	switch (cond->op) {
	case FST_EXPR_NOT:
		return fst_diagram_choose(d, fst_cond_diagram(d, cond->left), fst_diagram_leaf(d, 0),
					  fst_diagram_leaf(d, 1));
	case FST_EXPR_AND:
		return fst_diagram_choose(d, fst_cond_diagram(d, cond->left), fst_cond_diagram(d, cond->right),
					  fst_diagram_leaf(d, 0));
	case FST_EXPR_OR:
		return fst_diagram_choose(d, fst_cond_diagram(d, cond->left), fst_diagram_leaf(d, 1),
					  fst_cond_diagram(d, cond->right));
	default:
		return fst_diagram_in(d, &bits);
	}
}

/* Where it is not known whether a step decides, the rest matters as well. */
static fst_branch step_diagram(struct fst_diagram *d, const struct fst_step *step, unsigned index, fst_branch rest)
{
	fst_branch decides = fst_diagram_leaf(d, index);

	if (!step->has_facts)
		return fst_diagram_choose(d, fst_cond_diagram(d, step->when), decides, rest);
	fst_branch either = fst_diagram_pair(d, decides, rest);
	fst_branch may = fst_diagram_choose(d, fst_cond_diagram(d, step->may), either, rest);
	return fst_diagram_choose(d, fst_cond_diagram(d, step->must), decides, may);
}

fst_branch fst_decision_diagram(struct fst_diagram *d, const struct fst_decision *decision)
{
	unsigned i = decision->count - 1;
	fst_branch branch = fst_diagram_leaf(d, i);

	while (i-- && !fst_diagram_error(d))
		branch = step_diagram(d, &decision->steps[i], i, branch);
	return branch;
}

fst_branch fst_policy_diagram(struct fst_diagram *d, const struct flagstop_policy *policy, uint32_t audit_arch,
			      uint32_t nr)
{
	fst_branch all = 0;

	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_decision *decision = fst_bound_decision(policy->layers[i], audit_arch, nr);

		if (decision->count > 1)
			all = fst_diagram_refine(d, all, fst_decision_diagram(d, decision));
	}
	return all ? all : fst_diagram_leaf(d, 0);
}

bool fst_policy_asks_for_arguments(const struct flagstop_policy *policy, uint32_t audit_arch, uint32_t nr)
{
	for (unsigned i = 0; i < policy->layer_count; i++)
		if (fst_bound_decision(policy->layers[i], audit_arch, nr)->count > 1)
			return true;
	return false;
}
