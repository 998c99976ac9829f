/* SPDX-License-Identifier: MIT */
/* Ways around a flag: filters and listeners of the program's own, untraced children, other ABIs, io_uring. */
#include "../system/harness.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "naive.h"

/* The forbidden deed is a folder: whether it was done is looked at from outside. */
struct deed {
	char parent[32], folder[64];
};

static void plan(struct deed *deed)
{
	snprintf(deed->parent, sizeof(deed->parent), "/tmp/flagstop-attack-XXXXXX");
	assert_non_null(mkdtemp(deed->parent));
	snprintf(deed->folder, sizeof(deed->folder), "%s/made", deed->parent);
}

static bool was_done(const struct deed *deed)
{
	return !rmdir(deed->folder);
}

static void forget(const struct deed *deed)
{
	rmdir(deed->folder);
	assert_int_equal(rmdir(deed->parent), 0);
}

/* What is attacked, and what attacks, is the kernel's seccomp with these flags. */
static void need_kernel(unsigned flags)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT)
		return;
	print_message("this kernel's seccomp is older than that, or not there\n");
	skip();
}

/* That the naive sandbox forbids the deed at all, when nobody attacks it. */
static void naive__refuses_who_just_tries(void **state)
{
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_filter"), "none", deed.folder, NULL };

	(void)state;
	need_kernel(0);
	plan(&deed);
	naive_run(NAIVE_DENY, argv, out, sizeof(out));
	assert_string_equal(out, "mkdir Operation not permitted\n");
	assert_false(was_done(&deed));
	forget(&deed);
}

static void start(struct run *run, void **state)
{
	run->options.report = *(const enum flagstop_report *)*state;
	run->options.stacks = 0;
}

#define FORBIDDEN "default allow\ndeny EPERM mkdir\ntrace getppid\n"

static void listener__of_the_programs_own_lets_nothing_pass(void **state)
{
	struct run run = RUN_INIT(FORBIDDEN);
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_listener"), deed.folder, NULL };

	need_kernel(SECCOMP_FILTER_FLAG_NEW_LISTENER);
	plan(&deed);
	naive_run(NAIVE_DENY, argv, out, sizeof(out));
	assert_string_equal(out, "listener had\nmkdir done\n");
	assert_true(was_done(&deed));
	start(&run, state);
	run_whole(&run, "attack_listener", deed.folder, NULL);
	bool emulated = run.summary.backend == FLAGSTOP_BACKEND_PTRACE;
	snprintf(out, sizeof(out), "listener %s\nmkdir Operation not permitted\n",
		 emulated ? "Invalid argument" : "Device or resource busy");
	assert_string_equal(run.out, out);
	assert_false(was_done(&deed));
	run_free(&run);
	forget(&deed);
}

static void ret_data__forged_by_a_newer_filter_chooses_no_verdict(void **state)
{
	struct run run = RUN_INIT(FORBIDDEN);
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_filter"), "trace", deed.folder, NULL };

	need_kernel(0);
	plan(&deed);
	naive_run(NAIVE_BY_DATA, argv, out, sizeof(out));
	assert_string_equal(out, "mkdir done\n");
	assert_true(was_done(&deed));
	start(&run, state);
	run_whole(&run, "attack_filter", "trace", deed.folder, NULL);
	assert_string_equal(run.out, "mkdir Operation not permitted\n");
	assert_false(was_done(&deed));
	run_free(&run);
	forget(&deed);
}

/* Where no policy is in the way, a filter that asks for a tracer's opinion gets the answer of "there is none". */
static void ret_trace__of_the_programs_own_gets_what_it_gets_without_a_tracer(void **state)
{
	static const char *const policies[] = { "default allow\ntrace getppid\n",
						"default allow\ntrace mkdir getppid\n" };
	struct deed deed;
	char native[4096], *argv[] = { (char *)harness_tracee("attack_filter"), "trace", deed.folder, NULL };

	need_kernel(0);
	plan(&deed);
	harness_native(argv, native, sizeof(native));
	assert_string_equal(native, "mkdir Function not implemented\n");
	for (size_t i = 0; i < 2; i++) {
		struct run run = RUN_INIT(policies[i]);

		start(&run, state);
		run_whole(&run, "attack_filter", "trace", deed.folder, NULL);
		assert_string_equal(run.out, native);
		assert_false(was_done(&deed));
		run_free(&run);
	}
	forget(&deed);
}

static void kill__is_not_outranked_by_an_errno_of_the_programs_own(void **state)
{
	struct run run = RUN_INIT("default allow\nkill mkdir\ntrace getppid\n");
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_filter"), "errno", deed.folder, NULL };

	need_kernel(0);
	plan(&deed);
	assert_int_equal(naive_run(NAIVE_KILL, argv, out, sizeof(out)), 0); /* it lives */
	assert_string_equal(out, "mkdir No space left on device\n");
	start(&run, state);
	run_whole(&run, "attack_filter", "errno", deed.folder, NULL);
	run_assert_signalled(&run, SIGSYS);
	assert_false(was_done(&deed));
	run_free(&run);
	forget(&deed);
}

static void child__that_asks_not_to_be_traced_is_traced(void **state)
{
	struct run run = RUN_INIT(FORBIDDEN);
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_untraced"), deed.folder, NULL };

	plan(&deed);
	naive_run(NAIVE_DENY, argv, out, sizeof(out));
	assert_string_equal(out, "clone done\nptrace done\nmkdir done\n");
	assert_true(was_done(&deed));
	start(&run, state);
	run_whole(&run, "attack_untraced", deed.folder, NULL);
	assert_string_equal(run.out, "clone Operation not permitted\nptrace Operation not permitted\n"
				     "mkdir Operation not permitted\n");
	assert_false(was_done(&deed));
	run_free(&run);
	forget(&deed);
}

/* ---- other ways to say mkdir ------------------------------------------------------------------------------------ */

static void i386__number_dodges_no_rule(void **state)
{
	struct run run = RUN_INIT(FORBIDDEN), named = RUN_INIT("abi x86_64 i386\n" FORBIDDEN);
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_abi"), "i386", deed.folder, NULL };

	harness_need_tracee("attack_abi");
	plan(&deed);
	naive_run(NAIVE_DENY, argv, out, sizeof(out));
	if (strcmp(out, "mkdir done\n")) {
		print_message("this kernel runs no i386 calls\n");
		forget(&deed);
		skip();
	}
	assert_true(was_done(&deed));
	start(&run, state);
	run_whole(&run, "attack_abi", "i386", deed.folder, NULL);
	run_assert_signalled(&run, SIGSYS); /* an ABI that the policy does not name */
	assert_false(was_done(&deed));
	run_free(&run);
	start(&named, state);
	run_whole(&named, "attack_abi", "i386", deed.folder, NULL);
	assert_string_equal(named.out, "mkdir Operation not permitted\n");
	assert_false(was_done(&deed));
	run_free(&named);
	forget(&deed);
}

/* A kernel without x32 answers ENOSYS where the naive filter lets it pass; what counts is that ours does not. */
static void x32__number_dodges_no_rule(void **state)
{
	struct run run = RUN_INIT(FORBIDDEN), named = RUN_INIT("abi x86_64 x32\n" FORBIDDEN);
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_abi"), "x32", deed.folder, NULL };

	harness_need_tracee("attack_abi");
	plan(&deed);
	naive_run(NAIVE_DENY, argv, out, sizeof(out));
	assert_string_not_equal(out, "mkdir Operation not permitted\n");
	was_done(&deed);
	start(&run, state);
	run_whole(&run, "attack_abi", "x32", deed.folder, NULL);
	run_assert_signalled(&run, SIGSYS);
	run_free(&run);
	start(&named, state);
	run_whole(&named, "attack_abi", "x32", deed.folder, NULL);
	assert_string_equal(named.out, "mkdir Operation not permitted\n");
	assert_false(was_done(&deed));
	run_free(&named);
	forget(&deed);
}

static void io_uring__does_no_call_in_secret(void **state)
{
	struct run run = RUN_INIT(FORBIDDEN);
	struct deed deed;
	char out[4096], *argv[] = { (char *)harness_tracee("attack_uring"), deed.folder, NULL };

	plan(&deed);
	naive_run(NAIVE_DENY, argv, out, sizeof(out));
	if (!strncmp(out, "io_uring", 8)) {
		print_message("no io_uring here: %s", out);
		forget(&deed);
		skip();
	}
	assert_string_equal(out, "mkdir done\n");
	assert_true(was_done(&deed));
	start(&run, state);
	run_whole(&run, "attack_uring", deed.folder, NULL);
	assert_string_equal(run.out, "io_uring Function not implemented\n");
	assert_false(was_done(&deed));
	run_free(&run);
	forget(&deed);
}

static const struct CMUnitTest laws[] = {
	LAW(naive__refuses_who_just_tries),
	LAW_IN_BOTH(listener__of_the_programs_own_lets_nothing_pass),
	LAW_IN_BOTH(ret_data__forged_by_a_newer_filter_chooses_no_verdict),
	LAW_IN_BOTH(ret_trace__of_the_programs_own_gets_what_it_gets_without_a_tracer),
	LAW_IN_BOTH(kill__is_not_outranked_by_an_errno_of_the_programs_own),
	LAW_IN_BOTH(child__that_asks_not_to_be_traced_is_traced),
	LAW_IN_BOTH(i386__number_dodges_no_rule),
	LAW_IN_BOTH(x32__number_dodges_no_rule),
	LAW_IN_BOTH(io_uring__does_no_call_in_secret),
};

int main(void)
{
	return RUN_LAWS(laws);
}
