/* SPDX-License-Identifier: MIT */
/*
 * Which of several trees over the numbers is taken: what is above the calls can be folded in two ways, hot calls can
 * come before all others, and what one more instruction may cost is settled here. Knows nothing of what the numbers
 * stand for.
 */
#include <stddef.h>
#include <string.h>

#include <linux/bpf_common.h>
#include <talloc.h>

#include <filters/bpf/numbers.h>
#include <filters/bpf/word.h>

#define DEAREST 1000.0
#define DEARER 2.0
#define SLACK 32
#define LEAST_HOT_SHARE 0.125 /* of all calls: what has less is not worth a comparison before all others */
#define HOT_MAX 4
#define ENDS 4 /* pieces that begin where bit 30 or bit 31 changes, and at -1 */

/* What one more instruction may cost, in executed ones of the mean over all calls. */
static const double prices[] = {
	[FLAGSTOP_OPTIMIZE_BOTH] = 0.2,
	[FLAGSTOP_OPTIMIZE_SIZE] = DEAREST,
	[FLAGSTOP_OPTIMIZE_SPEED] = 0.001,
};

/*
 * Where one of two ABIs is compiled that bit 30 tells apart, what lies above the last call is one test of that bit,
 * and one of -1 (which skips a call and is nobody's), instead of a comparison at each of four ends. That test can
 * also stand behind all numbers of no call: then none is needed to tell what lies above, and more runs for each of
 * them.
 */
enum folding {
	FOLD_ABOVE,
	FOLD_UNKNOWN,
};

static bool can_fold(const struct fst_numbers *n)
{
	const struct fst_span *last = &n->pieces[n->count - 1];

	return n->x32_is_foreign && n->count > ENDS && last[1 - ENDS].low == FST_NUMBERS_X32 &&
		last->target == n->unknown && last[-ENDS].target == n->unknown;
}

static unsigned fold(const struct fst_numbers *n, struct fst_span *pieces, unsigned count, enum folding folding)
{
	fst_node minus_one, above;

	if (!can_fold(n))
		return count;
	minus_one = fst_codegen_branch(n->code, BPF_JEQ, UINT32_MAX, n->unknown, n->foreign, 0.5);
	above = fst_codegen_branch(n->code, BPF_JSET, FST_NUMBERS_X32, minus_one, n->unknown, 0);
	count -= ENDS;
	for (unsigned i = folding == FOLD_ABOVE ? count - 1 : 0; i < count; i++)
		if (pieces[i].target == n->unknown)
			pieces[i].target = above;
	return count;
}

/*
 * A number that is most of all calls is compared first, where the tree would come to it later. The pieces are given
 * to the tree without it: it may go either way there.
 */
static fst_node hottest_first(struct fst_numbers *n, fst_node tree, struct fst_span *room, double price,
			      unsigned depth)
{
	unsigned hottest = 0;

	for (unsigned i = 1; i < n->count; i++)
		if (n->pieces[i].weight > n->pieces[hottest].weight)
			hottest = i;
	struct fst_span *hot = &n->pieces[hottest];
	double share = hot->weight / n->weight;
	if (!(share >= LEAST_HOT_SHARE) || depth == HOT_MAX)
		return tree;
	n->weight -= hot->weight;
	hot->weight = 0;
	memcpy(room, n->pieces, n->count * sizeof(*room));
	unsigned count = fold(n, room, n->count, FOLD_ABOVE);
	/* A call has a number of its own, and so a piece: it may be taken for its neighbour. */
	room[hottest].target = room[hottest ? hottest - 1 : 1].target;
	fst_node rest = fst_codegen_choose(n->code, room, count);
	rest = hottest_first(n, rest, room, price, depth + 1);
	fst_node node = fst_codegen_branch(n->code, BPF_JEQ, hot->low, hot->target, rest, share);
	return fst_word_cost(n->code, node, price) < fst_word_cost(n->code, tree, price) ? node : tree;
}

static fst_node tree(const struct fst_numbers *n, struct fst_span *room, double price, enum folding folding)
{
	memcpy(room, n->pieces, n->count * sizeof(*room));
	fst_codegen_set_price(n->code, price);
	return fst_codegen_choose(n->code, room, fold(n, room, n->count, folding));
}

static unsigned size_of(const struct fst_numbers *n, fst_node node)
{
	return fst_codegen_size(n->code, node, FLAGSTOP_PROGRAM_MAX_INSNS);
}

static fst_node cheaper(const struct fst_numbers *n, double price, fst_node a, fst_node b)
{
	return fst_word_cost(n->code, b, price) < fst_word_cost(n->code, a, price) ? b : a;
}

/*
 * One comparison a call, as one would write it by hand, who would also load the high half of an argument: only its
 * size counts. 0: that cannot be.
 */
static unsigned plain_size(const struct fst_numbers *n, struct fst_span *room)
{
	memcpy(room, n->pieces, n->count * sizeof(*room));
	unsigned count = fold(n, room, n->count, FOLD_UNKNOWN);
	fst_node rest = room[count - 1].target, node = rest;
	unsigned halves = 0;

	for (unsigned i = 0; i + 1 < count; i++) {
		if (room[i].target == rest)
			continue;
		halves += fst_codegen_mean(n->code, room[i].target) > 1; /* more than a return */
		if (room[i + 1].low - room[i].low > n->others)
			return 0;
		for (uint32_t nr = room[i].low; nr < room[i + 1].low; nr++)
			node = fst_codegen_jump(n->code, BPF_JEQ, nr, room[i].target, node);
	}
	return size_of(n, node) + halves;
}

/*
 * What runs fast may be longer than that where calls lie far from each other: then instructions get dearer. One in
 * SLACK is let pass, since each further search takes its time.
 */
static fst_node no_longer_than_plain(const struct fst_numbers *n, struct fst_span *room, fst_node node)
{
	unsigned limit;

	/* Splits alone are one fewer than the pieces. */
	if (n->count <= n->others)
		return node;
	limit = plain_size(n, room);
	limit += limit / SLACK;
	for (double price = DEARER * prices[FLAGSTOP_OPTIMIZE_BOTH]; limit && size_of(n, node) > limit &&
	     price < DEAREST;
	     price *= DEARER) {
		node = tree(n, room, price, FOLD_ABOVE);
		if (size_of(n, node) > limit)
			node = cheaper(n, price, node, tree(n, room, price, FOLD_UNKNOWN));
	}
	return node;
}

static fst_node choose(struct fst_numbers *n, struct fst_span *room)
{
	double price = prices[n->optimize];
	fst_node node = tree(n, room, price, FOLD_ABOVE);

	if (n->weighted)
		return hottest_first(n, node, room, price, 0);
	if (n->optimize == FLAGSTOP_OPTIMIZE_SIZE)
		return cheaper(n, price, node, tree(n, room, price, FOLD_UNKNOWN));
	if (n->optimize == FLAGSTOP_OPTIMIZE_BOTH)
		return no_longer_than_plain(n, room, node);
	return node;
}

fst_node fst_numbers_emit(struct fst_numbers *n)
{
	struct fst_span *room = talloc_array(n->pieces, struct fst_span, n->count);

	if (!room) {
		fst_codegen_fail(n->code);
		return 0;
	}
	fst_codegen_look_at(n->code, offsetof(struct flagstop_data, nr));
	return fst_codegen_load(n->code, offsetof(struct flagstop_data, nr), choose(n, room));
}
