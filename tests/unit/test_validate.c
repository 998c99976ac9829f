/* SPDX-License-Identifier: MIT */
/*
 * The proof that ends every compile: programs that were changed are found out wherever a search by chance finds a
 * difference, and also where none would. What it rests on is test_diagram.c's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <cmocka.h>

#include <filters/bpf/opcode.h>
#include <filters/bpf/points.h>
#include <filters/bpf/validate.h>
#include <filters/compare/decision.h>
#include <filters/compare/program.h>

#include "test_memory.h"
#include "test_policy.h"

#define SEED UINT64_C(0x70726f6f66)
#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS

/* ---- what is validated ------------------------------------------------------------------------------------------- */

struct subject {
	struct flagstop_policy *policy;
	struct flagstop_compile_options options;
	const struct fst_session_keys *keys;
	struct flagstop_programs *programs;
	struct flagstop_error error;
};

static void compile(struct subject *s, const char *text, const struct fst_session_keys *with)
{
	const int pids[] = { 4711 };

	*s = (struct subject){ .options = FLAGSTOP_COMPILE_OPTIONS_INIT, .keys = with, .error = FLAGSTOP_ERROR_INIT };
	s->options.report = with ? FLAGSTOP_REPORT_ALL : FLAGSTOP_REPORT_NONE;
	s->policy = policy_of(&text, 1);
	if (with)
		assert_int_equal(flagstop_policy_add_guards(s->policy, pids, 1, NULL), 0);
	if (fst_compile(s->policy, &s->options, with, &s->programs, &s->error))
		fail_msg("%s", s->error.message);
}

static void release(struct subject *s)
{
	flagstop_programs_free(s->programs);
	flagstop_policy_free(s->policy);
}

/* Writable: the tests change what was compiled. */
static struct flagstop_insn *insns_of(const struct subject *s, size_t index, size_t *ret_count)
{
	return (struct flagstop_insn *)flagstop_programs_get(s->programs, index, ret_count);
}

static int validate(struct subject *s)
{
	return fst_validate(s->policy, &s->options, s->keys, s->programs, &s->error);
}

/* Validates one program that was written by hand in the place of what was compiled. */
static int validate_instead(struct subject *s, const struct flagstop_insn *insns, size_t count)
{
	struct flagstop_programs *compiled = s->programs;
	int r;

	assert_int_equal(flagstop_program_check(insns, count, NULL), 0);
	s->programs = fst_programs_new();
	assert_int_equal(fst_programs_add(s->programs, insns, count), 0);
	r = validate(s);
	flagstop_programs_free(s->programs);
	s->programs = compiled;
	return r;
}

/* ---- programs that were changed ---------------------------------------------------------------------------------- */

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

/* A second opinion by brute force: calls around everything that the policy and the program name. */
static bool differs_somewhere(const struct subject *s, uint64_t *state, struct flagstop_data *ret_call)
{
	static const uint64_t values[] = { 0,
					   1,
					   2,
					   3,
					   4,
					   5,
					   6,
					   9,
					   17,
					   4711,
					   0xffffff9c,
					   0xffffffff,
					   0x100000000,
					   0x100000001,
					   0x100000002,
					   0x3000000005,
					   0x103000000015,
					   UINT64_MAX,
					   0x10000000,
					   0x20000,
					   (uint64_t)-5,
					   (uint64_t)-6 };
	static const uint32_t numbers[] = { 0, 1, 2, 5, 8, 16, 19, 29, 54, 56,
					    80, 90, 120, 140, 222, 257, 288, 295, 600 };

	for (unsigned i = 0; i < 3000; i++) {
		struct flagstop_data *call = ret_call;
		uint32_t wanted;

		call->arch = flagstop_abi_audit_arch(below(state, FLAGSTOP_ABI_COUNT));
		call->nr = numbers[below(state, COUNT(numbers))] | (below(state, 4) ? 0 : 0x40000000);
		for (unsigned k = 0; k < 6; k++)
			call->args[k] = values[below(state, COUNT(values))];
		if (flagstop_policy_place(s->policy, call, s->options.report) == FLAGSTOP_PLACE_TRACER)
			wanted = SECCOMP_RET_TRACE;
		else
			wanted = action_of_verdict(flagstop_policy_decide(s->policy, call, NULL));
		if (run_all(s->programs, call, NULL) != wanted)
			return true;
	}
	return false;
}

static void change(struct flagstop_insn *insn, uint64_t *state)
{
	switch (below(state, 5)) {
	case 0:
		insn->k++;
		break;
	case 1:
		insn->k--;
		break;
	case 2:
		insn->k ^= UINT32_C(1) << below(state, 32);
		break;
	case 3:
		insn->jt = (uint8_t)(insn->jt + 1);
		break;
	default:
		insn->jf = (uint8_t)(insn->jf ? insn->jf - 1 : 1);
	}
}

static void mutant__that_differs_is_found(void **state)
{
	const char *text = *state;
	uint64_t random = SEED;
	unsigned different = 0, beyond_chance = 0;
	struct subject s;
	size_t count;

	compile(&s, text, NULL);
	struct flagstop_insn *insns = insns_of(&s, 0, &count);
	assert_int_equal(validate(&s), 0);
	for (size_t i = 0; i < count; i++) {
		const struct flagstop_insn kept = insns[i];
		struct flagstop_data call = { 0 };

		change(&insns[i], &random);
		if (!flagstop_program_check(insns, count, NULL)) {
			bool differs = differs_somewhere(&s, &random, &call);
			int r = validate(&s);

			if (differs && r != -EPROTO)
				fail_msg("instruction %zu: call %u of 0x%x went unseen", i, call.nr, call.arch);
			assert_true(r == 0 || r == -EPROTO);
			different += differs;
			beyond_chance += !differs && r;
		}
		insns[i] = kept;
	}
	assert_true(different > 20);
	assert_true(beyond_chance > 0); /* or the proof would be no better than chance */
	release(&s);
}

static void mutant__is_shown_by_a_call_that_differs(void **state)
{
	struct subject s;
	size_t count;

	(void)state;
	compile(&s,
		"abi x86_64\ndefault allow\ndeny lseek when offset == 0x123456789abcdef0 and whence & 0x80 == 0x80\n",
		NULL);
	struct flagstop_insn *insns = insns_of(&s, 0, &count);
	for (size_t i = 0; i < count; i++)
		if (insns[i].k == (SECCOMP_RET_ERRNO | 1))
			insns[i].k = SECCOMP_RET_ERRNO | 2;
	assert_int_equal(validate(&s), -EPROTO);
	assert_non_null(strstr(s.error.message, "lseek(0, 1311768467463790320, 128)"));
	assert_non_null(strstr(s.error.message, "ERRNO(ENOENT)"));
	assert_non_null(strstr(s.error.message, "ERRNO(EPERM)"));
	release(&s);
}

/* ---- what chance would never meet -------------------------------------------------------------------------------- */

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
#define AARCH64 0xc00000b7u
#define OPENAT 56
/* An architecture without a second ABI, so that programs by hand stay short. */
#define OPEN_POLICY "abi aarch64\ndefault allow\nunknown allow\n"
#define CHECK_ARCH LD(4), JEQ(AARCH64, 1, 0), RET(KILL)

static void assert_found(const struct flagstop_insn *insns, size_t count, const char *in_message)
{
	struct subject s;

	compile(&s, OPEN_POLICY, NULL);
	assert_int_equal(validate_instead(&s, insns, count), -EPROTO);
	if (!strstr(s.error.message, in_message))
		fail_msg("'%s' is not in: %s", in_message, s.error.message);
	release(&s);
}

static void right_program__written_by_hand_is_accepted(void **state)
{
	const struct flagstop_insn insns[] = { CHECK_ARCH, RET(ALLOW) };
	struct subject s;

	(void)state;
	compile(&s, OPEN_POLICY, NULL);
	assert_int_equal(validate_instead(&s, insns, COUNT(insns)), 0);
	release(&s);
}

static void argument__of_one_value_in_2_to_the_128_is_found(void **state)
{
	const struct flagstop_insn insns[] = {
		CHECK_ARCH,
		LD(0),
		JEQ(OPENAT, 0, 8),
		LD(32),
		JEQ(0x89abcdef, 0, 6),
		LD(36),
		JEQ(0x01234567, 0, 4),
		LD(56),
		JEQ(0x5a5a5a5a, 0, 2),
		LD(60),
		JEQ(0xa5a5a5a5, 1, 0),
		RET(ALLOW),
		RET(KILL),
	};

	(void)state;
	assert_found(insns, COUNT(insns), "openat(");
}

static void instruction_pointer__is_an_argument_too(void **state)
{
	const struct flagstop_insn insns[] = { CHECK_ARCH, LD(12), JEQ(0x7fff, 0, 1), RET(KILL), RET(ALLOW) };

	(void)state;
	assert_found(insns, COUNT(insns), "KILL_PROCESS");
}

static void number__that_no_call_has_is_found(void **state)
{
	static const uint32_t numbers[] = { 0x12345, 0x3fffffff, 0x40000001, 0x7ffffffe,
					    0x80000000, 0xfffffffe, 0xffffffff };

	(void)state;
	for (unsigned i = 0; i < COUNT(numbers); i++) {
		const struct flagstop_insn insns[] = { CHECK_ARCH, LD(0), JEQ(numbers[i], 0, 1), RET(KILL),
						       RET(ALLOW) };

		assert_found(insns, COUNT(insns), "KILL_PROCESS");
	}
}

static void range__of_numbers_far_past_the_tables_is_found(void **state)
{
	const struct flagstop_insn insns[] = {
		CHECK_ARCH,
		LD(0),
		{ FST_JGE_K, 0, 2, 0x20000005 },
		{ FST_JGT_K, 1, 0, 0x20000009 },
		RET(KILL),
		RET(ALLOW),
	};

	(void)state;
	assert_found(insns, COUNT(insns), "syscall_0x20000005");
}

/* 0x10000000 … 0x1fffffff, where nothing but the bits themselves leads to. */
static void bit__of_the_number_is_found(void **state)
{
	const struct flagstop_insn insns[] = {
		CHECK_ARCH,
		LD(0),
		{ FST_JSET_K, 0, 2, 0x10000000 },
		{ FST_JSET_K, 1, 0, 0xe0000000 },
		RET(KILL),
		RET(ALLOW),
	};

	(void)state;
	assert_found(insns, COUNT(insns), "syscall_0x10000000");
}

static void architecture__that_is_none_of_ours_is_found(void **state)
{
	const struct flagstop_insn insns[] = {
		LD(4),
		JEQ(AARCH64, 3, 0),
		JEQ(0x8000002b, 0, 1),
		RET(ALLOW),
		RET(KILL),
		RET(ALLOW),
	};

	(void)state;
	assert_found(insns, COUNT(insns), "architecture 0x8000002b");
}

static void architecture__that_the_policy_does_not_name_is_found(void **state)
{
	const struct flagstop_insn insns[] = {
		LD(4),
		JEQ(AARCH64, 4, 0),
		JEQ(0xc000003e, 0, 2),
		LD(0),
		JEQ(12345, 1, 0),
		RET(KILL),
		RET(ALLOW),
	};

	(void)state;
	assert_found(insns, COUNT(insns), "x86_64");
}

static void high_word__of_big_endian_arguments_is_the_first(void **state)
{
	struct subject s;
	size_t count;
	unsigned swapped = 0;

	(void)state;
	compile(&s, "abi s390x\ndefault allow\ndeny EACCES read when count == 0x100000002\n", NULL);
	struct flagstop_insn *insns = insns_of(&s, 0, &count);
	for (size_t i = 0; i < count; i++)
		if (insns[i].code == FST_LD_ABS && insns[i].k >= 16) {
			insns[i].k ^= 4;
			swapped++;
		}
	assert_int_equal(swapped, 2);
	assert_int_equal(validate(&s), -EPROTO);
	assert_non_null(strstr(s.error.message, "s390x"));
	release(&s);
}

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

static const struct fst_session_keys keys = { .secret = { 0x123456789abcdef0, 0xfedcba9876543210 },
					      .window_secret = { 0x1122334455667788, 0x99aabbccddeeff00 },
					      .poison = 0x30000000 };

static void change_constants(struct subject *s, uint32_t from, uint32_t to)
{
	unsigned changed = 0;

	for (size_t i = 0; i < flagstop_programs_count(s->programs); i++) {
		size_t count;
		struct flagstop_insn *insns = insns_of(s, i, &count);

		for (size_t k = 0; k < count; k++)
			if (insns[k].code == FST_JEQ_K && insns[k].k == from) {
				insns[k].k = to;
				changed++;
			}
	}
	assert_true(changed > 0);
}

static void session__is_proven_with_its_secret_and_poison(void **state)
{
	struct subject s;

	(void)state;
	compile(&s, conditions, &keys);
	assert_int_equal(flagstop_programs_count(s.programs), 2);
	assert_int_equal(validate(&s), 0);
	release(&s);
}

static void session__of_an_abi_without_the_poison_numbers_is_proven(void **state)
{
	struct subject s;

	(void)state;
	compile(&s, "abi x32\ndefault allow\n", &keys);
	release(&s);
}

static void secret__in_another_word_is_found(void **state)
{
	struct subject s;

	(void)state;
	compile(&s, conditions, &keys);
	change_constants(&s, 0x12345678, 0x12345679);
	assert_int_equal(validate(&s), -EPROTO);
	assert_true(strstr(s.error.message, "execve(") || strstr(s.error.message, "seccomp("));
	release(&s);
}

static void secret__of_the_window_in_another_word_is_found(void **state)
{
	struct subject s;

	(void)state;
	compile(&s, conditions, &keys);
	change_constants(&s, 0x11223344, 0x11223345);
	assert_int_equal(validate(&s), -EPROTO);
	assert_non_null(strstr(s.error.message, "shmat("));
	release(&s);
}

/* A second opinion on what is poison: the programs are compared with keys that say otherwise. */
static void poison__at_other_numbers_is_found(void **state)
{
	struct fst_session_keys other = keys;
	struct subject s;

	(void)state;
	compile(&s, conditions, &keys);
	other.poison++;
	s.keys = &other;
	assert_int_equal(validate(&s), -EPROTO);
	assert_non_null(strstr(s.error.message, "syscall_0x3000000"));
	release(&s);
}

static void secret__nobody_gave_is_found(void **state)
{
	struct subject s;

	(void)state;
	compile(&s, conditions, &keys);
	s.keys = NULL;
	assert_int_equal(validate(&s), -EPROTO);
	release(&s);
}

static void abi__that_was_left_out_must_be_refused(void **state)
{
	struct subject s;

	(void)state;
	compile(&s, conditions, NULL);
	s.options.abis = 1u << FLAGSTOP_ABI_X86_64; /* the programs have x32 as well */
	assert_int_equal(validate(&s), -EPROTO);
	release(&s);
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

/* Any order of bits makes the diagram of this one huge: 2^n ways for n pairs. */
static void add_pairs(char *text, size_t size, unsigned pairs)
{
	size_t used = (size_t)snprintf(text, size, "abi aarch64\ndefault allow\ndeny EACCES openat when ");

	for (unsigned i = 0; i < pairs; i++)
		used += (size_t)snprintf(text + used, size - used, "%sarg1 & 0x%x and arg5 & 0x%x", i ? " or " : "",
					 1u << i, 1u << i);
	assert_true(used < size);
}

static void condition__too_large_for_a_diagram_is_sampled(void **state)
{
	char text[4096];
	struct subject s;
	size_t count;
	unsigned changed = 0;

	(void)state;
	add_pairs(text, sizeof(text), 28);
	compile(&s, text, NULL);
	assert_int_equal(validate(&s), 0);
	struct flagstop_insn *insns = insns_of(&s, 0, &count);
	for (size_t i = 0; i < count; i++)
		if (insns[i].code == FST_JSET_K && insns[i].k == 1u << 27) {
			insns[i].k = 1u << 28;
			changed++;
		}
	assert_true(changed > 0);
	assert_int_equal(validate(&s), -EPROTO);
	release(&s);
}

#ifdef MEMORY_CAN_RUN_OUT
static void memory__that_runs_out_is_ENOMEM(void **state)
{
	unsigned failed = 0;
	struct subject s;
	int r;

	(void)state;
	compile(&s, conditions, &keys);
	do {
		allocations_left = failed;
		r = validate(&s);
		allocations_left = -1;
		if (r && r != -ENOMEM)
			fail_msg("after %u allocations: %d, %s", failed, r, s.error.message);
		failed++;
	} while (r && failed < 100000);
	assert_int_equal(r, 0);
	assert_true(failed > 10);
	release(&s);
}
#endif

static void numbers__of_compiled_programs_are_only_compared(void **state)
{
	struct fst_cuts *cuts = fst_cuts_new(NULL);
	struct subject s;

	(void)state;
	compile(&s, conditions, &keys);
	assert_int_equal(fst_cuts_add(cuts, s.programs), 0);
	assert_true(cuts->whole); /* or the numbers that are looked at would not be enough */
	talloc_free(cuts);
	release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "mutant__that_differs_is_found__conditions", mutant__that_differs_is_found, NULL, NULL,
		  (void *)conditions },
		{ "mutant__that_differs_is_found__masks", mutant__that_differs_is_found, NULL, NULL,
		  (void *)masks },
		cmocka_unit_test(mutant__is_shown_by_a_call_that_differs),
		cmocka_unit_test(right_program__written_by_hand_is_accepted),
		cmocka_unit_test(argument__of_one_value_in_2_to_the_128_is_found),
		cmocka_unit_test(instruction_pointer__is_an_argument_too),
		cmocka_unit_test(number__that_no_call_has_is_found),
		cmocka_unit_test(range__of_numbers_far_past_the_tables_is_found),
		cmocka_unit_test(bit__of_the_number_is_found),
		cmocka_unit_test(architecture__that_is_none_of_ours_is_found),
		cmocka_unit_test(architecture__that_the_policy_does_not_name_is_found),
		cmocka_unit_test(high_word__of_big_endian_arguments_is_the_first),
		cmocka_unit_test(session__is_proven_with_its_secret_and_poison),
		cmocka_unit_test(session__of_an_abi_without_the_poison_numbers_is_proven),
		cmocka_unit_test(secret__in_another_word_is_found),
		cmocka_unit_test(secret__of_the_window_in_another_word_is_found),
		cmocka_unit_test(secret__nobody_gave_is_found),
		cmocka_unit_test(poison__at_other_numbers_is_found),
		cmocka_unit_test(abi__that_was_left_out_must_be_refused),
		cmocka_unit_test(condition__too_large_for_a_diagram_is_sampled),
#ifdef MEMORY_CAN_RUN_OUT
		cmocka_unit_test(memory__that_runs_out_is_ENOMEM),
#endif
		cmocka_unit_test(numbers__of_compiled_programs_are_only_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
