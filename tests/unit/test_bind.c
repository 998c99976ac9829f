/* SPDX-License-Identifier: MIT */
/*
 * Rules that mean nothing, or never match: the exact complaint, and where it points. And rules that are near such
 * ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <cmocka.h>

#include <filters/policy/bind.h>

#include "test_policy.h"

#define P "abi x86_64\n"

struct bad {
	const char *name, *text;
	unsigned line, column, columns;
	const char *message, *hint;
};

#define NEVER "this can never match: "
#define CONTRADICTS "this rule can never match: its condition contradicts itself"
#define MASKED NEVER "the value has bits that the mask takes away"

static const struct bad bads[] = {
	{ "argument__that_the_call_lacks", P "deny read when flags == 1", 2, 16, 5,
	  "read has no argument 'flags' in x86_64",
	  "its arguments are: fd, buf, count" },
	{ "argument__of_a_call_that_has_none", P "deny getpid when fd == 1", 2, 18, 2,
	  "getpid has no argument 'fd' in x86_64",
	  "it takes no arguments; arg0 … arg5 compare the registers as they are" },
	{ "argument__of_one_call_of_the_set_only", P "deny read openat when flags & 1", 2, 23, 5,
	  "read has no argument 'flags' in x86_64", "its arguments are: fd, buf, count" },
	{ "argument__that_one_abi_lacks", "abi x86_64 i386\ndeny mmap when prot & PROT_EXEC", 2, 16, 4,
	  "mmap has no argument 'prot' in i386", "its arguments are: arg" },
	{ "argument__arg6_is_none", P "deny read when arg6 == 1", 2, 16, 4, "read has no argument 'arg6' in x86_64",
	  "its arguments are: fd, buf, count" },
	{ "argument__arg_with_two_digits_is_none", P "deny read when arg00 == 1", 2, 16, 5,
	  "read has no argument 'arg00' in x86_64",
	  "its arguments are: fd, buf, count" },
	{ "value__too_wide_for_an_int", P "deny kill when pid == 0x100000000", 2, 23, 11,
	  "the value does not fit into 'pid' of kill, which has 32 bits", "" },
	{ "value__too_low_for_an_int", P "deny kill when pid > -2147483649", 2, 22, 11,
	  "the value does not fit into 'pid' of kill, which has 32 bits", "" },
	{ "value__too_wide_in_a_list", P "deny kill when sig in {1, 1 << 32, 3}", 2, 27, 7,
	  "the value does not fit into 'sig' of kill, which has 32 bits", "" },
	{ "value__end_of_a_range_too_wide", P "deny close when fd in 3..0x100000000", 2, 26, 11,
	  "the value does not fit into 'fd' of close, which has 32 bits", "" },
	{ "value__mask_too_wide", P "deny openat when flags & 0x100000000", 2, 26, 11,
	  "the value does not fit into 'flags' of openat, which has 32 bits", "" },
	{ "value__too_wide_for_the_registers_of_one_abi", "abi x86_64 arm\ndeny read when count == 0x100000000", 2,
	  25, 11,
	  "the value does not fit into 'count' of read, which has 32 bits", "" },
	{ "constant__of_another_set", P "deny openat when flags & PROT_EXEC", 2, 26, 9,
	  "PROT_EXEC is no value of 'flags' of openat", "" },
	{ "constant__of_another_set_in_a_list", P "deny socket when domain in {AF_UNIX, SOCK_STREAM}", 2, 38, 11,
	  "SOCK_STREAM is no value of 'domain' of socket", "" },
	{ "constant__of_another_set_by_position", P "deny socket when arg0 == SOCK_STREAM", 2, 26, 11,
	  "SOCK_STREAM is no value of 'arg0' of socket", "" },
	{ "constant__of_another_set_and_near_one", P "deny msync when flags & MAP_SYNC", 2, 25, 8,
	  "MAP_SYNC is no value of 'flags' of msync", "did you mean 'MS_SYNC'?" },
	{ "constant__that_one_abi_lacks", "abi x86_64 aarch64\ndeny mmap when flags & MAP_32BIT", 2, 24, 9,
	  "MAP_32BIT does not exist in aarch64", "" },
	{ "constants__one_of_which_an_abi_lacks",
	  "abi x86_64 aarch64\ndeny mmap when flags & (MAP_32BIT | MAP_FIXED)", 2, 24, 23,
	  "a constant here does not exist in aarch64", "" },
	{ "mask__takes_bits_of_the_value_away", P "deny openat when flags & O_ACCMODE == O_CREAT", 2, 39, 7, MASKED,
	  "" },
	{ "mask__takes_bits_of_a_listed_value_away", P "deny socket when type & 0xf in {SOCK_STREAM, SOCK_CLOEXEC}",
	  2, 46, 12,
	  MASKED, "" },
	{ "mask__takes_bits_away_and_not_equal_always_matches", P "deny openat when flags & O_ACCMODE != O_CREAT",
	  2, 39, 7,
	  "this always matches: the value has bits that the mask takes away", "" },
	{ "mask__of_no_bits_is_never_true", P "deny openat when flags & 0", 2, 18, 9, MASKED, "" },
	{ "mask__leaves_nothing_as_large", P "deny openat when flags & 0xf > 0xf", 2, 18, 17, MASKED, "" },
	{ "mask__leaves_nothing_of_a_range", P "deny openat when flags & 0xf in 0x10..0x20", 2, 18, 25, MASKED, "" },
	{ "order__less_than_the_least", P "deny read when count < 0", 2, 16, 9,
	  NEVER "no value of 'count' is less than that", "" },
	{ "order__less_than_the_least_int", P "deny kill when pid < -2147483648", 2, 16, 17,
	  NEVER "no value of 'pid' is less than that", "" },
	{ "order__more_than_the_most", P "deny close when fd > 0xffffffff", 2, 17, 15,
	  NEVER "no value of 'fd' is more than that", "" },
	{ "order__more_than_the_most_int", P "deny kill when pid > 0x7fffffff", 2, 16, 16,
	  NEVER "no value of 'pid' is more than that", "" },
	{ "order__more_than_the_most_of_64_bits", P "deny read when count > 0xffffffffffffffff", 2, 16, 26,
	  NEVER "no value of 'count' is more than that", "" },
	{ "range__ends_before_it_begins", P "deny close when fd in -1..1", 2, 23, 2,
	  NEVER "the range ends before it begins", "" },
	{ "range__of_64_unsigned_bits_ends_before_it_begins", P "deny read when count in {7, -5..5}", 2, 29, 2,
	  NEVER "the range ends before it begins", "" },
	{ "range__of_constants_ends_before_it_begins_in_one_abi",
	  "abi x86_64 ppc64le\ndeny ioctl when request in TCGETS..0x10820", 2, 28, 6,
	  NEVER "the range ends before it begins", "" },
	{ "condition__two_values_of_one_argument", P "deny close when fd == 1 and fd == 2", 2, 17, 19, CONTRADICTS,
	  "" },
	{ "condition__value_and_its_opposite", P "deny close when fd == 1 and not fd == 1", 2, 17, 23, CONTRADICTS,
	  "" },
	{ "condition__ranges_that_do_not_meet", P "deny read when count < 5 and count > 10", 2, 16, 24, CONTRADICTS,
	  "" },
	{ "condition__signed_ranges_that_do_not_meet", P "deny kill when pid < 0 and pid > 10", 2, 16, 20,
	  CONTRADICTS, "" },
	{ "condition__value_that_lacks_a_bit", P "deny mprotect when prot == PROT_READ and prot & PROT_EXEC", 2, 20, 38,
	  CONTRADICTS, "" },
	{ "condition__by_name_and_by_position", P "deny close when fd == 1 and arg0 == 2", 2, 17, 21, CONTRADICTS, "" },
	{ "condition__every_alternative_contradicts",
	  P "deny close when (fd == 1 or fd == 2) and fd == 3", 2, 17, 32, CONTRADICTS, "" },
	{ "condition__not_of_everything", P "deny close when not (fd < 5 or fd >= 5)", 2, 17, 23, CONTRADICTS, "" },
	{ "condition__not_of_all_that_a_mask_leaves", P "deny openat when not (flags & 3 <= 1 or flags & 3 >= 2)",
	  2, 18, 38, CONTRADICTS, "" },
	{ "condition__not_of_everything_in_64_bits", P "deny read when not (count < 5 or count >= 5)", 2, 16, 29,
	  CONTRADICTS, "" },
	{ "condition__not_of_a_mask_and_the_mask", P "deny openat when flags & 4 and not flags & 4", 2, 18, 27,
	  CONTRADICTS, "" },
	{ "shadow__another_verdict_before", P "deny read\nallow read", 3, 1, 10,
	  "this rule can never match: line 2 decides all of its calls before",
	  "the first rule that matches wins; move this one up or take it out" },
	{ "shadow__a_group_before", P "allow @swap\nallow write\ndeny EACCES swapon when arg0 == 1", 4, 1, 33,
	  "this rule can never match: line 2 decides all of its calls before",
	  "the first rule that matches wins; move this one up or take it out" },
	{ "shadow__another_errno_before", P "deny EACCES read\ndeny ENOENT read", 3, 1, 16,
	  "this rule can never match: line 2 decides all of its calls before",
	  "the first rule that matches wins; move this one up or take it out" },
};

static void check_bad(void **state)
{
	const struct bad *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	int r = flagstop_policy_add_text(policy, "t.fs", row->text, strlen(row->text), &error);

	flagstop_policy_free(policy);
	assert_int_equal(r, -EBADMSG);
	assert_int_equal(error.code, -EBADMSG);
	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_string_equal(error.file, "t.fs");
	assert_int_equal(error.line, row->line);
	assert_int_equal(error.column, row->column);
	assert_int_equal(error.columns, row->columns);
}

/* What looks alike and is no mistake. */
static const struct good {
	const char *name, *text;
} goods[] = {
	{ "argument__by_position_is_in_every_call", P "deny @file-system when arg2 == 1" },
	{ "argument__may_differ_in_place", "abi x86_64 aarch64 s390x\ndeny clone when tls == 5" },
	{ "constant__as_a_number_is_no_one_s", P "deny openat when flags & 0x4" },
	{ "constant__of_several_sets_is_in_each", P "deny pipe2 openat when flags & O_CLOEXEC" },
	{ "constant__signal_is_in_clone_s_flags",
	  P "deny clone when flags == CLONE_VM | SIGCHLD\nallow clone when flags & 0xff == SIGCHLD" },
	{ "value__of_32_bits_may_be_written_with_a_sign_or_without",
	  P "deny kill when pid in {-1, 0xffffffff, -2147483648}" },
	{ "value__that_fits_where_the_rule_applies", "abi x86_64 i386\ndeny read@x86_64 when count == 0x100000000" },
	{ "mask__of_high_bits_in_64", P "deny read when count & 0xffffffff00000000" },
	{ "condition__that_always_holds_is_one",
	  P "deny close when fd >= 0\ndeny read when count <= 0xffffffffffffffff" },
	{ "condition__two_masks_of_one_argument", P "deny openat when flags & O_CREAT and not flags & O_EXCL" },
	{ "condition__possible_alternative_is_enough", P "deny close when (fd == 1 or fd == 3) and fd == 3" },
	{ "condition__garbage_above_32_bits_is_no_other_value", P "deny kill when pid == -1 and arg0 == 0xffffffff" },
	{ "shadow__same_verdict_before_says_the_same", P "deny read\ndeny read write\ndeny read" },
	{ "shadow__part_of_the_calls_is_left", P "deny read\nallow read write" },
	{ "shadow__of_a_condition_leaves_the_rest", P "deny read when fd == 1\nallow read" },
	{ "shadow__of_one_abi_leaves_the_other", "abi x86_64 i386\ndeny read@i386\nallow read" },
	{ "shadow__default_is_no_rule_before", P "default deny\nallow read" },
	{ "shadow__promises_may_be_narrowed_before", P "deny EACCES read\npromise stdio" },
};

static void check_good(void **state)
{
	const struct good *row = *state;

	flagstop_policy_free(policy_of(&row->text, 1));
}

/* ---- what a short text can ask for is bounded -------------------------------------------------------------------- */

#define ALL_ABIS "abi x86_64 i386 x32 aarch64 arm riscv64 ppc64le s390x loongarch64\n"

static char *repeated(const char *before, const char *piece, unsigned count, const char *after)
{
	char *text = talloc_strdup(NULL, before);

	for (unsigned i = 0; i < count && text; i++)
		text = talloc_asprintf_append_buffer(text, piece, i, i);
	text = text ? talloc_strdup_append_buffer(text, after) : NULL;
	assert_non_null(text);
	return text;
}

static int load(const char *text, struct flagstop_error *error)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	int r = flagstop_policy_add_text(policy, "t.fs", text, strlen(text), error);

	flagstop_policy_free(policy);
	return r;
}

static void limit__conditions_over_all_calls(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char *text = repeated(ALL_ABIS, "deny @known when arg0 == %u\n", 1000, "");

	(void)state;
	assert_int_equal(load(text, &error), -E2BIG);
	assert_string_equal(error.message, "the conditions have more than 524288 parts over all calls and ABIs");
	assert_string_equal(error.hint, "conditions on large groups cost most: name fewer calls or ABIs");
	assert_int_equal(error.column, 18);
	/* Call by call, 1,000 rules of a test and a value (which may become two ranges) each: 524288 / 3 is 174762. */
	assert_int_equal(error.line, 762 + 2);
	talloc_free(text);
}

static void limit__values_over_all_calls(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char *text = repeated(ALL_ABIS "deny @known when arg0 in {", "%u,\n", 1000, "}\n");

	(void)state;
	assert_int_equal(load(text, &error), -E2BIG);
	assert_string_equal(error.message, "the conditions have more than 524288 parts over all calls and ABIs");
	talloc_free(text);
}

/* What cannot be afforded is not found out, and a condition that may be impossible counts as one that is possible. */
static void limit__search_for_contradictions_spends_what_it_may(void **state)
{
	static const char text[] = P "allow write\ndeny read when (fd == 1 or fd == 2) and (fd == 3 or fd == 4)";
	struct fst_cond tests[4], either[2], both = { .op = FST_EXPR_AND, .left = &either[0], .right = &either[1] };
	struct fst_range ranges[4];
	uint64_t none = 0, plenty = 1 << 20, little;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		ranges[i] = (struct fst_range){ i + 1, i + 1 };
		tests[i] = (struct fst_cond){
			.op = FST_EXPR_TEST, .bits = 32, .mask = UINT32_MAX, .ranges = &ranges[i], .range_count = 1
		};
	}
	for (unsigned i = 0; i < 2; i++)
		either[i] = (struct fst_cond){ .op = FST_EXPR_OR, .left = &tests[2 * i], .right = &tests[2 * i + 1] };
	assert_false(fst_cond_can_match(&both, &plenty));
	assert_true(plenty < 1 << 20);
	assert_true(fst_cond_can_match(&both, &none));
	assert_int_equal(none, 0);
	little = (1 << 20) - plenty;
	assert_false(fst_cond_can_match(&both, &little));
	assert_int_equal(little, 0);
	little = (1 << 20) - plenty - 1;
	assert_true(fst_cond_can_match(&both, &little));
	assert_int_equal(load(text, NULL), -EBADMSG);
}

/* Deprecated in talloc 2.4 without a replacement: there is no other way to make its allocations fail. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void memory__any_allocation_may_fail(void **state)
{
	static const char text[] = P "deny @swap write when arg0 in {1, 3..5} and not arg1 & 1 or arg2 < 7\n"
				     "allow read\n";
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer;
	struct fst_bound *bound = NULL;
	size_t used, room, failures = 0;
	int r = -ENOMEM;

	(void)state;
	assert_int_equal(fst_parse_text(NULL, "t.fs", text, strlen(text), NULL, &layer, NULL), 0);
	used = talloc_total_size(layer);
	for (room = 0; r && room < 1 << 20; room += 401) {
		assert_int_equal(talloc_set_memlimit(layer, used + room), 0);
		r = fst_bind(layer, &bound, &error);
		if (r) {
			assert_int_equal(r, -ENOMEM);
			assert_string_equal(error.message, "no memory");
			assert_int_equal(talloc_total_size(layer), used);
			failures++;
		}
	}
	assert_int_equal(r, 0);
	assert_true(failures > 20);
	talloc_free(layer);
}
#pragma GCC diagnostic pop

/* ---- truth with arguments that are not known --------------------------------------------------------------------- */

static void truth__is_known_when_what_is_known_decides(void **state)
{
	static const char text[] = P "deny read when fd == 1 and count == 2\ndeny write when fd == 1 or count == 2\n"
				     "deny close when not fd == 1";
	static const struct {
		const char *call;
		uint64_t args[3];
		unsigned known;
		enum fst_truth truth;
	} rows[] = {
		{ "read", { 1, 0, 2 }, 5, FST_TRUE },
		{ "read", { 1, 0, 2 }, 1, FST_UNKNOWN },
		{ "read", { 1, 0, 2 }, 4, FST_UNKNOWN },
		{ "read", { 0, 0, 2 }, 1, FST_FALSE },
		{ "read", { 1, 0, 0 }, 4, FST_FALSE },
		{ "read", { 1, 0, 2 }, 0, FST_UNKNOWN },
		{ "write", { 1, 0, 0 }, 1, FST_TRUE },
		{ "write", { 0, 0, 2 }, 4, FST_TRUE },
		{ "write", { 0, 0, 2 }, 1, FST_UNKNOWN },
		{ "write", { 0, 0, 0 }, 5, FST_FALSE },
		{ "close", { 1 }, 1, FST_FALSE },
		{ "close", { 2 }, 1, FST_TRUE },
		{ "close", { 2 }, 2, FST_UNKNOWN },
	};
	struct fst_layer *layer;
	struct fst_bound *bound;

	(void)state;
	assert_int_equal(fst_parse_text(NULL, "t.fs", text, strlen(text), NULL, &layer, NULL), 0);
	assert_int_equal(fst_bind(layer, &bound, NULL), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t args[6] = { rows[i].args[0], rows[i].args[1], rows[i].args[2] };
		int call = flagstop_call_find(rows[i].call);
		const struct fst_decision *d = bound->by_abi[FLAGSTOP_ABI_X86_64][call];

		assert_int_equal(fst_cond_truth(d->steps[0].when, args, rows[i].known, NULL), rows[i].truth);
	}
	talloc_free(layer);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(limit__conditions_over_all_calls),
	cmocka_unit_test(limit__values_over_all_calls),
	cmocka_unit_test(limit__search_for_contradictions_spends_what_it_may),
	cmocka_unit_test(memory__any_allocation_may_fail),
	cmocka_unit_test(truth__is_known_when_what_is_known_decides),
};

int main(void)
{
	static struct CMUnitTest tests[COUNT(bads) + COUNT(goods) + COUNT(laws)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(bads); i++)
		tests[count++] = (struct CMUnitTest){ bads[i].name, check_bad, NULL, NULL, (void *)&bads[i] };
	for (size_t i = 0; i < COUNT(goods); i++)
		tests[count++] = (struct CMUnitTest){ goods[i].name, check_good, NULL, NULL, (void *)&goods[i] };
	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
