/* SPDX-License-Identifier: MIT */
/*
 * Where each node stands in the program. Decides the order, which load stands right before what it loads for, and
 * what is copied because a jump cannot reach it. Knows nothing of what the instructions are for.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/bpf/nodes.h>

#define REACH 255      /* jt and jf have eight bits */
#define HOPELESS 32768 /* nodes that no order makes fit into 4,096 instructions */

struct layout {
	const struct fst_codegen *g;
	struct flagstop_insn *insns; /* from the last to the first */
	unsigned count;
	unsigned *place;  /* of a node's latest copy, + 1; 0: none yet */
	fst_node *before; /* the load or `and` that stands right before a node, + 1; 0: none */
	unsigned *weight; /* of what can be reached from a node */
};

/* How many instructions the one that is placed next must jump over to come to `node`. */
static unsigned distance(const struct layout *l, fst_node node)
{
	return l->count - l->place[node];
}

static void put(struct layout *l, fst_node node, uint16_t code, uint32_t k, unsigned yes, unsigned no)
{
	l->insns[l->count++] = (struct flagstop_insn){ code, (uint8_t)yes, (uint8_t)no, k };
	l->place[node] = l->count;
}

/* Puts something that does what `node` does right where the next instruction is: itself if it can be copied. */
static void bring_near(struct layout *l, fst_node node)
{
	const struct fst_codegen_node *n = &l->g->nodes[node];

	if (fst_codegen_is_ret(n))
		put(l, node, n->code, n->k, 0, 0);
	else if (fst_codegen_is_jump(n) && distance(l, n->yes) <= REACH && distance(l, n->no) <= REACH)
		put(l, node, n->code, n->k, distance(l, n->yes), distance(l, n->no));
	else
		put(l, node, BPF_JMP | BPF_JA, distance(l, node), 0, 0);
}

static void put_jump(struct layout *l, fst_node node)
{
	const struct fst_codegen_node *n = &l->g->nodes[node];

	/* Bringing one near pushes the other one away: leave room for that. */
	if (distance(l, n->yes) + 1 > REACH)
		bring_near(l, n->yes);
	if (distance(l, n->no) > REACH)
		bring_near(l, n->no);
	put(l, node, n->code, n->k, distance(l, n->yes), distance(l, n->no));
}

static void put_node(struct layout *l, fst_node node)
{
	for (;;) {
		const struct fst_codegen_node *n = &l->g->nodes[node];

		if (fst_codegen_is_jump(n)) {
			put_jump(l, node);
		} else {
			if (!fst_codegen_is_ret(n) && distance(l, n->yes))
				bring_near(l, n->yes);
			put(l, node, n->code, n->k, 0, 0);
		}
		if (!l->before[node] || l->place[l->before[node] - 1])
			return;
		node = l->before[node] - 1;
	}
}

/*
 * The heavier side goes first, which is farther away: so the other one is all that has to be jumped over. Returns
 * gather at the end, as long as they can be reached there.
 */
static void order_sides(const struct layout *l, const struct fst_codegen_node *n, fst_node *ret_far, fst_node *ret_near)
{
	const struct fst_codegen_node *yes = &l->g->nodes[n->yes], *no = &l->g->nodes[n->no];
	bool far_is_yes = l->weight[n->yes] > l->weight[n->no];

	if (fst_codegen_is_ret(yes) != fst_codegen_is_ret(no) && l->weight[n->yes] + l->weight[n->no] < REACH)
		far_is_yes = fst_codegen_is_ret(yes);
	*ret_far = far_is_yes ? n->yes : n->no;
	*ret_near = far_is_yes ? n->no : n->yes;
}

static void put_all(struct layout *l, fst_node entry, fst_node *stack)
{
	unsigned depth = 0;

	stack[depth++] = entry;
	while (depth) {
		fst_node node = stack[depth - 1], far, near;
		const struct fst_codegen_node *n = &l->g->nodes[node];

		if (l->place[node]) {
			depth--;
			continue;
		}
		order_sides(l, n, &far, &near);
		if (fst_codegen_is_ret(n) || (l->place[far] && l->place[near])) {
			put_node(l, node);
			depth--;
		} else {
			stack[depth++] = l->place[far] ? near : far;
		}
	}
}

/* Weighs what can be reached, and chooses what stands right before what. Returns how many nodes there are. */
static unsigned survey(struct layout *l, fst_node entry)
{
	unsigned reached = 0;

	l->weight[entry] = 1;
	/* Successors have smaller numbers: downwards to see what is reached, upwards to weigh it. */
	for (fst_node node = entry + 1; node--;) {
		const struct fst_codegen_node *n = &l->g->nodes[node];

		if (!l->weight[node])
			continue;
		reached++;
		if (fst_codegen_is_ret(n))
			continue;
		l->weight[n->yes] = l->weight[n->no] = 1;
		if (!fst_codegen_is_jump(n))
			l->before[n->yes] = node + 1;
	}
	for (fst_node node = 0; node <= entry; node++) {
		const struct fst_codegen_node *n = &l->g->nodes[node];

		if (l->weight[node] && fst_codegen_is_jump(n))
			l->weight[node] = 1 + l->weight[n->yes] + l->weight[n->no];
		else if (l->weight[node] && !fst_codegen_is_ret(n))
			l->weight[node] = 1 + l->weight[n->yes];
		if (l->weight[node] > HOPELESS)
			l->weight[node] = HOPELESS;
	}
	return reached;
}

static int deliver(const struct layout *l, void *parent, struct flagstop_insn **ret_insns)
{
	struct flagstop_insn *insns = talloc_array(parent, struct flagstop_insn, l->count);

	if (!insns)
		return -ENOMEM;
	for (unsigned i = 0; i < l->count; i++)
		insns[i] = l->insns[l->count - 1 - i];
	*ret_insns = insns;
	return 0;
}

static int lay_out(struct layout *l, fst_node entry, void *parent, struct flagstop_insn **ret_insns, size_t *ret_count)
{
	unsigned reached = survey(l, entry);

	*ret_count = reached;
	if (reached > HOPELESS)
		return -E2BIG;
	/* Each jump brings at most two others near, and each load one. */
	l->insns = talloc_array(l->place, struct flagstop_insn, 3 * reached);
	if (!l->insns)
		return -ENOMEM;
	put_all(l, entry, l->g->stack);
	*ret_count = l->count;
	return l->count > FLAGSTOP_PROGRAM_MAX_INSNS ? -E2BIG : deliver(l, parent, ret_insns);
}

int fst_codegen_finish(struct fst_codegen *g, fst_node entry, void *parent, struct flagstop_insn **ret_insns,
		       size_t *ret_count)
{
	struct layout l = { .g = g };
	int r = -ENOMEM;

	if (g->failed)
		return -ENOMEM;
	l.place = talloc_zero_array(g, unsigned, entry + 1);
	if (!l.place) /* it is the others' parent */
		return -ENOMEM;
	l.before = talloc_zero_array(l.place, fst_node, entry + 1);
	l.weight = talloc_zero_array(l.place, unsigned, entry + 1);
	if (l.before && l.weight)
		r = lay_out(&l, entry, parent, ret_insns, ret_count);
	talloc_free(l.place);
	return r;
}
