/* SPDX-License-Identifier: MIT */
/*
 * What would have to change for a call to be allowed: in each layer that refuses it, the conditions under which the
 * same layer allows it, and the rule that stands in the way. Decides nothing: it reads what bind.c made of the rules,
 * and leaves out ways that no arguments can take.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <arch/text.h>
#include <filters/groups/groups.h>
#include <filters/policy/policy.h>
#include <filters/policy/when.h>
#include <flagstop/explain.h>

#define WAYS_MAX 8                     /* of one layer; a list that is longer helps nobody */
#define EFFORT_MAX (UINT64_C(1) << 22) /* for finding out which ways are open, in comparisons */

struct list {
	struct flagstop_remedy *remedies;
	unsigned size, count;
};

struct subject {
	const struct fst_bound *bound;
	const struct fst_decision *decision;
	const struct flagstop_explanation *explanation;
	unsigned layer;
	bool guard;
	uint64_t effort;
};

/* `ask` asks: whoever answers may allow it. */
static bool is_refusal(const struct fst_rule *rule)
{
	return rule->verdict.action > FLAGSTOP_ACTION_ASK;
}

/* The next slot, or a spare one that is thrown away, so that the count is right beyond the size. */
static struct flagstop_remedy *add(struct list *list, const struct subject *s, enum flagstop_remedy_kind kind,
				   const struct fst_rule *rule, struct flagstop_remedy *spare)
{
	struct flagstop_remedy *remedy = list->count < list->size ? &list->remedies[list->count] : spare;

	list->count++;
	memset(remedy, 0, sizeof(*remedy));
	remedy->layer = s->layer;
	remedy->kind = kind;
	fst_rule_describe(rule, s->bound->layer, s->layer, &remedy->rule);
	return remedy;
}

static void format_place(const struct subject *s, const struct flagstop_rule *rule, char *text, size_t size)
{
	if (!rule->line)
		snprintf(text, size, "by default");
	else if (!strcmp(rule->file, s->bound->layer->name))
		snprintf(text, size, "line %u", rule->line);
	else
		snprintf(text, size, "%s:%u", rule->file, rule->line);
}

/* ---- other arguments -------------------------------------------------------------------------------------------- */

static void put_condition(struct fst_text *text, const struct fst_rule *rule, bool negated)
{
	const char *when = fst_when_text(rule);

	fst_text_put(text, "%s", text->bytes ? " and " : "");
	if (negated)
		fst_text_put(text, "not (%s)", when);
	else
		fst_text_put(text, fst_when_is_joined(rule->when) ? "(%s)" : "%s", when);
}

/* Whether a refusing step before step `at` can take calls away from it. */
static bool is_in_the_way(struct subject *s, unsigned before, unsigned at)
{
	const struct fst_step *steps = s->decision->steps;
	struct fst_cond both = { .op = FST_EXPR_AND, .left = steps[before].when, .right = steps[at].when };

	return is_refusal(steps[before].rule) && (!both.right || fst_cond_can_match(&both, &s->effort));
}

/* Builds the condition of step `at` without those before it that refuse; NULL: no arguments satisfy it. */
static const struct fst_cond *remaining(struct subject *s, unsigned at, struct fst_cond *room)
{
	const struct fst_step *steps = s->decision->steps;
	const struct fst_cond *all = steps[at].when;

	for (unsigned i = 0; i < at; i++) {
		if (!is_in_the_way(s, i, at))
			continue;
		struct fst_cond *negated = room++;
		*negated = (struct fst_cond){ .op = FST_EXPR_NOT, .left = steps[i].when };
		if (all) {
			*room = (struct fst_cond){ .op = FST_EXPR_AND, .left = all, .right = negated };
			all = room++;
		} else {
			all = negated;
		}
	}
	return all && fst_cond_can_match(all, &s->effort) ? all : NULL;
}

static void add_way(struct list *list, struct subject *s, unsigned at)
{
	const struct fst_step *steps = s->decision->steps;
	struct flagstop_remedy spare;
	struct flagstop_remedy *remedy = add(list, s, FLAGSTOP_REMEDY_ARGUMENTS, steps[at].rule, &spare);
	struct fst_text when = { remedy->when, sizeof(remedy->when), 0 };
	char place[300];

	for (unsigned i = 0; i < at; i++)
		if (is_in_the_way(s, i, at))
			put_condition(&when, steps[i].rule, true);
	if (steps[at].when)
		put_condition(&when, steps[at].rule, false);
	if (when.bytes >= sizeof(remedy->when))
		memcpy(remedy->when + sizeof(remedy->when) - 4, "...", 4);
	format_place(s, &remedy->rule, place, sizeof(place));
	snprintf(remedy->text, sizeof(remedy->text), "%s when %s (%s)",
		 steps[at].rule->verdict.action == FLAGSTOP_ACTION_ASK ? "asked" : "allowed", remedy->when, place);
}

static void add_ways(struct list *list, struct subject *s)
{
	const struct fst_decision *d = s->decision;
	struct fst_cond room[2 * FST_WHEN_STEPS_MAX];
	unsigned ways = 0;

	for (unsigned i = 0; i < d->count && i < FST_WHEN_STEPS_MAX && ways < WAYS_MAX; i++) {
		if (is_refusal(d->steps[i].rule) || !remaining(s, i, room))
			continue;
		add_way(list, s, i);
		ways++;
	}
}

/* ---- other rules ------------------------------------------------------------------------------------------------ */

/* "exec, proc": the promises that touch the call. */
static void list_promises(int call, enum flagstop_abi abi, struct fst_text *names)
{
	unsigned char calls[FST_CALLS_MAX];
	char set[64];

	for (unsigned i = 0; i < fst_promises_count; i++) {
		const char *name = fst_promises_table[i].name;

		snprintf(set, sizeof(set), "@%s", name);
		if (strchr(name, '+') || flagstop_set_parse(set, abi, calls, NULL) < 0 || !calls[call])
			continue;
		fst_text_put(names, "%s%s", names->bytes ? ", " : "", name);
	}
}

static void advise_fallback(const struct subject *s, const char *call, enum flagstop_abi abi, char *text, size_t size)
{
	const char *name = s->bound->layer->name;
	char promises[256] = "";
	struct fst_text names = { promises, sizeof(promises), 0 };

	if (!strcmp(name, "<promises>"))
		list_promises(s->explanation->index, abi, &names);
	if (names.bytes)
		snprintf(text, size, "promise one of these as well, with the arguments it allows: %s", promises);
	else
		snprintf(text, size, "add 'allow %s' to %s: no rule there allows %s", call, name,
			 s->decision->count > 1 ? "other arguments" : "it");
}

static void advise(const struct subject *s, const struct fst_rule *rule, struct flagstop_remedy *remedy)
{
	const struct fst_layer *layer = s->bound->layer;
	int abi = flagstop_abi_of_call(s->explanation->call.arch, s->explanation->call.nr);
	const char *call = s->explanation->index < 0 ? "it" : flagstop_call_name((unsigned)s->explanation->index);
	char *text = remedy->text;
	size_t size = sizeof(remedy->text);
	char place[300];

	format_place(s, &remedy->rule, place, sizeof(place));
	if (s->guard)
		snprintf(text, size, "nothing: every session refuses it (%s)", rule->text);
	else if (remedy->kind == FLAGSTOP_REMEDY_NEVER)
		snprintf(text, size, "nothing: flagstop has no tables for this architecture");
	else if (remedy->kind == FLAGSTOP_REMEDY_ABI)
		snprintf(text, size, "add 'abi %s' to %s, before its first rule",
			 flagstop_abi_name((enum flagstop_abi)abi), layer->name);
	else if (rule == &layer->unknown)
		snprintf(text, size, "say 'unknown allow' in %s: the tables have no call of this number",
			 layer->name);
	else if (rule == &layer->fallback)
		advise_fallback(s, call, (enum flagstop_abi)abi, text, size);
	else
		snprintf(text, size, "put 'allow %s' before %s, or take %s out of that rule", call, place, call);
}

static enum flagstop_remedy_kind kind_of(const struct subject *s)
{
	int abi = flagstop_abi_of_call(s->explanation->call.arch, s->explanation->call.nr);

	if (s->guard || abi < 0)
		return FLAGSTOP_REMEDY_NEVER;
	return s->decision == s->bound->foreign ? FLAGSTOP_REMEDY_ABI : FLAGSTOP_REMEDY_RULE;
}

/* The first rule that refuses the call, or may. NULL: the layer lets it pass. */
static const struct fst_rule *find_refusal(const struct subject *s)
{
	const struct fst_decision *d = s->decision;

	for (unsigned i = 0; i < d->count; i++) {
		const struct fst_step *step = &d->steps[i];
		enum fst_truth truth = FST_TRUE;

		if (step->when)
			truth = fst_cond_truth(step->when, s->explanation->call.args, s->explanation->known,
					       &s->explanation->facts);
		if (truth == FST_FALSE)
			continue;
		/* What was not given counts as 0 when the answer does not depend on it. */
		if (is_refusal(step->rule))
			return step->rule;
		if (truth == FST_TRUE)
			return NULL;
	}
	return NULL;
}

unsigned flagstop_policy_remedies(const struct flagstop_policy *policy,
				  const struct flagstop_explanation *explanation, struct flagstop_remedy *remedies,
				  unsigned remedies_size)
{
	struct list list = { remedies, remedies ? remedies_size : 0, 0 };
	struct flagstop_remedy spare;

	if (!policy || !explanation)
		return 0;
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_bound *bound = policy->layers[i];
		struct subject s = {
			.bound = bound,
			.decision = fst_bound_decision(bound, explanation->call.arch, explanation->call.nr),
			.explanation = explanation,
			.layer = i,
			.guard = policy->guarded && i == policy->layer_count - 1,
			.effort = EFFORT_MAX,
		};
		const struct fst_rule *refusal = find_refusal(&s);

		if (!refusal || (s.guard && s.decision == bound->foreign)) /* the guards have the policy's ABIs */
			continue;
		add_ways(&list, &s);
		advise(&s, refusal, add(&list, &s, kind_of(&s), refusal, &spare));
	}
	return list.count;
}
