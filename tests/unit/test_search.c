/* SPDX-License-Identifier: MIT */
/*
 * Choosing by a value: trees against all trees that there could be, and words against the values they stand for.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <float.h>
#include <stdbool.h>

#include <cmocka.h>
#include <linux/bpf_common.h>
#include <talloc.h>

#include <filters/bpf/codegen.h>
#include <filters/bpf/word.h>

#include "test_policy.h"

#define SEED UINT64_C(0x736561726368)

/* ---- programs ---------------------------------------------------------------------------------------------------- */

struct program {
	struct flagstop_insn *insns;
	size_t count;
};

static unsigned count_class(const struct flagstop_insn *insns, size_t count, unsigned class)
{
	unsigned found = 0;

	for (size_t i = 0; i < count; i++)
		found += BPF_CLASS(insns[i].code) == class;
	return found;
}

static unsigned executed(const struct program *p, const struct flagstop_data *data, uint32_t *ret_action)
{
	unsigned count;

	*ret_action = flagstop_program_run(p->insns, p->count, data, &count, NULL);
	return count;
}

/* What was made of `entry`, which is looked at with the number in the accumulator. */
static struct program finish(struct fst_codegen *g, fst_node entry)
{
	struct program p;

	assert_int_equal(fst_codegen_finish(g, fst_codegen_load(g, 0, entry), g, &p.insns, &p.count), 0);
	assert_int_equal(flagstop_program_check(p.insns, p.count, NULL), 0);
	return p;
}

/* ---- trees over values ------------------------------------------------------------------------------------------- */

#define PIECES_MAX 400

struct values {
	struct fst_span pieces[PIECES_MAX];
	unsigned count;
	double price; /* relative to the weight of all */
	double weight;
};

static bool is_single(const struct values *v, unsigned i)
{
	return i + 1 < v->count && v->pieces[i + 1].low == v->pieces[i].low + 1;
}

/* Weighs the pieces of `left`, a set, and says whether they all lead to one target. */
static double weigh(const struct values *v, unsigned left, bool *ret_same)
{
	int target = -1;
	double sum = 0;

	*ret_same = true;
	for (unsigned i = 0; i < v->count; i++) {
		if (!(left >> i & 1))
			continue;
		sum += v->pieces[i].weight;
		*ret_same &= target < 0 || target == (int)v->pieces[i].target;
		target = (int)v->pieces[i].target;
	}
	return sum;
}

/* The least that any tree costs that tells the pieces of the set apart with `jge`, and with `jeq` where it may. */
static double cheapest(const struct values *v, unsigned left, bool with_equal)
{
	double best = DBL_MAX, sum;
	bool same;

	sum = weigh(v, left, &same);
	if (same)
		return 0;
	for (unsigned i = 0; i < v->count; i++) {
		unsigned below = left & ((1u << i) - 1), above = left & ~((1u << i) - 1), rest = left & ~(1u << i);
		double cost = DBL_MAX;

		if (!(left >> i & 1))
			continue;
		if (below)
			cost = cheapest(v, below, with_equal) + cheapest(v, above, with_equal);
		if (with_equal && is_single(v, i) && rest && cheapest(v, rest, true) < cost)
			cost = cheapest(v, rest, true);
		best = cost < best ? cost : best;
	}
	return best + sum + v->price * v->weight;
}

static void draw_values(struct values *v, struct fst_codegen *g, uint64_t *state, unsigned most)
{
	uint32_t low = 0;

	v->count = 2 + below(state, most - 1);
	v->price = (1 + below(state, 50)) / 100.0;
	v->weight = 0;
	for (unsigned i = 0; i < v->count; i++) {
		fst_node target;

		do
			target = fst_codegen_ret(g, below(state, 3));
		while (i && target == v->pieces[i - 1].target);
		v->pieces[i] = (struct fst_span){ low, target, (float)(1 + below(state, 20)) };
		v->weight += v->pieces[i].weight;
		low += below(state, 2) ? 1 : 2 + below(state, 50);
	}
}

/* By running it: once with the first value of each piece. */
static double cost_of(const struct values *v, const struct program *p)
{
	double cost = v->price * v->weight * count_class(p->insns, p->count, BPF_JMP);
	uint32_t action;

	for (unsigned i = 0; i < v->count; i++) {
		struct flagstop_data data = { .nr = v->pieces[i].low };

		/* but the load before and the return behind */
		cost += v->pieces[i].weight * (executed(p, &data, &action) - 2);
	}
	return cost;
}

static struct program choose(struct fst_codegen *g, const struct values *v)
{
	static struct values copy;

	copy = *v;
	fst_codegen_set_price(g, v->price);
	return finish(g, fst_codegen_choose(g, copy.pieces, copy.count));
}

static void tree__is_no_worse_than_any_of_splits(void **test)
{
	static struct values v;
	uint64_t state = SEED;
	double found = 0, best = 0;

	(void)test;
	for (unsigned i = 0; i < 300; i++) {
		struct fst_codegen *g = fst_codegen_new(NULL);

		draw_values(&v, g, &state, 8);
		struct program p = choose(g, &v);
		double cost = cost_of(&v, &p), all = cheapest(&v, (1u << v.count) - 1, true);
		/* what never comes has a little weight, too, when a tree is looked for */
		if (cost > 1.02 * cheapest(&v, (1u << v.count) - 1, false))
			fail_msg("%u pieces: %f, not %f", v.count, cost, cheapest(&v, (1u << v.count) - 1, false));
		assert_true(cost >= all * 0.999);
		found += cost;
		best += all;
		talloc_free(g);
	}
	print_message("%.2f %% above the best that there is\n", 100 * (found / best - 1));
	assert_true(found < 1.05 * best);
}

/* Long lists, where splits are not looked for everywhere. */
static void tree__of_many_pieces_is_balanced(void **test)
{
	static struct values v;
	uint64_t state = SEED + 1;

	(void)test;
	for (unsigned i = 0; i < 20; i++) {
		struct fst_codegen *g = fst_codegen_new(NULL);
		uint32_t action;

		do
			draw_values(&v, g, &state, PIECES_MAX);
		while (v.count < 100);
		v.price = 0.001;
		for (unsigned k = 0; k < v.count; k++)
			v.pieces[k].weight = 1;
		struct program p = choose(g, &v);
		unsigned sum = 0, worst = 0, depth = 32 - (unsigned)__builtin_clz(v.count);
		for (unsigned k = 0; k < v.count; k++) {
			unsigned ran = executed(&p, &(struct flagstop_data){ .nr = v.pieces[k].low }, &action);
			sum += ran;
			worst = ran > worst ? ran : worst;
			assert_int_equal(fst_codegen_ret(g, action), v.pieces[k].target);
		}
		/* a binary tree, a load, a return, and some jumps that are too far */
		assert_true(sum <= v.count * (depth + 2.5));
		assert_true(worst <= depth + 5);
		talloc_free(g);
	}
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static uint64_t any_mask(uint64_t *state)
{
	switch (below(state, 5)) {
	case 0:
		return UINT64_MAX;
	case 1:
		return UINT64_C(1) << below(state, 64);
	case 2:
		return UINT64_MAX << below(state, 64);
	case 3:
		return next_random(state) & next_random(state) & next_random(state);
	default:
		return (UINT64_C(1) << below(state, 63)) - 1;
	}
}

static unsigned draw_pieces(struct fst_codegen *g, uint64_t *state, unsigned bits, struct fst_piece64 pieces[8])
{
	unsigned count = 0, wanted = 1 + below(state, 8);
	uint64_t low = 0;

	while (count < wanted) {
		pieces[count++] = (struct fst_piece64){ low, fst_codegen_ret(g, below(state, 3)) };
		uint64_t more = next_random(state) >> below(state, 64);

		if (bits == 32)
			more = (uint32_t)more;
		if (!more || low + more < low || (bits == 32 && low + more > UINT32_MAX))
			break;
		low += more;
	}
	return count;
}

static fst_node piece_of(const struct fst_piece64 *pieces, unsigned count, uint64_t value)
{
	while (pieces[--count].low > value)
		;
	return pieces[count].target;
}

static void word__is_sorted_as_its_value_is(void **test)
{
	uint64_t state = SEED + 2;

	(void)test;
	for (unsigned i = 0; i < 3000; i++) {
		struct fst_codegen *g = fst_codegen_new(NULL);
		enum flagstop_abi abi = below(&state, FLAGSTOP_ABI_COUNT);
		unsigned bits = below(&state, 2) ? 64 : 32, argument = below(&state, 6);
		struct fst_variable variable = { argument, bits, any_mask(&state) >> (64 - bits) };
		struct fst_piece64 pieces[8];
		unsigned count = draw_pieces(g, &state, bits, pieces);
		fst_node node = fst_word_emit(g, abi, &variable, pieces, count, below(&state, 100) / 20.0);
		struct program p = finish(g, node);
		for (unsigned k = 0; k < 60; k++) {
			struct flagstop_data data = { .arch = flagstop_abi_audit_arch(abi) };
			uint64_t near = pieces[below(&state, count)].low + below(&state, 3) - 1, value;
			uint32_t action;

			data.args[argument] = below(&state, 3) ?
				near | (next_random(&state) & ~variable.mask) :
				next_random(&state);
			value = data.args[argument] & variable.mask;
			executed(&p, &data, &action);
			assert_int_equal(fst_codegen_ret(g, action), piece_of(pieces, count, value));
		}
		talloc_free(g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree__is_no_worse_than_any_of_splits),
		cmocka_unit_test(tree__of_many_pieces_is_balanced),
		cmocka_unit_test(word__is_sorted_as_its_value_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
