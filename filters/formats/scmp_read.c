/* SPDX-License-Identifier: MIT */
/*
 * What rules of libseccomp mean together. The library keeps, for each call, one tree of comparisons of 32-bit words and
 * walks it from the most specific to the most general: higher arguments and larger values first, equality before
 * order, and a rule without comparisons takes the place of all others of its call (libseccomp 2.5, src/db.c). Here the
 * same order is put on whole rules. Knows nothing of JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/scmp.h>

int fst_scmp_push(void *parent, struct fst_scmp_rules *rules, const struct fst_scmp_rule *rule)
{
	if (rules->count == FLAGSTOP_CONVERT_MAX_RULES)
		return -E2BIG;
	if (rules->count == rules->size) {
		unsigned size = rules->size ? 2 * rules->size : 4;
		struct fst_scmp_rule *list = talloc_realloc(parent, rules->list, struct fst_scmp_rule, size);

		if (!list)
			return -ENOMEM;
		rules->list = list;
		rules->size = size;
	}
	rules->list[rules->count++] = *rule;
	return 0;
}

bool fst_scmp_is_narrow(enum flagstop_abi abi)
{
	return abi == FLAGSTOP_ABI_X32 || flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 32;
}

/* ---- the order of two rules ------------------------------------------------------------------------------------- */

struct node {
	unsigned argument, is_high, priority, compare;
	uint32_t datum, mask;
};

static unsigned priority_of(enum fst_compare compare)
{
	switch (compare) {
	case FST_COMPARE_LT:
	case FST_COMPARE_LE:
		return 2;
	case FST_COMPARE_GT:
	case FST_COMPARE_GE:
		return 1;
	default:
		return 3;
	}
}

/* The comparison of words that a node makes: != is ==, < is >= with the branches changed. */
static enum fst_compare word_compare(enum fst_compare compare)
{
	switch (compare) {
	case FST_COMPARE_NE:
		return FST_COMPARE_EQ;
	case FST_COMPARE_LT:
		return FST_COMPARE_GE;
	case FST_COMPARE_LE:
		return FST_COMPARE_GT;
	default:
		return compare;
	}
}

static bool is_order(enum fst_compare compare)
{
	return priority_of(compare) < 3;
}

/* The words that a rule compares, in their order. */
static unsigned nodes_of(const struct fst_scmp_rule *rule, bool narrow, struct node nodes[18])
{
	unsigned count = 0;

	for (unsigned i = 0; i < 6; i++) {
		const struct fst_scmp_test *t = &rule->tests[i];
		uint64_t mask = t->compare == FST_COMPARE_MASKED ? t->mask : UINT64_MAX, datum = t->value & mask;
		struct node low = { i, 0, priority_of(t->compare), word_compare(t->compare), (uint32_t)datum,
				    (uint32_t)mask };
		struct node high = { i, 1, low.priority, low.compare, datum >> 32, mask >> 32 };

		if (!t->set)
			continue;
		if (!narrow && is_order(t->compare)) {
			high.compare = FST_COMPARE_GT;
			nodes[count++] = high;
			high.compare = FST_COMPARE_EQ;
		}
		if (!narrow)
			nodes[count++] = high;
		nodes[count++] = low;
	}
	return count;
}

static bool node_equal(const struct node *a, const struct node *b)
{
	return a->argument == b->argument && a->is_high == b->is_high && a->compare == b->compare &&
		a->datum == b->datum && a->mask == b->mask;
}

static bool node_less(const struct node *a, const struct node *b)
{
	unsigned x = 2 * a->argument + a->is_high, y = 2 * b->argument + b->is_high;

	if (x != y)
		return x < y;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->priority == 2 ? a->datum > b->datum : a->datum < b->datum;
}

/* Whether `late`, added behind `early`, is asked before it. */
static bool overtakes(const struct fst_scmp_rule *late, const struct fst_scmp_rule *early, bool narrow)
{
	struct node a[18], b[18];
	unsigned a_count = nodes_of(late, narrow, a), b_count = nodes_of(early, narrow, b);

	for (unsigned i = 0; i < a_count && i < b_count; i++)
		if (!node_equal(&a[i], &b[i]))
			return node_less(&b[i], &a[i]);
	return false;
}

/* ---- one call in one ABI ---------------------------------------------------------------------------------------- */

static bool test_equal(const struct fst_scmp_test *a, const struct fst_scmp_test *b)
{
	if (a->set != b->set || !a->set)
		return a->set == b->set;
	return a->compare == b->compare && a->value == b->value && a->mask == b->mask;
}

/* Whether all of a's comparisons are the first ones of b's. */
static bool is_prefix(const struct fst_scmp_rule *a, const struct fst_scmp_rule *b)
{
	unsigned last = 0;

	for (unsigned i = 0; i < 6; i++)
		if (a->tests[i].set)
			last = i;
	for (unsigned i = 0; i <= last; i++)
		if (!test_equal(&a->tests[i], &b->tests[i]))
			return false;
	return true;
}

static bool is_unconditional(const struct fst_scmp_rule *rule)
{
	for (unsigned i = 0; i < 6; i++)
		if (rule->tests[i].set)
			return false;
	return true;
}

static void note_conflict(struct fst_reading *reading, const struct fst_scmp_rule *rule)
{
	fst_losses_add(reading->losses, FLAGSTOP_LOSS_MEANING, "conflict", &rule->spot,
		       "libseccomp refuses this rule of %s: another one has the same condition and a different action",
		       flagstop_call_name(rule->call));
}

#define RULES_OF_CALL_MAX 1024 /* each is compared with all others */

static int insert(struct fst_reading *reading, struct fst_scmp_rules *kept, const struct fst_scmp_rule *rule,
		  bool narrow)
{
	unsigned at;
	int r;

	if (kept->count == RULES_OF_CALL_MAX)
		return fst_read_fail(reading, &rule->spot, -E2BIG, "more than %d rules of one call",
				     RULES_OF_CALL_MAX);
	if (kept->count && is_unconditional(&kept->list[0]))
		return 0;
	if (is_unconditional(rule))
		kept->count = 0;
	for (unsigned i = 0; i < kept->count; i++) {
		const struct fst_scmp_rule *other = &kept->list[i];

		bool same = fst_verdict_equal(other->verdict, rule->verdict);

		if (is_prefix(rule, other) && !same) {
			note_conflict(reading, rule);
			return 0;
		}
		if (is_prefix(other, rule)) /* the shorter one stays, whatever it does */
			return 0;
	}
	for (at = 0; at < kept->count && !overtakes(rule, &kept->list[at], narrow); at++)
		;
	r = fst_scmp_push(reading->scratch, kept, rule);
	if (r)
		return r;
	memmove(&kept->list[at + 1], &kept->list[at], (kept->count - 1 - at) * sizeof(*kept->list));
	kept->list[at] = *rule;
	return 0;
}

static const struct fst_cond *cond_of(struct fst_reading *reading, struct fst_profile *profile, enum flagstop_abi abi,
				      const struct fst_scmp_rule *rule)
{
	const struct fst_cond *all = &fst_always;

	for (unsigned i = 0; i < 6; i++) {
		const struct fst_scmp_test *t = &rule->tests[i];
		const struct fst_cond *one;
		bool narrowed;

		if (!t->set)
			continue;
		if (abi == FLAGSTOP_ABI_X32 && t->compare != FST_COMPARE_MASKED) {
			/* 64-bit registers of which the library looks at the low word */
			one = fst_cond_compare(profile, FLAGSTOP_ABI_I386, rule->call, i, t->compare, t->value, t->mask,
					       NULL);
			if (one && one != &fst_always && one != &fst_never)
				one = fst_cond_ranges(profile, i, fst_cond_bits(abi, rule->call, i), UINT32_MAX,
						      one->ranges, one->range_count);
		} else {
			one = fst_cond_compare(profile, abi, rule->call, i, t->compare, t->value, t->mask, &narrowed);
			if (narrowed)
				fst_losses_add(reading->losses, FLAGSTOP_LOSS_NOTE, "upper-half", &rule->spot,
					       "32-bit arguments are compared in the 32 bits that the kernel reads");
		}
		all = fst_cond_and(profile, all, one);
	}
	return all;
}

/* What the ABI's words see of a rule. */
static struct fst_scmp_rule cut(const struct fst_scmp_rule *rule, bool narrow)
{
	struct fst_scmp_rule mine = *rule;

	for (unsigned i = 0; i < 6; i++) {
		struct fst_scmp_test *t = &mine.tests[i];

		if (t->compare != FST_COMPARE_MASKED)
			t->mask = 0;
		if (narrow) {
			t->value = (uint32_t)t->value;
			t->mask = (uint32_t)t->mask;
		}
		t->value &= t->compare == FST_COMPARE_MASKED ? t->mask : UINT64_MAX;
		if (t->compare == FST_COMPARE_MASKED && !t->mask)
			t->set = false; /* always holds: it is not there */
	}
	return mine;
}

static int add_rule(struct fst_reading *reading, struct fst_scmp_rules *by_call, enum flagstop_abi abi,
		    const struct fst_scmp_rule *rule)
{
	bool narrow = fst_scmp_is_narrow(abi);
	struct fst_scmp_rule mine = *rule;
	unsigned muxed;
	int number = fst_profile_mux(abi, rule->call, &muxed), r = 0;

	/*
	 * Asked for socket(), the library also lets socketcall() through to it, without its first argument's
	 * condition.
	 */
	if (number > 0) {
		mine.call = muxed;
		mine.tests[0] = (struct fst_scmp_test){ true, FST_COMPARE_EQ, (uint64_t)number, 0 };
		mine = cut(&mine, narrow);
		r = insert(reading, &by_call[muxed], &mine, narrow);
	}
	if (r || flagstop_call_number(rule->call, abi) < 0)
		return r;
	mine = cut(rule, narrow);
	return insert(reading, &by_call[rule->call], &mine, narrow);
}

static int apply_in(struct fst_reading *reading, const struct fst_scmp_rules *rules, struct fst_profile *profile,
		    enum flagstop_abi abi)
{
	struct fst_scmp_rules *by_call =
		talloc_zero_array(reading->scratch, struct fst_scmp_rules, flagstop_call_count());
	int r = by_call ? 0 : -ENOMEM;

	for (unsigned i = 0; i < rules->count && !r; i++)
		/* The library takes no rule that says what is said of all calls. */
		if (!fst_verdict_equal(rules->list[i].verdict, profile->fallback))
			r = add_rule(reading, by_call, abi, &rules->list[i]);
	for (unsigned call = 0; call < flagstop_call_count() && !r; call++) {
		for (unsigned i = 0; i < by_call[call].count && !r; i++) {
			const struct fst_scmp_rule *rule = &by_call[call].list[i];
			const struct fst_cond *when = cond_of(reading, profile, abi, rule);

			r = when ? fst_profile_add(profile, abi, call, when, rule->verdict) : -ENOMEM;
		}
	}
	return r;
}

int fst_scmp_apply(struct fst_reading *reading, const struct fst_scmp_rules *rules, struct fst_profile *profile)
{
	int r = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
		if (profile->abis >> abi & 1)
			r = apply_in(reading, rules, profile, abi);
	return r;
}
