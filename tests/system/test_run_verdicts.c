/* SPDX-License-Identifier: MIT */
/* What a program sees of each verdict, and what is told of it, whoever carries it out: the kernel or the tracer. */
#include "harness.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GETPPID "getppid"
#define NARROW "fd_in == 3 and off_in == 0x80000004 and fd_out == 5 and off_out == 6 and len == 7 and flags == 8"
#define NARROW_VALUES "3", "0x80000004", "5", "6", "7", "8"
#define WIDE \
	"fd_in == 3 and off_in == 0x100000004 and fd_out == 5 and off_out == 0x8000000000000006 and " \
	"len == 0x900000007 and flags == 8"
#define WIDE_VALUES "3", "0x100000004", "5", "0x8000000000000006", "0x900000007", "8"

/* ---- results ---------------------------------------------------------------------------------------------------- */

static const struct row {
	const char *policy, *result;
	const char *arguments[7]; /* of the tracee `call`; the first one is the number */
	int action;               /* as it is counted when all is reported; -1: not at all */
} rows[] = {
	{ "deny EACCES getppid", "-13\n", { GETPPID }, FLAGSTOP_ACTION_DENY },
	{ "deny 1 getppid", "-1\n", { GETPPID }, FLAGSTOP_ACTION_DENY },
	{ "deny 4095 getppid", "-4095\n", { GETPPID }, FLAGSTOP_ACTION_DENY },
	{ "return 0 getppid", "0\n", { GETPPID }, FLAGSTOP_ACTION_RETURN },
	{ "return 4242 getppid", "4242\n", { GETPPID }, FLAGSTOP_ACTION_RETURN },
	{ "return -2 getppid", "-2\n", { GETPPID }, FLAGSTOP_ACTION_RETURN },
	{ "return -5000 getppid", "-5000\n", { GETPPID }, FLAGSTOP_ACTION_RETURN },
	{ "trace getpgid", "-3\n", { "getpgid", "0x7fffffff" }, FLAGSTOP_ACTION_TRACE },
	{ "rewrite getpgid pid = 0x7fffffff", "-3\n", { "getpgid", "0" }, FLAGSTOP_ACTION_REWRITE },
	{ "rewrite getpgid pid = pid | 0x7ffffff0", "-3\n", { "getpgid", "15" }, FLAGSTOP_ACTION_REWRITE },
	{ "rewrite lseek whence = 77", "-22\n", { "lseek", "0", "0", "0" }, FLAGSTOP_ACTION_REWRITE },
	{ "log getpgid", "-3\n", { "getpgid", "0x7fffffff" }, -1 },
	{ "allow getpgid", "-3\n", { "getpgid", "0x7fffffff" }, -1 },
	{ "ask getppid", "-1\n", { GETPPID }, FLAGSTOP_ACTION_DENY },
	{ "deny 77 lseek when fd == -1 and offset == 5 and whence == 7",
	  "-77\n",
	  { "lseek", "0xffffffff", "5", "7" },
	  FLAGSTOP_ACTION_DENY },
	{ "deny 77 copy_file_range when " NARROW, "-77\n", { "copy_file_range", NARROW_VALUES }, FLAGSTOP_ACTION_DENY },
	{ "return 77 copy_file_range when " NARROW,
	  "77\n",
	  { "copy_file_range", NARROW_VALUES },
	  FLAGSTOP_ACTION_RETURN },
	{ "deny 77 copy_file_range when flags == 9",
	  "-9\n", /* EBADF: another argument, so it is carried out */
	  { "copy_file_range", "999", "0", "999", "0", "1", "0" },
	  -1 },
#if __SIZEOF_LONG__ == 8
	{ "return 0x123456789abc getppid", "20015998343868\n", { GETPPID }, FLAGSTOP_ACTION_RETURN },
	{ "deny 77 lseek when fd == -1 and offset == 0x8000000000000000 and whence == 7",
	  "-77\n",
	  { "lseek", "0xffffffffffffffff", "0x8000000000000000", "7" },
	  FLAGSTOP_ACTION_DENY },
	{ "deny 77 copy_file_range when " WIDE, "-77\n", { "copy_file_range", WIDE_VALUES }, FLAGSTOP_ACTION_DENY },
	{ "return 77 copy_file_range when " WIDE, "77\n", { "copy_file_range", WIDE_VALUES }, FLAGSTOP_ACTION_RETURN },
	{ "deny 77 copy_file_range when len == 0x900000009",
	  "-9\n",
	  { "copy_file_range", "999", "0", "999", "0", "9", "0" },
	  -1 },
#endif
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

/* Where it cannot be changed such a policy is refused: test_run_refused.c. */
static void need_first_argument(void)
{
	struct flagstop_probe probe;

	if (!flagstop_probe(FLAGSTOP_FEATURE_FIRST_ARGUMENT, &probe) && !probe.error)
		return;
	print_message("this kernel lets no tracer change a first argument\n");
	skip();
}

static void check_row(const struct row *row, enum flagstop_report report)
{
	char policy[512];
	struct run run = RUN_INIT(policy);
	const char *const *a = row->arguments;

	if (row->action == FLAGSTOP_ACTION_REWRITE && strstr(row->policy, "getpgid"))
		need_first_argument();
	snprintf(policy, sizeof(policy), "default allow\n%s\n", row->policy);
	run.options.report = report;
	run_whole(&run, "call", a[0], a[1], a[2], a[3], a[4], a[5], a[6], NULL);
	assert_string_equal(run.out, row->result);
	run_assert_exited(&run, 0);
	if (report == FLAGSTOP_REPORT_ALL) {
		uint64_t events = 0;

		for (size_t i = 0; i < flagstop_session_event_count(run.session); i++)
			events += flagstop_session_event(run.session, i)->count;
		assert_int_equal(events, row->action >= 0);
		if (row->action >= 0)
			assert_int_equal(flagstop_session_event(run.session, 0)->verdict.action, row->action);
	}
	run_free(&run);
}

static void row_reporting_all(void **state)
{
	check_row(*state, FLAGSTOP_REPORT_ALL);
}

static void row_reporting_none(void **state)
{
	check_row(*state, FLAGSTOP_REPORT_NONE);
}

static void rewrite__is_seen_in_no_register(void **state)
{
	struct run run = RUN_INIT("default allow\nrewrite getpgid pid = 0x7fffffff\n"
				  "rewrite clone flags = flags | CLONE_FS\n");

	harness_need_tracee("rewritten");
	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "rewritten", NULL);
	assert_string_equal(run.out, "getpgid failed, 0\nchild 1\nparent 1, one directory\n");
	run_free(&run);
}

static void rewrite__of_an_i386_call_is_seen_in_no_register(void **state)
{
	struct run run = RUN_INIT("abi x86_64 i386\ndefault allow\nrewrite getpgid pid = 0x7fffffff\n");

	harness_need_i386();
	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "rewritten", "32", NULL);
	assert_string_equal(run.out, "getpgid failed, 0x500000000\n");
	run_free(&run);
}

/* ---- the end of a process, or of a thread ----------------------------------------------------------------------- */

static void start_with(struct run *run, void **state)
{
	run->options.report = *(const enum flagstop_report *)*state;
}

static void kill__ends_the_process_with_sigsys(void **state)
{
	struct run run = RUN_INIT("default allow\nkill getppid\n");

	start_with(&run, state);
	run_whole(&run, "call", GETPPID, NULL);
	run_assert_signalled(&run, SIGSYS);
	assert_string_equal(run.out, "");
	if (run.options.report == FLAGSTOP_REPORT_ALL)
		assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_KILL_PROCESS), 1);
	run_free(&run);
}

static void kill__by_one_thread_ends_all(void **state)
{
	struct run run = RUN_INIT("default allow\nkill getppid\n");

	start_with(&run, state);
	run_whole(&run, "thread_call", NULL);
	run_assert_signalled(&run, SIGSYS);
	assert_string_equal(run.out, "");
	run_free(&run);
}

static void kill_thread__ends_that_thread_alone(void **state)
{
	struct run run = RUN_INIT("default allow\nkill thread getppid\n");

	start_with(&run, state);
	run_whole(&run, "thread_call", NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "survived\n");
	if (run.options.report == FLAGSTOP_REPORT_ALL)
		assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_KILL_THREAD), 1);
	run_free(&run);
}

static void kill_thread__of_the_only_thread_ends_the_process(void **state)
{
	struct run run = RUN_INIT("default allow\nkill thread getppid\n");

	start_with(&run, state);
	run_whole(&run, "call", GETPPID, NULL);
	run_assert_signalled(&run, SIGSYS);
	run_free(&run);
}

static void kill__is_status_159_of_the_command(void **state)
{
	struct command command = COMMAND_INIT("default allow\nkill getppid\n");
	char *argv[] = { (char *)harness_tracee("call"), GETPPID, NULL };

	command.report = *(const enum flagstop_report *)*state == FLAGSTOP_REPORT_ALL ? "all" : "none";
	command_whole(&command, argv);
	command_assert_exited(&command, 128 + SIGSYS);
	assert_string_equal(command.out, "");
}

/* ---- traps ------------------------------------------------------------------------------------------------------ */

static struct flagstop_answer answer_trap(const struct flagstop_question *question, void *context)
{
	(void)question;
	(void)context;
	return (struct flagstop_answer){ { FLAGSTOP_ACTION_TRAP, 1234 }, 0 };
}

/* `kernel`: a rule that the kernel carries out; else the tracer's poison number, after an answer. */
static void check_trap(void **state, const char *how, bool kernel, const char *expected)
{
	struct run run = RUN_INIT(kernel ? "default allow\ntrap 1234 getppid\n" : "default allow\nask getppid\n");

	start_with(&run, state);
	run.options.ask = answer_trap;
	run_whole(&run, "sigsys", how, NULL);
	assert_string_equal(run.out, expected);
	if (*expected)
		run_assert_exited(&run, 0);
	else
		run_assert_signalled(&run, SIGSYS);
	run_free(&run);
}

/*
 * x86 leaves the number where the result would be, others the first argument (77). So does s390x today; older releases
 * go on to the result of a number that is none (__do_syscall, arch/s390/kernel/syscall.c). Which, is asked of a kernel
 * that has the call to itself.
 */
static int left_by_trap(enum flagstop_abi abi, int nr)
{
	struct run run = RUN_INIT("default allow\ntrap 1234 getppid\n");
	int left = 77;

	if (abi == FLAGSTOP_ABI_X86_64 || abi == FLAGSTOP_ABI_I386)
		return nr;
	if (abi != FLAGSTOP_ABI_S390X)
		return left;
	run.options.report = FLAGSTOP_REPORT_NONE;
	run_whole(&run, "sigsys", "catch", NULL);
	left = strstr(run.out, "result -38\n") ? -ENOSYS : left;
	run_free(&run);
	return left;
}

static const char *trapped(void)
{
	static char text[256];
	int call = flagstop_call_find("getppid");
	enum flagstop_abi abi = flagstop_abi_native();
	int nr = (int)flagstop_call_number(call, abi);
	int left = left_by_trap(abi, nr);

	snprintf(text, sizeof(text),
		 "signal 31 code 1 errno 1234 call %d arch %#x addr 1 number %d result %d\nresult %d\n", nr,
		 flagstop_abi_audit_arch(abi), nr, left, left < 0 ? -1 : left);
	return text;
}

static void trap__has_the_kernels_siginfo_and_result(void **state)
{
	check_trap(state, "catch", true, trapped());
}

static void trap__that_was_answered_looks_like_the_kernels(void **state)
{
	check_trap(state, "catch", false, trapped());
}

static void trap__is_forced_where_sigsys_is_blocked(void **state)
{
	check_trap(state, "block", true, "");
}

static void trap__that_was_answered_is_forced_where_sigsys_is_blocked(void **state)
{
	check_trap(state, "block", false, "");
}

static void trap__is_forced_where_sigsys_is_ignored(void **state)
{
	check_trap(state, "ignore", true, "");
}

static void trap__that_was_answered_is_forced_where_sigsys_is_ignored(void **state)
{
	check_trap(state, "ignore", false, "");
}

/* ---- registers -------------------------------------------------------------------------------------------------- */

static const struct registers_row {
	const char *name, *verdict, *expected;
} register_rows[] = {
	{ "registers__after_a_denied_call_are_as_the_abi_says", "deny EACCES", "result -13\n" },
	{ "registers__after_a_returned_call_are_as_the_abi_says", "return 4242", "result 4242\n" },
	{ "registers__after_an_asked_call_are_as_the_abi_says", "ask", "result -1\n" },
};

static void check_registers(void **state)
{
	const struct registers_row *row = *state;

	for (int report = FLAGSTOP_REPORT_ALL; report <= FLAGSTOP_REPORT_NONE; report++) {
		char policy[128];
		struct run run = RUN_INIT(policy);

		snprintf(policy, sizeof(policy), "default allow\n%s getppid\n", row->verdict);
		run.options.report = report;
		harness_need_tracee("registers");
		run_whole(&run, "registers", NULL);
		assert_string_equal(run.out, row->expected);
		run_free(&run);
	}
}

static void registers__after_a_traced_call_are_as_the_abi_says(void **state)
{
	struct run run = RUN_INIT("default allow\ntrace getppid\n");
	char expected[32];

	harness_need_tracee("registers");
	start_with(&run, state);
	run_start(&run, "registers", NULL);
	snprintf(expected, sizeof(expected), "result %ld\n",
		 (long)harness_child_named(getpid(), "flagstop-tracer"));
	run_finish(&run);
	assert_string_equal(run.out, expected);
	run_free(&run);
}

/* ---- who is traced ---------------------------------------------------------------------------------------------- */

static void report_none__with_nothing_flagged_traces_nothing(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");

	(void)state;
	harness_need_filters("nothing can be left to the kernel");
	harness_need_untraced();
	run.options.report = FLAGSTOP_REPORT_NONE;
	run_whole(&run, "status", "TracerPid", "Seccomp", NULL);
	assert_string_equal(run.out, "TracerPid:\t0\nSeccomp:\t2\n");
	assert_int_equal(run.summary.traced, 0);
	assert_int_equal(run.summary.stops, 0);
	run_free(&run);
}

static void report_none__with_something_flagged_traces(void **state)
{
	struct run run = RUN_INIT("default allow\ntrace getppid\n");

	(void)state;
	run.options.report = FLAGSTOP_REPORT_NONE;
	run_whole(&run, "call", GETPPID, NULL);
	assert_int_equal(run.summary.traced, 1);
	assert_int_equal(run.summary.calls_flagged, 1);
	run_free(&run);
}

static void trace__counts_each_call(void **state)
{
	struct run run = RUN_INIT("default allow\ntrace getppid\n");

	start_with(&run, state);
	run_whole(&run, "storm", "25", NULL);
	assert_string_equal(run.out, "refused 0\n");
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_TRACE), 25);
	assert_int_equal(run.summary.calls_flagged, 25);
	assert_int_equal(run.summary.tracees, 26);
	run_free(&run);
}

/* A helper that takes too long is ended, so a slow machine is asked more than once. */
static void stack__names_who_made_the_denied_call(void **state)
{
	bool named = false;

	(void)state;
	if (sizeof(long) == 4) {
		print_message("32-bit programs have the innermost address alone\n");
		skip();
	}
	for (unsigned i = 0; i < 5 && !named; i++) {
		struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");

		run_whole(&run, "call", GETPPID, NULL);
		assert_int_equal(flagstop_session_event_count(run.session), 1);
		const char *stack = flagstop_session_event(run.session, 0)->stack;
		named = strstr(stack, "main") != NULL;
		assert_true(named || !*stack);
		run_free(&run);
	}
	assert_true(named);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(rewrite__is_seen_in_no_register),
	LAW_IN_BOTH(rewrite__of_an_i386_call_is_seen_in_no_register),
	LAW_IN_BOTH(kill__ends_the_process_with_sigsys),
	LAW_IN_BOTH(kill__by_one_thread_ends_all),
	LAW_IN_BOTH(kill_thread__ends_that_thread_alone),
	LAW_IN_BOTH(kill_thread__of_the_only_thread_ends_the_process),
	LAW_IN_BOTH(kill__is_status_159_of_the_command),
	LAW_IN_BOTH(trap__has_the_kernels_siginfo_and_result),
	LAW_IN_BOTH(trap__that_was_answered_looks_like_the_kernels),
	LAW_IN_BOTH(trap__is_forced_where_sigsys_is_blocked),
	LAW_IN_BOTH(trap__that_was_answered_is_forced_where_sigsys_is_blocked),
	LAW_IN_BOTH(trap__is_forced_where_sigsys_is_ignored),
	LAW_IN_BOTH(trap__that_was_answered_is_forced_where_sigsys_is_ignored),
	LAW_IN_BOTH(registers__after_a_traced_call_are_as_the_abi_says),
	LAW(report_none__with_nothing_flagged_traces_nothing),
	LAW(report_none__with_something_flagged_traces),
	LAW_IN_BOTH(trace__counts_each_call),
	LAW(stack__names_who_made_the_denied_call),
};
#define LAW_COUNT (sizeof(laws) / sizeof(*laws))
#define REGISTER_COUNT (sizeof(register_rows) / sizeof(*register_rows))

int main(void)
{
	static struct CMUnitTest all[LAW_COUNT + REGISTER_COUNT + 2 * ROW_COUNT];
	static char names[2 * ROW_COUNT][160];
	size_t n = LAW_COUNT;

	memcpy(all, laws, sizeof(laws));
	for (size_t i = 0; i < REGISTER_COUNT; i++)
		all[n++] = (struct CMUnitTest)LAW_WITH(register_rows[i].name, check_registers, &register_rows[i]);
	for (size_t i = 0; i < 2 * ROW_COUNT; i++) {
		const struct row *row = &rows[i / 2];

		snprintf(names[i], sizeof(names[i]), "verdict__%.60s__reporting_%s", row->policy,
			 i % 2 ? "none" : "all");
		all[n++] = (struct CMUnitTest)LAW_WITH(names[i], i % 2 ? row_reporting_none : row_reporting_all, row);
	}
	return RUN_LAWS(all);
}
