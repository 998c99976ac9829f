/* SPDX-License-Identifier: MIT */
/*
 * cBPF emission with shared nodes. Knows instructions, jump distances and nothing of policies.
 */
#include <errno.h>

#include <linux/bpf_common.h>
#include <talloc.h>

/* A table that cannot grow loses sharing, not correctness. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include <filters/bpf/codegen.h>

struct key {
	uint32_t code;
	uint32_t k;
	fst_node yes;
	fst_node no;
};

struct memo {
	struct key key;
	fst_node node;
	UT_hash_handle hh;
};

struct fst_codegen {
	struct flagstop_insn *insns; /* in the order of emission: the reverse of delivery */
	fst_node *near;              /* the latest copy of a node, for jumps that do not reach the node itself */
	unsigned count, size;
	bool failed; /* no memory: what is emitted from here on means nothing, and finish says so */
	struct memo *memo;
};

static int forget(struct fst_codegen *g)
{
	HASH_CLEAR(hh, g->memo); /* the entries are talloc's */
	return 0;
}

struct fst_codegen *fst_codegen_new(void *parent)
{
	struct fst_codegen *g = talloc_zero(parent, struct fst_codegen);

	if (g)
		talloc_set_destructor(g, forget);
	return g;
}

static bool grow(struct fst_codegen *g)
{
	unsigned size = g->size ? 2 * g->size : 256;
	struct flagstop_insn *insns = talloc_realloc(g, g->insns, struct flagstop_insn, size);
	fst_node *near;

	if (insns)
		g->insns = insns;
	near = talloc_realloc(g, g->near, fst_node, size);
	if (near)
		g->near = near;
	if (!insns || !near) {
		g->failed = true;
		return false;
	}
	g->size = size;
	return true;
}

static fst_node emit(struct fst_codegen *g, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (g->failed || (g->count == g->size && !grow(g)))
		return 0;
	g->insns[g->count] = (struct flagstop_insn){ code, jt, jf, k };
	g->near[g->count] = g->count;
	return g->count++;
}

static bool recall(struct fst_codegen *g, const struct key *key, fst_node *ret_node)
{
	struct memo *m = NULL;

	HASH_FIND(hh, g->memo, key, sizeof(*key), m);
	if (m)
		*ret_node = m->node;
	return m != NULL;
}

static fst_node remember(struct fst_codegen *g, const struct key *key, fst_node node)
{
	struct memo *m = talloc_zero(g, struct memo);

	if (m) {
		m->key = *key;
		m->node = node;
		HASH_ADD(hh, g->memo, key, sizeof(m->key), m);
	}
	return node;
}

/* How far the instruction that is emitted next (after `between` others) must jump to reach `target`. */
static unsigned distance(const struct fst_codegen *g, fst_node target, unsigned between)
{
	return g->count + between - target - 1;
}

/* Puts something that leads to `target` right where a jump can reach it. */
static void bring_near(struct fst_codegen *g, fst_node target)
{
	const struct flagstop_insn *insn = &g->insns[target];
	fst_node copy;

	if (BPF_CLASS(insn->code) == BPF_RET)
		copy = emit(g, insn->code, 0, 0, insn->k);
	else
		copy = emit(g, BPF_JMP | BPF_JA, 0, 0, distance(g, target, 0));
	if (!g->failed)
		g->near[target] = copy;
}

fst_node fst_codegen_ret(struct fst_codegen *g, uint32_t action)
{
	struct key key = { BPF_RET | BPF_K, action, 0, 0 };
	fst_node node;

	if (recall(g, &key, &node))
		return node;
	return remember(g, &key, emit(g, BPF_RET | BPF_K, 0, 0, action));
}

static fst_node then(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node next)
{
	struct key key = { code, k, next, next };
	fst_node node;

	if (recall(g, &key, &node))
		return node;
	if (!g->failed && distance(g, next, 0))
		bring_near(g, next);
	return remember(g, &key, emit(g, code, 0, 0, k));
}

fst_node fst_codegen_load(struct fst_codegen *g, uint32_t offset, fst_node next)
{
	return then(g, BPF_LD | BPF_W | BPF_ABS, offset, next);
}

fst_node fst_codegen_and(struct fst_codegen *g, uint32_t mask, fst_node next)
{
	return mask == UINT32_MAX ? next : then(g, BPF_ALU | BPF_AND | BPF_K, mask, next);
}

fst_node fst_codegen_jump(struct fst_codegen *g, uint16_t code, uint32_t k, fst_node yes, fst_node no)
{
	struct key key = { BPF_JMP | BPF_K | code, k, yes, no };
	fst_node node;

	if (yes == no)
		return yes;
	if (recall(g, &key, &node))
		return node;
	if (g->failed)
		return 0;
	/* Bringing one near pushes the other one away: leave room for that. */
	if (distance(g, g->near[yes], 1) > 255)
		bring_near(g, yes);
	if (!g->failed && distance(g, g->near[no], 1) > 255)
		bring_near(g, no);
	if (g->failed)
		return 0;
	return remember(g, &key,
			emit(g, BPF_JMP | BPF_K | code, distance(g, g->near[yes], 0), distance(g, g->near[no], 0), k));
}

/* ---- choosing by value ------------------------------------------------------------------------------------------ */

#define SINGLES_MAX 9 /* a chain of at most four `jeq` beats a tree */

static bool singles_around(const struct fst_span *p, unsigned count)
{
	if (!(count & 1) || count > SINGLES_MAX)
		return false;
	for (unsigned i = 1; i < count; i += 2)
		if (p[i].low + 1 != p[i + 1].low || p[i + 1].target != p[0].target)
			return false;
	return true;
}

static fst_node choose(struct fst_codegen *g, const struct fst_span *p, unsigned count)
{
	fst_node node;

	if (count == 1)
		return p[0].target;
	/* [0, 1) and the rest, the rest and [MAX, MAX]: one comparison with one value */
	if (count == 2 && p[1].low == UINT32_MAX)
		return fst_codegen_jump(g, BPF_JEQ, UINT32_MAX, p[1].target, p[0].target);
	if (singles_around(p, count)) {
		node = p[0].target;
		for (unsigned i = count; i > 1; i -= 2)
			node = fst_codegen_jump(g, BPF_JEQ, p[i - 2].low, p[i - 2].target, node);
		return node;
	}
	unsigned middle = count / 2;
	fst_node above = choose(g, p + middle, count - middle);
	fst_node below = choose(g, p, middle);
	return fst_codegen_jump(g, BPF_JGE, p[middle].low, above, below);
}

fst_node fst_codegen_choose(struct fst_codegen *g, struct fst_span *pieces, unsigned count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++)
		if (!kept || pieces[kept - 1].target != pieces[i].target)
			pieces[kept++] = pieces[i];
	return choose(g, pieces, kept);
}

void fst_codegen_fail(struct fst_codegen *g)
{
	g->failed = true;
}

int fst_codegen_finish(struct fst_codegen *g, fst_node entry, void *parent, struct flagstop_insn **ret_insns,
		       size_t *ret_count)
{
	if (!g->failed && distance(g, entry, 0))
		bring_near(g, entry);
	if (g->failed)
		return -ENOMEM;
	*ret_count = g->count;
	if (g->count > FLAGSTOP_PROGRAM_MAX_INSNS)
		return -E2BIG;
	struct flagstop_insn *insns = talloc_array(parent, struct flagstop_insn, g->count);
	if (!insns)
		return -ENOMEM;
	for (unsigned i = 0; i < g->count; i++)
		insns[i] = g->insns[g->count - 1 - i];
	*ret_insns = insns;
	return 0;
}
