/* SPDX-License-Identifier: MIT */
/* clone3, whose arguments lie in memory: where that can be kept from changing it does what it does, and else is not. */
#include "harness.h"

#include <string.h>

#define ON_PATHS "default allow\ndeny EACCES open openat when path under \"/nowhere\"\n"

static const char made[] = "fork: done\n"
			   "vfork: done\n"
			   "of a longer structure: done\n"
			   "of one with more in it: Argument list too long\n"
			   "of a short one: Invalid argument\n"
			   "of a page and more: Argument list too long\n"
			   "of flags that do not go together: Invalid argument\n"
			   "with an exit signal for a thread: Invalid argument\n"
			   "untraced: Operation not permitted\n"
			   "with mounts of its own: Operation not permitted\n"
			   "with signals cleared: done\n"
			   "nowhere: Bad address\n"
			   "pthread_create 0\npthread_join 0\n";

static void clone3__is_as_the_kernels_beside_rules_on_memory(void **state)
{
	struct run run = RUN_INIT(ON_PATHS);

	(void)state;
	run_whole(&run, "clones", NULL);
	assert_string_equal(run.out, made);
	run_assert_exited(&run, 0);
	run_free(&run);
}

/* Who carries a filter of its own since before its exec is never made to map the window. */
static void clone3__that_cannot_be_looked_at_is_not_there(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES connect when addr.port == 1\n");
	const char *at;
	int count = 0;

	(void)state;
	harness_need_filters("filters of its own are flagstop's there, and show nobody anything");
	run_whole(&run, "clones", "filtered", NULL);
	run_assert_exited(&run, 0);
	for (at = run.out; (at = strstr(at, ": Function not implemented\n")); at++)
		count++;
	assert_int_equal(count, 12);
	assert_non_null(strstr(run.out, "pthread_create 0\npthread_join 0\n"));
	run_free(&run);
}

static void clone3__obeys_rules_on_its_flags(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EXDEV clone3 clone when flags & CLONE_VFORK\n"
				  "deny ENOTTY clone3 when exit_signal == SIGCHLD and flags == CLONE_SIGHAND\n");

	(void)state;
	run_whole(&run, "clones", NULL);
	run_assert_exited(&run, 0);
	assert_non_null(strstr(run.out, "fork: done\nvfork: Invalid cross-device link\n"));
	assert_non_null(strstr(run.out, "of flags that do not go together: Inappropriate ioctl for device\n"));
	assert_non_null(strstr(run.out, "untraced: Operation not permitted\n"));
	assert_int_equal(run_count(&run, "clone3", FLAGSTOP_ACTION_DENY), 3);
	run_free(&run);
}

static void clone3__leaves_all_registers_to_parent_and_child(void **state)
{
	struct run run = RUN_INIT(ON_PATHS);

	(void)state;
	harness_need_tracee("clone_registers");
	run_whole(&run, "clone_registers", "300", NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "wrong in 0 parents, 0 children\n");
	run_free(&run);
}

int main(void)
{
	static const struct CMUnitTest laws[] = {
		LAW(clone3__is_as_the_kernels_beside_rules_on_memory),
		LAW(clone3__that_cannot_be_looked_at_is_not_there),
		LAW(clone3__obeys_rules_on_its_flags),
		LAW(clone3__leaves_all_registers_to_parent_and_child),
	};

	return RUN_LAWS(laws);
}
