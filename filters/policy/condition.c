/* SPDX-License-Identifier: MIT */
/*
 * The meaning of conditions: whether one holds, and whether one can hold at all. Pure arithmetic on bound conditions.
 */
#include <string.h>

#include <filters/policy/fact.h>

const struct fst_cond fst_always, fst_never;

bool fst_cond_takes(const struct fst_cond *test, uint64_t value)
{
	unsigned low = 0, high = test->range_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (value > test->ranges[middle].high)
			low = middle + 1;
		else
			high = middle;
	}
	return low < test->range_count && value >= test->ranges[low].low;
}

static bool test_holds(const struct fst_cond *test, uint64_t value)
{
	if (test->bits == 32)
		value = (uint32_t)value;
	return fst_cond_takes(test, value & test->mask);
}

enum fst_truth fst_cond_truth(const struct fst_cond *cond, const uint64_t args[6], unsigned known,
			      const struct flagstop_facts *facts)
{
	enum fst_truth left, right;

	if (cond->op == FST_EXPR_FACT)
		return fst_fact_truth(cond, facts);
	if (cond->op == FST_EXPR_TEST) {
		if (!(known >> cond->argument & 1))
			return FST_UNKNOWN;
		return test_holds(cond, args[cond->argument]) ? FST_TRUE : FST_FALSE;
	}
	left = fst_cond_truth(cond->left, args, known, facts);
	if (cond->op == FST_EXPR_NOT)
		return left == FST_UNKNOWN ? FST_UNKNOWN : left == FST_TRUE ? FST_FALSE :
									      FST_TRUE;
	if (left == (cond->op == FST_EXPR_AND ? FST_FALSE : FST_TRUE))
		return left;
	right = fst_cond_truth(cond->right, args, known, facts);
	if (right == (cond->op == FST_EXPR_AND ? FST_FALSE : FST_TRUE))
		return right;
	return left == FST_UNKNOWN || right == FST_UNKNOWN ? FST_UNKNOWN : left;
}

/*
 * Can it match? The condition is walked as a set of alternatives; each is a list of tests that must all hold (or not
 * hold). Two things make a list impossible: tests of one argument under one mask whose ranges have nothing in common,
 * and an argument that can only have few values none of which passes its other tests. Anything else counts as possible.
 */

#define LITERALS_MAX 32
#define ALTERNATIVES_MAX 1024
#define VALUES_MAX 64

struct literal {
	const struct fst_cond *test;
	bool negated;
};

struct search {
	struct literal literals[LITERALS_MAX];
	unsigned count;
	unsigned alternatives;
	uint64_t *effort;
};

/* What is still to be walked: conditions that must hold (or not) besides the literals so far. */
struct pending {
	const struct fst_cond *cond;
	bool negated;
	const struct pending *next;
};

static bool literal_takes(const struct literal *l, uint64_t value)
{
	return test_holds(l->test, value) != l->negated;
}

/* Does some value inside `ranges` of literal `l` pass every literal of the same argument and mask? */
static bool ranges_meet(const struct search *s, const struct literal *l)
{
	/* A meeting of intervals begins at the low end of an interval, or right behind a negated one. */
	for (unsigned i = 0; i < s->count; i++) {
		const struct fst_cond *t = s->literals[i].test;

		if (t->argument != l->test->argument || t->mask != l->test->mask || t->bits != l->test->bits)
			continue;
		for (unsigned k = 0; k <= t->range_count; k++) {
			uint64_t v = k == t->range_count ? 0 :
				s->literals[i].negated   ? t->ranges[k].high + 1 :
							   t->ranges[k].low;
			bool all = v <= t->mask;

			for (unsigned j = 0; j < s->count && all; j++) {
				const struct fst_cond *o = s->literals[j].test;

				if (o->argument == t->argument && o->mask == t->mask && o->bits == t->bits)
					all = fst_cond_takes(o, v) != s->literals[j].negated;
			}
			if (all)
				return true;
		}
	}
	return false;
}

static bool few_values_fail(const struct search *s, const struct literal *l)
{
	const struct fst_cond *t = l->test;
	unsigned tried = 0;

	if (l->negated || t->mask != (t->bits == 64 ? UINT64_MAX : UINT32_MAX))
		return false;
	for (unsigned k = 0; k < t->range_count; k++) {
		for (uint64_t v = t->ranges[k].low;; v++) {
			bool all = true;

			if (++tried > VALUES_MAX)
				return false;
			for (unsigned j = 0; j < s->count && all; j++)
				if (s->literals[j].test->argument == t->argument)
					all = literal_takes(&s->literals[j], v);
			if (all)
				return false;
			if (v == t->ranges[k].high)
				break;
		}
	}
	return true;
}

/* Takes what looking at the alternative costs at most. */
static bool can_afford(const struct search *s)
{
	uint64_t candidates = VALUES_MAX, cost;

	for (unsigned i = 0; i < s->count; i++)
		candidates += s->literals[i].test->range_count + 1;
	cost = candidates * s->count * s->count;
	if (cost > *s->effort)
		return false;
	*s->effort -= cost;
	return true;
}

static bool alternative_possible(const struct search *s)
{
	if (!can_afford(s))
		return true;
	for (unsigned i = 0; i < s->count; i++)
		if (!ranges_meet(s, &s->literals[i]) || few_values_fail(s, &s->literals[i]))
			return false;
	return true;
}

static bool walk(struct search *s, const struct pending *todo)
{
	if (!todo)
		return ++s->alternatives > ALTERNATIVES_MAX || alternative_possible(s);

	const struct fst_cond *cond = todo->cond;
	bool negated = todo->negated;

	if (cond->op == FST_EXPR_NOT)
		return walk(s, &(struct pending){ cond->left, !negated, todo->next });
	if (cond->op == FST_EXPR_FACT) /* facts may be anything */
		return walk(s, todo->next);
	if (cond->op == FST_EXPR_TEST) {
		if (s->count == LITERALS_MAX)
			return true;
		s->literals[s->count++] = (struct literal){ cond, negated };
		bool possible = walk(s, todo->next);
		s->count--;
		return possible;
	}
	if ((cond->op == FST_EXPR_AND) != negated) {
		struct pending right = { cond->right, negated, todo->next };

		return walk(s, &(struct pending){ cond->left, negated, &right });
	}
	return walk(s, &(struct pending){ cond->left, negated, todo->next }) ||
		walk(s, &(struct pending){ cond->right, negated, todo->next });
}

bool fst_cond_can_match(const struct fst_cond *cond, uint64_t *effort)
{
	struct search s = { .effort = effort };

	return walk(&s, &(struct pending){ cond, false, NULL });
}
