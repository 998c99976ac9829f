/* SPDX-License-Identifier: MIT */
/*
 * Choosing by the accumulator's value with few instructions, of which few run. Decides where to compare and with
 * what; knows nothing of what the values stand for.
 *
 * A tree for the pieces i … j is the cheapest of
 *   a chain:  one target but for some single values, each of which a `jeq` picks out, the heaviest first;
 *   a split:  `jge` at the low end of some piece, and a tree on either side;
 * by what runs in the mean plus the price of what stands there. Cheapest trees are made of cheapest trees, so short
 * lists are solved exactly. In longer ones a split is looked for between those of the list without its last and
 * without its first piece (Knuth's bound, proved for splits, a good guess with chains); very long ones are halved by
 * weight first.
 */
#include <float.h>

#include <talloc.h>

#include <filters/bpf/nodes.h>

#define EXACT_MAX 5
#define SEARCHED_MAX 160
#define CHAIN_MAX 12
#define LEAST_SHARE 0.02 /* of the mean weight, for what never comes: or it would end in a long chain */

/* The cheapest tree for some pieces in a row. */
struct solved {
	uint16_t split; /* the piece that the upper side would begin with */
	bool is_chain;
};

struct search {
	struct fst_codegen *code;
	const struct fst_span *pieces;
	uint32_t mask;
	unsigned count;
	double price;
	double *before;  /* [i]: the weight of all pieces before i; one more than there are pieces */
	bool *is_single; /* [i]: one value alone falls into it */
	/*
	 * Of every row of pieces, in columns by the last one. Costs stand at both (first, last) and (last, first): a
	 * split adds such as begin alike to such as end alike, and walks lines.
	 */
	struct solved *solved;
	float *costs;
};

/* ---- chains ----------------------------------------------------------------------------------------------------- */

/* The smallest value from `low` on that has no bits outside the mask, or 0 when there is none. */
static uint32_t next_value(uint32_t low, uint32_t mask)
{
	uint32_t wrong = low & ~mask;

	if (!wrong)
		return low;
	uint32_t below = UINT32_MAX >> __builtin_clz(wrong);
	return ((low | ~mask | below) + 1) & mask;
}

static bool has_one_value(const struct search *s, unsigned i)
{
	uint32_t low = s->pieces[i].low;

	if (low == s->mask)
		return true;
	return i + 1 < s->count && next_value(low + 1, s->mask) == s->pieces[i + 1].low;
}

/* Pieces in a row as a chain: what is picked is compared with, the heaviest first, and the rest is alike. */
struct chain {
	unsigned first, last;
	unsigned picked[CHAIN_MAX];
	unsigned count;
	fst_node rest;
	bool is_settled; /* what is no single value must be the rest; where all are, the last is */
};

static double weight_of(const struct search *s, unsigned i)
{
	return s->before[i + 1] - s->before[i];
}

static struct chain begin_chain(const struct search *s, unsigned i)
{
	return (struct chain){ .first = i, .last = i, .rest = s->pieces[i].target, .is_settled = !s->is_single[i] };
}

static bool pick(const struct search *s, struct chain *c, unsigned i)
{
	unsigned at = c->count;

	if (s->pieces[i].target == c->rest)
		return true;
	if (c->count == CHAIN_MAX)
		return false;
	for (c->count++; at && weight_of(s, c->picked[at - 1]) <= weight_of(s, i); at--)
		c->picked[at] = c->picked[at - 1];
	c->picked[at] = i;
	return true;
}

/* With the piece before. False: then it is no chain, and none either with more before that. */
static bool extend(const struct search *s, struct chain *c)
{
	unsigned i = --c->first;

	if (c->last - i > 2 * CHAIN_MAX)
		return false;
	if (s->is_single[i] || s->pieces[i].target == c->rest) {
		c->is_settled |= !s->is_single[i];
		return pick(s, c, i);
	}
	if (c->is_settled)
		return false;
	c->rest = s->pieces[i].target;
	c->is_settled = true;
	c->count = 0;
	for (unsigned k = c->last; k > i; k--)
		if (!pick(s, c, k))
			return false;
	return true;
}

/* It only has to be right up to the limit. */
static double chain_cost(const struct search *s, const struct chain *c, double limit)
{
	double left = s->before[c->last + 1] - s->before[c->first], cost = 0;

	for (unsigned k = 0; k < c->count && cost <= limit; k++) {
		cost += left + s->price;
		left -= weight_of(s, c->picked[k]);
	}
	return cost;
}

static fst_node make_chain(const struct search *s, unsigned i, unsigned j)
{
	struct chain c = begin_chain(s, j);
	double left = 0;

	while (c.first > i)
		extend(s, &c);
	fst_node node = c.rest;
	for (unsigned k = i; k <= j; k++)
		if (s->pieces[k].target == c.rest)
			left += weight_of(s, k);
	while (c.count--) {
		const struct fst_span *p = &s->pieces[c.picked[c.count]];
		double weight = weight_of(s, c.picked[c.count]);

		left += weight;
		node = fst_codegen_branch(s->code, BPF_JEQ, p->low, p->target, node, weight / left);
	}
	return node;
}

/* ---- splits ----------------------------------------------------------------------------------------------------- */

/* What ends with piece j: [i] is the row from piece i on. */
static struct solved *column(const struct search *s, unsigned j)
{
	return s->solved + j * s->count;
}

/* [i]: the cost of all from piece i to piece j, whichever comes first. */
static float *costs(const struct search *s, unsigned j)
{
	return s->costs + j * s->count;
}

/* The best split of what begins with i and ends with j; all that is shorter there is solved. */
static struct solved best_split(const struct search *s, unsigned i, unsigned j, float *ret_cost)
{
	const float *below = costs(s, i), *above = costs(s, j);
	unsigned low = i + 1, high = j, split = j;
	float cost = FLT_MAX;

	if (j - i > EXACT_MAX && column(s, j - 1)[i].split <= column(s, j)[i + 1].split) {
		low = column(s, j - 1)[i].split;
		high = column(s, j)[i + 1].split;
	}
	for (unsigned k = low; k <= high; k++) {
		float sum = below[k - 1] + above[k];

		split = sum < cost ? k : split;
		cost = sum < cost ? sum : cost;
	}
	*ret_cost = cost + (float)(s->before[j + 1] - s->before[i] + s->price);
	return (struct solved){ (uint16_t)split, false };
}

/* All that ends with j. */
static void solve(const struct search *s, unsigned j)
{
	struct solved *solved = column(s, j);
	struct chain chain = begin_chain(s, j);
	bool can_be_chain = true;

	solved[j] = (struct solved){ (uint16_t)j, false };
	costs(s, j)[j] = 0;
	for (unsigned i = j; i--;) {
		float cost;

		solved[i] = best_split(s, i, j, &cost);
		can_be_chain = can_be_chain && extend(s, &chain);
		if (can_be_chain) {
			double chains = chain_cost(s, &chain, cost);

			solved[i].is_chain = chains <= cost;
			cost = solved[i].is_chain ? (float)chains : cost;
		}
		costs(s, j)[i] = costs(s, i)[j] = cost;
	}
}

static fst_node make_split(const struct search *s, unsigned i, unsigned k, unsigned j, fst_node below, fst_node above)
{
	double often = (s->before[j + 1] - s->before[k]) / (s->before[j + 1] - s->before[i]);

	return fst_codegen_branch(s->code, BPF_JGE, s->pieces[k].low, above, below, often);
}

static fst_node make_solved(const struct search *s, unsigned i, unsigned j)
{
	if (i == j)
		return s->pieces[i].target;
	if (column(s, j)[i].is_chain)
		return make_chain(s, i, j);
	unsigned k = column(s, j)[i].split;
	fst_node above = make_solved(s, k, j);
	return make_split(s, i, k, j, make_solved(s, i, k - 1), above);
}

static bool make_table(struct search *s)
{
	s->solved = talloc_array(s->code, struct solved, s->count * s->count);
	s->costs = s->solved ? talloc_array(s->solved, float, s->count * s->count) : NULL;
	return s->costs;
}

/* The pieces from i to j as a search of their own. */
static fst_node search_pieces(const struct search *all, unsigned i, unsigned j)
{
	struct search s = *all;
	fst_node node = 0;

	s.pieces += i;
	s.before += i;
	s.is_single += i;
	s.count = j - i + 1;
	if (make_table(&s)) {
		for (unsigned last = 0; last < s.count; last++)
			solve(&s, last);
		node = make_solved(&s, 0, s.count - 1);
	} else {
		fst_codegen_fail(s.code);
	}
	talloc_free(s.solved);
	return node;
}

static fst_node search_tree(const struct search *s, unsigned i, unsigned j)
{
	unsigned k = i + 1;

	if (j - i < SEARCHED_MAX)
		return search_pieces(s, i, j);
	/* Halved by weight, but never so unevenly that the recursion could get deep. */
	while (k < j && 2 * s->before[k] < s->before[i] + s->before[j + 1])
		k++;
	if (k < i + (j - i) / 8)
		k = i + (j - i) / 8;
	if (k > j - (j - i) / 8)
		k = j - (j - i) / 8;
	fst_node above = search_tree(s, k, j);
	return make_split(s, i, k, j, search_tree(s, i, k - 1), above);
}

/* ---- what is searched ------------------------------------------------------------------------------------------- */

unsigned fst_codegen_tidy(struct fst_span *pieces, unsigned count, uint32_t mask)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		uint32_t low = next_value(pieces[i].low, mask);

		if (low < pieces[i].low || (i + 1 < count && low >= pieces[i + 1].low))
			continue;
		if (kept && pieces[kept - 1].target == pieces[i].target) {
			pieces[kept - 1].weight += pieces[i].weight;
			continue;
		}
		pieces[kept] = pieces[i];
		pieces[kept++].low = low;
	}
	return kept;
}

static bool weigh(struct search *s)
{
	double sum = 0, least;

	s->before = talloc_array(s->code, double, s->count + 1);
	s->is_single = s->before ? talloc_array(s->before, bool, s->count) : NULL;
	if (!s->is_single)
		return false;
	for (unsigned i = 0; i < s->count; i++) {
		sum += s->pieces[i].weight;
		s->is_single[i] = has_one_value(s, i);
	}
	least = sum ? LEAST_SHARE * sum / s->count : 1;
	s->before[0] = 0;
	for (unsigned i = 0; i < s->count; i++)
		s->before[i + 1] = s->before[i] + s->pieces[i].weight + least;
	s->price *= s->before[s->count];
	return true;
}

fst_node fst_codegen_choose_masked(struct fst_codegen *g, uint32_t mask, struct fst_span *pieces, unsigned count)
{
	struct search s = { .code = g, .pieces = pieces, .mask = mask, .price = g->price };
	fst_node node = 0;

	s.count = fst_codegen_tidy(pieces, count, mask);
	if (s.count == 1)
		return pieces[0].target;
	if (weigh(&s))
		node = search_tree(&s, 0, s.count - 1);
	else
		fst_codegen_fail(g);
	talloc_free(s.before);
	return node;
}

fst_node fst_codegen_choose(struct fst_codegen *g, struct fst_span *pieces, unsigned count)
{
	return fst_codegen_choose_masked(g, UINT32_MAX, pieces, count);
}
