/* SPDX-License-Identifier: MIT */
/*
 * Decision diagrams with shared nodes (Bryant's, with any number of leaves). Decides nothing about calls or programs.
 *
 * Nodes are made bottom up and found again by a hash table; results of operations are remembered in a cache that
 * forgets. Recursion is as deep as there are bits.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/compare/diagram.h>

#define BITS 64
#define NODES_MAX (1u << 20)
#define FIRST_NODES 1024u
#define KEPT_NODES (1u << 13) /* fewer are not worth forgetting: the next call is likely to need them */
#define CACHE_ENTRIES 2048u

enum {
	LEAF = FST_FIELDS * BITS, /* a leaf's value is `low` */
	LEAF_OF_PAIR,             /* of the leaves `low` and `high` */
	PAIR = UINT32_MAX,        /* in the cache: no third branch */
};

struct node {
	uint32_t variable; /* (field * 64 + 63 - bit), or LEAF … */
	fst_branch low, high;
	uint32_t next;  /* in its chain of the hash table */
	uint32_t visit; /* the last one that came here */
};

struct cached {
	fst_branch a, b, c;
	fst_branch result;
	uint32_t generation;
};

struct fst_diagram {
	struct node *nodes; /* 0 is none: a leaf, so that nobody goes on from there */
	uint32_t *chains;   /* as many as nodes fit */
	uint32_t count, size;
	uint32_t visits;
	uint32_t generation; /* cached results of another one mean nothing */
	unsigned effort;
	int error;
	fst_branch no_and_yes[2]; /* leaves 0 and 1, which every test needs; 0: not made yet */
	struct cached cache[CACHE_ENTRIES];
};

static uint32_t hash(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t h = a * UINT64_C(0x9e3779b97f4a7c15) ^ b * UINT64_C(0xc2b2ae3d27d4eb4f) ^
		c * UINT64_C(0x165667b19e3779f9);

	return (uint32_t)(h >> 32 ^ h >> 15);
}

static uint32_t *chain_of(struct fst_diagram *d, const struct node *n)
{
	return &d->chains[hash(n->variable, n->low, n->high) & (d->size - 1)];
}

static bool resize(struct fst_diagram *d, uint32_t size)
{
	struct node *nodes = talloc_realloc(d, d->nodes, struct node, size);
	uint32_t *chains;

	if (nodes)
		d->nodes = nodes;
	chains = talloc_realloc(d, d->chains, uint32_t, size);
	if (chains)
		d->chains = chains;
	if (!nodes || !chains)
		return false;
	d->size = size;
	memset(chains, 0, size * sizeof(*chains));
	for (uint32_t i = 1; i < d->count; i++) {
		uint32_t *chain = chain_of(d, &nodes[i]);

		nodes[i].next = *chain;
		*chain = i;
	}
	return true;
}

struct fst_diagram *fst_diagram_new(void *parent)
{
	struct fst_diagram *d = talloc_zero(parent, struct fst_diagram);

	if (!d)
		return NULL;
	d->count = 1;
	if (!resize(d, FIRST_NODES)) {
		talloc_free(d);
		return NULL;
	}
	d->nodes[0] = (struct node){ .variable = LEAF };
	return d;
}

void fst_diagram_begin(struct fst_diagram *d, unsigned effort)
{
	d->effort = effort;
	if (!d->error && d->count < KEPT_NODES)
		return;
	d->error = 0;
	d->generation++;
	d->count = 1;
	memset(d->no_and_yes, 0, sizeof(d->no_and_yes));
	d->size = FIRST_NODES;
	memset(d->chains, 0, d->size * sizeof(*d->chains));
}

int fst_diagram_error(const struct fst_diagram *d)
{
	return d->error;
}

unsigned fst_diagram_effort(const struct fst_diagram *d)
{
	return d->effort;
}

static fst_branch fail(struct fst_diagram *d, int error)
{
	if (!d->error)
		d->error = error;
	return 0;
}

static fst_branch find(struct fst_diagram *d, uint32_t variable, fst_branch low, fst_branch high)
{
	struct node wanted = { .variable = variable, .low = low, .high = high };
	uint32_t *chain = chain_of(d, &wanted);

	if (d->error)
		return 0;
	for (uint32_t i = *chain; i; i = d->nodes[i].next) {
		const struct node *n = &d->nodes[i];

		if (n->variable == variable && n->low == low && n->high == high)
			return i;
	}
	if (!d->effort)
		return fail(d, -E2BIG);
	d->effort--;
	if (d->count == d->size) {
		if (d->size == NODES_MAX)
			return fail(d, -E2BIG);
		if (!resize(d, 2 * d->size))
			return fail(d, -ENOMEM);
		chain = chain_of(d, &wanted);
	}
	wanted.next = *chain;
	d->nodes[d->count] = wanted;
	*chain = d->count;
	return d->count++;
}

static fst_branch branch(struct fst_diagram *d, uint32_t variable, fst_branch low, fst_branch high)
{
	return low == high ? low : find(d, variable, low, high);
}

fst_branch fst_diagram_leaf(struct fst_diagram *d, uint32_t value)
{
	if (value > 1)
		return find(d, LEAF, value, 0);
	if (!d->no_and_yes[value])
		d->no_and_yes[value] = find(d, LEAF, value, 0);
	return d->no_and_yes[value];
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

/* `bits` bits are still to be chosen; those above them are `prefix`. */
static fst_branch test(struct fst_diagram *d, const struct fst_bits *b, unsigned bits, uint64_t prefix,
		       const struct fst_range *ranges, unsigned count)
{
	uint64_t last = prefix + (bits == BITS ? UINT64_MAX : (UINT64_C(1) << bits) - 1);

	if (d->error)
		return 0;
	while (count && ranges->high < prefix) {
		ranges++;
		count--;
	}
	while (count && ranges[count - 1].low > last)
		count--;
	if (!count)
		return fst_diagram_leaf(d, 0);
	if (ranges->low <= prefix && ranges->high >= last)
		return fst_diagram_leaf(d, 1);
	/* Some values are in and some are not, so there is a bit left. */
	fst_branch low = test(d, b, bits - 1, prefix, ranges, count);
	if (!(b->mask >> (bits - 1) & 1))
		return low;
	fst_branch high = test(d, b, bits - 1, prefix | UINT64_C(1) << (bits - 1), ranges, count);
	return branch(d, b->field * BITS + 63 - (b->first + bits - 1), low, high);
}

fst_branch fst_diagram_in(struct fst_diagram *d, const struct fst_bits *bits)
{
	return test(d, bits, bits->count, 0, bits->ranges, bits->range_count);
}

/* ---- operations ------------------------------------------------------------------------------------------------- */

static struct cached *slot_of(struct fst_diagram *d, fst_branch a, fst_branch b, fst_branch c)
{
	return &d->cache[hash(a, b, c) % CACHE_ENTRIES];
}

static bool recall(const struct fst_diagram *d, const struct cached *slot, fst_branch a, fst_branch b, fst_branch c)
{
	return slot->generation == d->generation && slot->a == a && slot->b == b && slot->c == c;
}

static fst_branch remember(struct fst_diagram *d, fst_branch a, fst_branch b, fst_branch c, fst_branch result)
{
	/* Looked up again: deeper calls may have taken the place. */
	*slot_of(d, a, b, c) = (struct cached){ a, b, c, result, d->generation };
	return result;
}

/* The half of a branch where `variable` is so. */
static fst_branch half(const struct fst_diagram *d, fst_branch a, uint32_t variable, bool high)
{
	const struct node *n = &d->nodes[a];

	if (n->variable != variable)
		return a;
	return high ? n->high : n->low;
}

static uint32_t first_variable(const struct fst_diagram *d, fst_branch a, uint32_t than)
{
	return d->nodes[a].variable < than ? d->nodes[a].variable : than;
}

fst_branch fst_diagram_choose(struct fst_diagram *d, fst_branch condition, fst_branch yes, fst_branch no)
{
	const struct cached *slot;
	uint32_t variable;

	if (d->error || yes == no)
		return yes;
	if (d->nodes[condition].variable == LEAF)
		return d->nodes[condition].low ? yes : no;
	slot = slot_of(d, condition, yes, no);
	if (recall(d, slot, condition, yes, no))
		return slot->result;
	variable = first_variable(d, condition, first_variable(d, yes, first_variable(d, no, LEAF)));
	fst_branch low = fst_diagram_choose(d, half(d, condition, variable, false), half(d, yes, variable, false),
					    half(d, no, variable, false));
	fst_branch high = fst_diagram_choose(d, half(d, condition, variable, true), half(d, yes, variable, true),
					     half(d, no, variable, true));
	return remember(d, condition, yes, no, branch(d, variable, low, high));
}

fst_branch fst_diagram_refine(struct fst_diagram *d, fst_branch classes, fst_branch by)
{
	if (!classes || d->nodes[classes].variable >= LEAF)
		return by;
	return d->nodes[by].variable >= LEAF ? classes : fst_diagram_pair(d, classes, by);
}

fst_branch fst_diagram_pair(struct fst_diagram *d, fst_branch a, fst_branch b)
{
	const struct cached *slot;
	uint32_t variable;

	if (d->error)
		return 0;
	variable = first_variable(d, a, first_variable(d, b, LEAF));
	if (variable == LEAF)
		return find(d, LEAF_OF_PAIR, a, b);
	slot = slot_of(d, a, b, PAIR);
	if (recall(d, slot, a, b, PAIR))
		return slot->result;
	fst_branch low = fst_diagram_pair(d, half(d, a, variable, false), half(d, b, variable, false));
	fst_branch high = fst_diagram_pair(d, half(d, a, variable, true), half(d, b, variable, true));
	return remember(d, a, b, PAIR, branch(d, variable, low, high));
}

/* ---- leaves ----------------------------------------------------------------------------------------------------- */

uint32_t fst_diagram_at(const struct fst_diagram *d, fst_branch root, const uint64_t fields[FST_FIELDS])
{
	const struct node *n = &d->nodes[root];

	while (n->variable < LEAF) {
		bool bit = fields[n->variable / BITS] >> (63 - n->variable % BITS) & 1;

		n = &d->nodes[bit ? n->high : n->low];
	}
	return n->low;
}

bool fst_diagram_smallest(const struct fst_diagram *d, fst_branch condition, uint64_t fields[FST_FIELDS])
{
	const struct node *n = &d->nodes[condition];

	memset(fields, 0, FST_FIELDS * sizeof(*fields));
	while (n->variable < LEAF) {
		const struct node *low = &d->nodes[n->low];

		/* Whatever is not leaf 0 leads to leaf 1, or it would be leaf 0. */
		if (low->variable != LEAF || low->low) {
			n = low;
			continue;
		}
		fields[n->variable / BITS] |= UINT64_C(1) << (63 - n->variable % BITS);
		n = &d->nodes[n->high];
	}
	return n->low;
}

struct visit {
	struct fst_diagram *d;
	uint64_t fields[FST_FIELDS];
	int (*visit)(const uint64_t fields[FST_FIELDS], void *context);
	void *context;
};

/*
 * Bits that were skipped are 0. What can be reached from a node that was visited before was reached with smaller
 * bits in front of it, so each leaf is met at its smallest point first.
 */
static int walk(struct visit *v, fst_branch at)
{
	struct node *n = &v->d->nodes[at];
	int r;

	if (n->visit == v->d->visits)
		return 0;
	n->visit = v->d->visits;
	if (n->variable >= LEAF)
		return v->visit(v->fields, v->context);
	r = walk(v, n->low);
	if (r)
		return r;
	uint64_t bit = UINT64_C(1) << (63 - n->variable % BITS);
	v->fields[n->variable / BITS] |= bit;
	r = walk(v, n->high);
	v->fields[n->variable / BITS] &= ~bit;
	return r;
}

int fst_diagram_visit(struct fst_diagram *d, fst_branch root,
		      int (*visit)(const uint64_t fields[FST_FIELDS], void *context), void *context)
{
	struct visit v = { .d = d, .visit = visit, .context = context };

	d->visits++;
	return walk(&v, root);
}
