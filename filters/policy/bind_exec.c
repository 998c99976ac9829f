/* SPDX-License-Identifier: MIT */
/* Makes a bound layer one that an exec brings into force: each decision asks first whether it is. */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/fact.h>

const struct fst_rule fst_rule_not_in_force = {
	.text = "implied: the layer is not in force before its exec",
	.verdict = { FLAGSTOP_ACTION_ALLOW, 0 },
};

static struct fst_decision *behind(void *parent, const struct fst_cond *not_in_force, const struct fst_decision *then)
{
	struct fst_decision *d = talloc_size(parent, sizeof(*d) + (then->count + 1) * sizeof(d->steps[0]));

	if (!d)
		return NULL;
	d->count = then->count + 1;
	d->has_facts = true;
	d->carried = then->carried ? then->carried + 1 : 0;
	d->steps[0] = (struct fst_step){ .when = not_in_force,
					 .rule = &fst_rule_not_in_force,
					 .has_facts = true,
					 .may = &fst_always,
					 .must = &fst_never };
	memcpy(&d->steps[1], then->steps, then->count * sizeof(d->steps[0]));
	return d;
}

int fst_bind_to_exec(struct fst_bound *bound, const struct fst_exec *exec, unsigned exec_layer, unsigned index)
{
	struct fst_cond *cond = talloc_zero(bound, struct fst_cond);
	struct fst_fact *fact = talloc_zero(bound, struct fst_fact);

	if (!cond || !fact)
		return -ENOMEM;
	*fact = (struct fst_fact){ .subject = FST_SUBJECT_NOT_IN_FORCE, .layer = index };
	*cond = (struct fst_cond){ .op = FST_EXPR_FACT, .argument = FST_FACT_LAYERS, .fact = fact };
	bound->exec = exec;
	bound->exec_layer = exec_layer;
	bound->unknown = behind(bound, cond, bound->unknown);
	if (!bound->unknown)
		return -ENOMEM;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (unsigned call = 0; bound->by_abi[abi] && call < flagstop_call_count(); call++) {
			const struct fst_decision **d = &bound->by_abi[abi][call];

			if (*d && !(*d = behind(bound, cond, *d)))
				return -ENOMEM;
		}
	}
	return 0;
}
