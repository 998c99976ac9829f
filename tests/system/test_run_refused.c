/* SPDX-License-Identifier: MIT */
/*
 * A kernel that lacks what a session needs (tests/guest has some): what cannot be kept is refused, with the reason, and
 * the program makes no call; what can be kept in another way is, without being asked. Where nothing is missing there is
 * nothing to refuse.
 */
#include "harness.h"

#include <arch/stub.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool is_missing(enum flagstop_feature feature)
{
	struct flagstop_probe probe;

	assert_int_equal(flagstop_probe(feature, &probe), 0);
	return probe.error != 0;
}

/* What the trace backend cannot be without. */
static void need_poverty(void)
{
	static const enum flagstop_feature needed[] = { FLAGSTOP_FEATURE_SECCOMP_FILTER, FLAGSTOP_FEATURE_PTRACE_SEIZE,
							FLAGSTOP_FEATURE_RET_TRACE, FLAGSTOP_FEATURE_SECOND_LOOK };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (is_missing(needed[i]))
			return;
	print_message("this kernel lacks nothing that is needed\n");
	skip();
}

static void assert_refused(struct run *run, int code)
{
	char *argv[] = { (char *)harness_tracee("call"), "getppid", NULL };

	assert_int_equal(run_try(run, argv), code);
	assert_true(strlen(run->error.message) > 0);
	assert_true(strlen(run->error.hint) > 0);
	harness_read_all(run->from, run->out, sizeof(run->out));
	assert_string_equal(run->out, "");
	run_free(run);
}

static void trace__is_refused_where_something_is_missing(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");

	(void)state;
	need_poverty();
	run.options.backend = FLAGSTOP_BACKEND_TRACE;
	assert_refused(&run, -ENOSYS);
}

static void path__is_judged_whatever_is_missing(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES open openat when path under \"/tmp\"\n");

	if (!fst_native_hermit()) {
		print_message("there are no rules on paths here\n");
		skip();
	}
	run.options.report = *(enum flagstop_report *)*state;
	run_whole(&run, "path_deed", "open", "/proc/../tmp", NULL);
	assert_string_equal(run.out, "EACCES\n");
	run_free(&run);
}

static void policy__holds_whatever_is_missing(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");

	run.options.report = *(enum flagstop_report *)*state;
	run_whole(&run, "call", "getppid", NULL);
	assert_string_equal(run.out, "-13\n");
	run_free(&run);
}

static void kill__holds_whatever_is_missing(void **state)
{
	struct run run = RUN_INIT("default allow\nkill getppid\n");

	run.options.report = *(enum flagstop_report *)*state;
	run_whole(&run, "call", "getppid", NULL);
	run_assert_signalled(&run, SIGSYS);
	assert_string_equal(run.out, "");
	run_free(&run);
}

/* riscv64 before 6.16. Elsewhere, and of other arguments, nothing is in the way. */
static void rewrite__of_a_first_argument_is_refused_where_none_can_be_changed(void **state)
{
	struct run run = RUN_INIT("default allow\nrewrite getpgid pid = 0x7fffffff\n");

	(void)state;
	if (!is_missing(FLAGSTOP_FEATURE_FIRST_ARGUMENT)) {
		print_message("first arguments can be changed here\n");
		skip();
	}
	assert_refused(&run, -EOPNOTSUPP);
}

static void rewrite__of_another_argument_holds(void **state)
{
	struct run run = RUN_INIT("default allow\nrewrite lseek whence = 77\n");

	(void)state;
	run_whole(&run, "call", "lseek", "0", "0", "0", NULL);
	assert_string_equal(run.out, "-22\n");
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(trace__is_refused_where_something_is_missing),
	LAW_IN_BOTH(path__is_judged_whatever_is_missing),
	LAW(rewrite__of_a_first_argument_is_refused_where_none_can_be_changed),
	LAW(rewrite__of_another_argument_holds),
	LAW_IN_BOTH(policy__holds_whatever_is_missing),
	LAW_IN_BOTH(kill__holds_whatever_is_missing),
};

int main(void)
{
	unsetenv("FLAGSTOP_TEST_BACKEND"); /* it is the session's own choice that is tested */
	return RUN_LAWS(laws);
}
