/* SPDX-License-Identifier: MIT */
/*
 * Looks at rules one by one: whether each changes anything, and whether its tests test anything. What is not certain
 * within the effort that is allowed is no finding.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/fact.h>
#include <filters/policy/lint.h>

#define MASK_BITS_MAX 10 /* all values under a mask of that many bits are tried */

struct use {
	bool reached;
	bool matters;  /* without it something would be decided otherwise */
	bool can_fail; /* its condition does not hold of every call's every argument */
	bool reported; /* one of its tests was */
	unsigned first_test;
};

/* Of each test of each rule, in the order they are written. */
struct test_use {
	bool can_fail;
	bool is_pointer; /* an address is compared with a number */
	const char *argument;
};

struct rules {
	struct fst_lint *lint;
	struct use *uses;
	struct test_use *tests;
	enum flagstop_abi abi;
	unsigned call;
};

/* ---- effect ----------------------------------------------------------------------------------------------------- */

static bool same_verdict(const struct fst_rule *a, const struct fst_rule *b)
{
	return a->verdict.action == b->verdict.action && a->verdict.value == b->verdict.value &&
		(a == b || a->verdict.action != FLAGSTOP_ACTION_REWRITE);
}

/* Whether a step's calls would be decided otherwise by that one. Yes when that is not known. */
static bool differs(struct fst_lint *lint, const struct fst_step *step, const struct fst_step *other)
{
	struct fst_cond both = { .op = FST_EXPR_AND, .left = step->when, .right = other->when };

	if (!lint->effort)
		return true;
	lint->effort--;
	if (same_verdict(step->rule, other->rule))
		return false;
	return !both.left || !both.right || fst_cond_can_match(&both, &lint->effort);
}

/* The rules behind one without a condition were not bound for the call: theirs count as if they could always hold. */
static bool differs_behind(struct rules *r, const struct fst_step *step, unsigned index)
{
	const struct fst_layer *layer = r->lint->layer;

	for (unsigned i = index + 1; i < layer->rule_count; i++) {
		const struct fst_step behind = { .rule = &layer->rules[i] };

		if (!fst_callset_has(&behind.rule->set, r->abi, r->call))
			continue;
		if (differs(r->lint, step, &behind))
			return true;
		if (!behind.rule->when)
			return false;
	}
	return differs(r->lint, step, &(struct fst_step){ .rule = &layer->fallback });
}

static bool step_matters(struct rules *r, const struct fst_decision *d, unsigned at, unsigned index)
{
	for (unsigned i = at + 1; i < d->count; i++)
		if (differs(r->lint, &d->steps[at], &d->steps[i]))
			return true;
	return at == d->count - 1 && differs_behind(r, &d->steps[at], index);
}

/* The rule that decides the first of the calls, before `rule` could. */
static const struct fst_rule *find_decider(const struct fst_lint *lint, const struct fst_rule *rule)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!lint->bound->by_abi[abi])
			continue;
		for (unsigned call = 0; call < flagstop_call_count(); call++) {
			const struct fst_decision *d = lint->bound->by_abi[abi][call];

			if (d && fst_callset_has(&rule->set, abi, call))
				return d->steps[d->count - 1].rule;
		}
	}
	return NULL;
}

static void report_unreached(struct fst_lint *lint, const struct fst_rule *rule)
{
	const struct fst_rule *by = find_decider(lint, rule);

	if (!by)
		fst_lint_report(lint, FST_LINT_EMPTY, rule, &rule->set_place,
				"take it out, or name the ABI that it is for",
				"no call of this set is one of the policy's ABIs");
	else
		fst_lint_report(
			lint, FST_LINT_SHADOWED, rule, &rule->place, "take it out, or move it up",
			"nothing reaches this rule: others decide all of its calls before, as '%.80s' (%s:%u) does",
			by->text, by->place.file, by->place.line);
}

static void report_effect(struct fst_lint *lint, const struct fst_rule *rule, const struct use *use)
{
	if (!use->reached)
		report_unreached(lint, rule);
	else if (!use->matters)
		fst_lint_report(lint, FST_LINT_REDUNDANT, rule, &rule->place, "take it out, or move it up",
				"without this rule everything is decided as it is now: those behind it say the same");
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static bool takes(const struct fst_cond *test, uint64_t value)
{
	for (unsigned i = 0; i < test->range_count; i++)
		if (value >= test->ranges[i].low && value <= test->ranges[i].high)
			return true;
	return false;
}

/* All values that a mask leaves, by counting in its bits. No when there are too many to try. */
static bool takes_all(const struct fst_cond *test)
{
	uint64_t value = 0;

	if (test->ranges[0].low == 0 && test->ranges[0].high >= test->mask)
		return true;
	if (__builtin_popcountll(test->mask) > MASK_BITS_MAX)
		return false;
	do {
		if (!takes(test, value))
			return false;
		value = (value - test->mask) & test->mask;
	} while (value);
	return true;
}

/* Comparing with NULL is what pointers can be compared with. */
static bool is_null_test(const struct fst_cond *test)
{
	uint64_t ones = test->bits == 64 ? UINT64_MAX : UINT32_MAX;
	const struct fst_range *range = test->ranges;

	if (test->range_count != 1 || test->mask != ones)
		return false;
	return (!range->low && !range->high) || (range->low == 1 && range->high == ones);
}

static const struct flagstop_arg *pointer_of(const struct rules *r, const struct fst_cond *test)
{
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(r->call, r->abi, &args);

	if (test->argument >= count)
		return NULL;
	switch (args[test->argument].role) {
	case FLAGSTOP_ROLE_PATH:
	case FLAGSTOP_ROLE_STRING:
	case FLAGSTOP_ROLE_SOCKADDR:
	case FLAGSTOP_ROLE_POINTER:
		return &args[test->argument];
	default:
		return NULL;
	}
}

static void look_at_test(struct rules *r, const struct fst_cond *test, struct test_use *use)
{
	const struct flagstop_arg *pointer = pointer_of(r, test);

	use->can_fail |= !takes_all(test);
	if (pointer && !is_null_test(test) && !use->is_pointer) {
		use->is_pointer = true;
		use->argument = pointer->name;
	}
}

static void look_at_tests(struct rules *r, const struct fst_cond *cond, unsigned first)
{
	if (cond->op == FST_EXPR_TEST) {
		look_at_test(r, cond, &r->tests[first + cond->index]);
	} else if (cond->op == FST_EXPR_FACT) {
		r->tests[first + cond->index].can_fail = true;
	} else {
		look_at_tests(r, cond->left, first);
		if (cond->op != FST_EXPR_NOT)
			look_at_tests(r, cond->right, first);
	}
}

static unsigned count_tests(const struct fst_expr *expr)
{
	if (!expr)
		return 0;
	return expr->op == FST_EXPR_TEST ? 1 : count_tests(expr->left) + count_tests(expr->right);
}

static void report_tests(struct fst_lint *lint, const struct fst_rule *rule, const struct fst_expr *expr,
			 struct use *use, const struct test_use *tests, unsigned *test)
{
	const struct test_use *t;

	if (expr->op != FST_EXPR_TEST) {
		report_tests(lint, rule, expr->left, use, tests, test);
		if (expr->op != FST_EXPR_NOT)
			report_tests(lint, rule, expr->right, use, tests, test);
		return;
	}
	t = &tests[(*test)++];
	if (!t->can_fail && !fst_fact_is_intent(expr)) {
		use->reported = true;
		fst_lint_report(lint, FST_LINT_ALWAYS_TRUE, rule, &expr->place,
				"take it out, or mend its mask or bound", "this holds of every value of '%.40s'",
				expr->argument);
	}
	if (t->is_pointer)
		fst_lint_report(lint, FST_LINT_POINTER, rule, &expr->place, "compare it with NULL, or not at all",
				"'%.40s' is a pointer, and is compared as a number", t->argument);
}

static void report_condition(struct rules *r, const struct fst_rule *rule, struct use *use)
{
	unsigned test = use->first_test;

	if (!rule->when || !use->reached)
		return;
	report_tests(r->lint, rule, rule->when, use, r->tests, &test);
	if (!use->can_fail && !use->reported)
		fst_lint_report(r->lint, FST_LINT_ALWAYS_TRUE, rule, &rule->when->place,
				"take the condition out, or mend it", "this condition always holds");
}

/* ---- layers ----------------------------------------------------------------------------------------------------- */

static void look_at_steps(struct rules *r, const struct fst_decision *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		const struct fst_step *step = &d->steps[i];
		int index = fst_lint_index(r->lint->layer, step->rule);
		struct fst_cond fails = { .op = FST_EXPR_NOT, .left = step->when };
		struct use *use;

		if (index < 0)
			continue;
		use = &r->uses[index];
		use->reached = true;
		if (i < d->carried) { /* its condition is about the call that is carried */
			use->matters = use->can_fail = true;
			continue;
		}
		use->matters = use->matters || step_matters(r, d, i, (unsigned)index);
		if (!step->when)
			continue;
		use->can_fail = use->can_fail || fst_cond_can_match(&fails, &r->lint->effort);
		look_at_tests(r, step->when, use->first_test);
	}
}

static void look_at_calls(struct rules *r)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		r->abi = (enum flagstop_abi)abi;
		if (!r->lint->bound->by_abi[abi])
			continue;
		for (r->call = 0; r->call < flagstop_call_count(); r->call++)
			if (r->lint->bound->by_abi[abi][r->call])
				look_at_steps(r, r->lint->bound->by_abi[abi][r->call]);
	}
}

/* Rules that were included are for others, too: what they do not add here, they may add there. */
static bool is_own(const struct fst_layer *layer, const struct fst_rule *rule)
{
	return !fst_lint_is_builtin(rule) && !strcmp(rule->place.file, layer->name);
}

void fst_lint_rules(struct fst_lint *lint)
{
	const struct fst_layer *layer = lint->layer;
	struct rules r = { .lint = lint };
	unsigned tests = 0;

	r.uses = talloc_zero_array(lint->scratch, struct use, layer->rule_count + 1);
	for (unsigned i = 0; i < layer->rule_count && r.uses; i++) {
		r.uses[i].first_test = tests;
		tests += count_tests(layer->rules[i].when);
	}
	r.tests = talloc_zero_array(lint->scratch, struct test_use, tests + 1);
	if (!r.uses || !r.tests) {
		lint->failed = true;
		return;
	}
	look_at_calls(&r);
	for (unsigned i = 0; i < layer->rule_count; i++) {
		if (!is_own(layer, &layer->rules[i]))
			continue;
		report_effect(lint, &layer->rules[i], &r.uses[i]);
		report_condition(&r, &layer->rules[i], &r.uses[i]);
	}
}
