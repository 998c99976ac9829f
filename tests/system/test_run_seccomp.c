/* SPDX-License-Identifier: MIT */
/*
 * A program that confines itself is told, and bound to, the same by the kernel's seccomp(2) and by the one that the
 * `ptrace` backend has: it runs twice, and both say the same. What cannot be the same is at the end.
 */
#include "harness.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "seccomp_said.h"

#define MAX_STEPS 24

/* TSYNC_ESRCH beside listeners is of 5.7, and asked for before the program, which is nowhere. */
static bool has_seccomp(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0x19, NULL) < 0 && errno == EFAULT &&
		harness_has_kernel_action(SECCOMP_RET_LOG);
}

static void need_kernel(void)
{
	if (has_seccomp())
		return;
	print_message("this kernel's seccomp is older than what it is compared with, or not there\n");
	skip();
}

/*
 * What this kernel says to a program; where it has no such seccomp, what Linux 6.18 said to root on x86_64. The
 * same where that is new there.
 */
static void ask_kernel(const char *law, char *const *argv, bool is_new, char *text, size_t size)
{
	bool is_recorded = flagstop_abi_native() == FLAGSTOP_ABI_X86_64 && !geteuid();
	const char *recorded = "";

	for (size_t i = 0; i < sizeof(seccomp_said) / sizeof(*seccomp_said); i++)
		if (!strcmp(seccomp_said[i].law, law))
			recorded = seccomp_said[i].text;
	if (!is_recorded)
		need_kernel();
	if (has_seccomp() && !(is_new && is_recorded))
		harness_native(argv, text, size);
	else
		snprintf(text, size, "%s", recorded);
	if (is_recorded)
		assert_string_equal(text, recorded);
}

static void run_emulated(struct run *run, char *const *argv)
{
	run->options.backend = FLAGSTOP_BACKEND_PTRACE;
	if (run_try(run, argv))
		fail_msg("%s", run->error.message);
	run_finish(run);
}

/* ---- one thread, step by step ------------------------------------------------------------------------------------ */

/* What the kernel refuses comes in the order of its checks. */
static const struct row {
	const char *law;
	const char *steps[MAX_STEPS];
} rows[] = {
	{ "operation__that_is_unknown_is_einval", { "seccomp:9:0:null", "seccomp:ffffffff:0:null" } },
	{ "operation__is_32_bits", { "narrow", "seccomp:100000001:0:getuid=50001", "call:getuid" } },
	{ "flags__are_32_bits", { "narrow", "seccomp:1:100000000:getuid=50001", "call:getuid" } },
	{ "flags__that_are_unknown_are_refused_before_the_program_is_read", { "seccomp:1:8000:null" } },
	{ "flags__log_and_spec_allow_are_taken", { "narrow", "seccomp:1:2:all=7fff0000", "seccomp:1:4:all=7fff0000" } },
	{ "flags__tsync_esrch_alone_changes_nothing", { "narrow", "seccomp:1:10:getuid=50001", "call:getuid" } },
	{ "program__that_is_nowhere_is_efault", { "seccomp:1:0:null", "seccomp:1:0:wild", "prctl:2:null" } },
	{ "program__that_is_nowhere_is_told_before_privileges", { "drop", "prctl:2:wild" } },
	{ "program__of_no_length_is_refused_before_privileges", { "drop", "prctl:2:empty" } },
	{ "program__of_4097_is_refused_before_privileges", { "drop", "prctl:2:insns=4097" } },
	{ "program__of_65535_is_refused", { "narrow", "prctl:2:insns=65535" } },
	{ "privileges__are_needed_before_instructions_are_read", { "drop", "prctl:2:nowhere", "prctl:2:noinsns" } },
	{ "privileges__are_no_new_privs", { "drop", "narrow", "prctl:2:all=7fff0000", "get" } },
	{ "privileges__fail_where_neither_is_there", { "drop", "seccomp:1:0:all=7fff0000", "get" } },
	{ "instructions__that_are_nowhere_are_efault", { "narrow", "prctl:2:nowhere", "get" } },
	{ "instructions__in_the_kernels_half_are_efault", { "narrow", "prctl:2:far", "get" } },
	{ "instructions__of_which_one_is_nowhere_are_efault", { "narrow", "prctl:2:edge", "get" } },
	{ "instructions__at_address_0_are_einval", { "narrow", "prctl:2:noinsns" } },
	{ "instructions__of_an_unknown_opcode_are_einval", { "narrow", "prctl:2:odd=ffff.0", "get" } },
	{ "instructions__that_load_beyond_the_data_are_einval", { "narrow", "prctl:2:odd=20.40", "prctl:2:odd=20.3" } },
	{ "instructions__that_divide_by_zero_are_einval", { "narrow", "prctl:2:odd=34.0" } },
	{ "mode__that_is_unknown_is_einval", { "prctl:0:null", "prctl:3:null", "prctl:100000002:null" } },
	{ "mode__is_told", { "get", "narrow", "prctl:2:all=7fff0000", "get" } },
	{ "limit__is_32768_instructions_and_4_a_filter",
	  { "narrow", "prctl:2:insns=4000", "prctl:2:insns=4000", "prctl:2:insns=4000", "prctl:2:insns=4000",
	    "prctl:2:insns=384", "prctl:2:insns=4", "prctl:2:insns=2", "prctl:2:all=7fff0000", "get" } },
	{ "limit__is_asked_after_the_program",
	  { "narrow", "prctl:2:insns=4000", "prctl:2:insns=4000", "prctl:2:insns=4000", "prctl:2:insns=4000",
	    "prctl:2:insns=4000", "prctl:2:odd=34.0", "prctl:2:nowhere" } },
	{ "strict__takes_no_argument", { "seccomp:0:1:null", "seccomp:0:0:wild", "get" } },
	{ "strict__is_refused_after_a_filter",
	  { "narrow", "prctl:2:all=7fff0000", "prctl:1:null", "seccomp:0:0:null" } },
	{ "strict__lets_write_pass_and_kills_for_others", { "prctl:1:null", "call:getuid" } },
	{ "strict__by_seccomp_is_the_same", { "seccomp:0:0:null", "get" } },
	{ "strict__lets_exit_pass", { "fork", "prctl:1:null", "call:exit:5" } },
	{ "strict__kills_for_exit_group", { "prctl:1:null" } },
	{ "strict__kills_one_thread_alone", { "thread", "prctl:1:null", "call:getuid" } },
	{ "strict__is_inherited_by_nobody_since_fork_is_killed", { "prctl:1:null", "fork", "get" } },
	{ "action__errno_is_what_the_program_gets",
	  { "narrow", "prctl:2:getppid=50001", "call:getppid", "call:getuid" } },
	{ "action__errno_above_4095_is_capped", { "narrow", "prctl:2:getppid=51000", "call:getppid" } },
	{ "action__errno_0_is_a_result_of_0", { "narrow", "prctl:2:getsid=50000", "call:getsid" } },
	{ "action__log_lets_pass", { "narrow", "prctl:2:getsid=7ffc0000", "call:getsid:7fffffff" } },
	{ "action__trace_without_a_tracer_is_enosys", { "narrow", "prctl:2:getppid=7ff00009", "call:getppid" } },
	{ "action__user_notif_without_a_listener_is_enosys", { "narrow", "prctl:2:getppid=7fc00000", "call:getppid" } },
	{ "action__that_is_unknown_kills", { "narrow", "prctl:2:getppid=60000", "call:getppid" } },
	{ "action__that_is_unknown_is_outranked_by_its_number",
	  { "narrow", "prctl:2:getppid=7ffd0000", "prctl:2:getppid=50003", "call:getppid" } },
	{ "action__that_is_unknown_and_negative_kills", { "narrow", "prctl:2:getppid=90000000", "call:getppid" } },
	{ "action__kill_process_leaves_sigsys", { "narrow", "prctl:2:getppid=80000000", "call:getppid" } },
	{ "action__kill_thread_of_the_last_one_leaves_sigsys", { "narrow", "prctl:2:getppid=0", "call:getppid" } },
	{ "action__kill_thread_leaves_the_others", { "narrow", "thread", "prctl:2:getppid=0", "call:getppid" } },
	{ "action__kill_process_in_a_thread_ends_all",
	  { "narrow", "thread", "prctl:2:getppid=80000000", "call:getppid" } },
	{ "action__kill_cannot_be_caught", { "catch", "narrow", "prctl:2:getppid=80000000", "call:getppid" } },
	{ "action__kill_cannot_be_ignored", { "ignore", "narrow", "prctl:2:getppid=80000000", "call:getppid" } },
	{ "action__kill_cannot_be_blocked", { "block", "narrow", "prctl:2:getppid=0", "call:getppid" } },
	{ "action__trap_is_a_sigsys_of_the_call", { "catch", "narrow", "prctl:2:getppid=3abcd", "call:getppid:77" } },
	{ "action__trap_of_no_call", { "catch", "narrow", "prctl:2:none=30001", "call:none:77" } },
	{ "action__trap_without_a_handler_kills", { "narrow", "prctl:2:getppid=30000", "call:getppid" } },
	{ "action__trap_ignored_kills", { "ignore", "narrow", "prctl:2:getppid=30000", "call:getppid" } },
	{ "action__trap_blocked_kills", { "catch", "block", "narrow", "prctl:2:getppid=30000", "call:getppid" } },
	{ "action__is_available_or_not",
	  { "avail:80000000", "avail:0", "avail:30000", "avail:50000", "avail:7ff00000", "avail:7ffc0000",
	    "avail:7fff0000", "avail:50001", "avail:60000", "seccomp:2:1:null", "seccomp:2:0:null" } },
	{ "argument__is_seen_in_both_halves",
	  { "narrow", "prctl:2:wide=50007", "call:getuid:100000001", "call:getuid:200000001",
	    "call:getsid:17fffffff" } },
	{ "precedence__is_the_strictest_whoever_came_first",
	  { "narrow", "prctl:2:getppid=50001", "prctl:2:getppid=7fff0000", "prctl:2:getppid=7ff00000", "call:getppid",
	    "prctl:2:getppid=0", "prctl:2:getppid=50002", "call:getppid" } },
	{ "precedence__among_equals_is_the_newest",
	  { "narrow", "prctl:2:getppid=50001", "prctl:2:getppid=50002", "prctl:2:getppid=50003", "call:getppid" } },
	{ "precedence__trap_is_above_errno",
	  { "catch", "narrow", "prctl:2:getppid=30005", "prctl:2:getppid=50002", "call:getppid" } },
	{ "filter__may_refuse_further_ones",
	  { "narrow", "prctl:2:seccomp=50001", "seccomp:1:0:all=7fff0000", "prctl:2:prctl=50002",
	    "prctl:2:all=7fff0000",
	    "get" } },
	{ "filter__is_inherited_by_fork", { "narrow", "prctl:2:getppid=50001", "fork", "call:getppid", "get" } },
	{ "filter__of_a_child_is_not_its_parents", { "narrow", "fork", "prctl:2:getppid=50001", "call:getppid" } },
	{ "filter__is_inherited_by_a_thread", { "narrow", "prctl:2:getppid=50001", "thread", "call:getppid", "get" } },
	{ "filter__is_kept_over_exec", { "narrow", "prctl:2:getppid=50001", "exec", "call:getppid", "get" } },
	{ "filter__of_a_thread_is_kept_over_its_exec",
	  { "narrow", "thread", "prctl:2:getppid=50001", "exec", "call:getppid", "get" } },
	{ "filter__is_kept_over_fork_and_exec_in_a_row",
	  { "narrow", "prctl:2:getppid=50001", "fork", "exec", "fork", "prctl:2:getpgid=50002", "exec", "call:getppid",
	    "call:getpgid", "get" } },
	{ "filter__is_added_in_each_generation",
	  { "narrow", "prctl:2:getppid=50001", "fork", "prctl:2:getsid=50002", "thread", "prctl:2:getuid=50003",
	    "call:getppid", "call:getsid", "call:getuid" } },
	{ "tsync__of_one_thread_is_like_none", { "narrow", "seccomp:1:1:getppid=50001", "call:getppid" } },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static void check_row(void **state)
{
	const struct row *row = *state;
	struct run run = RUN_INIT("default allow\n");
	char *argv[MAX_STEPS + 2] = { (char *)harness_tracee("confine") }, native[16 * 1024];

	for (size_t i = 0; i < MAX_STEPS; i++)
		argv[i + 1] = (char *)row->steps[i];
	ask_kernel(row->law, argv, false, native, sizeof(native));
	run_emulated(&run, argv);
	assert_string_equal(run.out, native);
	assert_non_null(strstr(native, "child: ")); /* it said something */
	run_free(&run);
}

/* ---- all threads at once ----------------------------------------------------------------------------------------- */

static const struct sync {
	const char *law, *how, *flags, *said;
	bool is_new; /* kernels up to 6.1, at least, do otherwise */
} syncs[] = {
	{ "tsync__binds_threads_that_have_no_filter", "fresh", "0", "fresh: done, errno 0\n", false },
	{ "tsync__binds_threads_that_have_an_older_one", "older", "0", "older: done, errno 0\n", false },
	{ "tsync__names_a_thread_that_has_another_filter", "apart", "0", "apart: names it, errno 0\n", false },
	{ "tsync__esrch_says_that_a_thread_has_another_filter", "apart", "10", "apart: failed, errno 3\n", false },
	{ "tsync__esrch_changes_nothing_where_all_is_well", "older", "10", "older: done, errno 0\n", false },
	{ "tsync__names_a_thread_in_strict_mode", "strict", "0", "strict: names it, errno 0\n", false },
	{ "tsync__passes_over_a_thread_that_is_gone", "dead", "0", "dead: done, errno 0\n", true },
	{ "tsync__passes_over_a_leader_that_is_gone", "headless", "0", "headless: done, errno 0\n", true },
	{ "tsync__binds_threads_that_are_made_meanwhile", "born", "0", "born: done, errno 0\n", false },
	{ "tsync__gives_no_new_privs_to_who_executes_next", "exec", "0", "again: getsid 7 narrow 1\n", false },
};
#define SYNC_COUNT (sizeof(syncs) / sizeof(*syncs))

static void check_sync(void **state)
{
	const struct sync *sync = *state;
	struct run run = RUN_INIT("default allow\n");
	char *argv[] = { (char *)harness_tracee("confine_threads"), (char *)sync->how, (char *)sync->flags, NULL };
	char native[4096];

	harness_need_abi(FLAGSTOP_ABI_X86_64); /* where calls can be made again: see docs/emulated-seccomp.md */
	ask_kernel(sync->law, argv, sync->is_new, native, sizeof(native));
	run_emulated(&run, argv);
	assert_string_equal(run.out, native);
	assert_non_null(strstr(run.out, sync->said));
	run_free(&run);
}

/* The parent's event was told, and its filter is kept for who has not come yet: nobody knows it as a thread. */
static void tsync__binds_a_thread_that_was_told_of_and_has_not_come(void **state)
{
	struct run run = RUN_INIT("default allow\n");
	cpu_set_t ours, tracers;
	char number[12];
	int cpu, other;

	(void)state;
	harness_need_abi(FLAGSTOP_ABI_X86_64); /* where calls can be made again: see docs/emulated-seccomp.md */
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	for (cpu = 0; !CPU_ISSET(cpu, &ours); cpu++)
		;
	for (other = cpu + 1; other < CPU_SETSIZE && !CPU_ISSET(other, &ours); other++)
		;
	CPU_ZERO(&tracers);
	CPU_SET(cpu, &tracers);
	snprintf(number, sizeof(number), "%d", other);
	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	run.options.pin = 0;
	assert_int_equal(sched_setaffinity(0, sizeof(tracers), &tracers), 0);
	run_whole(&run, "confine_born", number, NULL);
	assert_int_equal(sched_setaffinity(0, sizeof(ours), &ours), 0);
	bool could = other < CPU_SETSIZE && strcmp(run.out, "not real-time\n");
	if (could)
		assert_string_equal(run.out, "errno 7 narrow 1\n");
	run_free(&run);
	if (!could) {
		print_message("needs two CPUs, and the right to be of the real-time class\n");
		skip();
	}
}

/* ---- beside the policy ------------------------------------------------------------------------------------------- */

/* Of the policy's verdict and the program's the stricter one counts, the program's among equals. */
static const struct beside {
	const char *law, *step, *called, *said;
	const char *told; /* what the policy has in its report, or NULL */
} besides[] = {
	{ "verdict__of_the_program_counts_among_equals", "prctl:2:getppid=50001", "call:getppid",
	  "call:getppid: -1", NULL },
	{ "verdict__of_the_policy_outranks_a_weaker_one", "prctl:2:getppid=7ff00000", "call:getppid",
	  "call:getppid: -13",
	  "getppid" },
	{ "verdict__of_the_policy_is_not_widened", "prctl:2:getppid=7fff0000", "call:getppid", "call:getppid: -13",
	  "getppid" },
	{ "verdict__of_the_program_outranks_a_denial", "prctl:2:getppid=80000000", "call:getppid",
	  "child: exited -1 signal 31 core 0", NULL },
	{ "verdict__of_the_policy_that_kills_is_not_outranked", "prctl:2:getpgid=50001", "call:getpgid",
	  "child: exited -1 signal 31 core 0", "getpgid" },
	{ "verdict__of_the_program_that_traces_outranks_one_that_records", "prctl:2:getuid=7ff00000", "call:getuid",
	  "call:getuid: -38", NULL },
	{ "verdict__of_the_policy_that_records_stays", "prctl:2:getsid=50001", "call:getuid:0",
	  "call:getuid:0: ", "getuid" },
	/* The policy asks what the path is, and the kernel would say that it is nowhere. */
	{ "verdict__of_the_program_comes_before_what_the_kernel_says", "prctl:2:openat=50007", "call:openat",
	  "call:openat: -7", NULL },
	{ "filter__never_sees_the_number_of_a_call_that_was_denied", "prctl:2:none=80000000", "call:getppid",
	  "call:getppid: -13", "getppid" },
};
#define BESIDE_COUNT (sizeof(besides) / sizeof(*besides))

static void check_beside(void **state)
{
	const struct beside *beside = *state;
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\nkill getpgid\ntrace getuid\n"
				  "deny EACCES openat when path under \"/nowhere\"\n");

	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	run_whole(&run, "confine", "narrow", beside->step, beside->called, NULL);
	assert_non_null(strstr(run.out, beside->said));
	assert_int_equal(flagstop_session_event_count(run.session), beside->told ? 1 : 0);
	if (beside->told)
		assert_int_equal(run_count(&run, beside->told, -1), 1);
	run_free(&run);
}

static void seccomp__that_the_policy_denies_is_denied(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES seccomp prctl\n");

	(void)state;
	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	run_whole(&run, "confine", "prctl:2:getuid=50001", "seccomp:1:0:getuid=50001", "get", NULL);
	assert_non_null(strstr(run.out, "prctl:2:getuid=50001: -13\nseccomp:1:0:getuid=50001: -13\nget: -13\n"));
	run_free(&run);
}

/* ---- what differs from the kernel's ------------------------------------------------------------------------------ */

static void listener__is_not_there_as_before_linux_5(void **state)
{
	struct run run = RUN_INIT("default allow\n");

	(void)state;
	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	run_whole(&run, "confine", "narrow", "seccomp:1:8:all=7fff0000", "seccomp:1:28:null", "seccomp:3:0:null",
		  "avail:7fc00000", "get", NULL);
	assert_string_equal(run.out, "narrow: 0\nseccomp:1:8:all=7fff0000: -22\nseccomp:1:28:null: -22\n"
				     "seccomp:3:0:null: -22\navail:7fc00000: -95\nget: 0\n"
				     "child: exited 4 signal 0 core 0\n");
	run_free(&run);
}

/* The kernel would wait with the program. */
static void program__whose_page_never_comes_is_efault(void **state)
{
	struct run run = RUN_INIT("default allow\n");

	(void)state;
	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	run_whole(&run, "confine", "narrow", "prctl:2:never", "get", NULL);
	assert_string_equal(run.out, "narrow: 0\nprctl:2:never: -14\nget: 0\nchild: exited 4 signal 0 core 0\n");
	run_free(&run);
}

/* Nor is a program, of who is not dumpable, by a tracer that is not root. */
static void program__of_who_hides_its_memory_is_eacces(void **state)
{
	struct command command = COMMAND_INIT("default allow\n");
	char *argv[] = { (char *)harness_tracee("confine"), "hide", "narrow", "prctl:2:all=7fff0000", "get", NULL };
	const char *backend = getenv("FLAGSTOP_TEST_BACKEND");
	struct flagstop_probe info;

	(void)state;
	command_need_nobody();
	if (flagstop_probe(FLAGSTOP_FEATURE_SYSCALL_INFO, &info) || info.error) {
		print_message("who hides is killed here, since the ABI of its calls shows in /proc alone\n");
		skip();
	}
	command.uid = NOBODY;
	setenv("FLAGSTOP_TEST_BACKEND", "ptrace", 1);
	command_start(&command, argv);
	if (backend)
		setenv("FLAGSTOP_TEST_BACKEND", backend, 1);
	else
		unsetenv("FLAGSTOP_TEST_BACKEND");
	command_finish(&command);
	assert_string_equal(command.out, "hide: 0\nnarrow: 0\nprctl:2:all=7fff0000: -13\nget: 0\n"
					 "child: exited 4 signal 0 core 0\n");
}

/* ---- whose they are ---------------------------------------------------------------------------------------------- */

static void garbage__gives_what_the_kernel_gives(void **state)
{
	char native[4096], seed[8];
	char *argv[] = { (char *)harness_tracee("confine_garbage"), seed, NULL };

	(void)state;
	need_kernel();
	for (unsigned i = 1; i <= 4; i++) {
		struct run run = RUN_INIT("default allow\n");

		snprintf(seed, sizeof(seed), "%u", i);
		harness_native(argv, native, sizeof(native));
		run_emulated(&run, argv);
		assert_string_equal(run.out, native);
		assert_non_null(strstr(native, "success"));
		assert_non_null(strstr(native, "Bad address"));
		assert_non_null(strstr(native, "Invalid argument"));
		run_free(&run);
	}
}

static void orphan__has_its_dead_parents_filter(void **state)
{
	struct run run = RUN_INIT("default allow\n");

	(void)state;
	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	run_whole(&run, "confine_orphans", NULL);
	assert_string_equal(run.out, "many, unbound 0\n");
	run_free(&run);
}

static void restart__of_a_call_is_seen_by_filters(void **state)
{
	struct run run = RUN_INIT("default allow\n");
	char *argv[] = { (char *)harness_tracee("confine_restart"), NULL }, native[1024];

	(void)state;
	need_kernel();
	harness_native(argv, native, sizeof(native));
	run_emulated(&run, argv);
	assert_string_equal(run.out, native);
	assert_string_equal(native, "sleep -1, errno 9\nread 1\nbyte 120\n");
	run_free(&run);
}

static void i386__calls_confine_alike(void **state)
{
	struct run run = RUN_INIT("abi x86_64 i386\ndefault allow\n");
	char *argv[] = { NULL, NULL }, native[1024];

	(void)state;
	need_kernel();
	harness_need_i386();
	argv[0] = (char *)harness_tracee("confine32");
	harness_native(argv, native, sizeof(native));
	run_emulated(&run, argv);
	assert_string_equal(run.out, native);
	assert_non_null(strstr(native, "filter 0\ngetppid -9, get 2\n"));
	run_free(&run);
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		LAW(tsync__binds_a_thread_that_was_told_of_and_has_not_come),
		LAW(seccomp__that_the_policy_denies_is_denied),
		LAW(listener__is_not_there_as_before_linux_5),
		LAW(program__whose_page_never_comes_is_efault),
		LAW(garbage__gives_what_the_kernel_gives),
		LAW(program__of_who_hides_its_memory_is_eacces),
		LAW(orphan__has_its_dead_parents_filter),
		LAW(restart__of_a_call_is_seen_by_filters),
		LAW(i386__calls_confine_alike),
	};
	static struct CMUnitTest laws[ROW_COUNT + SYNC_COUNT + BESIDE_COUNT + sizeof(others) / sizeof(*others)];
	size_t count = 0;

	for (size_t i = 0; i < ROW_COUNT; i++)
		laws[count++] = (struct CMUnitTest)LAW_WITH(rows[i].law, check_row, &rows[i]);
	for (size_t i = 0; i < SYNC_COUNT; i++)
		laws[count++] = (struct CMUnitTest)LAW_WITH(syncs[i].law, check_sync, &syncs[i]);
	for (size_t i = 0; i < BESIDE_COUNT; i++)
		laws[count++] = (struct CMUnitTest)LAW_WITH(besides[i].law, check_beside, &besides[i]);
	memcpy(laws + count, others, sizeof(others));
	count += sizeof(others) / sizeof(*others);
	return _cmocka_run_group_tests("laws", laws, count, NULL, NULL);
}
