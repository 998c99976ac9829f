/* SPDX-License-Identifier: MIT */
/*
 * What a policy says of a call that a person wrote down, perhaps without all of its arguments. Asks the one evaluator;
 * has no opinion of its own but whether the answer could depend on what was left out.
 */
#include <errno.h>
#include <string.h>

#include <filters/error.h>
#include <filters/policy/policy.h>

static bool depends_on_unknown(const struct flagstop_policy *policy, const struct flagstop_data *call, unsigned known)
{
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_decision *d = fst_bound_decision(policy->layers[i], call->arch, call->nr);

		for (unsigned k = 0; k < d->count; k++) {
			enum fst_truth truth = FST_TRUE;

			if (d->steps[k].when)
				truth = fst_cond_truth(d->steps[k].when, call->args, known);
			if (truth == FST_UNKNOWN)
				return true;
			if (truth == FST_TRUE)
				break;
		}
	}
	return false;
}

static void to_data(const struct fst_example *example, enum flagstop_abi abi, struct flagstop_data *ret_data)
{
	memset(ret_data, 0, sizeof(*ret_data));
	ret_data->nr = example->nr;
	ret_data->arch = flagstop_abi_audit_arch(abi);
	memcpy(ret_data->args, example->args, sizeof(ret_data->args));
}

int flagstop_data_parse(const char *text, enum flagstop_abi abi, struct flagstop_data *ret_data,
			struct flagstop_error *reterr_error)
{
	struct fst_example example;
	int r;

	if (!text || !ret_data || !flagstop_abi_name(abi))
		return fst_error_set(reterr_error, -EINVAL, "no call, or no such ABI");
	r = fst_parse_example(text, abi, &example, reterr_error);
	if (!r)
		to_data(&example, abi, ret_data);
	return r;
}

int flagstop_policy_explain(const struct flagstop_policy *policy, enum flagstop_abi abi, const char *text,
			    enum flagstop_report report, struct flagstop_explanation *ret_explanation,
			    struct flagstop_error *reterr_error)
{
	struct fst_example example;
	struct flagstop_explanation e = { 0 };
	int r;

	if (!policy || !text || !flagstop_abi_name(abi) || !ret_explanation)
		return fst_error_set(reterr_error, -EINVAL, "no policy, no call, or no such ABI");
	r = fst_parse_example(text, abi, &example, reterr_error);
	if (r)
		return r;
	to_data(&example, abi, &e.call);
	e.index = example.call;
	e.known = example.known;
	e.determined = !depends_on_unknown(policy, &e.call, example.known);
	e.verdict = flagstop_policy_decide(policy, &e.call, &e.rule);
	e.place = flagstop_policy_place(policy, &e.call, report);
	*ret_explanation = e;
	return 0;
}
