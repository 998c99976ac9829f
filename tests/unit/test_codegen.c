/* SPDX-License-Identifier: MIT */
/*
 * Emitting cBPF backwards: jumps that are too far, tails that are shared, trees that choose, and memory that runs
 * out.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <talloc.h>

#include <cmocka.h>

#include <linux/bpf_common.h>

#include <filters/bpf/codegen.h>

#include "test_policy.h"

#define SEED UINT64_C(0x636f646567656e31)
#define NR 0 /* offsets in struct seccomp_data */
#define ARCH 4
#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO SECCOMP_RET_ERRNO

struct program {
	void *parent;
	struct fst_codegen *code;
	struct flagstop_insn *insns;
	size_t count;
};

static void begin(struct program *p)
{
	*p = (struct program){ .parent = talloc_new(NULL) };
	p->code = fst_codegen_new(p->parent);
	assert_non_null(p->code);
}

/* Everything that is emitted must be something that the kernel takes. */
static void finish(struct program *p, fst_node entry)
{
	assert_int_equal(fst_codegen_finish(p->code, entry, p->parent, &p->insns, &p->count), 0);
	assert_int_equal(flagstop_program_check(p->insns, p->count, NULL), 0);
}

static uint32_t run(const struct program *p, uint32_t nr)
{
	struct flagstop_data data = { .nr = nr };

	return flagstop_program_run(p->insns, p->count, &data, NULL, NULL);
}

static void ret__is_one_node_an_action(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_node allow = fst_codegen_ret(p.code, ALLOW), deny = fst_codegen_ret(p.code, ERRNO | 1);
	assert_int_equal(fst_codegen_ret(p.code, ALLOW), allow);
	assert_int_not_equal(deny, allow);
	finish(&p, deny);
	assert_int_equal(p.count, 1); /* what cannot be reached is not there */
	assert_int_equal(run(&p, 0), ERRNO | 1);
	talloc_free(p.parent);
}

static void jump__to_one_target_is_none(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_node allow = fst_codegen_ret(p.code, ALLOW);
	assert_int_equal(fst_codegen_jump(p.code, BPF_JEQ, 5, allow, allow), allow);
	talloc_free(p.parent);
}

static void and__with_all_bits_is_none(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_node allow = fst_codegen_ret(p.code, ALLOW);
	assert_int_equal(fst_codegen_and(p.code, UINT32_MAX, allow), allow);
	assert_int_not_equal(fst_codegen_and(p.code, UINT32_MAX - 1, allow), allow);
	talloc_free(p.parent);
}

static void tail__that_is_equal_is_shared(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_node allow = fst_codegen_ret(p.code, ALLOW), deny = fst_codegen_ret(p.code, ERRNO | 1);
	fst_node one = fst_codegen_load(p.code, ARCH, fst_codegen_jump(p.code, BPF_JEQ, 7, allow, deny));
	fst_node two = fst_codegen_load(p.code, ARCH, fst_codegen_jump(p.code, BPF_JEQ, 7, allow, deny));
	fst_node other = fst_codegen_load(p.code, ARCH, fst_codegen_jump(p.code, BPF_JEQ, 7, deny, allow));
	assert_int_equal(one, two);
	assert_int_not_equal(one, other);
	talloc_free(p.parent);
}

static void instruction__falls_through_to_its_successor_wherever_that_is(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_node allow = fst_codegen_ret(p.code, ALLOW), deny = fst_codegen_ret(p.code, ERRNO | 1);
	fst_node test = fst_codegen_jump(p.code, BPF_JEQ, 7, allow, deny);
	fst_codegen_jump(p.code, BPF_JEQ, 8, allow, deny); /* now `test` is not the last one any more */
	fst_codegen_ret(p.code, ERRNO | 2);
	finish(&p, fst_codegen_load(p.code, NR, test));
	assert_int_equal(run(&p, 7), ALLOW);
	assert_int_equal(run(&p, 8), ERRNO | 1);
	talloc_free(p.parent);
}

/* nr == 0 → errno 1, nr == 1 → errno 2, …: one comparison each, far beyond what a jump reaches. */
static fst_node chain(struct fst_codegen *g, unsigned count, fst_node last)
{
	fst_node node = last;

	for (unsigned i = count; i--;)
		node = fst_codegen_jump(g, BPF_JEQ, i, fst_codegen_ret(g, ERRNO | (i % 4 + 1)), node);
	return fst_codegen_load(g, NR, node);
}

static void jump__may_be_further_than_255(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	finish(&p, chain(p.code, 2000, fst_codegen_ret(p.code, ALLOW)));
	for (uint32_t nr = 0; nr < 2000; nr++)
		assert_int_equal(run(&p, nr), ERRNO | (nr % 4 + 1));
	assert_int_equal(run(&p, 2000), ALLOW);
	/* Going further costs a copy now and then, not one each. */
	assert_in_range(p.count, 2000, 2100);
	talloc_free(p.parent);
}

static fst_node on_arch(struct program *p, uint32_t arch, fst_node yes)
{
	fst_node no = fst_codegen_ret(p->code, ERRNO | arch);

	return fst_codegen_load(p->code, ARCH, fst_codegen_jump(p->code, BPF_JEQ, arch, yes, no));
}

/*
 * One target, the other, or both just at the reach of a jump, or just beyond it; what is brought near pushes the
 * other.
 */
static void check_edge(unsigned between, bool yes_is_far, bool no_is_far)
{
	struct program p;

	begin(&p);
	fst_node deny = fst_codegen_ret(p.code, ERRNO | 9);
	fst_node one = on_arch(&p, 1, deny), two = on_arch(&p, 2, deny);
	fst_node node = fst_codegen_ret(p.code, ERRNO | 7);
	for (unsigned i = 0; i < between; i++)
		node = fst_codegen_jump(p.code, BPF_JEQ, 100 + i, deny, node);
	node = fst_codegen_jump(p.code, BPF_JGE, 1000, yes_is_far ? one : node, no_is_far ? two : node);
	finish(&p, fst_codegen_load(p.code, NR, node));
	assert_int_equal(run(&p, 1000), ERRNO | (yes_is_far ? 1 : 7));
	assert_int_equal(run(&p, 99), ERRNO | (no_is_far ? 2 : 7));
	assert_int_equal(run(&p, 100), no_is_far ? ERRNO | 2 : ERRNO | 9);
	talloc_free(p.parent);
}

static void jump__reaches_both_targets_at_the_edge(void **state)
{
	(void)state;
	for (unsigned between = 240; between < 265; between++) {
		check_edge(between, true, false);
		check_edge(between, false, true);
		check_edge(between, true, true);
	}
}

static void jump__of_every_kind_compares_as_it_is_named(void **state)
{
	static const struct {
		uint16_t code;
		uint32_t nr;
		bool taken;
	} rows[] = {
		{ BPF_JEQ, 6, true },
		{ BPF_JEQ, 7, false },
		{ BPF_JGT, 6, false },
		{ BPF_JGT, 7, true },
		{ BPF_JGE, 6, true },
		{ BPF_JGE, 5, false },
		{ BPF_JSET, 4, true },
		{ BPF_JSET, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct program p;

		begin(&p);
		fst_node allow = fst_codegen_ret(p.code, ALLOW), deny = fst_codegen_ret(p.code, ERRNO | 1);
		finish(&p, fst_codegen_load(p.code, NR, fst_codegen_jump(p.code, rows[i].code, 6, allow, deny)));
		assert_int_equal(run(&p, rows[i].nr), rows[i].taken ? ALLOW : ERRNO | 1);
		talloc_free(p.parent);
	}
}

/* ---- choosing --------------------------------------------------------------------------------------------------- */

static unsigned draw_pieces(uint64_t *random, uint32_t lows[], uint32_t actions[], unsigned size)
{
	unsigned count = 1;
	uint64_t next = 0;

	lows[0] = 0;
	actions[0] = ERRNO | below(random, 3);
	while (count < size) {
		/* Runs of single values, small gaps and large ones. */
		next += 1 + (below(random, 2) ? 0 : below(random, 2) ? below(random, 5) :
								       next_random(random) >> 36);
		if (next > UINT32_MAX)
			break;
		lows[count] = (uint32_t)next;
		actions[count++] = ERRNO | below(random, 3);
	}
	if (!below(random, 4) && lows[count - 1] != UINT32_MAX && count < size) {
		lows[count] = UINT32_MAX;
		actions[count++] = ERRNO | 9;
	}
	return count;
}

static void check_choice(const struct program *p, const uint32_t lows[], const uint32_t actions[], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t last = i + 1 < count ? lows[i + 1] - 1 : UINT32_MAX;

		assert_int_equal(run(p, lows[i]), actions[i]);
		assert_int_equal(run(p, last), actions[i]);
		assert_int_equal(run(p, lows[i] + (last - lows[i]) / 2), actions[i]);
	}
}

static void choice__takes_the_piece_that_a_value_is_in(void **state)
{
	uint64_t random = SEED;
	uint32_t lows[300], actions[300];

	(void)state;
	print_message("seed 0x%llx\n", (unsigned long long)SEED);
	for (unsigned round = 0; round < 400; round++) {
		unsigned count = draw_pieces(&random, lows, actions, 1 + below(&random, round % 2 ? 12 : 300));
		struct fst_span pieces[300];
		struct program p;

		begin(&p);
		for (unsigned i = 0; i < count; i++)
			pieces[i] = (struct fst_span){ lows[i], fst_codegen_ret(p.code, actions[i]), 0 };
		finish(&p, fst_codegen_load(p.code, NR, fst_codegen_choose(p.code, pieces, count)));
		check_choice(&p, lows, actions, count);
		talloc_free(p.parent);
	}
}

static void choice__among_many_is_a_tree(void **state)
{
	struct fst_span pieces[400];
	struct program p;
	struct flagstop_data data = { 0 };
	unsigned executed, most = 0;

	(void)state;
	begin(&p);
	for (unsigned i = 0; i < COUNT(pieces); i++)
		pieces[i] = (struct fst_span){ 10 * i, fst_codegen_ret(p.code, ERRNO | i % 5), 0 };
	finish(&p, fst_codegen_load(p.code, NR, fst_codegen_choose(p.code, pieces, COUNT(pieces))));
	for (data.nr = 0; data.nr < 4100; data.nr++) {
		flagstop_program_run(p.insns, p.count, &data, &executed, NULL);
		most = executed > most ? executed : most;
	}
	/* a load, log2(400) comparisons, a return, and a `ja` where one is far */
	assert_in_range(most, 9, 14);
	talloc_free(p.parent);
}

/* ---- limits ----------------------------------------------------------------------------------------------------- */

static void finish__beyond_4096_is_E2BIG_with_the_count(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_node entry = chain(p.code, 5000, fst_codegen_ret(p.code, ALLOW));
	assert_int_equal(fst_codegen_finish(p.code, entry, p.parent, &p.insns, &p.count), -E2BIG);
	assert_in_range(p.count, 5000, 5300);
	assert_null(p.insns);
	talloc_free(p.parent);
}

static void finish__after_a_failure_is_ENOMEM(void **state)
{
	struct program p;

	(void)state;
	begin(&p);
	fst_codegen_fail(p.code);
	fst_node entry = chain(p.code, 10, fst_codegen_ret(p.code, ALLOW));
	assert_int_equal(fst_codegen_finish(p.code, entry, p.parent, &p.insns, &p.count), -ENOMEM);
	assert_null(p.insns);
	talloc_free(p.parent);
}

/* Deprecated in talloc 2.4 without a replacement: there is no other way to make its allocations fail. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Sharing may be lost; what is delivered is right, or it is ENOMEM. */
static void memory__any_allocation_may_fail(void **state)
{
	unsigned failed = 0, delivered = 0;

	(void)state;
	for (size_t limit = 1; limit < 400000; limit += 1499) {
		void *parent = talloc_new(NULL);
		struct program p = { .parent = parent };

		assert_int_equal(talloc_set_memlimit(parent, limit), 0);
		p.code = fst_codegen_new(parent);
		int r = -ENOMEM;
		if (p.code)
			r = fst_codegen_finish(p.code, chain(p.code, 600, fst_codegen_ret(p.code, ALLOW)), parent,
					       &p.insns,
					       &p.count);
		failed += r == -ENOMEM;
		if (!r) {
			delivered++;
			assert_int_equal(flagstop_program_check(p.insns, p.count, NULL), 0);
			for (uint32_t nr = 0; nr < 601; nr++)
				assert_int_equal(run(&p, nr), nr < 600 ? ERRNO | (nr % 4 + 1) : ALLOW);
		} else {
			assert_int_equal(r, -ENOMEM);
		}
		talloc_free(parent);
	}
	assert_true(failed > 5 && delivered > 5);
}
#pragma GCC diagnostic pop

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ret__is_one_node_an_action),
		cmocka_unit_test(jump__to_one_target_is_none),
		cmocka_unit_test(and__with_all_bits_is_none),
		cmocka_unit_test(tail__that_is_equal_is_shared),
		cmocka_unit_test(instruction__falls_through_to_its_successor_wherever_that_is),
		cmocka_unit_test(jump__may_be_further_than_255),
		cmocka_unit_test(jump__reaches_both_targets_at_the_edge),
		cmocka_unit_test(jump__of_every_kind_compares_as_it_is_named),
		cmocka_unit_test(choice__takes_the_piece_that_a_value_is_in),
		cmocka_unit_test(choice__among_many_is_a_tree),
		cmocka_unit_test(finish__beyond_4096_is_E2BIG_with_the_count),
		cmocka_unit_test(finish__after_a_failure_is_ENOMEM),
		cmocka_unit_test(memory__any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
