/* SPDX-License-Identifier: MIT */
/*
 * What proofs rest on: diagrams of programs are held against the interpreter, diagrams of conditions against the
 * evaluator, at points of chance.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <cmocka.h>

#include <filters/bpf/compile.h>
#include <filters/bpf/opcode.h>
#include <filters/bpf/points.h>
#include <filters/compare/decision.h>
#include <filters/compare/program.h>

#include "test_policy.h"

#define SEED UINT64_C(0x6469616772616d)
#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define LD(offset) \
	{ \
		FST_LD_ABS, 0, 0, offset \
	}
#define JEQ(value, yes, no) \
	{ \
		FST_JEQ_K, yes, no, value \
	}
#define RET(action) \
	{ \
		FST_RET_K, 0, 0, action \
	}

static const char conditions[] =
	"abi x86_64 x32\n"
	"default deny EPERM\n"
	"allow read write when count <= 0x100000001\n"
	"allow openat when flags & O_ACCMODE == O_RDONLY and dirfd == AT_FDCWD\n"
	"deny EACCES lseek when offset in -5..5 or not whence in {SEEK_SET, SEEK_END}\n";

static const char masks[] =
	"abi s390x aarch64\n"
	"default allow\n"
	"unknown kill\n"
	"trap 7 mmap when arg2 & 0xf00000000f == 0x3000000005\n"
	"deny EACCES clone when not flags & (CLONE_NEWUSER | CLONE_NEWNS) and flags & 0xff != 17\n"
	"log ioctl when arg1 in {1, 3, 5..9, 0xffffffff}\n";

static uint64_t any_word(uint64_t *random)
{
	static const uint64_t words[] = { 0, 1, 5, 6, 0xf, 0x10,
					  0x80000000, 0xffffffff, 0x100000000, 0x100000001, UINT64_MAX };

	return below(random, 4) ? words[below(random, COUNT(words))] : next_random(random) >> below(random, 64);
}

static struct flagstop_data any_call(uint64_t *random, uint32_t arch, uint32_t nr)
{
	struct flagstop_data call = { .arch = arch, .nr = nr };

	for (unsigned i = 0; i < 6; i++)
		call.args[i] = any_word(random);
	call.instruction_pointer = any_word(random);
	return call;
}

static void fields_of(const struct flagstop_data *call, uint64_t fields[FST_FIELDS])
{
	memcpy(fields, call->args, sizeof(call->args));
	fields[FST_FIELD_IP] = call->instruction_pointer;
}

/* Any instruction that a diagram can follow, but for loads mostly. */
static struct flagstop_insn any_insn(uint64_t *random, size_t left)
{
	static const uint16_t jumps[] = { FST_JEQ_K, FST_JGT_K, FST_JGE_K, FST_JSET_K,
					  FST_JEQ_X, FST_JGT_X, FST_JGE_X, FST_JSET_X };
	static const uint16_t others[] = { FST_LD_IMM, FST_LDX_IMM, FST_LD_LEN, FST_LDX_LEN, FST_ST,
					   FST_STX, FST_LD_MEM, FST_LDX_MEM, FST_TAX, FST_TXA,
					   FST_AND_K, FST_AND_X, FST_ADD_K, FST_NEG, FST_DIV_X };
	uint32_t k = (uint32_t)any_word(random);
	uint16_t code;

	switch (below(random, 5)) {
	case 0:
	case 1:
		return (struct flagstop_insn)LD(4 * below(random, 16));
	case 2:
		code = others[below(random, COUNT(others))];
		if (code == FST_ST || code == FST_STX || code == FST_LD_MEM || code == FST_LDX_MEM)
			k %= 2;
		return (struct flagstop_insn){ code, 0, 0, k };
	default:
		code = jumps[below(random, COUNT(jumps))];
		return (struct flagstop_insn){ code, (uint8_t)below(random, left < 6 ? left : 6),
					       (uint8_t)below(random, left < 6 ? left : 6), k };
	}
}

static void program_diagram__has_what_the_interpreter_returns(void **state)
{
	uint64_t random = SEED;
	struct fst_diagram *d = fst_diagram_new(NULL);
	unsigned followed = 0, refused = 0;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		struct flagstop_insn insns[24] = { RET(0) };
		uint32_t arch = flagstop_abi_audit_arch(below(&random, FLAGSTOP_ABI_COUNT)), nr = below(&random, 10);
		fst_branch branch;

		insns[0] = (struct flagstop_insn){ FST_ST, 0, 0, 0 };
		insns[1] = (struct flagstop_insn){ FST_ST, 0, 0, 1 };
		for (size_t i = 2; i < COUNT(insns) - 4; i++)
			insns[i] = any_insn(&random, COUNT(insns) - 4 - i);
		for (uint32_t i = 1; i <= 4; i++)
			insns[COUNT(insns) - i] = (struct flagstop_insn)RET(i << 16);
		assert_int_equal(flagstop_program_check(insns, COUNT(insns), NULL), 0);
		fst_diagram_begin(d, 1u << 20);
		int r = fst_program_diagram(d, insns, COUNT(insns), arch, nr, false, &branch);
		refused += r == -EOPNOTSUPP;
		if (r)
			continue;
		followed++;
		for (unsigned i = 0; i < 50; i++) {
			struct flagstop_data call = any_call(&random, arch, nr);
			uint64_t fields[FST_FIELDS];

			fields_of(&call, fields);
			assert_int_equal(fst_diagram_at(d, branch, fields),
					 flagstop_program_run(insns, COUNT(insns), &call, NULL, NULL));
		}
	}
	assert_true(followed > 1000 && refused > 100);
	talloc_free(d);
}

static void decision_diagram__has_the_step_that_decides(void **state)
{
	static const char *const texts[] = { conditions, masks };
	uint64_t random = SEED;
	struct fst_diagram *d = fst_diagram_new(NULL);
	unsigned steps_seen[8] = { 0 };

	(void)state;
	for (unsigned t = 0; t < COUNT(texts); t++) {
		struct flagstop_policy *policy = policy_of(&texts[t], 1);

		for (unsigned round = 0; round < 60000; round++) {
			unsigned abi = below(&random, FLAGSTOP_ABI_COUNT);
			struct flagstop_data call =
				any_call(&random, flagstop_abi_audit_arch(abi),
					 below(&random, 300) | (abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0));
			const struct fst_decision *decision = fst_bound_decision(policy->layers[0], call.arch, call.nr);
			uint64_t fields[FST_FIELDS];

			if (decision->count < 2)
				continue;
			fields_of(&call, fields);
			fst_diagram_begin(d, 1u << 20);
			uint32_t step = fst_diagram_at(d, fst_decision_diagram(d, decision), fields);
			assert_true(step < decision->count);
			steps_seen[step]++;
			for (uint32_t i = 0; i <= step; i++)
				if (decision->steps[i].when)
					assert_int_equal(fst_cond_truth(decision->steps[i].when, call.args, ~0u, NULL),
							 i == step ? FST_TRUE : FST_FALSE);
		}
		flagstop_policy_free(policy);
	}
	assert_true(steps_seen[0] > 100 && steps_seen[1] > 100);
	talloc_free(d);
}

struct met {
	uint64_t first[16];
	unsigned count;
};

static int meet(const uint64_t fields[FST_FIELDS], void *context)
{
	struct met *met = context;

	assert_true(met->count < 16);
	met->first[met->count++] = fields[0];
	return 0;
}

static void pair__has_one_point_of_each_class_and_the_smallest(void **state)
{
	static const struct fst_range low = { 10, 19 }, high = { 15, 0x200000000 };
	const struct fst_bits a = { 0, 0, 64, UINT64_MAX, &low, 1 }, b = { 0, 0, 64, UINT64_MAX, &high, 1 };
	struct fst_diagram *d = fst_diagram_new(NULL);
	struct met met = { .count = 0 };

	(void)state;
	fst_diagram_begin(d, 10000);
	fst_branch both = fst_diagram_pair(d, fst_diagram_in(d, &a), fst_diagram_in(d, &b));
	assert_int_equal(fst_diagram_visit(d, both, meet, &met), 0);
	assert_int_equal(met.count, 4); /* neither, a, a and b, b */
	assert_int_equal(met.first[0], 0);
	assert_int_equal(met.first[1], 10);
	assert_int_equal(met.first[2], 15);
	assert_int_equal(met.first[3], 20);
	talloc_free(d);
}

static void equal_functions__are_one_branch(void **state)
{
	static const struct fst_range one_to_3[] = { { 1, 3 } }, single[] = { { 1, 1 }, { 2, 2 }, { 3, 3 } };
	const struct fst_bits a = { 3, 0, 32, UINT32_MAX, one_to_3, 1 }, b = { 3, 0, 32, UINT32_MAX, single, 3 };
	const struct fst_bits high = { 3, 2, 30, UINT32_MAX, (const struct fst_range[]){ { 0, 0 } }, 1 };
	const struct fst_bits none = { 3, 0, 2, 3, (const struct fst_range[]){ { 0, 0 } }, 1 };
	struct fst_diagram *d = fst_diagram_new(NULL);

	(void)state;
	fst_diagram_begin(d, 10000);
	assert_int_equal(fst_diagram_in(d, &a), fst_diagram_in(d, &b));
	/* 1 … 3: no bit but the lowest two, and one of them */
	fst_branch made =
		fst_diagram_choose(d, fst_diagram_in(d, &none), fst_diagram_leaf(d, 0), fst_diagram_in(d, &high));
	assert_int_equal(made, fst_diagram_in(d, &a));
	talloc_free(d);
}

static void effort__that_is_spent_is_E2BIG_and_the_next_begins_anew(void **state)
{
	static const struct fst_range range = { 0x1234, 0x12345678 };
	const struct fst_bits bits = { 0, 0, 64, UINT64_MAX, &range, 1 };
	struct fst_diagram *d = fst_diagram_new(NULL);

	(void)state;
	fst_diagram_begin(d, 10);
	fst_diagram_in(d, &bits);
	assert_int_equal(fst_diagram_error(d), -E2BIG);
	fst_diagram_begin(d, 10000);
	fst_branch branch = fst_diagram_in(d, &bits);
	assert_int_equal(fst_diagram_error(d), 0);
	assert_int_equal(fst_diagram_at(d, branch, (const uint64_t[FST_FIELDS]){ 0x1234 }), 1);
	assert_int_equal(fst_diagram_at(d, branch, (const uint64_t[FST_FIELDS]){ 0x1233 }), 0);
	talloc_free(d);
}

static void numbers__that_are_computed_with_are_not_called_enough(void **state)
{
	const struct flagstop_insn insns[] = { LD(0), { FST_AND_K, 0, 0, 0xfff }, JEQ(5, 0, 1), RET(KILL), RET(ALLOW) };
	struct flagstop_programs *programs = fst_programs_new();
	struct fst_cuts *cuts = fst_cuts_new(NULL);

	(void)state;
	assert_int_equal(fst_programs_add(programs, insns, COUNT(insns)), 0);
	assert_int_equal(fst_cuts_add(cuts, programs), 0);
	assert_false(cuts->whole);
	talloc_free(cuts);
	flagstop_programs_free(programs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_diagram__has_what_the_interpreter_returns),
		cmocka_unit_test(decision_diagram__has_the_step_that_decides),
		cmocka_unit_test(pair__has_one_point_of_each_class_and_the_smallest),
		cmocka_unit_test(equal_functions__are_one_branch),
		cmocka_unit_test(effort__that_is_spent_is_E2BIG_and_the_next_begins_anew),
		cmocka_unit_test(numbers__that_are_computed_with_are_not_called_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
