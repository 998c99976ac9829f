/* SPDX-License-Identifier: MIT */
/*
 * `on exec PATH use POLICY`: which layers an exec brings into force, what they say before and after, what the kernel is
 * told of them, and what is refused. Nobody is executed here.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <filters/policy/policy.h>

#include "test_policy.h"

#define P "abi x86_64\n"
#define OPEN P "default allow\nunknown allow\n"

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	char *folder = strdup("/tmp/on-exec-XXXXXX");

	*state = folder;
	return !folder || !mkdtemp(folder) || chdir(folder);
}

static int teardown(void **state)
{
	static const char *const names[] = { "a.fs", "b.fs", "c.fs" };

	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	if (chdir("/") || rmdir(*state))
		return 1;
	free(*state);
	return 0;
}

static struct flagstop_policy *load(const char *a, const char *b, const char *c)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	assert_non_null(policy);
	write_file("a.fs", a);
	write_file("b.fs", b);
	if (c)
		write_file("c.fs", c);
	if (flagstop_policy_add_file(policy, "a.fs", &error))
		fail_msg("%s", error.message);
	return policy;
}

static struct flagstop_data call_of(const char *text)
{
	struct flagstop_data call;

	assert_int_equal(flagstop_data_parse(text, FLAGSTOP_ABI_X86_64, &call, NULL), 0);
	return call;
}

static void assert_verdict(const struct flagstop_policy *policy, const char *call, uint32_t layers, const char *wanted)
{
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;
	struct flagstop_data data = call_of(call);
	char verdict[64];

	facts.layers_known = 1;
	facts.layers = layers;
	flagstop_verdict_format(flagstop_policy_decide_with(policy, &data, &facts, NULL), verdict, sizeof(verdict));
	assert_string_equal(verdict, wanted);
}

#define USE_B "on exec \"/usr/bin/convert\" use \"b.fs\"\n"

static void on_exec__layer_says_nothing_before(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, OPEN "deny EACCES getpid\n", NULL);

	(void)state;
	assert_int_equal(flagstop_policy_layer_count(policy), 2);
	assert_true(flagstop_policy_has_exec_layers(policy));
	assert_verdict(policy, "getpid", 0, "allow");
	flagstop_policy_free(policy);
}

static void on_exec__layer_counts_afterwards(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, OPEN "deny EACCES getpid\n", NULL);
	uint32_t layers = flagstop_policy_after_exec(policy, 0, "/usr/bin/convert");

	(void)state;
	assert_verdict(policy, "getpid", layers, "deny EACCES");
	assert_verdict(policy, "getppid", layers, "allow");
	flagstop_policy_free(policy);
}

static void on_exec__no_later_exec_takes_it_back(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, OPEN "deny EACCES getpid\n", NULL);
	uint32_t layers = flagstop_policy_after_exec(policy, 0, "/usr/bin/convert");

	(void)state;
	assert_int_equal(flagstop_policy_after_exec(policy, layers, "/bin/true"), layers);
	flagstop_policy_free(policy);
}

static void on_exec__other_files_bring_nothing(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, OPEN "deny EACCES getpid\n", NULL);

	(void)state;
	assert_int_equal(flagstop_policy_after_exec(policy, 0, "/usr/bin/convert2"), 0);
	assert_int_equal(flagstop_policy_after_exec(policy, 0, "/usr/bin"), 0);
	flagstop_policy_free(policy);
}

static void on_exec__several_names_and_globs(void **state)
{
	struct flagstop_policy *policy =
		load(OPEN "on exec \"/bin/a\" \"/opt/*/b\" use \"b.fs\"\n", OPEN "deny EACCES getpid\n", NULL);

	(void)state;
	assert_int_not_equal(flagstop_policy_after_exec(policy, 0, "/bin/a"), 0);
	assert_int_not_equal(flagstop_policy_after_exec(policy, 0, "/opt/x/b"), 0);
	assert_int_equal(flagstop_policy_after_exec(policy, 0, "/opt/x/y/b"), 0);
	flagstop_policy_free(policy);
}

static void on_exec__layer_only_narrows(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B "deny EPERM getpid\n", OPEN "log getpid\n", NULL);
	uint32_t layers = flagstop_policy_after_exec(policy, 0, "/usr/bin/convert");

	(void)state;
	assert_verdict(policy, "getpid", layers, "deny EPERM");
	flagstop_policy_free(policy);
}

#define NESTED_B OPEN "deny EACCES getpid\non exec \"/bin/c\" use \"c.fs\"\n"
#define NESTED_C OPEN "deny EBUSY getppid\n"

static void on_exec__inside_waits_for_its_layer(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, NESTED_B, NESTED_C);
	uint32_t layers = flagstop_policy_after_exec(policy, 0, "/bin/c");

	(void)state;
	assert_int_equal(layers, 0);
	layers = flagstop_policy_after_exec(policy, 0, "/usr/bin/convert");
	assert_verdict(policy, "getppid", layers, "allow");
	layers = flagstop_policy_after_exec(policy, layers, "/bin/c");
	assert_verdict(policy, "getppid", layers, "deny EBUSY");
	assert_verdict(policy, "getpid", layers, "deny EACCES");
	flagstop_policy_free(policy);
}

static void on_exec__one_exec_may_bring_both(void **state)
{
	struct flagstop_policy *policy = load(OPEN "on exec \"/bin/*\" use \"b.fs\"\n", NESTED_B, NESTED_C);

	(void)state;
	assert_verdict(policy, "getppid", flagstop_policy_after_exec(policy, 0, "/bin/c"), "deny EBUSY");
	flagstop_policy_free(policy);
}

static void on_exec__nobody_knows_is_a_kill(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, OPEN "deny EACCES getpid\n", NULL);
	struct flagstop_data refused = call_of("getpid"), same = call_of("getppid");

	(void)state;
	assert_int_equal(flagstop_policy_decide(policy, &refused, NULL).action, FLAGSTOP_ACTION_KILL_PROCESS);
	assert_int_equal(flagstop_policy_decide(policy, &same, NULL).action, FLAGSTOP_ACTION_ALLOW);
	assert_int_equal(fst_policy_facts_wanted(policy, &refused), 1u << FST_FACT_LAYERS);
	assert_int_equal(fst_policy_facts_wanted(policy, &same), 0);
	flagstop_policy_free(policy);
}

static uint32_t kernel_says(const struct flagstop_policy *policy, uint32_t nr)
{
	struct flagstop_data call = { .nr = nr, .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64) };
	struct flagstop_programs *programs = programs_of(policy, FLAGSTOP_REPORT_NONE);
	uint32_t loads, action = run_all(programs, &call, &loads) & SECCOMP_RET_ACTION_FULL;

	flagstop_programs_free(programs);
	return action;
}

/* All of it is proved against the evaluator when it is compiled (programs_of). */
static void on_exec__kernel_flags_what_the_layer_may_change(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B "deny EPERM getuid\n",
					      P "default allow\nunknown deny ENOSYS\nkill getpid\ndeny EPERM getuid\n"
						"deny EACCES kill when sig == SIGTERM\n",
					      NULL);

	(void)state;
	assert_int_equal(kernel_says(policy, call_of("getpid").nr), SECCOMP_RET_TRACE);
	assert_int_equal(kernel_says(policy, call_of("getppid").nr), SECCOMP_RET_ALLOW);
	assert_int_equal(kernel_says(policy, 100000), SECCOMP_RET_TRACE);
	assert_int_equal(kernel_says(policy, call_of("kill").nr), SECCOMP_RET_ALLOW); /* sig 0 */
	flagstop_policy_free(policy);
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

struct refusal {
	const char *law, *a, *b;
	int code;
	unsigned line;
	const char *message;
};

static const struct refusal refusals[] = {
	{ "refused__file_that_is_not_there", OPEN "on exec \"/x\" use \"none.fs\"", OPEN, -ENOENT, 4,
	  "cannot read 'none.fs': there is no such file" },
	{ "refused__policy_that_uses_itself", OPEN "on exec \"/x\" use \"a.fs\"", OPEN, -EBADMSG, 4,
	  "'a.fs' would use itself" },
	{ "refused__policies_that_use_each_other", OPEN "on exec \"/x\" use \"b.fs\"",
	  OPEN "on exec \"/y\" use \"a.fs\"", -EBADMSG, 4, "'a.fs' would use itself" },
	{ "refused__lack_of_an_abi", "abi x86_64 i386\ndefault allow\non exec \"/x\" use \"b.fs\"", OPEN, -EBADMSG, 3,
	  "'b.fs' does not name i386, which the policy that uses it does" },
	{ "refused__mistake_in_what_is_used", OPEN "on exec \"/x\" use \"b.fs\"", "allow nothing\n", -EBADMSG, 1,
	  "no call is named 'nothing'" },
	{ "refused__relative_path", OPEN "on exec \"x\" use \"b.fs\"", OPEN, -EBADMSG, 4,
	  "this can never match: the path is not absolute" },
	{ "refused__no_path", OPEN "on exec use \"b.fs\"", OPEN, -EBADMSG, 4,
	  "expected a string in quotes, not 'use'" },
	{ "refused__no_use", OPEN "on exec \"/x\"", OPEN, -EBADMSG, 4, "expected 'use', but the text ends" },
	{ "refused__no_exec", OPEN "on fork \"/x\" use \"b.fs\"", OPEN, -EBADMSG, 4, "expected 'exec', not 'fork'" },
};

static void check_refusal(void **state)
{
	const struct refusal *row = *state;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	void *folder = NULL;

	assert_int_equal(setup(&folder), 0);
	write_file("a.fs", row->a);
	write_file("b.fs", row->b);
	assert_int_equal(flagstop_policy_add_file(policy, "a.fs", &error), row->code);
	assert_string_equal(error.message, row->message);
	assert_int_equal(error.line, row->line);
	assert_int_equal(flagstop_policy_layer_count(policy), 0);
	assert_int_equal(teardown(&folder), 0);
	flagstop_policy_free(policy);
}

static void refused__layer_leaves_the_policy_as_it_was(void **state)
{
	struct flagstop_policy *policy = load(OPEN USE_B, OPEN "deny EACCES getpid\n", NULL);
	struct flagstop_data call = call_of("getppid");

	(void)state;
	write_file("c.fs", OPEN "kill getppid\non exec \"/z\" use \"none.fs\"\n");
	assert_int_equal(flagstop_policy_add_file(policy, "c.fs", NULL), -ENOENT);
	assert_int_equal(flagstop_policy_layer_count(policy), 2);
	assert_int_equal(flagstop_policy_decide(policy, &call, NULL).action, FLAGSTOP_ACTION_ALLOW);
	assert_int_equal(kernel_says(policy, call.nr), SECCOMP_RET_ALLOW);
	flagstop_policy_free(policy);
}

#define LAW(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	static struct CMUnitTest rows[COUNT(refusals)];
	const struct CMUnitTest laws[] = {
		LAW(on_exec__layer_says_nothing_before),
		LAW(on_exec__layer_counts_afterwards),
		LAW(on_exec__no_later_exec_takes_it_back),
		LAW(on_exec__other_files_bring_nothing),
		LAW(on_exec__several_names_and_globs),
		LAW(on_exec__layer_only_narrows),
		LAW(on_exec__inside_waits_for_its_layer),
		LAW(on_exec__one_exec_may_bring_both),
		LAW(on_exec__nobody_knows_is_a_kill),
		LAW(on_exec__kernel_flags_what_the_layer_may_change),
		LAW(refused__layer_leaves_the_policy_as_it_was),
	};

	for (size_t i = 0; i < COUNT(refusals); i++)
		rows[i] = (struct CMUnitTest){ refusals[i].law, check_refusal, NULL, NULL, (void *)&refusals[i] };
	return cmocka_run_group_tests(laws, NULL, NULL) +
		_cmocka_run_group_tests("rows", rows, COUNT(rows), NULL, NULL);
}
