/* SPDX-License-Identifier: MIT */
/*
 * What a policy says of a call that a person wrote down, perhaps without all of its arguments, and what each layer
 * says. Asks the one evaluator; has no opinion of its own but whether the answer could depend on what was left out.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <arch/format.h>
#include <filters/error.h>
#include <filters/policy/parse.h>
#include <filters/policy/policy.h>
#include <filters/policy/shown.h>
#include <flagstop/explain.h>

/* FST_TRUE or FST_FALSE: the layer's verdict is certain. */
static bool is_certain(const struct fst_bound *bound, const struct flagstop_data *call, unsigned known,
		       const struct flagstop_facts *facts)
{
	const struct fst_decision *d = fst_bound_decision(bound, call->arch, call->nr);

	for (unsigned i = 0; i < d->count; i++) {
		enum fst_truth truth = FST_TRUE;

		if (d->steps[i].when)
			truth = fst_cond_truth(d->steps[i].when, call->args, known, facts);
		if (truth != FST_FALSE)
			return truth == FST_TRUE;
	}
	return true;
}

static bool depends_on_unknown(const struct flagstop_policy *policy, const struct flagstop_data *call, unsigned known,
			       const struct flagstop_facts *facts)
{
	for (unsigned i = 0; i < policy->layer_count; i++)
		if (!is_certain(policy->layers[i], call, known, facts))
			return true;
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

static struct flagstop_verdict judge_layer(const struct flagstop_policy *policy, unsigned layer,
					   const struct flagstop_data *call, const struct flagstop_facts *facts,
					   struct flagstop_rule *ret_rule)
{
	const struct fst_bound *bound = policy->layers[layer];
	const struct fst_decision *d = fst_bound_decision(bound, call->arch, call->nr);
	struct fst_outcome o = fst_decision_outcome(d, call->args, ~0u, facts);

	fst_rule_describe(o.rule, bound->layer, layer, ret_rule);
	return o.rule->verdict;
}

static bool is_guard(const struct flagstop_policy *policy, unsigned layer)
{
	return policy->guarded && layer == policy->layer_count - 1;
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
	e.determined = !depends_on_unknown(policy, &e.call, example.known, &example.facts);
	e.facts = example.facts;
	memcpy(e.given, example.given, sizeof(e.given));
	memcpy(e.memory, example.memory, example.memory_bytes);
	e.verdict = flagstop_policy_decide_with(policy, &e.call, &e.facts, &e.rule);
	e.place = flagstop_policy_place(policy, &e.call, report);
	*ret_explanation = e;
	if (example.memory_bytes)
		ret_explanation->facts.args[example.memory_argument].bytes = ret_explanation->memory;
	return 0;
}

size_t flagstop_explanation_format(const struct flagstop_explanation *e, char *text, size_t size)
{
	int abi = flagstop_abi_of_call(e->call.arch, e->call.nr);
	char shown[6][FST_SHOWN_BYTES];
	const char *words[6] = { NULL };

	if (e->index < 0 || !e->known)
		return flagstop_call_format((enum flagstop_abi)abi, e->call.nr, e->index < 0 ? e->call.args : NULL,
					    text, size);
	for (unsigned i = 0; i < 6; i++) {
		if (!(e->known >> i & 1))
			words[i] = "_";
		else if (e->call.args[i] &&
			 fst_show_fact((enum flagstop_abi)abi, (unsigned)e->index, i, &e->facts.args[i], &e->given[i],
				       shown[i], sizeof(shown[i])))
			words[i] = shown[i];
	}
	return fst_format_call((enum flagstop_abi)abi, e->call.nr, e->call.args, words, text, size);
}

int flagstop_policy_explain_layer(const struct flagstop_policy *policy,
				  const struct flagstop_explanation *explanation, unsigned layer,
				  struct flagstop_layer_verdict *ret_layer)
{
	struct flagstop_layer_verdict l = { 0 };

	if (!policy || !explanation || !ret_layer || layer >= policy->layer_count)
		return -EINVAL;
	l.name = policy->layers[layer]->layer->name;
	l.guard = is_guard(policy, layer);
	l.determined = is_certain(policy->layers[layer], &explanation->call, explanation->known, &explanation->facts);
	l.verdict = judge_layer(policy, layer, &explanation->call, &explanation->facts, &l.rule);
	l.decides = explanation->determined && explanation->rule.layer == layer;
	*ret_layer = l;
	return 0;
}

/* ---- sets ------------------------------------------------------------------------------------------------------- */

static int parse_set(struct fst_parser *parser, const char *text, struct fst_callset *ret_set)
{
	struct fst_source source = { 0 };
	struct fst_place place;
	int r = fst_load_check(parser, "<set>", text, strlen(text));

	if (!r)
		r = fst_parse_begin(parser, &source, "<set>", text, strlen(text), 1);
	if (!r)
		r = fst_parse_set(parser, false, ret_set, &place);
	if (!r && source.token.kind != FST_LEX_LINE)
		r = fst_parse_unexpected(parser, "a call, a @group, '+', '-', '&' or the end of the set");
	if (!r)
		r = fst_parse_advance(parser);
	if (!r && source.token.kind != FST_LEX_END)
		r = fst_parse_unexpected(parser, "one set");
	return r;
}

static int count_calls(const struct fst_callset *set, enum flagstop_abi abi, unsigned char *calls)
{
	int count = 0;

	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		calls[call] = fst_callset_has(set, abi, call) && flagstop_call_number(call, abi) >= 0;
		count += calls[call];
	}
	return count;
}

int flagstop_set_parse(const char *text, enum flagstop_abi abi, unsigned char *calls,
		       struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct fst_parser parser = { .error = reterr_error ? reterr_error : &unwanted };
	struct fst_callset set;
	int r;

	if (!text || !calls || !flagstop_abi_name(abi))
		return fst_error_set(parser.error, -EINVAL, "a set needs a text and an ABI");
	parser.layer = talloc_zero(NULL, struct fst_layer);
	if (!parser.layer)
		return fst_parse_no_memory(&parser);
	parser.scratch = parser.layer;
	parser.layer->abis = 1u << abi;
	r = parse_set(&parser, text, &set);
	talloc_free(parser.layer);
	if (r)
		return r;
	r = count_calls(&set, abi, calls);
	if (!r)
		return fst_error_set(parser.error, -EBADMSG, "no call of this set is one of %s",
				     flagstop_abi_name(abi));
	return r;
}
