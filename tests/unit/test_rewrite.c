/* SPDX-License-Identifier: MIT */
/* What arguments become, and rewrites that are refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <filters/policy/policy.h>

#include "test_policy.h"

#define P "abi x86_64\ndefault allow\n"

struct row {
	const char *name, *rules, *call;
	unsigned changed, argument;
	uint64_t value;
};

#define CLOEXEC "rewrite openat flags = flags | O_CLOEXEC"

static const struct row rows[] = {
	{ "rewrite__sets_bits", CLOEXEC, "openat(_, _, O_RDWR)", 4, 2, 02000002 },
	{ "rewrite__changes_nothing_that_is_so", CLOEXEC, "openat(_, _, O_CLOEXEC)", 0, 2, 0 },
	{ "rewrite__of_another_call", CLOEXEC, "open(_, O_RDWR)", 0, 0, 0 },
	{ "rewrite__takes_bits_away", "rewrite openat flags = flags & ~O_CREAT", "openat(_, _, O_CREAT | O_RDWR)",
	  4, 2, 2 },
	{ "rewrite__keeps_bits_in_parentheses", "rewrite openat flags = flags & (O_CREAT | O_TRUNC)",
	  "openat(_, _, O_CREAT | O_RDWR)", 4, 2, 0100 },
	{ "rewrite__leaves_what_the_kernel_does_not_read", CLOEXEC, "openat(_, _, 0x500000002)", 4, 2, 0x500080002 },
	{ "rewrite__sets_a_value", "rewrite mkdir mode = 0o700", "mkdir(_, 0777)", 2, 1, 0700 },
	{ "rewrite__sets_a_negative_value", "rewrite kill pid = -1", "kill(7, 9)", 1, 0, UINT64_MAX },
	{ "rewrite__changes_several", "rewrite mmap prot = prot & ~PROT_EXEC, flags = flags | MAP_POPULATE",
	  "mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE)", 12, 3, 0x8002 },
	{ "rewrite__when_its_condition_holds", CLOEXEC " when flags & O_CREAT", "openat(_, _, O_CREAT)", 4, 2,
	  02000100 },
	{ "rewrite__not_when_its_condition_fails", CLOEXEC " when flags & O_CREAT", "openat(_, _, 0)", 0, 2, 0 },
	{ "rewrite__not_behind_another_rule", "allow openat when flags == 1\n" CLOEXEC, "openat(_, _, 1)", 0, 2, 0 },
};

static struct flagstop_data call_of(const char *text)
{
	struct flagstop_data call;

	assert_int_equal(flagstop_data_parse(text, FLAGSTOP_ABI_X86_64, &call, NULL), 0);
	return call;
}

static void rewrite__gives_the_arguments(void **state)
{
	const struct row *row = *state;
	struct flagstop_data call = call_of(row->call);
	struct flagstop_policy *policy;
	uint64_t args[6];
	char text[256];

	snprintf(text, sizeof(text), P "%s\n", row->rules);
	policy = policy_of(&(const char *){ text }, 1);
	assert_int_equal(fst_policy_rewrite(policy, &call, args), row->changed);
	if (row->changed)
		assert_int_equal(args[row->argument], row->value);
	flagstop_programs_free(programs_of(policy, FLAGSTOP_REPORT_NONE));
	flagstop_policy_free(policy);
}

static void rewrite__ranks_between_trace_and_ask(void **state)
{
	static const char *const others[] = { "allow", "log", "trace", "ask", "deny EPERM" };
	struct flagstop_data call = call_of("openat(_, _, 0)");

	(void)state;
	for (unsigned i = 0; i < COUNT(others); i++) {
		char other[64], verdict[64];
		struct flagstop_policy *policy;

		snprintf(other, sizeof(other), P "%s openat\n", others[i]);
		policy = policy_of((const char *[]){ P CLOEXEC, other }, 2);
		flagstop_verdict_format(flagstop_policy_decide(policy, &call, NULL), verdict, sizeof(verdict));
		assert_string_equal(verdict, i < 3 ? "rewrite" : others[i]);
		assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_NONE),
				 i < 4 ? FLAGSTOP_PLACE_TRACER : FLAGSTOP_PLACE_KERNEL);
		flagstop_policy_free(policy);
	}
}

static void rewrite__of_layers_joins(void **state)
{
	const char *const texts[] = { P "rewrite mmap prot = prot & ~PROT_EXEC",
				      P "rewrite mmap flags = flags | MAP_POPULATE" };
	struct flagstop_policy *policy = policy_of(texts, 2);
	struct flagstop_data call = call_of("mmap(0, 4096, 7, 2)");
	uint64_t args[6];

	(void)state;
	assert_int_equal(fst_policy_rewrite(policy, &call, args), 12);
	assert_int_equal(args[2], 3);
	assert_int_equal(args[3], 0x8002);
	flagstop_policy_free(policy);
}

#define JUDGED "a call whose paths, strings or address are judged cannot be rewritten"

static const struct {
	const char *first, *second;
	int code;
	unsigned line, column;
	const char *message;
} bad[] = {
	{ NULL, "rewrite openat mode = 1, mode = 2", -EBADMSG, 3, 26, "'mode' is rewritten twice" },
	{ NULL, "rewrite openat pathname = 0", -EBADMSG, 3, 16, "'pathname' is a pointer, and cannot be rewritten" },
	{ NULL, "rewrite openat fd = 0", -EBADMSG, 3, 16, "openat has no argument 'fd' in x86_64" },
	{ NULL, "rewrite openat flags = PROT_READ", -EBADMSG, 3, 24, "PROT_READ is no value of 'flags' of openat" },
	{ NULL, "rewrite openat flags = 0x100000000", -EBADMSG, 3, 24,
	  "the value does not fit into 'flags' of openat, which has 32 bits" },
	{ CLOEXEC, "rewrite openat flags = 0", -EBADMSG, 3, 1, "another layer rewrites the same argument of openat" },
	{ NULL, "allow openat when path under \"/a\"\n" CLOEXEC, -EOPNOTSUPP, 4, 1, JUDGED },
	{ "allow openat when path under \"/a\"", CLOEXEC, -EOPNOTSUPP, 3, 1, JUDGED },
	{ CLOEXEC, "allow openat when path under \"/a\"", -EOPNOTSUPP, 3, 1, JUDGED },
};

static void rewrite__is_refused_with_its_reason(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(bad); i++) {
		struct flagstop_error error = FLAGSTOP_ERROR_INIT;
		struct flagstop_policy *policy = flagstop_policy_new();
		char text[256];

		if (bad[i].first) {
			snprintf(text, sizeof(text), P "%s\n", bad[i].first);
			assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, strlen(text), NULL), 0);
		}
		snprintf(text, sizeof(text), P "%s\n", bad[i].second);
		assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, strlen(text), &error), bad[i].code);
		assert_string_equal(error.message, bad[i].message);
		assert_int_equal(error.line, bad[i].line);
		assert_int_equal(error.column, bad[i].column);
		flagstop_policy_free(policy);
	}
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(rows) + 3];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, rewrite__gives_the_arguments, NULL, NULL,
						      (void *)&rows[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(rewrite__ranks_between_trace_and_ask);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(rewrite__of_layers_joins);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(rewrite__is_refused_with_its_reason);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
