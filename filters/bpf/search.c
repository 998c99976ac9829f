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
	bool can_be_chain;
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

struct chain {
	unsigned picked[CHAIN_MAX];
	unsigned count;
	fst_node rest;
};

static double weight_of(const struct search *s, unsigned i)
{
	return s->before[i + 1] - s->before[i];
}

/* What is no single value must be the rest; where all are, the last is. */
static fst_node rest_of(const struct search *s, unsigned i, unsigned j)
{
	for (; i < j && s->is_single[i]; i++)
		;
	return s->pieces[i].target;
}

static bool find_chain(const struct search *s, unsigned i, unsigned j, struct chain *c)
{
	if (j - i > 2 * CHAIN_MAX)
		return false;
	c->count = 0;
	c->rest = rest_of(s, i, j);
	for (; i <= j; i++) {
		unsigned at = c->count;

		if (s->pieces[i].target == c->rest)
			continue;
		if (c->count == CHAIN_MAX || !s->is_single[i])
			return false;
		for (c->count++; at && weight_of(s, c->picked[at - 1]) < weight_of(s, i); at--)
			c->picked[at] = c->picked[at - 1];
		c->picked[at] = i;
	}
	return true;
}

static double chain_cost(const struct search *s, unsigned i, unsigned j, const struct chain *c)
{
	double left = s->before[j + 1] - s->before[i], cost = 0;

	for (unsigned k = 0; k < c->count; k++) {
		cost += left + s->price;
		left -= weight_of(s, c->picked[k]);
	}
	return cost;
}

static fst_node make_chain(const struct search *s, unsigned i, unsigned j)
{
	double left = 0;
	struct chain c;

	find_chain(s, i, j, &c);
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

static void solve_chain(const struct search *s, unsigned i, unsigned j, struct solved *here, float *cost)
{
	struct chain c;
	double chains;

	here->can_be_chain = find_chain(s, i, j, &c);
	if (!here->can_be_chain)
		return;
	chains = chain_cost(s, i, j, &c);
	here->is_chain = chains <= *cost;
	if (here->is_chain)
		*cost = (float)chains;
}

/* The shorter rows that end with j, and all that end before, are solved. */
static void solve(const struct search *s, unsigned i, unsigned j)
{
	const struct solved *shorter = &column(s, j - 1)[i], *later = &column(s, j)[i + 1];
	const float *below = costs(s, i), *above = costs(s, j);
	struct solved here = { .split = (uint16_t)j };
	unsigned low = i + 1, high = j;
	float cost = FLT_MAX;

	if (j - i > EXACT_MAX && shorter->split <= later->split) {
		low = shorter->split;
		high = later->split;
	}
	for (unsigned k = low; k <= high; k++)
		if (below[k - 1] + above[k] < cost) {
			cost = below[k - 1] + above[k];
			here.split = (uint16_t)k;
		}
	cost += (float)(s->before[j + 1] - s->before[i] + s->price);
	/* What is no chain is none either with more around it. */
	if (shorter->can_be_chain && later->can_be_chain)
		solve_chain(s, i, j, &here, &cost);
	column(s, j)[i] = here;
	costs(s, j)[i] = costs(s, i)[j] = cost;
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
		for (unsigned last = 0; last < s.count; last++) {
			column(&s, last)[last] = (struct solved){ (uint16_t)last, true, false };
			costs(&s, last)[last] = 0;
			for (unsigned first = last; first--;)
				solve(&s, first, last);
		}
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
