/* SPDX-License-Identifier: MIT */
/*
 * Findings: for each lint a policy in which it is found, with its line and words, and the nearest one in which it is
 * not. Other findings of the same policy are silenced by their names, so that each row is about one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <filters/policy/lint.h>

#include "test_policy.h"

#define X64 "abi x86_64\n"
#define BOTH "abi x86_64 i386\n"
#define LINTS_MAX 64
#define HOSTILE_RULES 5000

static struct flagstop_findings *findings_of(const char *text, const char *const *silenced, size_t count)
{
	struct flagstop_lint_options options = FLAGSTOP_LINT_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = policy_of(&text, 1);
	struct flagstop_findings *findings = NULL;

	options.silenced = silenced;
	options.silenced_count = count;
	if (flagstop_policy_lint(policy, &options, &findings, &error))
		fail_msg("%s", error.message);
	flagstop_policy_free(policy);
	return findings;
}

/* Every other lint is silent. */
static struct flagstop_findings *findings_named(const char *text, const char *name)
{
	const char *silenced[LINTS_MAX];
	size_t count = 0;

	for (unsigned i = 0; flagstop_lint(i, NULL); i++)
		if (strcmp(flagstop_lint(i, NULL), name))
			silenced[count++] = flagstop_lint(i, NULL);
	return findings_of(text, silenced, count);
}

static const struct row {
	const char *law, *name, *text;
	unsigned line;       /* 0: nothing is found */
	const char *message; /* what it holds */
} rows[] = {
#define FOUND(law, name, line, message, text) \
	{ \
		law, name, text, line, message \
	}
#define FINE(law, name, text) \
	{ \
		law, name, text, 0, NULL \
	}
	FOUND("shadowed__rule_behind_one_that_says_the_same", "shadowed", 4, "'allow read write' (t.fs:3)",
	      X64 "default deny EPERM\nallow read write\nallow read\n"),
	FINE("shadowed__not_when_one_call_is_left", "shadowed",
	     X64 "default deny EPERM\nallow read write\nallow read close\n"),
	FINE("shadowed__not_when_the_first_has_a_condition", "shadowed",
	     X64 "default deny EPERM\nallow read when fd == 0\nallow read\n"),
	FOUND("redundant__what_default_does", "redundant", 3, "without this rule",
	      X64 "default deny EPERM\ndeny EPERM mount\n"),
	FINE("redundant__not_with_another_errno", "redundant", X64 "default deny EPERM\ndeny EACCES mount\n"),
	FOUND("redundant__condition_that_a_later_rule_has_not", "redundant", 3, "without this rule",
	      X64 "default deny EPERM\nallow read when fd == 0\nallow read\n"),
	FINE("redundant__not_when_a_rule_between_refuses", "redundant",
	     X64 "default deny EPERM\nallow read when fd == 0\ndeny EACCES read when fd < 3\nallow read\n"),
	FOUND("redundant__though_a_rule_between_refuses_others", "redundant", 3, "without this rule",
	      X64 "default deny EPERM\nallow read when fd == 0\ndeny EACCES read when fd == 3\nallow read\n"),
	FINE("redundant__not_when_it_opens_what_a_later_rule_refuses", "redundant",
	     X64 "default allow\nallow mount\ndeny EPERM @mount\n"),
	FINE("redundant__not_when_a_later_rule_may_refuse", "redundant",
	     X64 "default allow\nallow read\ndeny EPERM write read when fd == 5\n"),
	FOUND("empty__set_that_no_abi_has", "empty", 4, "no call of this set",
	      X64 "default deny EPERM\ngroup @old = socketcall\nallow @old\n"),
	FOUND("always_true__empty_mask", "always-true", 3, "every value of 'mode'",
	      X64 "default deny EPERM\nallow open when flags == 0 and mode & 0 == 0\n"),
	FOUND("always_true__bound_below_all", "always-true", 3, "every value of 'count'",
	      X64 "default deny EPERM\nallow read when count >= 0\n"),
	FOUND("always_true__all_that_a_mask_leaves", "always-true", 3, "every value of 'flags'",
	      X64 "default deny EPERM\nallow open when flags & 5 in {0..1, 4..5}\n"),
	FINE("always_true__not_when_one_value_is_missing", "always-true",
	     X64 "default deny EPERM\nallow open when flags & 5 in {0..1, 5}\n"),
	FOUND("always_true__two_tests_together", "always-true", 3, "this condition always holds",
	      X64 "default deny EPERM\nallow lseek when offset >= 0 or offset < 0\n"),
	FINE("always_true__not_two_tests_of_two_arguments", "always-true",
	     X64 "default deny EPERM\nallow kill when pid >= 0 or sig < 0\n"),
	FINE("always_true__signed_is_not_unsigned", "always-true",
	     X64 "default deny EPERM\nallow kill when pid >= 0\n"),
	FINE("always_true__not_when_it_can_fail_for_one_call", "always-true",
	     X64 "default deny EPERM\nallow read kill when arg0 >= 0\n"),
	FOUND("pointer__compared_with_a_number", "pointer-compared", 3, "'pathname' is a pointer",
	      X64 "default deny EPERM\nallow open when pathname == 0x1000\n"),
	FOUND("pointer__found_by_its_register_too", "pointer-compared", 3, "'addr' is a pointer",
	      X64 "default deny EPERM\nallow connect when arg1 & 7 == 0\n"),
	FINE("pointer__null_is_what_it_can_be_compared_with", "pointer-compared",
	     X64 "default deny EPERM\nallow open when pathname != NULL\nallow mount when source == NULL\n"
		 "allow statfs when path\n"),
	FINE("pointer__address_is_a_number", "pointer-compared",
	     X64 "default deny EPERM\nallow mmap when addr < 0x10000\n"),
	FOUND("alias__restricted_call_and_an_open_one", "alias", 4,
	      "openat is restricted (line 3), and openat2 is allowed",
	      X64 "default deny EPERM\nallow openat when flags == 0\nallow openat2\n"),
	FOUND("alias__one_of_a_family_is_refused", "alias", 3,
	      "open is restricted (line 3), and openat, openat2, creat, open_by_handle_at are allowed",
	      X64 "default allow\ndeny EACCES open\n"),
	FOUND("alias__of_two_abis_is_one_finding", "alias", 4,
	      "execve is restricted (line 3), and execveat is allowed",
	      BOTH "default deny EPERM\nallow execve when argv != NULL\nallow execveat\n"),
	FOUND("alias__address_that_another_call_names", "alias", 3,
	      "connect is restricted (line 3), and sendto, sendmsg, sendmmsg are allowed",
	      X64 "default allow\ndeny EACCES connect when addr.ip in 10.0.0.0/8\n"),
	FINE("alias__not_when_all_of_it_is_refused", "alias",
	     X64 "default allow\ndeny EACCES open openat openat2 creat open_by_handle_at\n"),
	FINE("alias__not_when_it_is_said_not_to_exist", "alias", X64 "default allow\ndeny ENOSYS clone3\n"),
	FINE("alias__not_when_default_refuses_the_other", "alias", X64 "default deny EPERM\nallow openat\n"),
	FOUND("alias__clone3_hides_flags_from_clone_s_rule", "alias", 4,
	      "clone is restricted (line 3), and clone3 is allowed",
	      X64 "default deny EPERM\nallow clone when not flags & CLONE_NEWUSER\nallow clone3\n"),
	FINE("alias__multiplexer_does_not_go_around", "alias",
	     "abi i386\ndefault deny EPERM\nallow socket when domain == AF_UNIX\nallow socketcall\n"),
	FOUND("alias__executable_memory", "alias", 4, "mmap is restricted (line 3), and mprotect is allowed",
	      X64 "default deny EPERM\nallow mmap when not prot & PROT_EXEC\nallow mprotect\n"),
	FINE("alias__executable_memory_is_about_prot_only", "alias",
	     X64 "default deny EPERM\nallow mmap when fd == -1\nallow mprotect\n"),
	FOUND("abi_gap__refused_in_one_abi_only", "abi-gap", 3, "connect is refused in x86_64, and allowed in i386",
	      BOTH "default allow\ndeny EACCES connect@x86_64\n"),
	FINE("abi_gap__not_when_refused_in_all", "abi-gap", BOTH "default allow\ndeny EACCES connect\n"),
	FINE("abi_gap__not_of_an_abi_that_is_not_named", "abi-gap",
	     X64 "default allow\ndeny EACCES connect@x86_64\n"),
	FOUND("multiplexer__no_rule_speaks_of_it", "multiplexer", 3,
	      "socket is allowed in i386, but no rule speaks of socketcall",
	      BOTH "default deny EPERM\nallow socket\n"),
	FINE("multiplexer__refused_by_a_rule_is_meant", "multiplexer",
	     BOTH "default deny EPERM\nallow socket\ndeny ENOSYS socketcall\n"),
	FINE("multiplexer__not_where_there_is_none", "multiplexer", X64 "default deny EPERM\nallow socket\n"),
	FOUND("breaks_libc__default_answers_for_a_newer_call", "breaks-libc", 2,
	      "libraries try clone3 and get 'deny EPERM'", X64 "default deny EPERM\nallow clone\n"),
	FOUND("breaks_libc__rule_answers_for_a_newer_call", "breaks-libc", 3,
	      "libraries try faccessat2 and get 'kill'",
	      X64 "default deny ENOSYS\nkill faccessat2\nallow faccessat\n"),
	FINE("breaks_libc__enosys_is_understood", "breaks-libc",
	     X64 "default deny EPERM\nallow clone\ndeny ENOSYS clone3\n"),
	FINE("breaks_libc__not_when_the_older_call_is_refused_too", "breaks-libc",
	     X64 "default deny EPERM\nallow read\n"),
	FOUND("breaks_libc__kill_of_what_any_errno_would_do_for", "breaks-libc", 3,
	      "libraries try rseq and get 'kill'", X64 "default allow\nkill rseq\n"),
	FINE("breaks_libc__any_errno_will_do_for_rseq", "breaks-libc", X64 "default allow\ndeny EPERM rseq\n"),
	FOUND("breaks_libc__all_abis_are_one_finding", "breaks-libc", 2,
	      "libraries try clone3, clock_gettime64 and get",
	      BOTH "default deny EPERM\nallow clone clock_gettime\n"),
	FOUND("deny_list__default_lets_the_rest_through", "deny-list", 2,
	      "what no rule refuses is allowed, also ptrace", X64 "default allow\ndeny EPERM mount\n"),
	FINE("deny_list__not_when_nothing_is_refused", "deny-list", X64 "default allow\ntrace mount\n"),
	FINE("deny_list__not_when_default_refuses", "deny-list", X64 "default deny EPERM\nallow read\n"),
	FOUND("unknown_allowed__newer_calls_pass", "unknown-allowed", 3, "do not know are allowed",
	      X64 "default deny EPERM\nunknown allow\nallow read\n"),
	FINE("unknown_allowed__not_when_refused", "unknown-allowed",
	     X64 "default deny EPERM\nunknown kill\nallow read\n"),
	FOUND("undo__ptrace", "undo-ptrace", 3, "ptrace is allowed, which undoes what is refused",
	      X64 "default deny EPERM\nallow read ptrace\n"),
	FINE("undo__ptrace_with_a_condition_is_thought_of", "undo-ptrace",
	     X64 "default deny EPERM\nallow ptrace when request == PTRACE_TRACEME\n"),
	FINE("undo__nothing_where_nothing_is_refused", "undo-ptrace", X64 "default allow\nallow ptrace\n"),
	FOUND("undo__process_vm_writev", "undo-process-vm", 3, "process_vm_writev is allowed",
	      X64 "default deny EPERM\nallow process_vm_writev\n"),
	FOUND("undo__pidfd_getfd_takes_descriptors", "undo-pidfd-getfd", 3, "of open, openat, openat2",
	      X64 "default deny EPERM\nallow pidfd_getfd\n"),
	FOUND("undo__io_uring_does_what_calls_may_not", "undo-io-uring", 4, "of socket",
	      X64 "default allow\ndeny EPERM socket\nallow io_uring_setup\n"),
	FINE("undo__io_uring_not_of_what_it_cannot_do", "undo-io-uring",
	     X64 "default allow\ndeny EPERM mount\nallow io_uring_setup\n"),
	FOUND("undo__bpf", "undo-bpf", 3, "bpf is allowed", X64 "default deny EPERM\nallow bpf\n"),
	FOUND("undo__modules", "undo-kernel-code", 3, "finit_module is allowed",
	      X64 "default deny EPERM\nallow finit_module\n"),
	FOUND("undo__userfaultfd", "undo-userfaultfd", 3, "userfaultfd is allowed",
	      X64 "default deny EPERM\nallow userfaultfd\n"),
	FOUND("undo__handles_open_files", "undo-handles", 3, "of open, openat",
	      X64 "default deny EPERM\nallow open_by_handle_at\n"),
	FOUND("undo__mounts_change_paths", "undo-mounts", 4, "of openat",
	      X64 "default deny EPERM\nallow openat when flags == 0\nallow mount\n"),
	FINE("undo__mounts_not_where_no_rule_is_about_paths", "undo-mounts",
	     X64 "default deny EPERM\nallow read mount\n"),
	FOUND("undo__personality_makes_memory_executable", "undo-personality", 4, "of mmap",
	      X64 "default deny EPERM\nallow mmap when not prot & PROT_EXEC\nallow personality\n"),
	FINE("undo__personality_is_about_prot_only", "undo-personality",
	     X64 "default deny EPERM\nallow mmap when fd == -1\nallow personality\n"),
	FOUND("comment__of_an_unknown_name", "unknown-lint", 3, "no lint is named 'shadwed'",
	      X64 "default deny EPERM\nallow read # lint: allow shadwed\n"),
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct flagstop_findings *findings = findings_named(row->text, row->name);
	const struct flagstop_finding *finding = flagstop_findings_get(findings, 0);

	if (!row->line) {
		if (finding)
			fail_msg("line %u: %s", finding->text.line, finding->text.message);
		flagstop_findings_free(findings);
		return;
	}
	assert_non_null(finding);
	assert_int_equal(flagstop_findings_count(findings), 1);
	assert_string_equal(finding->name, row->name);
	if (!strstr(finding->text.message, row->message))
		fail_msg("%s", finding->text.message);
	assert_int_equal(finding->text.line, row->line);
	assert_true(finding->text.column > 0 && finding->text.hint[0] && finding->reason[0]);
	assert_string_equal(finding->text.file, "t.fs");
	flagstop_findings_free(findings);
}

/* ---- silence ---------------------------------------------------------------------------------------------------- */

static size_t count_named(const char *text, const char *name)
{
	struct flagstop_findings *findings = findings_named(text, name);
	size_t count = flagstop_findings_count(findings);

	flagstop_findings_free(findings);
	return count;
}

static void comment__silences_its_rule(void **state)
{
	(void)state;
	assert_int_equal(
		count_named(X64 "default deny EPERM\nallow ptrace # lint: allow undo-ptrace\n", "undo-ptrace"), 0);
	assert_int_equal(
		count_named(X64 "default deny EPERM\nallow ptrace # so! lint: allow alias,undo-ptrace: is needed\n",
			    "undo-ptrace"),
		0);
	assert_int_equal(count_named(X64 "default allow # lint: allow deny-list: a second layer\ndeny EPERM mount\n",
				     "deny-list"),
			 0);
	assert_int_equal(count_named(X64 "default deny EPERM\nallow (read\n ptrace) # lint: allow undo-ptrace\n",
				     "undo-ptrace"),
			 0);
}

static void comment__silences_no_other_rule_and_no_other_lint(void **state)
{
	(void)state;
	assert_int_equal(count_named(X64 "default deny EPERM\nallow ptrace # lint: allow alias\n", "undo-ptrace"), 1);
	assert_int_equal(
		count_named(X64 "default deny EPERM\n# lint: allow undo-ptrace\nallow ptrace\n", "undo-ptrace"), 1);
	assert_int_equal(count_named(X64 "default deny EPERM\nallow read # lint: allow undo-ptrace\nallow ptrace\n",
				     "undo-ptrace"),
			 1);
	assert_int_equal(count_named(X64 "default deny EPERM\nallow ptrace # lint: allow nothing: undo-ptrace\n",
				     "undo-ptrace"),
			 1);
}

static void comment__names_behind_the_colon_are_words(void **state)
{
	(void)state;
	assert_int_equal(count_named(X64 "default deny EPERM\nallow ptrace # lint: allow undo-ptrace: what else\n",
				     "unknown-lint"),
			 0);
}

static void options__unknown_name_is_refused_with_the_nearest(void **state)
{
	static const char *const wrong[] = { "alais" };
	struct flagstop_lint_options options = FLAGSTOP_LINT_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_findings *findings = NULL;

	(void)state;
	options.silenced = wrong;
	options.silenced_count = 1;
	assert_int_equal(flagstop_policy_lint(policy, &options, &findings, &error), -EINVAL);
	assert_null(findings);
	assert_string_equal(error.hint, "did you mean 'alias'?");
	flagstop_policy_free(policy);
}

/* ---- several layers, and what flagstop brings along ------------------------------------------------------------- */

static void layers__what_another_one_refuses_is_not_open(void **state)
{
	static const char *const texts[] = { X64 "default deny EPERM\nallow ptrace openat\n",
					     X64 "default allow\ndeny EPERM ptrace\n" };
	struct flagstop_policy *policy = policy_of(texts, 2);
	struct flagstop_findings *findings = NULL;

	(void)state;
	assert_int_equal(flagstop_policy_lint(policy, NULL, &findings, NULL), 0);
	for (size_t i = 0; i < flagstop_findings_count(findings); i++)
		assert_string_not_equal(flagstop_findings_get(findings, i)->name, "undo-ptrace");
	flagstop_findings_free(findings);
	flagstop_policy_free(policy);
}

static void guards_and_promises__are_not_judged(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_findings *findings = NULL;

	(void)state;
	assert_int_equal(flagstop_policy_add_promises(policy, "stdio rpath exec proc prot_exec", NULL), 0);
	assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, NULL), 0);
	assert_int_equal(flagstop_policy_lint(policy, NULL, &findings, NULL), 0);
	for (size_t i = 0; i < flagstop_findings_count(findings); i++)
		assert_int_equal(flagstop_findings_get(findings, i)->text.line, 0);
	flagstop_findings_free(findings);
	flagstop_policy_free(policy);
}

static void findings__are_in_the_order_of_the_lines(void **state)
{
	struct flagstop_findings *findings =
		findings_of(BOTH "default deny EPERM\nallow clone ptrace bpf\nallow clone\n"
				 "allow openat when flags == 0\nallow openat2 creat\n",
			    NULL, 0);
	unsigned line = 0;

	(void)state;
	assert_true(flagstop_findings_count(findings) > 4);
	for (size_t i = 0; i < flagstop_findings_count(findings); i++) {
		assert_true(flagstop_findings_get(findings, i)->text.line >= line);
		line = flagstop_findings_get(findings, i)->text.line;
	}
	assert_null(flagstop_findings_get(findings, flagstop_findings_count(findings)));
	flagstop_findings_free(findings);
}

static void findings__end_at_their_limit(void **state)
{
	static char text[3 * FLAGSTOP_LINT_MAX_FINDINGS * 12];
	struct flagstop_findings *findings;
	size_t used = (size_t)snprintf(text, sizeof(text), X64 "default deny EPERM\nallow read\n");

	(void)state;
	for (unsigned i = 0; i < FLAGSTOP_LINT_MAX_FINDINGS + 50; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "allow read\n");
	findings = findings_of(text, NULL, 0);
	assert_int_equal(flagstop_findings_count(findings), FLAGSTOP_LINT_MAX_FINDINGS);
	flagstop_findings_free(findings);
}

/* Each pair of these takes a thousand alternatives to tell apart: findings may be missed, minutes may not be spent. */
static void findings__hostile_conditions_are_given_up(void **state)
{
	static char text[HOSTILE_RULES * 256];
	struct flagstop_findings *findings;
	size_t used = (size_t)snprintf(text, sizeof(text), X64 "default deny EPERM\n");

	(void)state;
	for (unsigned rule = 0; rule < HOSTILE_RULES; rule++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s read when arg0 == %u",
					 rule % 2 ? "allow" : "kill", rule);
		for (unsigned i = 1; i < 6; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " and(arg%u!=%u or arg%u==0)", i,
						 rule, 1 + i % 5);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "\n");
	}
	assert_true(used < sizeof(text) - 1);
	findings = findings_of(text, NULL, 0);
	flagstop_findings_free(findings);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static unsigned check_names(const char *list)
{
	char name[64];
	unsigned count = 0;

	while (list && *list) {
		size_t bytes = strcspn(list, " ");

		snprintf(name, sizeof(name), "%.*s", (int)bytes, list);
		if (flagstop_call_find(name) < 0)
			fail_msg("no call is named '%s'", name);
		count++;
		list += bytes + strspn(list + bytes, " ");
	}
	return count;
}

static void tables__name_calls_that_exist(void **state)
{
	(void)state;
	for (unsigned i = 0; i < fst_lint_family_count; i++)
		assert_true(check_names(fst_lint_families[i].calls) > 1);
	for (unsigned i = 0; i < fst_lint_undo_count; i++) {
		assert_true(check_names(fst_lint_undos[i].calls) > 0);
		check_names(fst_lint_undos[i].undone);
	}
	for (unsigned i = 0; i < fst_lint_probe_count; i++) {
		assert_int_equal(check_names(fst_lint_probes[i].call), 1);
		check_names(fst_lint_probes[i].instead);
	}
}

static void catalogue__every_lint_has_a_row_here(void **state)
{
	const char *reason;

	(void)state;
	for (unsigned i = 0; flagstop_lint(i, &reason); i++) {
		unsigned found = 0;

		for (size_t k = 0; k < COUNT(rows); k++)
			found += rows[k].line && !strcmp(rows[k].name, flagstop_lint(i, NULL));
		if (!found)
			fail_msg("no row finds %s", flagstop_lint(i, NULL));
		assert_true(strlen(reason) > 10);
	}
}

static void check_clean(const char *path)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_findings *findings = NULL;

	if (flagstop_policy_add_file(policy, path, &error))
		fail_msg("%s", error.message);
	assert_int_equal(flagstop_policy_lint(policy, NULL, &findings, &error), 0);
	if (flagstop_findings_count(findings))
		fail_msg("%s:%u: %s", path, flagstop_findings_get(findings, 0)->text.line,
			 flagstop_findings_get(findings, 0)->text.message);
	flagstop_findings_free(findings);
	flagstop_policy_free(policy);
}

/* What is brought along for people to copy says why, where it has something to be silent about. */
static void shared_policies__are_clean(void **state)
{
	static const char folder[] = FLAGSTOP_BUILD_DIR "/../../share/policies";
	DIR *listing = opendir(folder);
	unsigned count = 0;
	struct dirent *each;
	char path[1024];

	(void)state;
	assert_non_null(listing);
	while ((each = readdir(listing))) {
		const char *end = strrchr(each->d_name, '.');

		if (!end || strcmp(end, ".fs"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, each->d_name);
		check_clean(path);
		count++;
	}
	closedir(listing);
	assert_true(count > 0);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(comment__silences_its_rule),
		cmocka_unit_test(comment__silences_no_other_rule_and_no_other_lint),
		cmocka_unit_test(comment__names_behind_the_colon_are_words),
		cmocka_unit_test(options__unknown_name_is_refused_with_the_nearest),
		cmocka_unit_test(layers__what_another_one_refuses_is_not_open),
		cmocka_unit_test(guards_and_promises__are_not_judged),
		cmocka_unit_test(findings__are_in_the_order_of_the_lines),
		cmocka_unit_test(findings__end_at_their_limit),
		cmocka_unit_test(findings__hostile_conditions_are_given_up),
		cmocka_unit_test(tables__name_calls_that_exist),
		cmocka_unit_test(catalogue__every_lint_has_a_row_here),
		cmocka_unit_test(shared_policies__are_clean),
	};
	static struct CMUnitTest tests[COUNT(rows) + COUNT(others)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].law, check_row, NULL, NULL, (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(others); i++)
		tests[count++] = others[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
