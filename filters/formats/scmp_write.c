/* SPDX-License-Identifier: MIT */
/*
 * A policy as rules of libseccomp. A rule of the library holds one comparison an argument and no order decides between
 * rules, so each step of a decision becomes the calls that it decides and no step before it does, cut into rectangles:
 * for each argument one comparison, or one masked equality. Knows neither JSON nor C.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/scmp.h>

#define TERMS_MAX 256     /* alternatives of one condition */
#define RULES_MAX 1024    /* of one call */
#define WORD_TESTS_MAX 12 /* of one alternative */

/* ---- one word's values as masked equalities --------------------------------------------------------------------- */

struct cube {
	uint64_t mask, value;
};

struct cubes {
	struct cube list[256];
	unsigned count;
	bool too_many;
};

/* Puts the low bits of `from` where the mask has bits, and back. */
static uint64_t spread(uint64_t from, uint64_t mask)
{
	uint64_t to = 0;

	for (; mask; mask &= mask - 1, from >>= 1)
		if (from & 1)
			to |= mask & -mask;
	return to;
}

static uint64_t gather(uint64_t from, uint64_t mask)
{
	uint64_t to = 0;

	for (uint64_t one = 1; mask; mask &= mask - 1, one <<= 1)
		if (from & mask & -mask)
			to |= one;
	return to;
}

/* All values from low to high, of those that the mask lets through, as blocks that share their upper bits. */
static void add_blocks(struct cubes *cubes, uint64_t mask, uint64_t low, uint64_t high)
{
	unsigned bits = (unsigned)__builtin_popcountll(mask);
	uint64_t at = gather(low, mask), end = gather(high, mask);

	for (;;) {
		unsigned size = at ? (unsigned)__builtin_ctzll(at) : bits;
		uint64_t last;

		if (size > bits)
			size = bits;
		for (;; size--) {
			last = size == 64 ? UINT64_MAX : at + ((UINT64_C(1) << size) - 1);
			if (last >= at && last <= end)
				break;
		}
		if (cubes->count == sizeof(cubes->list) / sizeof(*cubes->list)) {
			cubes->too_many = true;
			return;
		}
		uint64_t kept = size == 64 ? 0 : UINT64_MAX << size;
		cubes->list[cubes->count++] = (struct cube){ spread(kept, mask), spread(at, mask) };
		if (last == end)
			return;
		at = last + 1;
	}
}

static void cubes_of(const struct fst_cond *test, struct cubes *cubes)
{
	cubes->count = 0;
	cubes->too_many = false;
	for (unsigned i = 0; i < test->range_count && !cubes->too_many; i++)
		add_blocks(cubes, test->mask, test->ranges[i].low, test->ranges[i].high);
}

static void meet(struct cubes *a, const struct cubes *b)
{
	struct cubes both = { .too_many = a->too_many || b->too_many };

	for (unsigned i = 0; i < a->count && !both.too_many; i++) {
		for (unsigned j = 0; j < b->count && !both.too_many; j++) {
			struct cube x = a->list[i], y = b->list[j];

			if ((x.value ^ y.value) & x.mask & y.mask)
				continue;
			if (both.count == sizeof(both.list) / sizeof(*both.list))
				both.too_many = true;
			else
				both.list[both.count++] = (struct cube){ x.mask | y.mask, x.value | y.value };
		}
	}
	*a = both;
}

/* ---- one argument's comparisons --------------------------------------------------------------------------------- */

struct tests {
	struct fst_scmp_test list[256];
	unsigned count;
	bool too_many;
};

static void add_test(struct tests *tests, enum fst_compare compare, uint64_t value, uint64_t mask)
{
	if (tests->count == sizeof(tests->list) / sizeof(*tests->list))
		tests->too_many = true;
	else
		tests->list[tests->count++] = (struct fst_scmp_test){ true, compare, value, mask };
}

/* Whole words compared as they are; false when some range has two ends. */
static bool whole_words(const struct fst_cond *test, struct tests *tests)
{
	const struct fst_range *r = test->ranges;
	unsigned count = test->range_count;

	if (count == 2 && !r[0].low && r[1].high == test->mask && r[1].low - r[0].high == 2) {
		add_test(tests, FST_COMPARE_NE, r[0].high + 1, 0);
		return true;
	}
	for (unsigned i = 0; i < count; i++)
		if (r[i].low != r[i].high && r[i].low && r[i].high != test->mask)
			return false;
	for (unsigned i = 0; i < count; i++) {
		if (r[i].low == r[i].high)
			add_test(tests, FST_COMPARE_EQ, r[i].low, 0);
		else if (!r[i].low)
			add_test(tests, FST_COMPARE_LE, r[i].high, 0);
		else
			add_test(tests, FST_COMPARE_GE, r[i].low, 0);
	}
	return true;
}

/* A comparison of a whole word also looks at the upper half, which the kernel does not read of 32-bit arguments. */
static void tests_of(const struct fst_cond *const *conds, unsigned count, bool narrow, struct tests *ret_tests)
{
	uint64_t ones = narrow ? UINT32_MAX : UINT64_MAX;
	struct cubes cubes, more;

	ret_tests->count = 0;
	ret_tests->too_many = false;
	if (count == 1 && conds[0]->mask == ones && whole_words(conds[0], ret_tests))
		return;
	cubes_of(conds[0], &cubes);
	for (unsigned i = 1; i < count; i++) {
		cubes_of(conds[i], &more);
		meet(&cubes, &more);
	}
	for (unsigned i = 0; i < cubes.count; i++) {
		bool whole = cubes.list[i].mask == ones;

		add_test(ret_tests, whole ? FST_COMPARE_EQ : FST_COMPARE_MASKED, cubes.list[i].value,
			 whole ? 0 : cubes.list[i].mask);
	}
	ret_tests->too_many |= cubes.too_many;
}

/* ---- conditions as alternatives of tests that must all hold ---------------------------------------------------- */

struct term {
	const struct fst_cond *tests[WORD_TESTS_MAX];
	unsigned count;
};

struct terms {
	void *parent;
	struct term *list;
	unsigned count;
	int r;
};

static void add_term(struct terms *terms, const struct term *term)
{
	if (terms->r)
		return;
	if (terms->count == TERMS_MAX) {
		terms->r = -E2BIG;
		return;
	}
	if (!terms->list)
		terms->list = talloc_array(terms->parent, struct term, TERMS_MAX);
	if (terms->list)
		terms->list[terms->count++] = *term;
	else
		terms->r = -ENOMEM;
}

/* False when the term cannot hold any more. */
static bool extend(struct terms *terms, struct term *term, const struct fst_cond *test)
{
	for (unsigned i = 0; i < term->count; i++) {
		const struct fst_cond *old = term->tests[i];

		if (old->argument != test->argument || old->mask != test->mask || old->bits != test->bits)
			continue;
		term->tests[i] = fst_cond_and(terms->parent, old, test);
		if (!term->tests[i])
			terms->r = -ENOMEM;
		return term->tests[i] && term->tests[i] != &fst_never;
	}
	if (term->count == WORD_TESTS_MAX) {
		terms->r = -E2BIG;
		return false;
	}
	term->tests[term->count++] = test;
	return true;
}

struct todo {
	const struct fst_cond *cond;
	const struct todo *next;
};

static void walk(struct terms *terms, struct term term, const struct fst_cond *cond, const struct todo *next)
{
	if (terms->r)
		return;
	if (cond->op == FST_EXPR_AND) {
		struct todo right = { cond->right, next };

		walk(terms, term, cond->left, &right);
	} else if (cond->op == FST_EXPR_OR) {
		walk(terms, term, cond->left, next);
		walk(terms, term, cond->right, next);
	} else if (extend(terms, &term, cond)) {
		if (next)
			walk(terms, term, next->cond, next->next);
		else
			add_term(terms, &term);
	}
}

/* ---- rules of one call ------------------------------------------------------------------------------------------ */

struct maker {
	struct fst_writing *writing;
	const struct fst_profile *profile;
	void *scratch;
	struct fst_scmp_rules rules; /* of the call */
	enum flagstop_abi abi, base; /* base: the rules that are written are this one's */
	unsigned call;
};

/* Whether the argument is compared as a whole word: as the base would do that, so that like rules look alike. */
static bool is_whole(const struct maker *m, unsigned argument)
{
	if (!fst_scmp_is_narrow(m->abi))
		return false;
	return fst_scmp_is_narrow(m->base) || fst_cond_bits(m->base, m->call, argument) == 64;
}

static int push_product(struct maker *m, struct fst_scmp_rule rule, const struct tests *by_argument, unsigned argument)
{
	int r = 0;

	if (argument == 6) {
		if (m->rules.count == RULES_MAX)
			return -E2BIG;
		return fst_scmp_push(m->scratch, &m->rules, &rule);
	}
	if (!by_argument[argument].count)
		return push_product(m, rule, by_argument, argument + 1);
	for (unsigned i = 0; i < by_argument[argument].count && !r; i++) {
		rule.tests[argument] = by_argument[argument].list[i];
		r = push_product(m, rule, by_argument, argument + 1);
	}
	return r;
}

static int push_term(struct maker *m, const struct term *term, struct flagstop_verdict verdict)
{
	struct tests *by_argument = talloc_zero_array(m->scratch, struct tests, 6);
	struct fst_scmp_rule rule = { .call = m->call, .verdict = verdict };
	int r;

	if (!by_argument)
		return -ENOMEM;
	for (unsigned argument = 0; argument < 6; argument++) {
		const struct fst_cond *mine[WORD_TESTS_MAX];
		unsigned count = 0;

		for (unsigned i = 0; i < term->count; i++)
			if (term->tests[i]->argument == argument)
				mine[count++] = term->tests[i];
		if (!count)
			continue;
		tests_of(mine, count, is_whole(m, argument), &by_argument[argument]);
		if (by_argument[argument].too_many)
			return -E2BIG;
		if (!by_argument[argument].count) /* the tests exclude each other */
			return 0;
	}
	r = push_product(m, rule, by_argument, 0);
	talloc_free(by_argument);
	return r;
}

static int push_region(struct maker *m, const struct fst_cond *region, struct flagstop_verdict verdict)
{
	struct terms terms = { .parent = m->scratch };
	struct term nothing = { .count = 0 };

	if (region == &fst_never || fst_verdict_equal(verdict, m->profile->fallback))
		return 0;
	if (region == &fst_always)
		return fst_scmp_push(m->scratch, &m->rules,
				     &(struct fst_scmp_rule){ m->call, verdict, { { 0 } }, { 0 } });
	walk(&terms, nothing, region, NULL);
	for (unsigned i = 0; i < terms.count && !terms.r; i++)
		terms.r = push_term(m, &terms.list[i], verdict);
	return terms.r;
}

/* Each step decides what those before it have left. */
static int make_rules(struct maker *m)
{
	const struct fst_profile_case *c = &m->profile->by_abi[m->abi][m->call];
	const struct fst_cond *left = &fst_always;
	int r = 0;

	m->rules = (struct fst_scmp_rules){ 0 };
	for (unsigned i = 0; i < c->count && !r; i++) {
		const struct fst_cond *when = c->steps[i].when ? c->steps[i].when : &fst_always;
		const struct fst_cond *mine = fst_cond_and(m->scratch, left, when);

		r = mine ? push_region(m, mine, c->steps[i].verdict) : -ENOMEM;
		left = fst_cond_and(m->scratch, left, fst_cond_not(m->scratch, when));
		if (!left)
			r = -ENOMEM;
	}
	return r;
}

static struct flagstop_verdict strictest(const struct maker *m)
{
	const struct fst_profile_case *c = &m->profile->by_abi[m->abi][m->call];
	struct flagstop_verdict worst = m->profile->fallback;

	if (c->count && !c->steps[c->count - 1].when)
		worst = c->steps[c->count - 1].verdict;
	for (unsigned i = 0; i < c->count; i++)
		if (c->steps[i].verdict.action > worst.action)
			worst = c->steps[i].verdict;
	return worst;
}

static int make(struct maker *m)
{
	int r = make_rules(m);

	if (r != -E2BIG)
		return r;
	fst_losses_add(m->writing->losses, FLAGSTOP_LOSS_MEANING, "too-complex", NULL,
		       "the conditions of %s come to too many rules: it gets its strictest verdict",
		       flagstop_call_name(m->call));
	m->rules = (struct fst_scmp_rules){ 0 };
	return push_region(m, &fst_always, strictest(m));
}

/* ---- all calls -------------------------------------------------------------------------------------------------- */

/* Comparisons of 32-bit ABIs as their 64-bit relative would write them. */
static bool same_rules(const struct fst_scmp_rules *a, const struct fst_scmp_rules *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		if (!fst_verdict_equal(a->list[i].verdict, b->list[i].verdict))
			return false;
		for (unsigned k = 0; k < 6; k++) {
			struct fst_scmp_test x = a->list[i].tests[k], y = b->list[i].tests[k];

			if (x.compare == FST_COMPARE_MASKED && (uint32_t)x.mask == UINT32_MAX)
				x.compare = FST_COMPARE_EQ;
			if (y.compare == FST_COMPARE_MASKED && (uint32_t)y.mask == UINT32_MAX)
				y.compare = FST_COMPARE_EQ;
			if (x.set != y.set ||
			    (x.set && (x.compare != y.compare || (uint32_t)x.value != (uint32_t)y.value)))
				return false;
			if (x.set && x.compare == FST_COMPARE_MASKED && (uint32_t)x.mask != (uint32_t)y.mask)
				return false;
		}
	}
	return true;
}

static bool looks_at_upper_half(const struct fst_scmp_rules *rules)
{
	for (unsigned i = 0; i < rules->count; i++)
		for (unsigned k = 0; k < 6; k++) {
			const struct fst_scmp_test *t = &rules->list[i].tests[k];

			if (t->set && (t->compare != FST_COMPARE_MASKED || t->mask > UINT32_MAX))
				return true;
		}
	return false;
}

/* The ABI whose rules are written: the machine's own, or the first one that has the call. */
static int base_abi(const struct maker *m)
{
	enum flagstop_abi native = fst_scmp_native(m->writing);

	if (m->profile->by_abi[native] && flagstop_call_number(m->call, native) >= 0)
		return native;
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (m->profile->by_abi[abi] && flagstop_call_number(m->call, abi) >= 0)
			return abi;
	return -ENOENT;
}

static int compare_abis(struct maker *m, const struct fst_scmp_rules *base, enum flagstop_abi base_of)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		int r;

		if (abi == base_of || !m->profile->by_abi[abi] || flagstop_call_number(m->call, abi) < 0)
			continue;
		m->abi = abi;
		r = make_rules(m);
		if (r == -ENOMEM)
			return r;
		if (abi == FLAGSTOP_ABI_X32 && base_of == FLAGSTOP_ABI_X86_64 && looks_at_upper_half(base))
			fst_losses_add(m->writing->losses, FLAGSTOP_LOSS_MEANING, "x32", NULL,
				       "in x32 libseccomp compares the low half of arguments only, here of %s",
				       flagstop_call_name(m->call));
		else if (r || !same_rules(base, &m->rules))
			fst_losses_add(m->writing->losses, FLAGSTOP_LOSS_MEANING, "abi", NULL,
				       "%s has other rules in %s than in %s: those of %s are written",
				       flagstop_call_name(m->call), flagstop_abi_name(abi), flagstop_abi_name(base_of),
				       flagstop_abi_name(base_of));
	}
	return 0;
}

static int add_call(struct maker *m, struct fst_scmp_rules *ret_rules)
{
	int base_of = base_abi(m), r;

	if (base_of < 0)
		return 0;
	m->abi = m->base = (enum flagstop_abi)base_of;
	r = make(m);
	struct fst_scmp_rules base = m->rules;
	if (!r)
		r = compare_abis(m, &base, base_of);
	for (unsigned i = 0; i < base.count && !r; i++)
		r = fst_scmp_push(m->writing->scratch, ret_rules, &base.list[i]);
	return r;
}

static bool has_unconditional(const struct fst_scmp_rules *rules, unsigned call)
{
	for (unsigned i = 0; i < rules->count; i++) {
		bool any = false;

		for (unsigned k = 0; k < 6; k++)
			any |= rules->list[i].tests[k].set;
		if (rules->list[i].call == call && !any)
			return true;
	}
	return false;
}

/* The library gives socketcall() what socket() gets; a rule for all of socketcall() comes before that. */
static void note_multiplexers(const struct maker *m, const struct fst_scmp_rules *rules)
{
	unsigned muxed;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (unsigned i = 0; m->profile->by_abi[abi] && i < rules->count; i++)
			if (fst_profile_mux(abi, rules->list[i].call, &muxed) > 0 && !has_unconditional(rules, muxed))
				fst_losses_add(m->writing->losses, FLAGSTOP_LOSS_MEANING, "multiplexer", NULL,
					       "in %s libseccomp makes the rules of %s count for %s as well",
					       flagstop_abi_name(abi), flagstop_call_name(rules->list[i].call),
					       flagstop_call_name(muxed));
}

enum flagstop_abi fst_scmp_native(const struct fst_writing *writing)
{
	unsigned abis = writing->bound->layer->abis;

	if (abis >> writing->native & 1)
		return writing->native;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (abis >> abi & 1 && !fst_scmp_is_narrow(abi))
			return abi;
	return (enum flagstop_abi)__builtin_ctz(abis);
}

struct flagstop_verdict fst_scmp_verdict(struct fst_writing *writing, struct flagstop_verdict verdict)
{
	if (verdict.action == FLAGSTOP_ACTION_RETURN && verdict.value < 0 && verdict.value >= -4095)
		return fst_verdict(FLAGSTOP_ACTION_DENY, -verdict.value);
	if (verdict.action == FLAGSTOP_ACTION_RETURN && verdict.value) {
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "return", NULL,
			       "libseccomp cannot return %lld: the call fails with EPERM", (long long)verdict.value);
		return fst_verdict(FLAGSTOP_ACTION_DENY, flagstop_errno_find("EPERM"));
	}
	if (verdict.action == FLAGSTOP_ACTION_TRAP && verdict.value) {
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "trap-value", NULL,
			       "libseccomp's traps have no value: %lld becomes 0", (long long)verdict.value);
		verdict.value = 0;
	}
	if (verdict.action == FLAGSTOP_ACTION_TRACE)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "trace", NULL,
			       "'trace' becomes SCMP_ACT_TRACE, which fails where there is no tracer");
	if (verdict.action == FLAGSTOP_ACTION_ASK)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "notify", NULL,
			       "'ask' becomes SCMP_ACT_NOTIFY, which needs an agent that listens");
	return verdict;
}

void fst_scmp_note_defaults(struct fst_writing *writing)
{
	const struct fst_layer *layer = writing->bound->layer;
	struct fst_spot spot = fst_write_spot(writing, &layer->unknown);

	if (!fst_verdict_equal(layer->fallback.verdict, layer->unknown.verdict))
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "unknown", &spot,
			       "numbers that no call has get the default, which 'unknown' does not");
	fst_losses_add(writing->losses, FLAGSTOP_LOSS_NOTE, "foreign-abi", NULL,
		       "calls of ABIs that are not named kill the thread, not the process");
}

static bool is_multiplexer(unsigned call)
{
	return !strcmp(flagstop_call_name(call), "socketcall") || !strcmp(flagstop_call_name(call), "ipc");
}

int fst_scmp_of_policy(struct fst_writing *writing, struct fst_scmp_rules *ret_rules)
{
	struct maker m = { .writing = writing };
	int r = 0;

	m.profile = fst_profile_of_bound(writing->scratch, writing->bound);
	*ret_rules = (struct fst_scmp_rules){ 0 };
	/* A rule for all of socketcall() has to be there before those of socket(), which it then takes no notice of. */
	for (int first = 1; first >= 0 && m.profile; first--) {
		for (m.call = 0; m.call < flagstop_call_count() && !r; m.call++) {
			if (is_multiplexer(m.call) != first)
				continue;
			m.scratch = talloc_new(writing->scratch);
			r = m.scratch ? add_call(&m, ret_rules) : -ENOMEM;
			talloc_free(m.scratch);
		}
	}
	if (m.profile && !r)
		note_multiplexers(&m, ret_rules);
	return m.profile ? r : -ENOMEM;
}
