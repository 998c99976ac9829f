/* SPDX-License-Identifier: MIT */
/*
 * cBPF as a graph of shared nodes. Knows instructions and what they cost; nothing of policies, nor where an
 * instruction will stand.
 */
#include <talloc.h>

#include <filters/bpf/nodes.h>

#define FIRST_NODES 256
#define USUAL_PRICE 0.2

struct fst_codegen *fst_codegen_new(void *parent)
{
	struct fst_codegen *g = talloc_zero(parent, struct fst_codegen);

	if (!g)
		return NULL;
	g->price = USUAL_PRICE;
	if (!fst_intern_init(&g->known, g)) {
		talloc_free(g);
		return NULL;
	}
	return g;
}

void fst_codegen_set_price(struct fst_codegen *g, double price)
{
	g->price = price;
}

void fst_codegen_look_at(struct fst_codegen *g, uint32_t offset)
{
	g->word = offset;
}

void fst_codegen_fail(struct fst_codegen *g)
{
	g->failed = true;
}

bool fst_codegen_has_failed(const struct fst_codegen *g)
{
	return g->failed;
}

static bool grow(struct fst_codegen *g)
{
	unsigned size = g->size ? 2 * g->size : FIRST_NODES;
	struct fst_codegen_node *nodes = talloc_realloc(g, g->nodes, struct fst_codegen_node, size);
	unsigned *marks = talloc_realloc(g, g->marks, unsigned, size);
	fst_node *stack = talloc_realloc(g, g->stack, fst_node, size);

	g->nodes = nodes ? nodes : g->nodes;
	g->marks = marks ? marks : g->marks;
	g->stack = stack ? stack : g->stack;
	if (!nodes || !marks || !stack) {
		g->failed = true;
		return false;
	}
	g->size = size;
	return true;
}

static bool is_same(const struct fst_codegen_node *a, const struct fst_codegen_node *b)
{
	return a->code == b->code && a->k == b->k && a->word == b->word && a->yes == b->yes && a->no == b->no;
}

static fst_node make(struct fst_codegen *g, struct fst_codegen_node node)
{
	uint32_t hash = fst_intern_mix(fst_intern_mix(node.code ^ node.word << 16, node.k), node.yes << 16 ^ node.no);
	unsigned found;

	if (g->failed)
		return 0;
	for (unsigned at = fst_intern_first(&g->known, hash); (found = g->known.slots[at].index_plus_1);
	     at = fst_intern_next(&g->known, at))
		if (g->known.slots[at].hash == hash && is_same(&g->nodes[found - 1], &node))
			return found - 1;
	if (g->count == g->size && !grow(g))
		return 0;
	g->nodes[g->count] = node;
	g->marks[g->count] = 0;
	fst_intern_put(&g->known, g, hash, g->count);
	return g->count++;
}

double fst_codegen_mean(const struct fst_codegen *g, fst_node node)
{
	return g->failed ? 0 : g->nodes[node].mean;
}

fst_node fst_codegen_ret(struct fst_codegen *g, uint32_t action)
{
	return make(g, (struct fst_codegen_node){ BPF_RET | BPF_K, action, 0, 0, 0, 1 });
}

static fst_node then(struct fst_codegen *g, uint16_t code, uint32_t k, uint32_t word, fst_node next)
{
	return make(g, (struct fst_codegen_node){ code, k, word, next, next, 1 + fst_codegen_mean(g, next) });
}

fst_node fst_codegen_load(struct fst_codegen *g, uint32_t offset, fst_node next)
{
	return then(g, BPF_LD | BPF_W | BPF_ABS, offset, 0, next);
}

fst_node fst_codegen_and(struct fst_codegen *g, uint32_t mask, fst_node next)
{
	return mask == UINT32_MAX ? next : then(g, BPF_ALU | BPF_AND | BPF_K, mask, g->word, next);
}

fst_node fst_codegen_branch(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node yes, fst_node no, double often)
{
	double mean = 1 + often * fst_codegen_mean(g, yes) + (1 - often) * fst_codegen_mean(g, no);

	if (yes == no)
		return yes;
	return make(g, (struct fst_codegen_node){ BPF_JMP | BPF_K | code, k, g->word, yes, no, mean });
}

fst_node fst_codegen_jump(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node yes, fst_node no)
{
	return fst_codegen_branch(g, code, k, yes, no, 0.5);
}

fst_node fst_codegen_enter(const struct fst_codegen *g, fst_node node, uint32_t offset, uint32_t mask)
{
	const struct fst_codegen_node *load, *next;

	if (g->failed)
		return node;
	load = &g->nodes[node];
	if (BPF_CLASS(load->code) != BPF_LD || load->k != offset)
		return node;
	next = &g->nodes[load->yes];
	if (BPF_CLASS(next->code) != BPF_ALU)
		return mask == UINT32_MAX ? load->yes : node;
	if (next->k & ~mask) /* it wants bits that were taken away */
		return node;
	return next->k == mask ? next->yes : load->yes;
}

unsigned fst_codegen_size(struct fst_codegen *g, fst_node node, unsigned limit)
{
	unsigned waiting = 0, size = 0;

	if (g->failed)
		return 0;
	g->walk++;
	g->stack[waiting++] = node;
	g->marks[node] = g->walk;
	while (waiting && size < limit) {
		const struct fst_codegen_node *n = &g->nodes[g->stack[--waiting]];
		fst_node next[] = { n->yes, n->no };

		size++;
		for (unsigned i = 0; i < 2 && !fst_codegen_is_ret(n); i++)
			if (g->marks[next[i]] != g->walk) {
				g->marks[next[i]] = g->walk;
				g->stack[waiting++] = next[i];
			}
	}
	return size;
}
