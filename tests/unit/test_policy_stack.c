/* SPDX-License-Identifier: MIT */
/* Policies as objects: stacking layers, the guards, where calls are decided, ways, and the words for verdicts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "test_policy.h"

#define P "abi x86_64\n"
#define CLONE_UNTRACED 0x00800000
#define SET_MODE_FILTER 1
#define NEW_LISTENER 8
#define TRACER 4711

static struct flagstop_policy *policy_of_text(const char *text)
{
	return policy_of(&text, 1);
}

static struct flagstop_data call_of(enum flagstop_abi abi, const char *name)
{
	int call = flagstop_call_find(name);

	assert_true(call >= 0 && flagstop_call_number((unsigned)call, abi) >= 0);
	return (struct flagstop_data){ .nr = (uint32_t)flagstop_call_number((unsigned)call, abi),
				       .arch = flagstop_abi_audit_arch(abi) };
}

static void assert_decides(const struct flagstop_policy *policy, const struct flagstop_data *call, const char *expected)
{
	char verdict[64];

	flagstop_verdict_format(flagstop_policy_decide(policy, call, NULL), verdict, sizeof(verdict));
	assert_string_equal(verdict, expected);
}

/* ---- layers ----------------------------------------------------------------------------------------------------- */

static void policy__without_layers_allows_everything(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_data call = call_of(FLAGSTOP_ABI_AARCH64, "ptrace");
	struct flagstop_rule rule;

	(void)state;
	assert_int_equal(flagstop_policy_layer_count(policy), 0);
	assert_int_equal(flagstop_policy_decide(policy, &call, &rule).action, FLAGSTOP_ACTION_ALLOW);
	assert_int_equal(rule.line, 0);
	assert_string_equal(rule.text, "implied: nothing is refused");
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_ALL), FLAGSTOP_PLACE_KERNEL);
	assert_false(flagstop_policy_needs_tracer(policy, FLAGSTOP_REPORT_ALL));
	flagstop_policy_free(policy);
	flagstop_policy_free(NULL);
}

static void layer__that_is_refused_changes_nothing(void **state)
{
	struct flagstop_policy *policy = policy_of_text(P "default allow");
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "read");
	static const char bad[] = P "allow open\ndeny read when fd == 1 and fd == 2";

	(void)state;
	assert_int_equal(flagstop_policy_add_text(policy, "bad.fs", bad, strlen(bad), &error), -EBADMSG);
	assert_int_equal(flagstop_policy_add_promises(policy, "stdoi", &error), -EBADMSG);
	assert_int_equal(flagstop_policy_add_file(policy, "/nonexistent/policy.fs", &error), -ENOENT);
	assert_int_equal(flagstop_policy_layer_count(policy), 1);
	assert_decides(policy, &call, "allow");
	flagstop_policy_free(policy);
}

static void layers__are_at_most_31_and_the_guards(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	static const char text[] = P "default allow";

	(void)state;
	for (int i = 0; i < FLAGSTOP_POLICY_MAX_LAYERS - 1; i++)
		assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, strlen(text), NULL), 0);
	assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, strlen(text), &error), -E2BIG);
	assert_string_equal(error.message, "a policy has at most 31 layers");
	assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, &error), 0);
	assert_int_equal(flagstop_policy_layer_count(policy), FLAGSTOP_POLICY_MAX_LAYERS);
	flagstop_policy_free(policy);
}

static void layers__abis_are_those_that_all_name(void **state)
{
	static const char *const texts[] = { "abi x86_64 i386 arm", "abi arm i386", "abi i386 s390x" };
	struct flagstop_policy *policy = policy_of(texts, COUNT(texts));

	(void)state;
	assert_int_equal(flagstop_policy_abis(policy), 1u << FLAGSTOP_ABI_I386);
	flagstop_policy_free(policy);
}

static void layer__without_an_abi_is_for_the_native_one(void **state)
{
	struct flagstop_policy *policy = policy_of_text("default allow");

	(void)state;
	assert_int_equal(flagstop_policy_abis(policy), 1u << flagstop_abi_native());
	flagstop_policy_free(policy);
}

static void arguments__that_are_missing_are_EINVAL(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	(void)state;
	assert_int_equal(flagstop_policy_add_text(NULL, "t.fs", "", 0, &error), -EINVAL);
	assert_int_equal(flagstop_policy_add_text(policy, NULL, "", 0, &error), -EINVAL);
	assert_int_equal(flagstop_policy_add_file(policy, NULL, &error), -EINVAL);
	assert_int_equal(flagstop_policy_add_promises(policy, NULL, &error), -EINVAL);
	assert_int_equal(flagstop_policy_add_guards(NULL, NULL, 0, &error), -EINVAL);
	assert_int_equal(flagstop_policy_layer_count(policy), 0);
	flagstop_policy_free(policy);
}

static void rule__knows_file_line_column_text_and_layer(void **state)
{
	static const char *const texts[] = { P "default allow", P "default allow\n  deny EACCES \\\n  read  # no" };
	struct flagstop_policy *policy = policy_of(texts, COUNT(texts));
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "read");
	struct flagstop_rule rule;

	(void)state;
	flagstop_policy_decide(policy, &call, &rule);
	assert_string_equal(rule.file, "t.fs");
	assert_int_equal(rule.line, 3);
	assert_int_equal(rule.column, 3);
	assert_string_equal(rule.text, "deny EACCES read");
	assert_int_equal(rule.layer, 1);
	flagstop_policy_free(policy);
}

static void rule__that_is_implied_says_so(void **state)
{
	struct flagstop_policy *policy = policy_of_text(P "allow read");
	struct flagstop_data calls[] = { call_of(FLAGSTOP_ABI_X86_64, "write"), call_of(FLAGSTOP_ABI_X86_64, "read"),
					 call_of(FLAGSTOP_ABI_I386, "read"),
					 call_of(FLAGSTOP_ABI_X86_64, "restart_syscall") };
	static const char *const words[] = { "implied: default deny EPERM", "implied: unknown deny ENOSYS",
					     "implied: an ABI that the policy does not name is refused",
					     "implied: a call that was allowed may be restarted" };
	struct flagstop_rule rule;

	(void)state;
	calls[1].nr = 5000;
	for (size_t i = 0; i < COUNT(calls); i++) {
		flagstop_policy_decide(policy, &calls[i], &rule);
		assert_string_equal(rule.text, words[i]);
		assert_string_equal(rule.file, "t.fs");
		assert_int_equal(rule.line, 0);
	}
	flagstop_policy_free(policy);
}

static void promises__refuse_the_rest_with_EPERM(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_data call = call_of(flagstop_abi_native(), "write");
	struct flagstop_rule rule;

	(void)state;
	assert_int_equal(flagstop_policy_add_promises(policy, "stdio", NULL), 0);
	assert_int_equal(flagstop_policy_decide(policy, &call, &rule).action, FLAGSTOP_ACTION_ALLOW);
	assert_string_equal(rule.file, "<promise stdio>");
	call = call_of(flagstop_abi_native(), "ptrace");
	assert_decides(policy, &call, "deny EPERM");
	flagstop_policy_free(policy);
}

/* ---- guards ----------------------------------------------------------------------------------------------------- */

static struct flagstop_policy *guarded(const char *text, const int *pids, size_t count)
{
	struct flagstop_policy *policy = policy_of_text(text);
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	if (flagstop_policy_add_guards(policy, pids, count, &error))
		fail_msg("%s:%u: %s", error.file, error.line, error.message);
	return policy;
}

static void guards__hold_in_every_abi(void **state)
{
	static const int pids[] = { TRACER, TRACER + 1 };
	char text[64];

	(void)state;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		struct flagstop_data clone3 = call_of(abi, "clone3"), ptrace = call_of(abi, "ptrace");
		struct flagstop_data clone = call_of(abi, "clone"), kill = call_of(abi, "kill");

		snprintf(text, sizeof(text), "abi %s\ndefault allow\nunknown allow", flagstop_abi_name(abi));
		struct flagstop_policy *policy = guarded(text, pids, COUNT(pids));
		assert_decides(policy, &clone3, "deny ENOSYS");
		assert_decides(policy, &ptrace, "deny EPERM");
		clone.args[abi == FLAGSTOP_ABI_S390X] = CLONE_UNTRACED | 17;
		assert_decides(policy, &clone, "deny EPERM");
		clone.args[abi == FLAGSTOP_ABI_S390X] = 17;
		assert_decides(policy, &clone, "allow");
		kill.args[0] = TRACER + 1;
		assert_decides(policy, &kill, "deny EPERM");
		kill.args[0] = TRACER + 2;
		assert_decides(policy, &kill, "allow");
		flagstop_policy_free(policy);
	}
}

static void guards__refuse_a_listener_and_no_other_filter(void **state)
{
	struct flagstop_policy *policy = guarded(P "default allow", NULL, 0);
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "seccomp");

	(void)state;
	call.args[0] = SET_MODE_FILTER;
	assert_decides(policy, &call, "allow");
	call.args[1] = NEW_LISTENER;
	assert_decides(policy, &call, "deny EBUSY");
	call.args[1] = NEW_LISTENER | 1;
	assert_decides(policy, &call, "deny EBUSY");
	/* The kernel reads an unsigned int and an unsigned int: neither is hidden behind bits above them. */
	call.args[0] |= UINT64_C(1) << 40;
	call.args[1] |= UINT64_C(1) << 40;
	assert_decides(policy, &call, "deny EBUSY");
	flagstop_policy_free(policy);
}

static void guards__protect_from_calls_that_name_a_pid(void **state)
{
	static const int pids[] = { TRACER };
	static const struct {
		const char *call;
		unsigned argument;
	} rows[] = {
		{ "prlimit64", 0 },
		{ "sched_setaffinity", 0 },
		{ "sched_setscheduler", 0 },
		{ "sched_setattr", 0 },
		{ "rt_sigqueueinfo", 0 },
		{ "tkill", 0 },
		{ "tgkill", 0 },
		{ "tgkill", 1 },
		{ "rt_tgsigqueueinfo", 1 },
		{ "process_vm_readv", 0 },
		{ "process_vm_writev", 0 },
		{ "kcmp", 0 },
		{ "pidfd_open", 0 },
		{ "setpriority", 1 },
		{ "migrate_pages", 0 },
		{ "move_pages", 0 },
		{ "setpgid", 0 },
	};
	struct flagstop_policy *policy = guarded(P "default allow", pids, COUNT(pids));

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, rows[i].call);

		assert_decides(policy, &call, "allow");
		call.args[rows[i].argument] = TRACER;
		assert_decides(policy, &call, "deny EPERM");
		call.args[rows[i].argument] = UINT64_C(0xffffffff00000000) | TRACER;
		assert_decides(policy, &call, "deny EPERM");
	}
	flagstop_policy_free(policy);
}

static void guards__only_narrow(void **state)
{
	struct flagstop_policy *policy = guarded(P "default deny EACCES\nkill ptrace", NULL, 0);
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "read");

	(void)state;
	assert_decides(policy, &call, "deny EACCES");
	call = call_of(FLAGSTOP_ABI_X86_64, "ptrace");
	assert_decides(policy, &call, "kill");
	call.nr = 5000;
	assert_decides(policy, &call, "deny ENOSYS");
	flagstop_policy_free(policy);
}

static void guards__are_the_last_layer(void **state)
{
	struct flagstop_policy *policy = guarded(P "default allow", NULL, 0);
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	(void)state;
	assert_int_equal(flagstop_policy_add_text(policy, "t.fs", "", 0, &error), -EINVAL);
	assert_string_equal(error.message, "no layer can be added behind the guards");
	assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, &error), -EINVAL);
	assert_int_equal(flagstop_policy_layer_count(policy), 2);
	flagstop_policy_free(policy);
}

static void guards__need_an_abi_that_all_layers_name(void **state)
{
	static const char *const texts[] = { "abi x86_64", "abi i386" };
	struct flagstop_policy *policy = policy_of(texts, COUNT(texts));
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	(void)state;
	assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, &error), -EBADMSG);
	assert_string_equal(error.message, "no ABI is named by all layers of the policy");
	flagstop_policy_free(policy);
}

/* The guards allow everything else, and know the same ABIs: that is no reason to name them. */
static void guards__that_merely_agree_leave_the_credit(void **state)
{
	struct flagstop_policy *policy = guarded(P "default allow\ndeny ptrace", NULL, 0);
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "read");
	struct flagstop_rule rule;

	(void)state;
	flagstop_policy_decide(policy, &call, &rule);
	assert_string_equal(rule.file, "t.fs");
	assert_int_equal(rule.line, 2);
	call = call_of(FLAGSTOP_ABI_I386, "read");
	flagstop_policy_decide(policy, &call, &rule);
	assert_string_equal(rule.file, "t.fs");
	/* Here the kernel acts on the guards' denial: it is the newest. */
	call = call_of(FLAGSTOP_ABI_X86_64, "ptrace");
	flagstop_policy_decide(policy, &call, &rule);
	assert_string_equal(rule.file, "<guard>");
	flagstop_policy_free(policy);
}

static void guards__are_never_flagged(void **state)
{
	struct flagstop_policy *policy = guarded(P "default allow", NULL, 0);
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "ptrace");

	(void)state;
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_ALL), FLAGSTOP_PLACE_KERNEL);
	flagstop_policy_free(policy);
}

/* ---- where calls are decided ------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *layers[2];
	uint64_t argument;             /* the first one of close() */
	enum flagstop_place none, all; /* with that report mode */
} places[] = {
#define LAW(name, one, two, argument, none, all) \
	{ \
		name, { one, two }, argument, FLAGSTOP_PLACE_##none, FLAGSTOP_PLACE_##all \
	}
	LAW("place__allow_is_the_kernel_s", P "allow close", NULL, 0, KERNEL, KERNEL),
	LAW("place__log_is_the_kernel_s", P "log close", NULL, 0, KERNEL, KERNEL),
	LAW("place__kill_is_the_kernel_s_in_every_mode", P "kill close", NULL, 0, KERNEL, KERNEL),
	LAW("place__trap_is_the_kernel_s_in_every_mode", P "trap close", NULL, 0, KERNEL, KERNEL),
	LAW("place__deny_is_flagged_to_be_reported", P "deny close", NULL, 0, KERNEL, TRACER),
	LAW("place__default_deny_is_flagged_to_be_reported", P "allow read", NULL, 0, KERNEL, TRACER),
	LAW("place__return_of_an_errno_is_like_deny", P "return -4095 close", NULL, 0, KERNEL, TRACER),
	LAW("place__return_of_0_is_like_deny", P "return 0 close", NULL, 0, KERNEL, TRACER),
	LAW("place__return_of_a_value_is_the_tracer_s", P "return 1 close", NULL, 0, TRACER, TRACER),
	LAW("place__return_below_the_errnos_is_the_tracer_s", P "return -4096 close", NULL, 0, TRACER, TRACER),
	LAW("place__trace_is_the_tracer_s", P "trace close", NULL, 0, TRACER, TRACER),
	LAW("place__ask_is_the_tracer_s", P "ask close", NULL, 0, TRACER, TRACER),
	LAW("place__condition_is_decided_by_arguments", P "allow close when fd == 1\ndefault kill", NULL, 1,
	    KERNEL_ARGUMENTS, KERNEL_ARGUMENTS),
	LAW("place__condition_flags_only_what_it_takes", P "default allow\ntrace close when fd == 1", NULL, 1,
	    TRACER, TRACER),
	LAW("place__condition_flags_nothing_else", P "default allow\ntrace close when fd == 1", NULL, 2,
	    KERNEL_ARGUMENTS,
	    KERNEL_ARGUMENTS),
	LAW("place__kill_of_a_layer_outranks_a_flag", P "trace close", P "kill close", 0, KERNEL, KERNEL),
	LAW("place__trap_of_a_layer_outranks_a_flag", P "trap close", P "ask close", 0, KERNEL, KERNEL),
	LAW("place__deny_of_a_layer_outranks_a_flag_unless_reported", P "trace close", P "deny close", 0, KERNEL,
	    TRACER),
	LAW("place__deny_of_an_older_layer_outranks_it_as_well", P "deny close", P "trace close", 0, KERNEL, TRACER),
	/* RETURN and DENY rank alike: the kernel's errno would win unseen over the flag */
	LAW("place__deny_beside_a_returned_value_is_flagged", P "deny close", P "return 7 close", 0, TRACER, TRACER),
	LAW("place__deny_over_a_returned_value_is_flagged", P "return 7 close", P "deny close", 0, TRACER, TRACER),
};

static void check_place(void **state)
{
	size_t row = *(const size_t *)*state;
	struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "close");
	struct flagstop_policy *policy = policy_of(places[row].layers, places[row].layers[1] ? 2 : 1);

	call.args[0] = places[row].argument;
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_NONE), places[row].none);
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_ALL), places[row].all);
	flagstop_policy_free(policy);
}

static void place__unknown_return_and_deny_do_not_outrank_each_other(void **state)
{
	static const char *const texts[] = { P "unknown deny ENOENT", P "unknown return 5" };
	struct flagstop_policy *policy = policy_of(texts, COUNT(texts));
	struct flagstop_programs *programs = programs_of(policy, FLAGSTOP_REPORT_NONE);
	struct flagstop_data call = { .nr = 5000, .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64) };

	(void)state;
	assert_decides(policy, &call, "return 5");
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_NONE), FLAGSTOP_PLACE_TRACER);
	assert_int_equal(run_all(programs, &call, NULL), SECCOMP_RET_TRACE);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
}

static void flagged__are_the_calls_that_some_arguments_flag(void **state)
{
	struct flagstop_policy *policy =
		policy_of_text(P "default allow\ntrace close when fd == 1\nask read\ndeny open");
	unsigned char flagged[1024];

	(void)state;
	assert_true(flagstop_call_count() <= sizeof(flagged));
	assert_int_equal(flagstop_policy_flagged(policy, FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_NONE, flagged), 2);
	assert_true(flagged[flagstop_call_find("close")] && flagged[flagstop_call_find("read")]);
	assert_false(flagged[flagstop_call_find("open")] || flagged[flagstop_call_find("write")]);
	assert_int_equal(flagstop_policy_flagged(policy, FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_ALL, flagged), 3);
	assert_true(flagged[flagstop_call_find("open")]);
	assert_int_equal(flagstop_policy_flagged(policy, FLAGSTOP_ABI_I386, FLAGSTOP_REPORT_ALL, NULL), 0);
	flagstop_policy_free(policy);
}

static void tracer__is_needed_when_anything_can_be_flagged(void **state)
{
	static const struct {
		const char *text;
		int none, all;
	} rows[] = {
		{ P "default allow\nunknown allow", 0, 0 },
		{ P "default allow\nunknown kill\nkill read", 0, 0 },
		{ P "default allow", 0, 1 }, /* unknown: deny ENOSYS */
		{ P "default allow\nunknown allow\ndeny read", 0, 1 },
		{ P "default allow\nunknown trace", 1, 1 },
		{ P "default ask\nunknown allow", 1, 1 },
		{ P "default allow\nunknown allow\nreturn 1 read when fd == 3", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct flagstop_policy *policy = policy_of_text(rows[i].text);

		assert_int_equal(flagstop_policy_needs_tracer(policy, FLAGSTOP_REPORT_NONE), rows[i].none);
		assert_int_equal(flagstop_policy_needs_tracer(policy, FLAGSTOP_REPORT_ALL), rows[i].all);
		flagstop_policy_free(policy);
	}
}

static void ways__are_the_rules_in_the_order_they_are_tried(void **state)
{
	struct flagstop_policy *policy =
		policy_of_text(P "deny EACCES close when fd == 1\nallow read\nlog close when fd == 2\ndefault kill");
	unsigned call = (unsigned)flagstop_call_find("close");
	struct flagstop_way ways[3];

	(void)state;
	assert_int_equal(flagstop_policy_ways(policy, FLAGSTOP_ABI_X86_64, call, 0, ways, COUNT(ways)), 3);
	assert_int_equal(ways[0].verdict.action, FLAGSTOP_ACTION_DENY);
	assert_int_equal(ways[0].rule.line, 2);
	assert_true(ways[0].conditional);
	assert_int_equal(ways[1].rule.line, 4);
	assert_true(ways[1].conditional);
	assert_int_equal(ways[2].rule.line, 5);
	assert_false(ways[2].conditional);
	/* No more are written than there is room for; how many there are is said all the same. */
	ways[1].rule.line = 99;
	assert_int_equal(flagstop_policy_ways(policy, FLAGSTOP_ABI_X86_64, call, 0, ways, 1), 3);
	assert_int_equal(ways[1].rule.line, 99);
	/* An ABI that the layer does not name, and a call that an ABI does not have. */
	assert_int_equal(flagstop_policy_ways(policy, FLAGSTOP_ABI_I386, call, 0, ways, 3), 1);
	assert_int_equal(ways[0].verdict.action, FLAGSTOP_ACTION_KILL_PROCESS);
	assert_int_equal(flagstop_policy_ways(policy, FLAGSTOP_ABI_X86_64, (unsigned)flagstop_call_find("waitpid"),
					      0, ways, 3),
			 0);
	flagstop_policy_free(policy);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void verdict__is_written_as_policies_spell_it(void **state)
{
	static const struct {
		struct flagstop_verdict verdict;
		const char *text;
	} rows[] = {
		{ { FLAGSTOP_ACTION_ALLOW, 0 }, "allow" },
		{ { FLAGSTOP_ACTION_DENY, EACCES }, "deny EACCES" },
		{ { FLAGSTOP_ACTION_DENY, 4095 }, "deny 4095" },
		{ { FLAGSTOP_ACTION_RETURN, -5 }, "return -5" },
		{ { FLAGSTOP_ACTION_RETURN, INT64_MIN }, "return -9223372036854775808" },
		{ { FLAGSTOP_ACTION_TRAP, 0 }, "trap" },
		{ { FLAGSTOP_ACTION_TRAP, 65535 }, "trap 65535" },
		{ { FLAGSTOP_ACTION_KILL_THREAD, 0 }, "kill-thread" },
		{ { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, "kill" },
		{ { (enum flagstop_action)99, 0 }, "?" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(flagstop_verdict_format(rows[i].verdict, text, sizeof(text)), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(flagstop_verdict_format(rows[1].verdict, text, 5), strlen("deny EACCES"));
	assert_string_equal(text, "deny");
	assert_int_equal(flagstop_verdict_format(rows[1].verdict, NULL, 0), strlen("deny EACCES"));
}

static void verdict__reads_back_as_it_was_written(void **state)
{
	static const char *const texts[] = { "allow", "log", "trace", "ask", "return -5", "deny EACCES",
					     "deny 4095", "trap 7",
					     "kill-thread", "kill" };
	char policy_text[64], written[64];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct flagstop_data call = call_of(FLAGSTOP_ABI_X86_64, "read");

		snprintf(policy_text, sizeof(policy_text), P "default %s", texts[i]);
		struct flagstop_policy *policy = policy_of_text(policy_text);
		flagstop_verdict_format(flagstop_policy_decide(policy, &call, NULL), written, sizeof(written));
		assert_string_equal(written, texts[i]);
		flagstop_policy_free(policy);
	}
}

static void action__has_a_name_or_none(void **state)
{
	(void)state;
	assert_string_equal(flagstop_action_name(FLAGSTOP_ACTION_ALLOW), "allow");
	assert_string_equal(flagstop_action_name(FLAGSTOP_ACTION_KILL_PROCESS), "kill");
	assert_null(flagstop_action_name((enum flagstop_action)(FLAGSTOP_ACTION_KILL_PROCESS + 1)));
	assert_null(flagstop_action_name((enum flagstop_action) - 1));
}

static void groups__end_with_null(void **state)
{
	const char *description = NULL;
	unsigned count = 0;

	(void)state;
	for (const char *name; (name = flagstop_group(count, &description)); count++)
		assert_true(*name && *name != '@' && description && *description);
	assert_true(count > 10);
	assert_null(flagstop_group(UINT32_MAX, &description));
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(policy__without_layers_allows_everything),
	cmocka_unit_test(layer__that_is_refused_changes_nothing),
	cmocka_unit_test(layers__are_at_most_31_and_the_guards),
	cmocka_unit_test(layers__abis_are_those_that_all_name),
	cmocka_unit_test(layer__without_an_abi_is_for_the_native_one),
	cmocka_unit_test(arguments__that_are_missing_are_EINVAL),
	cmocka_unit_test(rule__knows_file_line_column_text_and_layer),
	cmocka_unit_test(rule__that_is_implied_says_so),
	cmocka_unit_test(promises__refuse_the_rest_with_EPERM),
	cmocka_unit_test(guards__hold_in_every_abi),
	cmocka_unit_test(guards__refuse_a_listener_and_no_other_filter),
	cmocka_unit_test(guards__protect_from_calls_that_name_a_pid),
	cmocka_unit_test(guards__only_narrow),
	cmocka_unit_test(guards__are_the_last_layer),
	cmocka_unit_test(guards__need_an_abi_that_all_layers_name),
	cmocka_unit_test(guards__that_merely_agree_leave_the_credit),
	cmocka_unit_test(guards__are_never_flagged),
	cmocka_unit_test(place__unknown_return_and_deny_do_not_outrank_each_other),
	cmocka_unit_test(flagged__are_the_calls_that_some_arguments_flag),
	cmocka_unit_test(tracer__is_needed_when_anything_can_be_flagged),
	cmocka_unit_test(ways__are_the_rules_in_the_order_they_are_tried),
	cmocka_unit_test(verdict__is_written_as_policies_spell_it),
	cmocka_unit_test(verdict__reads_back_as_it_was_written),
	cmocka_unit_test(action__has_a_name_or_none),
	cmocka_unit_test(groups__end_with_null),
};

int main(void)
{
	static struct CMUnitTest tests[COUNT(laws) + COUNT(places)];
	static size_t rows[COUNT(places)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	for (size_t i = 0; i < COUNT(places); i++) {
		rows[i] = i;
		tests[count++] = (struct CMUnitTest){ places[i].name, check_place, NULL, NULL, &rows[i] };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
