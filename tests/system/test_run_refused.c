/* SPDX-License-Identifier: MIT */
/*
 * A kernel that lacks what a session needs (tests/guest has some): the session is refused, with the reason, and the
 * program makes no call. Where nothing is missing there is nothing to refuse.
 */
#include "harness.h"

#include <errno.h>
#include <string.h>

static bool is_missing(enum flagstop_feature feature)
{
	struct flagstop_probe probe;

	assert_int_equal(flagstop_probe(feature, &probe), 0);
	return probe.error != 0;
}

static void need_poverty(const enum flagstop_feature *features, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_missing(features[i]))
			return;
	print_message("this kernel lacks nothing that is needed\n");
	skip();
}

/* What `run` needs that has no backend of its own yet. */
static const enum flagstop_feature needed_traced[] = { FLAGSTOP_FEATURE_SECCOMP_FILTER, FLAGSTOP_FEATURE_PTRACE_SEIZE,
						       FLAGSTOP_FEATURE_RET_TRACE, FLAGSTOP_FEATURE_SYSCALL_INFO };

static void run__with_flags_is_refused_where_something_is_missing(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");
	char *argv[] = { (char *)harness_tracee("call"), "getppid", NULL };

	(void)state;
	need_poverty(needed_traced, sizeof(needed_traced) / sizeof(*needed_traced));
	assert_int_equal(run_try(&run, argv), -ENOSYS);
	assert_true(strlen(run.error.message) > 0);
	assert_true(strlen(run.error.hint) > 0);
	harness_read_all(run.from, run.out, sizeof(run.out));
	assert_string_equal(run.out, "");
	run_free(&run);
}

static void run__without_a_tracer_is_refused_where_filters_are_missing(void **state)
{
	static const enum flagstop_feature needed[] = { FLAGSTOP_FEATURE_SECCOMP_FILTER };
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");
	char *argv[] = { (char *)harness_tracee("call"), "getppid", NULL };

	(void)state;
	need_poverty(needed, 1);
	run.options.report = FLAGSTOP_REPORT_NONE;
	assert_int_equal(run_try(&run, argv), -ENOSYS);
	harness_read_all(run.from, run.out, sizeof(run.out));
	assert_string_equal(run.out, "");
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(run__with_flags_is_refused_where_something_is_missing),
	LAW(run__without_a_tracer_is_refused_where_filters_are_missing),
};

int main(void)
{
	return RUN_LAWS(laws);
}
