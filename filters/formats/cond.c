/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on bound conditions: builds, joins, negates and compares them. A test is kept in one form only: its ranges
 * are sorted, begin and end at values that the mask lets through, and do not touch, so that equal tests look equal.
 * Knows nothing of texts and formats.
 */
#include <string.h>

#include <talloc.h>

#include <filters/formats/profile.h>

static uint64_t all_ones(unsigned bits)
{
	return bits == 64 ? UINT64_MAX : UINT32_MAX;
}

unsigned fst_cond_bits(enum flagstop_abi abi, unsigned call, unsigned argument)
{
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(call, abi, &args);

	unsigned bits = flagstop_arg_bits(abi, argument < count ? args[argument].type : FLAGSTOP_ARG_UWORD);

	return bits < 32 ? 32 : bits; /* other tools know no narrower ones */
}

/* The smallest value from `low` on that has bits of the mask only: true and *ret_value. */
static bool next_in_mask(uint64_t mask, uint64_t low, uint64_t *ret_value)
{
	uint64_t wrong = low & ~mask;

	*ret_value = low;
	if (!wrong)
		return true;
	for (unsigned bit = 64 - __builtin_clzll(wrong); bit < 64; bit++) {
		uint64_t one = UINT64_C(1) << bit;

		if ((mask & one) && !(low & one)) {
			*ret_value = (low & ~(one | (one - 1))) | one;
			return true;
		}
	}
	return false;
}

/* The largest value up to `high` that has bits of the mask only. */
static uint64_t last_in_mask(uint64_t mask, uint64_t high)
{
	uint64_t wrong = high & ~mask;

	if (!wrong)
		return high;
	uint64_t below = (UINT64_C(1) << (63 - __builtin_clzll(wrong))) - 1;
	return (high & ~below & mask) | (below & mask);
}

/* The value behind this one, which must not be the last, among those of the mask. */
static uint64_t after(uint64_t mask, uint64_t value)
{
	return ((value | ~mask) + 1) & mask;
}

static void sort_ranges(struct fst_range *ranges, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct fst_range r = ranges[i];
		unsigned j = i;

		for (; j && ranges[j - 1].low > r.low; j--)
			ranges[j] = ranges[j - 1];
		ranges[j] = r;
	}
}

static unsigned canonical(struct fst_range *ranges, unsigned count, uint64_t mask)
{
	unsigned kept = 0;

	sort_ranges(ranges, count);
	for (unsigned i = 0; i < count; i++) {
		struct fst_range r = ranges[i];
		struct fst_range *last = kept ? &ranges[kept - 1] : NULL;

		if (!next_in_mask(mask, r.low, &r.low) || r.low > r.high)
			continue;
		r.high = last_in_mask(mask, r.high);
		if (last && (last->high == mask || r.low <= after(mask, last->high))) {
			if (r.high > last->high)
				last->high = r.high;
		} else {
			ranges[kept++] = r;
		}
	}
	return kept;
}

const struct fst_cond *fst_cond_ranges(void *parent, unsigned argument, unsigned bits, uint64_t mask,
				       const struct fst_range *ranges, unsigned count)
{
	struct fst_cond *cond = talloc_zero(parent, struct fst_cond);
	struct fst_range *kept = cond ? talloc_array(cond, struct fst_range, count + 1) : NULL;

	if (!kept)
		return NULL;
	mask &= all_ones(bits);
	if (count)
		memcpy(kept, ranges, count * sizeof(*ranges));
	count = canonical(kept, count, mask);
	if (!count || (kept[0].low == 0 && kept[0].high == mask)) {
		talloc_free(cond);
		return count ? &fst_always : &fst_never;
	}
	*cond = (struct fst_cond){
		.op = FST_EXPR_TEST,
		.argument = argument,
		.bits = bits,
		.mask = mask,
		.ranges = kept,
		.range_count = count,
	};
	return cond;
}

/* ---- comparisons ------------------------------------------------------------------------------------------------ */

struct comparison {
	enum fst_compare compare;
	uint64_t value, mask;
};

/* A comparison of 64 bits where 32 are read: 0 when it goes on, 1 always, -1 never. */
static int narrow(struct comparison *c)
{
	bool sign_extended = c->value >> 31 == UINT64_C(0x1ffffffff);

	switch (c->compare) {
	case FST_COMPARE_EQ:
	case FST_COMPARE_NE:
		if (c->value > UINT32_MAX && !sign_extended)
			return c->compare == FST_COMPARE_EQ ? -1 : 1;
		break;
	case FST_COMPARE_MASKED:
		sign_extended = (c->value & c->mask) >> 31 == c->mask >> 31 && c->mask >> 31 & 1;
		if ((c->value & c->mask) > UINT32_MAX && !sign_extended)
			return -1;
		break;
	default:
		if (c->value > UINT32_MAX)
			return c->compare == FST_COMPARE_LT || c->compare == FST_COMPARE_LE ? 1 : -1;
	}
	c->value &= UINT32_MAX;
	c->mask &= UINT32_MAX;
	return 0;
}

/* The values that a comparison takes in. Returns how many ranges. */
static unsigned ranges_of(const struct comparison *c, struct fst_range ranges[2])
{
	uint64_t v = c->value, max = UINT64_MAX;

	switch (c->compare) {
	case FST_COMPARE_MASKED:
		ranges[0] = (struct fst_range){ v & c->mask, v & c->mask };
		return 1;
	case FST_COMPARE_EQ:
		ranges[0] = (struct fst_range){ v, v };
		return 1;
	case FST_COMPARE_NE:
		ranges[0] = (struct fst_range){ 0, v - 1 };
		ranges[!!v] = (struct fst_range){ v + 1, max };
		return !!v + (v < max);
	case FST_COMPARE_LT:
		ranges[0] = (struct fst_range){ 0, v - 1 };
		return v > 0;
	case FST_COMPARE_LE:
		ranges[0] = (struct fst_range){ 0, v };
		return 1;
	case FST_COMPARE_GT:
		ranges[0] = (struct fst_range){ v + 1, max };
		return v < max;
	default:
		ranges[0] = (struct fst_range){ v, max };
		return 1;
	}
}

const struct fst_cond *fst_cond_compare(void *parent, enum flagstop_abi abi, unsigned call, unsigned argument,
					enum fst_compare compare, uint64_t value, uint64_t mask, bool *narrowed)
{
	unsigned bits = fst_cond_bits(abi, call, argument);
	struct comparison c = { compare, value, compare == FST_COMPARE_MASKED ? mask : UINT64_MAX };
	struct fst_range ranges[2];

	if (bits == 32) {
		bool wide = c.mask > UINT32_MAX && flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 64;
		int known = narrow(&c);

		if (narrowed)
			*narrowed = wide;
		if (known)
			return known > 0 ? &fst_always : &fst_never;
	} else if (narrowed) {
		*narrowed = false;
	}
	return fst_cond_ranges(parent, argument, bits, c.mask, ranges, ranges_of(&c, ranges));
}

/* ---- joining ---------------------------------------------------------------------------------------------------- */

static bool same_word(const struct fst_cond *a, const struct fst_cond *b)
{
	return a->op == FST_EXPR_TEST && b->op == FST_EXPR_TEST && a->argument == b->argument && a->bits == b->bits &&
		a->mask == b->mask;
}

static const struct fst_cond *unite(void *parent, const struct fst_cond *a, const struct fst_cond *b)
{
	struct fst_range all[a->range_count + b->range_count];

	memcpy(all, a->ranges, a->range_count * sizeof(*all));
	memcpy(all + a->range_count, b->ranges, b->range_count * sizeof(*all));
	return fst_cond_ranges(parent, a->argument, a->bits, a->mask, all, a->range_count + b->range_count);
}

static const struct fst_cond *intersect(void *parent, const struct fst_cond *a, const struct fst_cond *b)
{
	struct fst_range both[a->range_count + b->range_count];
	unsigned count = 0;

	for (unsigned i = 0, j = 0; i < a->range_count && j < b->range_count;) {
		struct fst_range x = a->ranges[i], y = b->ranges[j];
		uint64_t low = x.low > y.low ? x.low : y.low, high = x.high < y.high ? x.high : y.high;

		if (low <= high)
			both[count++] = (struct fst_range){ low, high };
		if (x.high < y.high)
			i++;
		else
			j++;
	}
	return fst_cond_ranges(parent, a->argument, a->bits, a->mask, both, count);
}

static const struct fst_cond *node(void *parent, enum fst_expr_op op, const struct fst_cond *left,
				   const struct fst_cond *right)
{
	struct fst_cond *cond = talloc_zero(parent, struct fst_cond);

	if (cond)
		*cond = (struct fst_cond){ .op = op, .left = left, .right = right };
	return cond;
}

static const struct fst_cond *join(void *parent, enum fst_expr_op op, const struct fst_cond *a,
				   const struct fst_cond *b);

/* Joins a test to the one of the chain that is about the same word: NULL and *ret_found false when there is none. */
static const struct fst_cond *join_inside(void *parent, enum fst_expr_op op, const struct fst_cond *chain,
					  const struct fst_cond *test, bool *ret_found)
{
	const struct fst_cond *part;

	*ret_found = same_word(chain, test);
	if (*ret_found)
		return op == FST_EXPR_AND ? intersect(parent, chain, test) : unite(parent, chain, test);
	if (chain->op != op)
		return NULL;
	part = join_inside(parent, op, chain->right, test, ret_found);
	if (*ret_found)
		return join(parent, op, chain->left, part);
	part = join_inside(parent, op, chain->left, test, ret_found);
	return *ret_found ? join(parent, op, part, chain->right) : NULL;
}

static const struct fst_cond *join(void *parent, enum fst_expr_op op, const struct fst_cond *a,
				   const struct fst_cond *b)
{
	const struct fst_cond *winner = op == FST_EXPR_AND ? &fst_never : &fst_always;
	const struct fst_cond *neutral = op == FST_EXPR_AND ? &fst_always : &fst_never;
	bool found = false;

	if (!a || !b)
		return NULL;
	if (a == winner || b == winner)
		return winner;
	if (a == neutral || b == neutral)
		return a == neutral ? b : a;
	if (fst_cond_equal(a, b))
		return a;
	const struct fst_cond *joined = b->op == FST_EXPR_TEST ? join_inside(parent, op, a, b, &found) : NULL;
	return found ? joined : node(parent, op, a, b);
}

const struct fst_cond *fst_cond_and(void *parent, const struct fst_cond *a, const struct fst_cond *b)
{
	return join(parent, FST_EXPR_AND, a, b);
}

const struct fst_cond *fst_cond_or(void *parent, const struct fst_cond *a, const struct fst_cond *b)
{
	return join(parent, FST_EXPR_OR, a, b);
}

static const struct fst_cond *negate_test(void *parent, const struct fst_cond *a)
{
	struct fst_range gaps[a->range_count + 1];
	uint64_t next = 0;
	unsigned count = 0;
	bool open = true;

	for (unsigned i = 0; i < a->range_count; i++) {
		if (a->ranges[i].low > next)
			gaps[count++] = (struct fst_range){ next, a->ranges[i].low - 1 };
		open = a->ranges[i].high < a->mask;
		next = open ? after(a->mask, a->ranges[i].high) : 0;
	}
	if (open)
		gaps[count++] = (struct fst_range){ next, a->mask };
	return fst_cond_ranges(parent, a->argument, a->bits, a->mask, gaps, count);
}

const struct fst_cond *fst_cond_not(void *parent, const struct fst_cond *a)
{
	if (!a)
		return NULL;
	if (a == &fst_always || a == &fst_never)
		return a == &fst_always ? &fst_never : &fst_always;
	switch (a->op) {
	case FST_EXPR_TEST:
		return negate_test(parent, a);
	case FST_EXPR_NOT:
		return a->left;
	case FST_EXPR_AND:
		return fst_cond_or(parent, fst_cond_not(parent, a->left), fst_cond_not(parent, a->right));
	default:
		return fst_cond_and(parent, fst_cond_not(parent, a->left), fst_cond_not(parent, a->right));
	}
}

bool fst_cond_equal(const struct fst_cond *a, const struct fst_cond *b)
{
	if (a == b || !a || !b)
		return a == b;
	if (a == &fst_always || a == &fst_never || b == &fst_always || b == &fst_never || a->op != b->op)
		return false;
	if (a->op == FST_EXPR_TEST)
		return same_word(a, b) && a->range_count == b->range_count &&
			!memcmp(a->ranges, b->ranges, a->range_count * sizeof(*a->ranges));
	return fst_cond_equal(a->left, b->left) && (a->op == FST_EXPR_NOT || fst_cond_equal(a->right, b->right));
}
