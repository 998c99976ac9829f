/* SPDX-License-Identifier: MIT */
/*
 * What flagstop_program_check says about wrong programs: which instruction, which rule. (That it refuses and accepts
 * what the kernel does is for tests/system/test_bpf_oracle.c.)
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <filters/bpf/opcode.h>
#include <flagstop/program.h>

#define RET \
	{ \
		FST_RET_K, 0, 0, 0x7fff0000 \
	}

static const struct row {
	const char *name;
	const char *message;
	const char *hint;
	unsigned line;
	size_t count;
	struct flagstop_insn insns[6];
} rows[] = {
	{ "check__no_instruction_at_all", "the program is empty", "", 0, 0, { RET } },
	{ "check__load_behind_the_data",
	  "instruction 1: the load at offset 64 is beyond the 64 bytes of seccomp_data",
	  "",
	  2,
	  3,
	  { { FST_LD_ABS, 0, 0, 60 }, { FST_LD_ABS, 0, 0, 64 }, RET } },
	{ "check__unaligned_load",
	  "instruction 0: the load at offset 3 is not aligned to 4 bytes",
	  "",
	  1,
	  2,
	  { { FST_LD_ABS, 0, 0, 3 }, RET } },
	{ "check__byte_load",
	  "instruction 0: no seccomp filter may have opcode 0x0030",
	  "seccomp loads aligned 32-bit words at fixed offsets only",
	  1,
	  2,
	  { { 0x30, 0, 0, 0 }, RET } },
	{ "check__modulus",
	  "instruction 0: no seccomp filter may have opcode 0x0094",
	  "seccomp has no modulus; a mask does it for powers of two",
	  1,
	  2,
	  { { 0x94, 0, 0, 8 }, RET } },
	{ "check__modulus_by_x",
	  "instruction 0: no seccomp filter may have opcode 0x009c",
	  "seccomp has no modulus; a mask does it for powers of two",
	  1,
	  2,
	  { { 0x9c, 0, 0, 8 }, RET } },
	{ "check__unknown_opcode",
	  "instruction 2: no seccomp filter may have opcode 0xbeef",
	  "",
	  3,
	  3,
	  { { FST_TAX, 0, 0, 0 }, RET, { 0xbeef, 0, 0, 0 } } },
	{ "check__division_by_zero",
	  "instruction 0: division by the constant 0",
	  "",
	  1,
	  2,
	  { { FST_DIV_K, 0, 0, 0 }, RET } },
	{ "check__shift_too_far",
	  "instruction 0: a shift by 32 bits, at most 31 are allowed",
	  "",
	  1,
	  2,
	  { { FST_RSH_K, 0, 0, 32 }, RET } },
	{ "check__scratch_that_does_not_exist",
	  "instruction 0: scratch word M[16] does not exist, the last is M[15]",
	  "",
	  1,
	  2,
	  { { FST_STX, 0, 0, 16 }, RET } },
	{ "check__jump_out",
	  "instruction 1: the jump to instruction 3 leaves the program, whose last is 2",
	  "",
	  2,
	  3,
	  { RET, { FST_JA, 0, 0, 1 }, RET } },
	{ "check__backward_jump",
	  "instruction 1: the jump to instruction 4294967297 leaves the program, whose last is 2",
	  "",
	  2,
	  3,
	  { RET, { FST_JA, 0, 0, 0xffffffff }, RET } },
	{ "check__true_branch_out",
	  "instruction 0: the jump to instruction 3 leaves the program, whose last is 2",
	  "",
	  1,
	  3,
	  { { FST_JEQ_X, 2, 1, 0 }, RET, RET } },
	{ "check__false_branch_out",
	  "instruction 0: the jump to instruction 256 leaves the program, whose last is 2",
	  "",
	  1,
	  3,
	  { { FST_JEQ_K, 1, 255, 0 }, RET, RET } },
	{ "check__no_return_at_the_end",
	  "instruction 1: the last instruction must be a return",
	  "",
	  2,
	  2,
	  { RET, { FST_LD_IMM, 0, 0, 0 } } },
	{ "check__scratch_unwritten",
	  "instruction 2: scratch word M[5] is loaded but may be unwritten",
	  "",
	  3,
	  4,
	  { { FST_JEQ_K, 1, 0, 0 }, { FST_ST, 0, 0, 5 }, { FST_LDX_MEM, 0, 0, 5 }, RET } },
	{ "check__first_wrong_instruction_is_named",
	  "instruction 0: division by the constant 0",
	  "",
	  1,
	  3,
	  { { FST_DIV_K, 0, 0, 0 }, { FST_DIV_K, 0, 0, 0 }, RET } },
};

static void judge_row(void **state)
{
	const struct row *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	assert_int_equal(flagstop_program_check(row->insns, row->count, &error), -EINVAL);
	assert_int_equal(error.code, -EINVAL);
	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_int_equal(error.line, row->line);
}

static void check__right_program_leaves_the_error_alone(void **state)
{
	const struct flagstop_insn insns[] = {
		{ FST_LD_ABS, 0, 0, 0 }, { FST_JEQ_K, 0, 1, 1 }, RET, RET
	};
	struct flagstop_error error = FLAGSTOP_ERROR_INIT, before = error;

	(void)state;
	assert_int_equal(flagstop_program_check(insns, 4, &error), 0);
	assert_memory_equal(&error, &before, sizeof(error));
}

static void check__null_error_is_allowed(void **state)
{
	const struct flagstop_insn insns[] = { { 0xff, 0, 0, 0 } };

	(void)state;
	assert_int_equal(flagstop_program_check(insns, 1, NULL), -EINVAL);
}

static void check__null_program_is_refused(void **state)
{
	(void)state;
	assert_int_equal(flagstop_program_check(NULL, 3, NULL), -EINVAL);
}

static void check__4097_instructions_are_too_many(void **state)
{
	static struct flagstop_insn insns[FLAGSTOP_PROGRAM_MAX_INSNS + 1];
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i <= FLAGSTOP_PROGRAM_MAX_INSNS; i++)
		insns[i] = (struct flagstop_insn)RET;
	assert_int_equal(flagstop_program_check(insns, FLAGSTOP_PROGRAM_MAX_INSNS, NULL), 0);
	assert_int_equal(flagstop_program_check(insns, FLAGSTOP_PROGRAM_MAX_INSNS + 1, &error),
			 -EINVAL);
	assert_string_equal(error.message, "4097 instructions, a filter may have 4096");
}

/*
 * One word is written on both ways, its neighbour on one: behind the join only the first may be loaded.
 */
static void check__scratch_is_tracked_for_each_word(void **state)
{
	(void)state;
	for (unsigned both = 0; both < FST_SCRATCH_WORDS; both++) {
		for (unsigned loaded = 0; loaded < FST_SCRATCH_WORDS; loaded++) {
			const unsigned other = (both + 1) % FST_SCRATCH_WORDS;
			const struct flagstop_insn insns[] = {
				{ FST_JEQ_K, 3, 0, 0 },
				{ FST_ST, 0, 0, both },
				{ FST_ST, 0, 0, other },
				{ FST_JA, 0, 0, 1 },
				{ FST_STX, 0, 0, both },
				{ FST_LD_MEM, 0, 0, loaded },
				RET,
			};

			assert_int_equal(flagstop_program_check(insns, 7, NULL),
					 loaded == both ? 0 : -EINVAL);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest laws[] = {
		cmocka_unit_test(check__right_program_leaves_the_error_alone),
		cmocka_unit_test(check__null_error_is_allowed),
		cmocka_unit_test(check__null_program_is_refused),
		cmocka_unit_test(check__4097_instructions_are_too_many),
		cmocka_unit_test(check__scratch_is_tracked_for_each_word),
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]),
	       LAWS = sizeof(laws) / sizeof(laws[0]) };
	struct CMUnitTest bpf_check[ROWS + LAWS];

	for (size_t i = 0; i < ROWS; i++)
		bpf_check[i] = (struct CMUnitTest){ rows[i].name, judge_row, NULL, NULL,
						    (void *)&rows[i] };
	memcpy(bpf_check + ROWS, laws, sizeof(laws));
	return cmocka_run_group_tests(bpf_check, NULL, NULL);
}
