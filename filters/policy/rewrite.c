/* SPDX-License-Identifier: MIT */
/*
 * `rewrite`: what arguments become. Decides which may be changed at all, and what each is once all layers that change
 * something were asked; how registers are written is the tracer's.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/pair.h>
#include <filters/policy/policy.h>

static int fail(struct flagstop_error *error, const struct fst_place *place)
{
	fst_error_place(error, place->file, place->line, place->column, place->columns, place->source,
			place->source_bytes);
	return -EBADMSG;
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

/* One argument, or the two that have the halves of a value. */
struct target {
	const struct flagstop_arg *arg; /* the one with the low half */
	unsigned bits;
	unsigned argument, high_argument;
	bool is_pair;
};

static int find_target(const struct fst_asked *asked, const struct fst_rewrite *rewrite, struct target *ret_target,
		       struct flagstop_error *error)
{
	struct fst_pair pair;

	for (unsigned i = 0; i < asked->arg_count; i++) {
		const struct flagstop_arg *arg = &asked->args[i];

		if (strcmp(arg->name, rewrite->argument))
			continue;
		ret_target->is_pair = false;
		ret_target->arg = arg;
		ret_target->bits = flagstop_arg_bits(asked->abi, arg->type);
		ret_target->argument = i;
		return 0;
	}
	if (fst_pair_find(asked, rewrite->argument, &pair)) {
		*ret_target = (struct target){ &asked->args[pair.low], 64, pair.low, pair.high, true };
		return 0;
	}
	fst_error_set(error, -EBADMSG, "%s has no argument '%s' in %s", flagstop_call_name(asked->call),
		      rewrite->argument, flagstop_abi_name(asked->abi));
	return fail(error, &rewrite->argument_place);
}

/* Another address would have the kernel read or write memory that the program did not mean. */
static int check_role(const struct fst_rewrite *rewrite, const struct flagstop_arg *arg, struct flagstop_error *error)
{
	switch (arg->role) {
	case FLAGSTOP_ROLE_PATH:
	case FLAGSTOP_ROLE_STRING:
	case FLAGSTOP_ROLE_SOCKADDR:
	case FLAGSTOP_ROLE_POINTER:
	case FLAGSTOP_ROLE_PAD:
		fst_error_set(error, -EBADMSG, "'%s' is a pointer, and cannot be rewritten", rewrite->argument);
		return fail(error, &rewrite->argument_place);
	default:
		return 0;
	}
}

static int check_value(const struct fst_asked *asked, const struct fst_rewrite *rewrite, const struct flagstop_arg *arg,
		       unsigned bits, struct flagstop_error *error)
{
	const struct fst_value *value = &rewrite->value;
	int64_t v = value->in[asked->abi];

	if (!(value->known >> asked->abi & 1))
		fst_error_set(error, -EBADMSG, "%s does not exist in %s", value->name ? value->name : "a constant here",
			      flagstop_abi_name(asked->abi));
	else if (value->name && arg->set && !flagstop_constant_in_set(value->name, arg->set))
		fst_error_set(error, -EBADMSG, "%s is no value of '%s' of %s", value->name, rewrite->argument,
			      flagstop_call_name(asked->call));
	else if (bits < 64 && (v < -(INT64_C(1) << (bits - 1)) || v >= INT64_C(1) << bits))
		fst_error_set(error, -EBADMSG, "the value does not fit into '%s' of %s, which has %u bits",
			      rewrite->argument, flagstop_call_name(asked->call), bits);
	else
		return 0;
	return fail(error, &value->place);
}

/* What the kernel does not read of the register stays as it is, but for a value that is set: that looks whole. */
static struct fst_change change_of(const struct fst_rewrite *rewrite, unsigned argument, unsigned bits, int64_t v)
{
	uint64_t ones = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1, value = (uint64_t)v & ones;

	switch (rewrite->op) {
	case FST_REWRITE_OR:
		return (struct fst_change){ argument, UINT64_MAX, value };
	case FST_REWRITE_AND:
		return (struct fst_change){ argument, value | ~ones, 0 };
	default:
		return (struct fst_change){ argument, 0, (uint64_t)v };
	}
}

static int bind_one(const struct fst_asked *asked, const struct fst_rewrite *rewrite, unsigned *changed,
		    struct fst_step *step, struct fst_change *changes, struct flagstop_error *error)
{
	int64_t v = rewrite->value.in[asked->abi];
	struct target target = { .arg = NULL };
	int r = find_target(asked, rewrite, &target, error);

	if (!r)
		r = check_role(rewrite, target.arg, error);
	if (!r)
		r = check_value(asked, rewrite, target.arg, target.bits, error);
	if (r)
		return r;
	unsigned bits = 1u << target.argument | (target.is_pair ? 1u << target.high_argument : 0);
	if (*changed & bits) {
		fst_error_set(error, -EBADMSG, "'%s' is rewritten twice", rewrite->argument);
		return fail(error, &rewrite->argument_place);
	}
	*changed |= bits;
	if (target.is_pair) {
		changes[step->change_count++] = change_of(rewrite, target.high_argument, 32, (uint32_t)(v >> 32));
		v = (uint32_t)v;
	}
	changes[step->change_count++] = change_of(rewrite, target.argument, target.is_pair ? 32 : target.bits, v);
	return 0;
}

int fst_rewrite_bind(const struct fst_asked *asked, const struct fst_rule *rule, void *parent,
		     struct fst_step *step, struct flagstop_error *error)
{
	struct fst_change *changes = talloc_array(parent, struct fst_change, 2 * rule->rewrite_count);
	unsigned changed = 0;

	if (!changes)
		return fst_error_set(error, -ENOMEM, "no memory");
	step->changes = changes;
	step->change_count = 0;
	for (unsigned i = 0; i < rule->rewrite_count; i++) {
		int r = bind_one(asked, &rule->rewrites[i], &changed, step, changes, error);

		if (r)
			return r;
	}
	return 0;
}

#define ALL_ARGUMENTS 0x3fu

/* ---- layers ----------------------------------------------------------------------------------------------------- */

static unsigned changed_by(const struct fst_decision *d, const struct fst_rule **ret_rule)
{
	unsigned changed = 0;

	for (unsigned i = 0; i < d->count; i++)
		for (unsigned k = 0; k < d->steps[i].change_count; k++) {
			changed |= 1u << d->steps[i].changes[k].argument;
			*ret_rule = d->steps[i].rule;
		}
	return changed;
}

/* Some rule that asks for what an argument points to; a layer that waits for an exec does not. */
static const struct fst_rule *find_fact(const struct fst_decision *d)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->steps[i].has_facts && fst_cond_facts(d->steps[i].when) & ALL_ARGUMENTS)
			return d->steps[i].rule;
	return NULL;
}

/* What is held still for the check is what the kernel gets: it does not go with other arguments. */
static int fail_facts(const struct fst_rule *rule, struct flagstop_error *error)
{
	fst_error_set(error, -EOPNOTSUPP, "a call whose paths, strings or address are judged cannot be rewritten");
	fst_error_hint(error, "take the call out of this rule, or out of the other one");
	fail(error, &rule->place);
	return -EOPNOTSUPP;
}

static int check_call(const struct flagstop_policy *policy, const struct fst_decision *d, unsigned abi, unsigned call,
		      struct flagstop_error *error)
{
	const struct fst_rule *rewrite = NULL, *fact = find_fact(d);
	unsigned changed = changed_by(d, &rewrite), before = policy->rewritten[abi][call];

	if (changed && (fact || policy->wanted[abi][call] & ALL_ARGUMENTS))
		return fail_facts(rewrite, error);
	if (before && fact)
		return fail_facts(fact, error);
	if (changed && d->has_facts) {
		fst_error_set(error, -EOPNOTSUPP, "a layer that comes into force with an exec cannot rewrite");
		fail(error, &rewrite->place);
		return -EOPNOTSUPP;
	}
	if (before & changed) {
		fst_error_set(error, -EBADMSG, "another layer rewrites the same argument of %s",
			      flagstop_call_name(call));
		return fail(error, &rewrite->place);
	}
	return 0;
}

static bool rewrites(const struct fst_layer *layer)
{
	for (unsigned i = 0; i < layer->rule_count; i++)
		if (layer->rules[i].verdict.action == FLAGSTOP_ACTION_REWRITE)
			return true;
	return false;
}

int fst_rewrite_check(const struct flagstop_policy *policy, const struct fst_bound *bound, struct flagstop_error *error)
{
	bool any = rewrites(bound->layer);
	int r = 0;

	for (unsigned i = 0; i < policy->layer_count; i++)
		any |= rewrites(policy->layers[i]->layer);
	if (!any)
		return 0;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
		for (unsigned call = 0; bound->by_abi[abi] && call < flagstop_call_count() && !r; call++)
			if (bound->by_abi[abi][call])
				r = check_call(policy, bound->by_abi[abi][call], abi, call, error);
	return r;
}

void fst_rewrite_note(struct flagstop_policy *policy, const struct fst_bound *bound)
{
	const struct fst_rule *unused;

	if (!rewrites(bound->layer))
		return;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (unsigned call = 0; bound->by_abi[abi] && call < flagstop_call_count(); call++)
			if (bound->by_abi[abi][call])
				policy->rewritten[abi][call] |= (uint8_t)changed_by(bound->by_abi[abi][call], &unused);
}

bool fst_policy_has_rewrites(const struct flagstop_policy *policy)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (unsigned call = 0; call < flagstop_call_count(); call++)
			if (policy->rewritten[abi][call])
				return true;
	return false;
}

bool fst_policy_rewrites_argument(const struct flagstop_policy *policy, unsigned abis, unsigned argument)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (unsigned call = 0; abis >> abi & 1 && call < flagstop_call_count(); call++)
			if (policy->rewritten[abi][call] >> argument & 1)
				return true;
	return false;
}

/* ---- what arguments become -------------------------------------------------------------------------------------- */

static const struct fst_step *first_match(const struct fst_decision *d, const uint64_t args[6])
{
	unsigned i = 0;

	while (d->steps[i].when && fst_cond_truth(d->steps[i].when, args, ~0u, NULL) != FST_TRUE)
		i++;
	return &d->steps[i];
}

unsigned fst_policy_rewrite(const struct flagstop_policy *policy, const struct flagstop_data *call,
			    uint64_t ret_args[6])
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);
	unsigned changed = 0;

	if (index < 0 || !policy->rewritten[abi][index])
		return 0;
	for (unsigned i = 0; i < 6; i++)
		ret_args[i] = call->args[i];
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_step *step = first_match(fst_bound_decision(policy->layers[i], call->arch, call->nr),
							  call->args);

		for (unsigned k = 0; k < step->change_count; k++) {
			const struct fst_change *c = &step->changes[k];

			ret_args[c->argument] = (call->args[c->argument] & c->keep) | c->set;
			if (ret_args[c->argument] != call->args[c->argument])
				changed |= 1u << c->argument;
		}
	}
	return changed;
}
