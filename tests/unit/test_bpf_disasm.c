/* SPDX-License-Identifier: MIT */
/* How programs are written for people, and what the comments may claim. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <filters/bpf/opcode.h>
#include <flagstop/program.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define X86_64 0xc000003eu
#define S390X 0x80000016u
#define OPENAT 257 /* x86_64 */
#define RET \
	{ \
		FST_RET_K, 0, 0, 0x7fff0000 \
	}
#define LD(offset) \
	{ \
		FST_LD_ABS, 0, 0, (offset) \
	}

/* in front of a body: the rest is reached with the architecture known and A holding the number */
#define IS_X86_64 LD(4), { FST_JEQ_K, 1, 0, X86_64 }, RET, LD(0)
/* and with the call known */
#define IS_OPENAT IS_X86_64, { FST_JEQ_K, 1, 0, OPENAT }, RET
#define AFTER_ARCH 4
#define AFTER_CALL 6

static const char *line_of(const struct flagstop_insn *insns, size_t count, size_t index)
{
	static char line[512];

	flagstop_program_disassemble(insns, count, index, line, sizeof(line));
	return line;
}

/* ---- one line each; `index` is the one that is looked at ---- */

static const struct row {
	const char *name;
	const char *line;
	size_t index;
	struct flagstop_insn insns[12];
} rows[] = {
	{ "ld__immediate", "  0: ld  #0x2a", 0, { { FST_LD_IMM, 0, 0, 42 } } },
	{ "ld__nr", "  0: ld  [0]                 ; nr", 0, { LD(0) } },
	{ "ld__arch", "  0: ld  [4]                 ; arch", 0, { LD(4) } },
	{ "ld__scratch", "  0: ld  M[3]", 0, { { FST_LD_MEM, 0, 0, 3 } } },
	{ "ld__length", "  0: ld  #len                ; 64", 0, { { FST_LD_LEN, 0, 0, 0 } } },
	{ "ldx__immediate", "  0: ldx #0xffffffff", 0, { { FST_LDX_IMM, 0, 0, 0xffffffff } } },
	{ "ldx__scratch", "  0: ldx M[15]", 0, { { FST_LDX_MEM, 0, 0, 15 } } },
	{ "st__scratch", "  0: st  M[0]", 0, { { FST_ST, 0, 0, 0 } } },
	{ "stx__scratch", "  0: stx M[1]", 0, { { FST_STX, 0, 0, 1 } } },
	{ "and__constant", "  0: and #0xff", 0, { { FST_AND_K, 0, 0, 255 } } },
	{ "or__x", "  0: or  x", 0, { { FST_OR_X, 0, 0, 255 } } },
	{ "div__constant_is_decimal", "  0: div #10", 0, { { FST_DIV_K, 0, 0, 10 } } },
	{ "lsh__constant_is_decimal", "  0: lsh #31", 0, { { FST_LSH_K, 0, 0, 31 } } },
	{ "neg__has_no_operand", "  0: neg", 0, { { FST_NEG, 0, 0, 9 } } },
	{ "tax__has_no_operand", "  0: tax", 0, { { FST_TAX, 0, 0, 9 } } },
	{ "ja__target_is_absolute", "  1: ja  3", 1, { LD(0), { FST_JA, 0, 0, 1 } } },
	{ "ja__target_behind_32_bits_is_right",
	  "  1: ja  4294967297",
	  1,
	  { LD(0), { FST_JA, 0, 0, 0xffffffff } } },
	{ "jset__targets_are_absolute",
	  "  1: jset #0x4, 2, 4",
	  1,
	  { { FST_TAX, 0, 0, 0 }, { FST_JSET_K, 0, 2, 4 } } },
	{ "jgt__x", "  0: jgt x, 1, 2", 0, { { FST_JGT_X, 0, 1, 4 } } },
	{ "ret__a", "  0: ret a", 0, { { FST_RET_A, 0, 0, 4 } } },
	{ "ret__action_is_named",
	  "  0: ret #0x50026            ; ERRNO(ENOSYS)",
	  0,
	  { { FST_RET_K, 0, 0, 0x50026 } } },
	{ "unknown__is_shown_as_it_is",
	  "  0: .insn 0x0094, 1, 2, 0x3 ; no seccomp filter may have this",
	  0,
	  { { 0x94, 1, 2, 3 } } },
	{ "unknown__unaligned_load_is_not_named", "  0: ld  [3]", 0, { LD(3) } },
	{ "unknown__load_behind_the_data_is_not_named", "  0: ld  [64]", 0, { LD(64) } },

	{ "arch__is_named", "  1: jeq #0xc000003e, 3, 2   ; x86_64", 1, { IS_X86_64 } },
	{ "arch__unknown_is_called_so",
	  "  1: jeq #0x1, 2, 2          ; an unknown architecture",
	  1,
	  { LD(4), { FST_JEQ_K, 0, 0, 1 } } },
	{ "call__is_named",
	  "  4: jeq #0x101, 5, 6        ; openat",
	  AFTER_ARCH,
	  { IS_X86_64, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__compared_by_jge_is_named",
	  "  4: jge #0x101, 5, 6        ; openat",
	  AFTER_ARCH,
	  { IS_X86_64, { FST_JGE_K, 0, 1, OPENAT } } },
	{ "call__x32_is_told_apart",
	  "  4: jeq #0x40000101, 5, 6   ; openat (x32)",
	  AFTER_ARCH,
	  { IS_X86_64, { FST_JEQ_K, 0, 1, 0x40000000 | OPENAT } } },
	{ "call__x32_bit_is_named",
	  "  4: jset #0x40000000, 5, 6  ; x32",
	  AFTER_ARCH,
	  { IS_X86_64, { FST_JSET_K, 0, 1, 0x40000000 } } },
	{ "call__bits_are_no_call",
	  "  4: jset #0x101, 5, 6",
	  AFTER_ARCH,
	  { IS_X86_64, { FST_JSET_K, 0, 1, OPENAT } } },
	{ "call__is_named_behind_other_calls",
	  "  5: jeq #0x101, 6, 6        ; openat",
	  5,
	  { IS_X86_64, { FST_JEQ_K, 1, 0, 39 }, { FST_JEQ_K, 0, 0, OPENAT } } },
	{ "call__without_arch_is_not_named",
	  "  1: jeq #0x101, 2, 3",
	  1,
	  { LD(0), { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__behind_the_wrong_side_of_arch_is_not_named",
	  "  3: jeq #0x101, 4, 5",
	  3,
	  { LD(4), { FST_JEQ_K, 2, 0, X86_64 }, LD(0), { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__arch_known_on_one_way_only_is_not_named",
	  "  3: jeq #0x101, 4, 5",
	  3,
	  { LD(4), { FST_JEQ_K, 0, 0, X86_64 }, LD(0), { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__of_another_arch_is_another",
	  "  4: jeq #0x101, 5, 6        ; timer_getoverrun",
	  AFTER_ARCH,
	  { LD(4), { FST_JEQ_K, 1, 0, S390X }, RET, LD(0), { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__masked_number_is_not_named",
	  "  5: jeq #0x101, 6, 7",
	  5,
	  { IS_X86_64, { FST_AND_K, 0, 0, 0xfff }, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__changed_number_is_not_named",
	  "  5: jeq #0x101, 6, 7",
	  5,
	  { IS_X86_64, { FST_ADD_K, 0, 0, 1 }, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__other_contents_of_a_are_not_named",
	  "  5: jeq #0x101, 6, 7",
	  5,
	  { IS_X86_64, { FST_TXA, 0, 0, 0 }, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__stored_number_is_still_in_a",
	  "  6: jeq #0x101, 7, 8        ; openat",
	  6,
	  { IS_X86_64, { FST_ST, 0, 0, 0 }, { FST_TAX, 0, 0, 0 }, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__is_named_across_a_jump",
	  "  6: jeq #0x101, 7, 8        ; openat",
	  6,
	  { IS_X86_64, { FST_JA, 0, 0, 1 }, { FST_TAX, 0, 0, 0 }, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__number_in_a_on_one_way_only_is_not_named",
	  "  6: jeq #0x101, 7, 8",
	  6,
	  { IS_X86_64, { FST_JSET_K, 0, 1, 1 }, LD(24), { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__arch_compared_by_jge_is_not_known",
	  "  4: jeq #0x101, 5, 6",
	  AFTER_ARCH,
	  { LD(4), { FST_JGE_K, 1, 0, X86_64 }, RET, LD(0), { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__in_dead_code_is_not_named",
	  "  5: jeq #0x101, 6, 7",
	  5,
	  { IS_X86_64, RET, { FST_JEQ_K, 0, 1, OPENAT } } },
	{ "call__compared_with_x_is_not_named",
	  "  4: jeq x, 5, 6",
	  AFTER_ARCH,
	  { IS_X86_64, { FST_JEQ_X, 0, 1, OPENAT } } },

	{ "word__low_half_of_an_argument",
	  "  4: ld  [24]                ; args[1] low",
	  AFTER_ARCH,
	  { IS_X86_64, LD(24) } },
	{ "word__high_half_of_an_argument",
	  "  4: ld  [60]                ; args[5] high",
	  AFTER_ARCH,
	  { IS_X86_64, LD(60) } },
	{ "word__instruction_pointer",
	  "  4: ld  [12]                ; instruction_pointer high",
	  AFTER_ARCH,
	  { IS_X86_64, LD(12) } },
	{ "word__halves_are_swapped_on_big_endian",
	  "  3: ld  [24]                ; args[1] high",
	  3,
	  { LD(4), { FST_JEQ_K, 1, 0, S390X }, RET, LD(24) } },
	{ "word__argument_of_a_known_call_is_named",
	  "  6: ld  [32]                ; args[2] low, flags",
	  AFTER_CALL,
	  { IS_OPENAT, LD(32) } },
	{ "word__argument_beyond_the_call_has_no_name",
	  "  6: ld  [56]                ; args[5] low",
	  AFTER_CALL,
	  { IS_OPENAT, LD(56) } },
	{ "word__compared_argument_is_named",
	  "  5: jeq #0x2, 6, 6          ; args[0] high",
	  5,
	  { IS_X86_64, LD(20), { FST_JEQ_K, 0, 0, 2 } } },
	{ "word__constant_is_named",
	  "  7: jeq #0x2, 8, 8          ; args[2] low, flags: O_RDWR",
	  7,
	  { IS_OPENAT, LD(32), { FST_JEQ_K, 0, 0, 2 } } },
	{ "word__masked_constant_is_named",
	  "  8: jeq #0x2, 9, 9          ; args[2] low, flags: O_RDWR",
	  8,
	  { IS_OPENAT, LD(32), { FST_AND_K, 0, 0, 3 }, { FST_JEQ_K, 0, 0, 2 } } },
	{ "word__high_half_is_no_constant",
	  "  7: jeq #0x2, 8, 8          ; args[2] high, flags",
	  7,
	  { IS_OPENAT, LD(36), { FST_JEQ_K, 0, 0, 2 } } },
	{ "word__call_compared_by_jge_is_not_known",
	  "  6: ld  [32]                ; args[2] low",
	  6,
	  { IS_X86_64, { FST_JGE_K, 1, 0, OPENAT }, RET, LD(32) } },
	{ "word__call_known_on_one_way_only_is_not_named",
	  "  5: ld  [32]                ; args[2] low",
	  5,
	  { IS_X86_64, { FST_JEQ_K, 0, 0, OPENAT }, LD(32) } },
	{ "word__two_ways_with_the_same_call_agree",
	  "  8: ld  [32]                ; args[2] low, flags",
	  8,
	  { IS_X86_64,
	    { FST_JSET_K, 0, 1, 1 },
	    { FST_JEQ_K, 2, 1, OPENAT },
	    { FST_JEQ_K, 1, 0, OPENAT },
	    RET,
	    LD(32) } },
};

static void judge_row(void **state)
{
	const struct row *row = *state;

	assert_string_equal(line_of(row->insns, COUNT(row->insns), row->index), row->line);
}

/* ---- actions ---- */

static const struct action {
	const char *name;
	const char *text;
	uint32_t action;
} actions[] = {
	{ "action__kill_process", "KILL_PROCESS", 0x80000000 },
	{ "action__kill_process_has_no_data", "KILL_PROCESS", 0x80000005 },
	{ "action__kill_thread", "KILL_THREAD", 0 },
	{ "action__trap", "TRAP(7)", 0x00030007 },
	{ "action__errno_is_named", "ERRNO(EPERM)", 0x00050001 },
	{ "action__errno_without_name_is_a_number", "ERRNO(3000)", 0x00050bb8 },
	{ "action__errno_zero_is_a_number", "ERRNO(0)", 0x00050000 },
	{ "action__errno_above_4095_is_capped", "ERRNO(4095)", 0x0005ffff },
	{ "action__user_notification", "USER_NOTIF", 0x7fc00000 },
	{ "action__trace", "TRACE(65535)", 0x7ff0ffff },
	{ "action__log", "LOG", 0x7ffc0000 },
	{ "action__allow", "ALLOW", 0x7fff0000 },
	{ "action__unknown_one_kills", "KILL_PROCESS, as 0x12345678 is no action", 0x12345678 },
};

static void judge_action(void **state)
{
	const struct action *action = *state;
	char text[64];

	assert_int_equal(flagstop_action_format(action->action, text, sizeof(text)),
			 strlen(action->text));
	assert_string_equal(text, action->text);
}

/* ---- the whole ---- */

static void disassemble__index_column_grows_with_the_program(void **state)
{
	static struct flagstop_insn insns[FLAGSTOP_PROGRAM_MAX_INSNS];

	(void)state;
	assert_string_equal(line_of(insns, 1000, 7), "  7: ld  #0x0");
	assert_string_equal(line_of(insns, 1001, 7), "   7: ld  #0x0");
	assert_string_equal(line_of(insns, COUNT(insns), 4095), "4095: ld  #0x0");
}

static void disassemble__index_outside_is_empty(void **state)
{
	const struct flagstop_insn insns[] = { RET };

	(void)state;
	assert_string_equal(line_of(insns, 1, 1), "");
	assert_string_equal(line_of(insns, 0, 0), "");
	assert_string_equal(line_of(NULL, 3, 0), "");
}

static void disassemble__counts_what_does_not_fit(void **state)
{
	const struct flagstop_insn insns[] = { LD(4) };
	const char *whole = "  0: ld  [4]                 ; arch";
	char part[16];

	(void)state;
	assert_int_equal(flagstop_program_disassemble(insns, 1, 0, NULL, 0), strlen(whole));
	for (size_t size = 1; size <= sizeof(part); size++) {
		memset(part, '#', sizeof(part));
		assert_int_equal(flagstop_program_disassemble(insns, 1, 0, part, size),
				 strlen(whole));
		assert_int_equal(strlen(part), size - 1);
		assert_memory_equal(part, whole, size - 1);
		assert_true(size == sizeof(part) || part[size] == '#');
	}
	assert_int_equal(flagstop_action_format(0x00050001, part, 4), strlen("ERRNO(EPERM)"));
	assert_string_equal(part, "ERR");
}

/* More instructions than the kernel takes: shown, but nothing is claimed about them. */
static void disassemble__too_long_program_is_shown(void **state)
{
	static struct flagstop_insn insns[FLAGSTOP_PROGRAM_MAX_INSNS + 2];

	(void)state;
	insns[FLAGSTOP_PROGRAM_MAX_INSNS] = (struct flagstop_insn)LD(0);
	insns[FLAGSTOP_PROGRAM_MAX_INSNS + 1] = (struct flagstop_insn){ FST_JEQ_K, 0, 0, OPENAT };
	assert_string_equal(line_of(insns, COUNT(insns), FLAGSTOP_PROGRAM_MAX_INSNS),
			    "4096: ld  [0]                 ; nr");
	assert_string_equal(line_of(insns, COUNT(insns), FLAGSTOP_PROGRAM_MAX_INSNS + 1),
			    "4097: jeq #0x101, 4098, 4098");
}

/* Random bytes are programs too: every line is one line, and its length is what was said. */
static void disassemble__any_bytes_make_printable_lines(void **state)
{
	struct flagstop_insn insns[64];
	uint32_t random = 12345;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		unsigned char *bytes = (unsigned char *)insns;

		for (size_t i = 0; i < sizeof(insns); i++)
			bytes[i] = (unsigned char)((random = random * 1664525 + 1013904223) >> 24);
		for (size_t i = 0; i < COUNT(insns) && round % 2; i++)
			insns[i].code &= 0xbf; /* half of the programs have codes that exist */
		for (size_t i = 0; i < COUNT(insns); i++) {
			char line[512];
			size_t length = flagstop_program_disassemble(insns, COUNT(insns), i, line,
								     sizeof(line));

			assert_int_equal(length, strlen(line));
			for (size_t at = 0; at < length; at++)
				assert_in_range(line[at], 0x20, 0x7e);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest laws[] = {
		cmocka_unit_test(disassemble__index_column_grows_with_the_program),
		cmocka_unit_test(disassemble__index_outside_is_empty),
		cmocka_unit_test(disassemble__counts_what_does_not_fit),
		cmocka_unit_test(disassemble__too_long_program_is_shown),
		cmocka_unit_test(disassemble__any_bytes_make_printable_lines),
	};
	struct CMUnitTest bpf_disasm[COUNT(rows) + COUNT(actions) + COUNT(laws)];
	struct CMUnitTest *next = bpf_disasm;

	for (size_t i = 0; i < COUNT(rows); i++)
		*next++ = (struct CMUnitTest){ rows[i].name, judge_row, NULL, NULL,
					       (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(actions); i++)
		*next++ = (struct CMUnitTest){ actions[i].name, judge_action, NULL, NULL,
					       (void *)&actions[i] };
	memcpy(next, laws, sizeof(laws));
	return cmocka_run_group_tests(bpf_disasm, NULL, NULL);
}
