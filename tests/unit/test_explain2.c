/* SPDX-License-Identifier: MIT */
/* What each layer says of a call, what would have to change for it to be allowed, and sets of calls. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <flagstop/explain.h>

#include "test_policy.h"

#define REMEDIES_MAX 8
#define X64 "abi x86_64\n"
#define ARGUMENTS FLAGSTOP_REMEDY_ARGUMENTS
#define RULE FLAGSTOP_REMEDY_RULE
#define ABI FLAGSTOP_REMEDY_ABI
#define NEVER FLAGSTOP_REMEDY_NEVER

struct expected {
	enum flagstop_remedy_kind kind;
	unsigned layer, line; /* of the rule */
	const char *text;     /* what it is, or NULL: only that it is there */
};

static const struct row {
	const char *name;
	const char *layers[2];
	const char *call;
	struct expected remedies[REMEDIES_MAX]; /* to the first without a text */
	bool guarded;
} rows[] = {
	{ "allowed__needs_nothing", { X64 "default allow\n" }, "read", { { 0 } }, false },
	{ "asked__is_not_refused", { X64 "default ask\n" }, "read", { { 0 } }, false },
	{ "default__wants_a_rule",
	  { X64 "default deny EPERM\n" },
	  "mount",
	  { { RULE, 0, 2, "add 'allow mount' to t.fs: no rule there allows it" } },
	  false },
	{ "implied_default__wants_a_rule",
	  { X64 "allow read\n" },
	  "mount",
	  { { RULE, 0, 0, "add 'allow mount' to t.fs: no rule there allows it" } },
	  false },
	{ "rule__wants_another_before_it",
	  { X64 "default allow\ndeny EACCES @links\n" },
	  "link",
	  { { RULE, 0, 3, "put 'allow link' before line 3, or take link out of that rule" } },
	  false },
	{ "arguments__that_a_rule_allows",
	  { X64 "default deny EPERM\n\nallow openat when flags & O_ACCMODE == O_RDONLY\n" },
	  "openat(_, _, O_WRONLY)",
	  { { ARGUMENTS, 0, 4, "allowed when flags & O_ACCMODE == O_RDONLY (line 4)" },
	    { RULE, 0, 2, "add 'allow openat' to t.fs: no rule there allows other arguments" } },
	  false },
	{ "arguments__begin_right_behind_when",
	  { X64 "default deny EPERM\nallow (openat)when(flags == 0)\n" },
	  "openat(0, 0, 1)",
	  { { ARGUMENTS, 0, 3, "allowed when (flags == 0) (line 3)" },
	    { RULE, 0, 2, "add 'allow openat' to t.fs: no rule there allows other arguments" } },
	  false },
	{ "arguments__that_no_rule_refuses",
	  { X64 "default allow\ndeny socket when domain == AF_INET\n" },
	  "socket(AF_INET)",
	  { { ARGUMENTS, 0, 2, "allowed when not (domain == AF_INET) (line 2)" },
	    { RULE, 0, 3, "put 'allow socket' before line 3, or take socket out of that rule" } },
	  false },
	{ "arguments__without_those_refused_before",
	  { X64 "default deny EPERM\nkill openat when flags & O_CREAT\n"
		"allow openat when dirfd == AT_FDCWD or flags == 0\n" },
	  "openat(3, _, O_CREAT)",
	  { { ARGUMENTS, 0, 4, "allowed when not (flags & O_CREAT) and (dirfd == AT_FDCWD or flags == 0) (line 4)" },
	    { RULE, 0, 3, "put 'allow openat' before line 3, or take openat out of that rule" } },
	  false },
	{ "arguments__a_refusal_that_cannot_meet_is_not_named",
	  { X64 "default deny EPERM\nkill socket when domain == AF_INET\nallow socket when domain == AF_UNIX\n" },
	  "socket(AF_INET)",
	  { { ARGUMENTS, 0, 4, "allowed when domain == AF_UNIX (line 4)" },
	    { RULE, 0, 3, "put 'allow socket' before line 3, or take socket out of that rule" } },
	  false },
	{ "arguments__that_are_all_refused_before_are_no_way",
	  { X64 "default deny EPERM\nkill socket when domain < 10\nallow socket when domain == 5\n"
		"allow socket when domain == 15\n" },
	  "socket(2)",
	  { { ARGUMENTS, 0, 5, "allowed when domain == 15 (line 5)" },
	    { RULE, 0, 3,
	      "put 'allow socket' before line 3, or take socket out of that rule" } },
	  false },
	{ "arguments__that_are_asked_about",
	  { X64 "default deny EPERM\nask close when fd == 7\n" },
	  "close(8)",
	  { { ARGUMENTS, 0, 3, "asked when fd == 7 (line 3)" },
	    { RULE, 0, 2, "add 'allow close' to t.fs: no rule there allows other arguments" } },
	  false },
	{ "layers__each_that_refuses",
	  { X64 "default deny EPERM\n", X64 "default allow\nkill mount\n" },
	  "mount",
	  { { RULE, 0, 2, "add 'allow mount' to t.fs: no rule there allows it" },
	    { RULE, 1, 3, "put 'allow mount' before line 3, or take mount out of that rule" } },
	  false },
	{ "layers__none_that_allows",
	  { X64 "default allow\n", X64 "default allow\nkill mount\n" },
	  "mount",
	  { { RULE, 1, 3, "put 'allow mount' before line 3, or take mount out of that rule" } },
	  false },
	{ "abi__is_to_be_named",
	  { "abi i386\ndefault allow\n" },
	  "read",
	  { { ABI, 0, 0, "add 'abi x86_64' to t.fs, before its first rule" } },
	  false },
	{ "unknown__is_to_be_said",
	  { X64 "default allow\n" },
	  "5000",
	  { { RULE, 0, 0, "say 'unknown allow' in t.fs: the tables have no call of this number" } },
	  false },
	{ "guards__no_policy_changes",
	  { X64 "default allow\n" },
	  "ptrace",
	  { { NEVER, 1, 0, "nothing: every session refuses it (deny EPERM ptrace)" } },
	  true },
	{ "guards__their_abis_are_the_policy_s",
	  { "abi i386\ndefault allow\n" },
	  "read",
	  { { ABI, 0, 0, "add 'abi x86_64' to t.fs, before its first rule" } },
	  true },
	{ "guards__and_the_policy",
	  { X64 "default deny EPERM\n" },
	  "clone(CLONE_UNTRACED)",
	  { { RULE, 0, 2, "add 'allow clone' to t.fs: no rule there allows it" },
	    { ARGUMENTS, 1, 0, NULL },
	    { NEVER, 1, 0, NULL } },
	  true },
};

static void check_remedy(const struct expected *expected, const struct flagstop_remedy *remedy)
{
	assert_int_equal(remedy->kind, expected->kind);
	assert_int_equal(remedy->layer, expected->layer);
	if (!expected->text)
		return;
	assert_string_equal(remedy->text, expected->text);
	if (expected->kind != NEVER)
		assert_int_equal(remedy->rule.line, expected->line);
}

static void check_row(void **state)
{
	const struct row *row = *state;
	struct flagstop_policy *policy = policy_of(row->layers, row->layers[1] ? 2 : 1);
	struct flagstop_remedy remedies[REMEDIES_MAX];
	struct flagstop_explanation e;
	unsigned count, expected = 0;

	if (row->guarded)
		assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, NULL), 0);
	assert_int_equal(
		flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, row->call, FLAGSTOP_REPORT_NONE, &e, NULL), 0);
	count = flagstop_policy_remedies(policy, &e, remedies, REMEDIES_MAX);
	while (expected < REMEDIES_MAX && (row->remedies[expected].text || row->remedies[expected].layer))
		expected++;
	assert_int_equal(count, expected);
	for (unsigned i = 0; i < count; i++)
		check_remedy(&row->remedies[i], &remedies[i]);
	flagstop_policy_free(policy);
}

/* The words say what to do: done, the call is allowed. */
static void remedies__work_when_they_are_followed(void **state)
{
	static const char *const before[] = {
		X64 "default deny EPERM\ndeny EACCES @links\nallow openat when flags == 0\n"
	};
	static const char *const after[] = { X64 "default deny EPERM\nallow link\ndeny EACCES @links\n"
						 "allow openat when flags == 0\nallow mount\n" };
	static const char *const calls[] = { "link", "mount", "openat(_, _, 0)" };

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct flagstop_policy *policies[] = { policy_of(before, 1), policy_of(after, 1) };
		struct flagstop_explanation e[2];

		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(flagstop_policy_explain(policies[k], FLAGSTOP_ABI_X86_64, calls[i],
								 FLAGSTOP_REPORT_NONE, &e[k], NULL),
					 0);
		assert_true(i == 2 || flagstop_policy_remedies(policies[0], &e[0], NULL, 0) > 0);
		assert_int_equal(flagstop_policy_remedies(policies[1], &e[1], NULL, 0), 0);
		flagstop_policy_free(policies[0]);
		flagstop_policy_free(policies[1]);
	}
}

static void remedies__are_counted_beyond_the_room(void **state)
{
	static const char *const text[] = {
		X64 "default deny EPERM\nallow openat when flags == 0\nallow openat when flags == 1\n"
	};
	struct flagstop_policy *policy = policy_of(text, 1);
	struct flagstop_remedy one;
	struct flagstop_explanation e;

	(void)state;
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "openat(0, 0, 2)", FLAGSTOP_REPORT_NONE,
						 &e, NULL),
			 0);
	assert_int_equal(flagstop_policy_remedies(policy, &e, &one, 1), 3);
	assert_string_equal(one.when, "flags == 0");
	assert_int_equal(one.rule.line, 3);
	flagstop_policy_free(policy);
}

static void remedies__of_a_long_condition_are_cut(void **state)
{
	char text[3000] = X64 "default deny EPERM\nallow openat when flags == 0";
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_remedy remedy;
	struct flagstop_explanation e;
	size_t used = strlen(text);

	(void)state;
	for (unsigned i = 1; i < 60; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, " or flags == 0x%x", i << 8);
	assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, used, NULL), 0);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "openat(0, 0, 2)", FLAGSTOP_REPORT_NONE,
						 &e, NULL),
			 0);
	assert_int_equal(flagstop_policy_remedies(policy, &e, &remedy, 1), 2);
	assert_string_equal(remedy.when + strlen(remedy.when) - 3, "...");
	assert_non_null(strstr(remedy.text, "... (line 3)"));
	flagstop_policy_free(policy);
}

static void promises__say_which_other_ones_have_the_call(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_remedy remedies[REMEDIES_MAX];
	struct flagstop_explanation e;
	unsigned count;

	(void)state;
	assert_int_equal(flagstop_policy_add_promises(policy, "stdio", NULL), 0);
	assert_int_equal(
		flagstop_policy_explain(policy, flagstop_abi_native(), "mkdirat", FLAGSTOP_REPORT_NONE, &e, NULL), 0);
	count = flagstop_policy_remedies(policy, &e, remedies, REMEDIES_MAX);
	assert_int_equal(count, 1);
	assert_string_equal(remedies[0].text, "promise one of these as well, with the arguments it allows: cpath");
	flagstop_policy_free(policy);
}

/* ---- layers ----------------------------------------------------------------------------------------------------- */

static void layers__each_has_its_own_verdict_and_rule(void **state)
{
	static const char *const texts[] = { X64 "default allow\ndeny EACCES socket when domain == AF_INET\n",
					     X64 "default allow\nkill socket when type == SOCK_RAW\n" };
	struct flagstop_policy *policy = policy_of(texts, 2);
	struct flagstop_layer_verdict layers[3];
	struct flagstop_explanation e;

	(void)state;
	assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, NULL), 0);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "socket(AF_INET, SOCK_RAW)",
						 FLAGSTOP_REPORT_NONE, &e, NULL),
			 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(flagstop_policy_explain_layer(policy, &e, i, &layers[i]), 0);
	assert_int_equal(flagstop_policy_explain_layer(policy, &e, 3, &layers[0]), -EINVAL);
	assert_int_equal(layers[0].verdict.action, FLAGSTOP_ACTION_DENY);
	assert_int_equal(layers[0].rule.line, 3);
	assert_int_equal(layers[1].verdict.action, FLAGSTOP_ACTION_KILL_PROCESS);
	assert_int_equal(layers[2].verdict.action, FLAGSTOP_ACTION_ALLOW);
	assert_true(!layers[0].decides && layers[1].decides && !layers[2].decides);
	assert_true(!layers[0].guard && !layers[1].guard && layers[2].guard);
	assert_string_equal(layers[2].name, "<guard>");
	flagstop_policy_free(policy);
}

static void layers__one_may_be_certain_where_another_depends(void **state)
{
	static const char *const texts[] = { X64 "default allow\ndeny EACCES socket when domain == AF_INET\n",
					     X64 "default allow\nkill socket when type == SOCK_RAW\n" };
	struct flagstop_policy *policy = policy_of(texts, 2);
	struct flagstop_layer_verdict layers[2];
	struct flagstop_explanation e;

	(void)state;
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "socket(AF_UNIX)", FLAGSTOP_REPORT_NONE,
						 &e, NULL),
			 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(flagstop_policy_explain_layer(policy, &e, i, &layers[i]), 0);
	assert_true(!e.determined && layers[0].determined && !layers[1].determined);
	assert_true(!layers[0].decides && !layers[1].decides);
	flagstop_policy_free(policy);
}

static void explanation__names_the_policy_where_the_guards_only_let_pass(void **state)
{
	static const char *const text[] = { X64 "default deny EPERM\nallow read ptrace\n" };
	struct flagstop_policy *policy = policy_of(text, 1);
	struct flagstop_explanation e;

	(void)state;
	assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, NULL), 0);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "read", FLAGSTOP_REPORT_NONE, &e, NULL),
			 0);
	assert_string_equal(e.rule.file, "t.fs");
	assert_int_equal(e.rule.line, 3);
	assert_int_equal(e.rule.layer, 0);
	assert_int_equal(
		flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "ptrace", FLAGSTOP_REPORT_NONE, &e, NULL), 0);
	assert_string_equal(e.rule.file, "<guard>");
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_I386, "read", FLAGSTOP_REPORT_NONE, &e, NULL),
			 0);
	assert_string_equal(e.rule.file, "t.fs");
	flagstop_policy_free(policy);
}

/* ---- sets ------------------------------------------------------------------------------------------------------- */

static void set__is_what_a_rule_would_be_about(void **state)
{
	unsigned char calls[1024];
	int count;

	(void)state;
	assert_true(flagstop_call_count() <= sizeof(calls));
	count = flagstop_set_parse("@links - link + read", FLAGSTOP_ABI_X86_64, calls, NULL);
	assert_int_equal(count, 4);
	assert_true(calls[flagstop_call_find("symlinkat")] && calls[flagstop_call_find("read")]);
	assert_false(calls[flagstop_call_find("link")]);
	assert_int_equal(flagstop_set_parse("@links", FLAGSTOP_ABI_AARCH64, calls, NULL),
			 2); /* it has linkat and symlinkat only */
}

static void set__mistakes_have_their_place(void **state)
{
	static const struct {
		const char *text;
		unsigned column;
	} bad[] = {
		{ "@linksx", 1 },
		{ "read opennat", 6 },
		{ "", 1 },
		{ "read when fd == 1", 6 },
		{ "read\nwrite", 1 },
		{ "socketcall", 1 },
		{ "(read", 1 },
	};
	unsigned char calls[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct flagstop_error error = FLAGSTOP_ERROR_INIT;

		assert_int_equal(flagstop_set_parse(bad[i].text, FLAGSTOP_ABI_X86_64, calls, &error), -EBADMSG);
		assert_true(error.message[0] && error.column == bad[i].column);
	}
	assert_int_equal(flagstop_set_parse("@cpu-emulation", FLAGSTOP_ABI_AARCH64, calls, NULL),
			 -EBADMSG); /* it has none */
	assert_int_equal(flagstop_set_parse("read - read", FLAGSTOP_ABI_X86_64, calls, NULL), -EBADMSG);
	assert_int_equal(flagstop_set_parse(NULL, FLAGSTOP_ABI_X86_64, calls, NULL), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(remedies__work_when_they_are_followed),
		cmocka_unit_test(remedies__are_counted_beyond_the_room),
		cmocka_unit_test(remedies__of_a_long_condition_are_cut),
		cmocka_unit_test(promises__say_which_other_ones_have_the_call),
		cmocka_unit_test(layers__each_has_its_own_verdict_and_rule),
		cmocka_unit_test(layers__one_may_be_certain_where_another_depends),
		cmocka_unit_test(explanation__names_the_policy_where_the_guards_only_let_pass),
		cmocka_unit_test(set__is_what_a_rule_would_be_about),
		cmocka_unit_test(set__mistakes_have_their_place),
	};
	static struct CMUnitTest tests[COUNT(rows) + COUNT(others)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(others); i++)
		tests[count++] = others[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
