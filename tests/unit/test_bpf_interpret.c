/* SPDX-License-Identifier: MIT */
/*
 * Each instruction's meaning, one law at a time; tests/system/test_bpf_oracle.c compares whole programs with the
 * kernel.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <filters/bpf/opcode.h>
#include <flagstop/program.h>

#define KILL_PROCESS 0x80000000u
#define RET_A \
	{ \
		FST_RET_A, 0, 0, 0 \
	}
#define A(value) \
	{ \
		FST_LD_IMM, 0, 0, (value) \
	}
#define X(value) \
	{ \
		FST_LDX_IMM, 0, 0, (value) \
	}
#define COUNT(insns) (sizeof(insns) / sizeof((insns)[0]))

static struct flagstop_data call_of(enum flagstop_abi abi)
{
	return (struct flagstop_data){
		.nr = 0x101,
		.arch = flagstop_abi_audit_arch(abi),
		.instruction_pointer = UINT64_C(0x1111111122222222),
		.args = { UINT64_C(0x0a0000000a000001), UINT64_C(0x0b0000000b000001),
			  UINT64_C(0x0c0000000c000001), UINT64_C(0x0d0000000d000001),
			  UINT64_C(0x0e0000000e000001), UINT64_C(0x0f0000000f000001) },
	};
}

/* ---- programs that end with their A ---- */

static const struct row {
	const char *name;
	uint32_t result;
	struct flagstop_insn insns[6]; /* up to the first return */
} rows[] = {
	{ "a__begins_as_zero", 0, { RET_A } },
	{ "x__begins_as_zero", 0, { A(7), { FST_TXA, 0, 0, 0 }, RET_A } },
	{ "ret_k__returns_k", 0x7fff1234, { { FST_RET_K, 0, 0, 0x7fff1234 } } },
	{ "ret_a__returns_a", 0xdeadbeef, { A(0xdeadbeef), RET_A } },
	{ "tax__copies_to_x",
	  5,
	  { A(5), { FST_TAX, 0, 0, 0 }, A(9), { FST_TXA, 0, 0, 0 }, RET_A } },
	{ "len__is_64_in_a", 64, { { FST_LD_LEN, 0, 0, 3 }, RET_A } },
	{ "len__is_64_in_x", 64, { { FST_LDX_LEN, 0, 0, 3 }, { FST_TXA, 0, 0, 0 }, RET_A } },
	{ "add__wraps", 1, { A(0xffffffff), { FST_ADD_K, 0, 0, 2 }, RET_A } },
	{ "add_x__adds_x", 7, { A(3), X(4), { FST_ADD_X, 0, 0, 99 }, RET_A } },
	{ "sub__wraps", 0xffffffff, { A(1), { FST_SUB_K, 0, 0, 2 }, RET_A } },
	{ "sub_x__takes_x_from_a", 0xfffffffe, { A(1), X(3), { FST_SUB_X, 0, 0, 99 }, RET_A } },
	{ "mul__keeps_the_low_32_bits",
	  0xfffffffe,
	  { A(0x7fffffff), { FST_MUL_K, 0, 0, 2 }, RET_A } },
	{ "mul_x__multiplies", 1, { A(0xffffffff), X(0xffffffff), { FST_MUL_X, 0, 0, 0 }, RET_A } },
	{ "div__is_unsigned", 0x7fffffff, { A(0xfffffffe), { FST_DIV_K, 0, 0, 2 }, RET_A } },
	{ "div__by_a_negative_constant_is_unsigned",
	  1,
	  { A(0xffffffff), { FST_DIV_K, 0, 0, 0xfffffffe }, RET_A } },
	{ "div_x__is_unsigned",
	  0,
	  { A(0x80000000), X(0xffffffff), { FST_DIV_X, 0, 0, 0 }, RET_A } },
	{ "div_x__by_zero_ends_the_program_with_zero",
	  0,
	  { A(9), { FST_DIV_X, 0, 0, 1 }, { FST_RET_K, 0, 0, 0x7fff0000 } } },
	{ "or__sets_bits", 0xf5, { A(0xf0), { FST_OR_K, 0, 0, 0x05 }, RET_A } },
	{ "or_x__sets_bits", 0xf5, { A(0xf0), X(5), { FST_OR_X, 0, 0, 0xff00 }, RET_A } },
	{ "and__keeps_bits", 0x10, { A(0x1f), { FST_AND_K, 0, 0, 0xf0 }, RET_A } },
	{ "and_x__keeps_bits", 0x10, { A(0x1f), X(0xf0), { FST_AND_X, 0, 0, 0 }, RET_A } },
	{ "xor__flips_bits",
	  0xff00ff00,
	  { A(0xffffffff), { FST_XOR_K, 0, 0, 0x00ff00ff }, RET_A } },
	{ "xor_x__flips_bits",
	  0xff00ff00,
	  { A(0xffffffff), X(0x00ff00ff), { FST_XOR_X, 0, 0, 0 }, RET_A } },
	{ "neg__is_twos_complement", 0xfffffffb, { A(5), { FST_NEG, 0, 0, 77 }, RET_A } },
	{ "neg__of_zero_is_zero", 0, { { FST_NEG, 0, 0, 0 }, RET_A } },
	{ "lsh__drops_high_bits", 0x80000000, { A(3), { FST_LSH_K, 0, 0, 31 }, RET_A } },
	{ "rsh__is_logical", 1, { A(0x80000000), { FST_RSH_K, 0, 0, 31 }, RET_A } },
	{ "lsh_x__by_32_shifts_nothing", 3, { A(3), X(32), { FST_LSH_X, 0, 0, 1 }, RET_A } },
	{ "rsh_x__uses_the_low_five_bits_of_x",
	  0x40000000,
	  { A(0x80000000), X(0xffffff01), { FST_RSH_X, 0, 0, 0 }, RET_A } },
	{ "scratch__keeps_a",
	  8,
	  { A(8), { FST_ST, 0, 0, 15 }, A(0), { FST_LD_MEM, 0, 0, 15 }, RET_A } },
	{ "scratch__keeps_x", 8, { X(8), { FST_STX, 0, 0, 0 }, { FST_LD_MEM, 0, 0, 0 }, RET_A } },
	{ "scratch__goes_to_x",
	  6,
	  { A(6),
	    { FST_ST, 0, 0, 2 },
	    { FST_LDX_MEM, 0, 0, 2 },
	    A(0),
	    { FST_TXA, 0, 0, 0 },
	    RET_A } },
	{ "ja__skips_k",
	  2,
	  { { FST_JA, 0, 0, 1 }, { FST_RET_K, 0, 0, 1 }, { FST_RET_K, 0, 0, 2 } } },
};

static void judge_row(void **state)
{
	const struct row *row = *state;
	const struct flagstop_data data = call_of(FLAGSTOP_ABI_X86_64);

	assert_int_equal(flagstop_program_run(row->insns, COUNT(row->insns), &data, NULL, NULL),
			 row->result);
}

/* ---- branches ---- */

static const struct branch {
	const char *name;
	uint16_t by_k, by_x;
	uint32_t a, operand;
	int taken;
} branches[] = {
	{ "jeq__equal_is_taken", FST_JEQ_K, FST_JEQ_X, 0x80000000, 0x80000000, 1 },
	{ "jeq__different_is_not_taken", FST_JEQ_K, FST_JEQ_X, 0x80000000, 0, 0 },
	{ "jgt__greater_is_taken", FST_JGT_K, FST_JGT_X, 2, 1, 1 },
	{ "jgt__equal_is_not_taken", FST_JGT_K, FST_JGT_X, 2, 2, 0 },
	{ "jgt__is_unsigned", FST_JGT_K, FST_JGT_X, 0xffffffff, 1, 1 },
	{ "jgt__one_is_not_above_minus_one", FST_JGT_K, FST_JGT_X, 1, 0xffffffff, 0 },
	{ "jge__equal_is_taken", FST_JGE_K, FST_JGE_X, 0xfffffffe, 0xfffffffe, 1 },
	{ "jge__less_is_not_taken", FST_JGE_K, FST_JGE_X, 1, 2, 0 },
	{ "jge__is_unsigned", FST_JGE_K, FST_JGE_X, 0x80000000, 0x7fffffff, 1 },
	{ "jset__any_common_bit_is_taken", FST_JSET_K, FST_JSET_X, 0x80000001, 0xf0000000, 1 },
	{ "jset__no_common_bit_is_not_taken", FST_JSET_K, FST_JSET_X, 0x0f, 0xf0, 0 },
};

static void judge_branch(void **state)
{
	const struct branch *branch = *state;
	const struct flagstop_data data = call_of(FLAGSTOP_ABI_X86_64);
	const uint32_t expected = branch->taken ? 1 : 2;
	struct flagstop_insn insns[] = { A(branch->a),
					 X(branch->operand),
					 { branch->by_x, 1, 2, ~branch->operand },
					 { FST_RET_K, 0, 0, 3 },
					 { FST_RET_K, 0, 0, 1 },
					 { FST_RET_K, 0, 0, 2 } };

	assert_int_equal(flagstop_program_run(insns, COUNT(insns), &data, NULL, NULL), expected);
	insns[1].k = ~branch->operand;
	insns[2] = (struct flagstop_insn){ branch->by_k, 1, 2, branch->operand };
	assert_int_equal(flagstop_program_run(insns, COUNT(insns), &data, NULL, NULL), expected);
}

/* ---- what is loaded and counted ---- */

static uint32_t load(enum flagstop_abi abi, uint32_t offset, uint32_t *ret_loads)
{
	const struct flagstop_insn insns[] = { { FST_LD_ABS, 0, 0, offset }, RET_A };
	const struct flagstop_data data = call_of(abi);

	return flagstop_program_run(insns, COUNT(insns), &data, NULL, ret_loads);
}

static void load__little_endian_words_stand_where_the_kernel_has_them(void **state)
{
	(void)state;
	assert_int_equal(load(FLAGSTOP_ABI_X86_64, 0, NULL), 0x101);
	assert_int_equal(load(FLAGSTOP_ABI_X86_64, 4, NULL),
			 flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64));
	assert_int_equal(load(FLAGSTOP_ABI_X86_64, 8, NULL), 0x22222222);
	assert_int_equal(load(FLAGSTOP_ABI_X86_64, 12, NULL), 0x11111111);
	for (uint32_t arg = 0; arg < 6; arg++) {
		assert_int_equal(load(FLAGSTOP_ABI_AARCH64, 16 + 8 * arg, NULL),
				 ((0x0a + arg) << 24) + 1);
		assert_int_equal(load(FLAGSTOP_ABI_AARCH64, 20 + 8 * arg, NULL),
				 (0x0a + arg) << 24);
	}
}

static void load__big_endian_words_are_swapped_on_every_host(void **state)
{
	(void)state;
	assert_int_equal(load(FLAGSTOP_ABI_S390X, 0, NULL), 0x101);
	assert_int_equal(load(FLAGSTOP_ABI_S390X, 4, NULL),
			 flagstop_abi_audit_arch(FLAGSTOP_ABI_S390X));
	assert_int_equal(load(FLAGSTOP_ABI_S390X, 8, NULL), 0x11111111);
	assert_int_equal(load(FLAGSTOP_ABI_S390X, 12, NULL), 0x22222222);
	for (uint32_t arg = 0; arg < 6; arg++) {
		assert_int_equal(load(FLAGSTOP_ABI_S390X, 16 + 8 * arg, NULL), (0x0a + arg) << 24);
		assert_int_equal(load(FLAGSTOP_ABI_S390X, 20 + 8 * arg, NULL),
				 ((0x0a + arg) << 24) + 1);
	}
}

static void load__of_native_words_is_what_memory_holds(void **state)
{
	const struct flagstop_data data = call_of(flagstop_abi_native());

	(void)state;
	for (uint32_t offset = 0; offset < sizeof(data); offset += 4) {
		uint32_t word;

		memcpy(&word, (const char *)&data + offset, sizeof(word));
		assert_int_equal(load(flagstop_abi_native(), offset, NULL), word);
	}
}

static void loads__have_a_bit_for_each_word(void **state)
{
	(void)state;
	for (uint32_t offset = 0; offset < sizeof(struct flagstop_data); offset += 4) {
		uint32_t loads;

		load(FLAGSTOP_ABI_X86_64, offset, &loads);
		assert_int_equal(loads, UINT32_C(1) << offset / 4);
	}
}

static void loads__are_those_that_ran(void **state)
{
	const struct flagstop_insn insns[] = { { FST_LD_ABS, 0, 0, 0 },
					       { FST_JEQ_K, 0, 1, 1 },
					       { FST_LD_ABS, 0, 0, 16 },
					       { FST_LD_ABS, 0, 0, 4 },
					       RET_A };
	const struct flagstop_data data = call_of(FLAGSTOP_ABI_X86_64);
	uint32_t loads;

	(void)state;
	flagstop_program_run(insns, COUNT(insns), &data, NULL, &loads);
	assert_int_equal(loads, 3);
}

static void executed__counts_what_ran(void **state)
{
	const struct flagstop_insn insns[] = {
		{ FST_JA, 0, 0, 2 }, RET_A, RET_A, A(1), RET_A, RET_A
	};
	const struct flagstop_data data = call_of(FLAGSTOP_ABI_X86_64);
	unsigned executed;

	(void)state;
	flagstop_program_run(insns, COUNT(insns), &data, &executed, NULL);
	assert_int_equal(executed, 3);
}

static void ja__can_go_farther_than_a_branch(void **state)
{
	static struct flagstop_insn insns[FLAGSTOP_PROGRAM_MAX_INSNS];
	const struct flagstop_data data = call_of(FLAGSTOP_ABI_X86_64);

	(void)state;
	for (size_t i = 0; i < COUNT(insns); i++)
		insns[i] = (struct flagstop_insn){ FST_RET_K, 0, 0, (uint32_t)i };
	insns[0] = (struct flagstop_insn){ FST_JA, 0, 0, FLAGSTOP_PROGRAM_MAX_INSNS - 2 };
	assert_int_equal(flagstop_program_run(insns, COUNT(insns), &data, NULL, NULL),
			 FLAGSTOP_PROGRAM_MAX_INSNS - 1);
}

/* ---- programs that no kernel would take ---- */

static const struct row wrong[] = {
	{ "unchecked__unknown_opcode_kills", KILL_PROCESS, { { 0xff, 0, 0, 0 }, RET_A } },
	{ "unchecked__jump_out_kills", KILL_PROCESS, { { FST_JA, 0, 0, 0xffffffff }, RET_A } },
	{ "unchecked__branch_out_kills", KILL_PROCESS, { { FST_JEQ_K, 255, 0, 0 }, RET_A } },
	{ "unchecked__load_out_kills", KILL_PROCESS, { { FST_LD_ABS, 0, 0, 64 }, RET_A } },
	{ "unchecked__unaligned_load_kills", KILL_PROCESS, { { FST_LD_ABS, 0, 0, 2 }, RET_A } },
	{ "unchecked__scratch_load_out_kills", KILL_PROCESS, { { FST_LD_MEM, 0, 0, 16 }, RET_A } },
	{ "unchecked__scratch_store_out_kills",
	  KILL_PROCESS,
	  { { FST_STX, 0, 0, 16 }, RET_A } },
	{ "unchecked__byte_load_kills", KILL_PROCESS, { { 0x30, 0, 0, 4 }, RET_A } },
	{ "unchecked__modulus_kills", KILL_PROCESS, { { 0x94, 0, 0, 3 }, RET_A } },
	{ "unchecked__shift_too_far_uses_the_low_five_bits",
	  2,
	  { A(1), { FST_LSH_K, 0, 0, 33 }, RET_A } },
};

static void unchecked__end_without_return_kills(void **state)
{
	const struct flagstop_insn insns[] = { A(0x7fff0000) };
	const struct flagstop_data data = call_of(FLAGSTOP_ABI_X86_64);

	(void)state;
	assert_int_equal(flagstop_program_run(insns, 1, &data, NULL, NULL), KILL_PROCESS);
	assert_int_equal(flagstop_program_run(insns, 0, &data, NULL, NULL), KILL_PROCESS);
}

int main(void)
{
	static const struct CMUnitTest laws[] = {
		cmocka_unit_test(load__little_endian_words_stand_where_the_kernel_has_them),
		cmocka_unit_test(load__big_endian_words_are_swapped_on_every_host),
		cmocka_unit_test(load__of_native_words_is_what_memory_holds),
		cmocka_unit_test(loads__have_a_bit_for_each_word),
		cmocka_unit_test(loads__are_those_that_ran),
		cmocka_unit_test(executed__counts_what_ran),
		cmocka_unit_test(ja__can_go_farther_than_a_branch),
		cmocka_unit_test(unchecked__end_without_return_kills),
	};
	struct CMUnitTest bpf_interpret[COUNT(rows) + COUNT(branches) + COUNT(wrong) + COUNT(laws)];
	struct CMUnitTest *next = bpf_interpret;

	for (size_t i = 0; i < COUNT(rows); i++)
		*next++ = (struct CMUnitTest){ rows[i].name, judge_row, NULL, NULL,
					       (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(branches); i++)
		*next++ = (struct CMUnitTest){ branches[i].name, judge_branch, NULL, NULL,
					       (void *)&branches[i] };
	for (size_t i = 0; i < COUNT(wrong); i++)
		*next++ = (struct CMUnitTest){ wrong[i].name, judge_row, NULL, NULL,
					       (void *)&wrong[i] };
	memcpy(next, laws, sizeof(laws));
	return cmocka_run_group_tests(bpf_interpret, NULL, NULL);
}
