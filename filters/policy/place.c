/* SPDX-License-Identifier: MIT */
/*
 * Where a call is decided: in the kernel by its number, in the kernel by its arguments, or by the tracer. Follows from
 * the verdicts alone; knows nothing of how the kernel or the tracer carry them out.
 */
#include <errno.h>

#include <filters/policy/policy.h>

bool fst_verdict_fits_errno(struct flagstop_verdict verdict)
{
	return verdict.value <= 0 && verdict.value >= -4095;
}

unsigned fst_place_contested(const struct flagstop_policy *policy, int abi, int call)
{
	if (call < 0)
		return policy->unknown_refusing > 1 ? policy->unknown_contested : 0;
	return policy->refusing[abi][call] > 1 ? policy->contested[abi][call] : 0;
}

/*
 * Would the kernel's answer win over one that the tracer may give? Kills and traps stay in the kernel in every mode but
 * this one: a flag ranks below any filter's errno. The guards are the newest layer, and win among equals.
 */
static bool must_be_weighed(const struct fst_bound *bound, enum flagstop_action action, unsigned strictest)
{
	switch (action) {
	case FLAGSTOP_ACTION_RETURN:
	case FLAGSTOP_ACTION_DENY:
		return bound->in_kernel ? strictest > FLAGSTOP_ACTION_DENY : strictest >= FLAGSTOP_ACTION_DENY;
	case FLAGSTOP_ACTION_TRAP:
		return strictest >= FLAGSTOP_ACTION_TRAP;
	case FLAGSTOP_ACTION_KILL_THREAD:
		return strictest > FLAGSTOP_ACTION_KILL_THREAD;
	default:
		return false;
	}
}

bool fst_place_is_flagged(const struct flagstop_policy *policy, const struct fst_bound *bound, int abi, int call,
			  struct flagstop_verdict verdict, enum flagstop_report report)
{
	bool refuses = verdict.action == FLAGSTOP_ACTION_DENY || verdict.action == FLAGSTOP_ACTION_RETURN;

	if (verdict.action >= FLAGSTOP_ACTION_TRACE && verdict.action <= FLAGSTOP_ACTION_ASK)
		return true;
	if (verdict.action == FLAGSTOP_ACTION_RETURN && !fst_verdict_fits_errno(verdict))
		return true;
	if (refuses && report == FLAGSTOP_REPORT_ALL && !bound->in_kernel)
		return true;
	return must_be_weighed(bound, verdict.action, fst_place_contested(policy, abi, call));
}

static bool decides_by_arguments(const struct fst_decision *d)
{
	return d->count > 1;
}

static bool is_flagged(const struct flagstop_policy *policy, unsigned layer, const struct flagstop_data *call,
		       struct flagstop_verdict verdict, enum flagstop_report report)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);

	return fst_place_is_flagged(policy, policy->layers[layer], abi, index, verdict, report);
}

bool fst_place_is_tracer(const struct flagstop_policy *policy, const struct flagstop_data *call,
			 enum flagstop_report report, struct flagstop_verdict *ret_verdict)
{
	const struct fst_rule *rule;
	unsigned layer;
	bool flagged;
	struct flagstop_verdict v = fst_policy_judge(policy, call, NULL, report, &rule, &layer, &flagged);

	*ret_verdict = v;
	if (fst_policy_facts_wanted(policy, call))
		return true;
	/* A flag ranks below the errno, trap or kill that the kernel takes from another layer. */
	return flagged && (v.action < FLAGSTOP_ACTION_RETURN || is_flagged(policy, layer, call, v, report));
}

enum flagstop_place flagstop_policy_place(const struct flagstop_policy *policy, const struct flagstop_data *call,
					  enum flagstop_report report)
{
	struct flagstop_verdict verdict;

	if (fst_place_is_tracer(policy, call, report, &verdict))
		return FLAGSTOP_PLACE_TRACER;
	for (unsigned i = 0; i < policy->layer_count; i++)
		if (decides_by_arguments(fst_bound_decision(policy->layers[i], call->arch, call->nr)))
			return FLAGSTOP_PLACE_KERNEL_ARGUMENTS;
	return FLAGSTOP_PLACE_KERNEL;
}

static bool layer_flags(const struct flagstop_policy *policy, const struct fst_bound *bound, int abi, int call,
			enum flagstop_report report)
{
	const struct fst_decision *d = call < 0 ? bound->unknown : bound->by_abi[abi][call];

	for (unsigned i = 0; d && i < d->count; i++)
		if (d->steps[i].has_facts ||
		    fst_place_is_flagged(policy, bound, abi, call, d->steps[i].rule->verdict, report))
			return true;
	return false;
}

unsigned flagstop_policy_flagged(const struct flagstop_policy *policy, enum flagstop_abi abi,
				 enum flagstop_report report, unsigned char *flagged)
{
	unsigned count = 0;

	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		bool any = false;

		for (unsigned i = 0; i < policy->layer_count && !any; i++)
			any = policy->layers[i]->by_abi[abi] &&
				layer_flags(policy, policy->layers[i], abi, call, report);
		count += any;
		if (flagged)
			flagged[call] = any;
	}
	return count;
}

int flagstop_policy_needs_tracer(const struct flagstop_policy *policy, enum flagstop_report report)
{
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_bound *bound = policy->layers[i];

		if (layer_flags(policy, bound, -1, -1, report))
			return 1;
	}
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (flagstop_policy_flagged(policy, abi, report, NULL))
			return 1;
	return 0;
}

unsigned flagstop_policy_ways(const struct flagstop_policy *policy, enum flagstop_abi abi, unsigned call,
			      unsigned layer, struct flagstop_way *ways, unsigned ways_size)
{
	const struct fst_bound *bound = policy->layers[layer];
	const struct fst_decision *d = bound->by_abi[abi] ? bound->by_abi[abi][call] : bound->foreign;

	if (!d) /* a call that this ABI does not have */
		return 0;
	for (unsigned i = 0; i < d->count && i < ways_size; i++) {
		ways[i].verdict = d->steps[i].rule->verdict;
		ways[i].conditional = d->steps[i].when != NULL;
		fst_rule_describe(d->steps[i].rule, bound->layer, layer, &ways[i].rule);
	}
	return d->count;
}
