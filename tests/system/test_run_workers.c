/* SPDX-License-Identifier: MIT */
/*
 * Where several processes stop often, each goes to a tracer of its own: no call is lost on the way, nobody can see it,
 * and whatever ends in the middle of it ends all.
 *
 * ptrace is ours here, and the tracer's and its worker's, which are forked from us.
 */
#include "fault_kit.h"
#include "harness.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLICY "default allow\ntrace getppid\n"
#define HAND_OVER_REQUESTS 20   /* that one takes at least */
#define GET_SYSCALL_INFO 0x420e /* linux/ptrace.h */

/* ---- requests that fail, and processes that die at one ---------------------------------------------------------- */

enum victim { NONE_DIES,
	      WORKER_DIES,
	      TRACER_DIES };

static enum victim victim;    /* when a parked process is to be seized */
static pid_t test;            /* whose child the tracer is */
static struct faults *faults; /* of requests that are not made at every stop */

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;

	va_start(rest, request);
	pid_t tid = va_arg(rest, pid_t);
	void *address = va_arg(rest, void *), *data = va_arg(rest, void *);
	va_end(rest);
	if (faults && request != PTRACE_CONT && (int)request != GET_SYSCALL_INFO &&
	    __atomic_add_fetch(&faults->made, 1, __ATOMIC_RELAXED) == faults->to_fail)
		return faults_fail(faults, request, tid, address, data);
	/* The tracer seizes once, too: the program. */
	if (victim && request == PTRACE_SEIZE && getppid() != test) {
		if (victim == TRACER_DIES)
			kill(getppid(), SIGKILL);
		kill(getpid(), SIGKILL);
	}
	return syscall(SYS_ptrace, request, tid, address, data);
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

static bool tells_of_filters(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[4096];
	bool found = false;

	while (file && fgets(line, sizeof(line), file))
		found |= !strncmp(line, "Seccomp_filters:", 16);
	if (file)
		fclose(file);
	return found;
}

static void need_workers(void)
{
	cpu_set_t ours;

	harness_need_filters("one tracer serves all where every call stops");
	harness_need_abi(FLAGSTOP_ABI_X86_64);
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	if (CPU_COUNT(&ours) < 2) {
		print_message("only one CPU here\n");
		skip();
	}
	if (!tells_of_filters() || prctl(PR_GET_SECCOMP)) {
		print_message("the kernel does not tell how many filters there are (5.9), or we have one\n");
		skip();
	}
}

static void run_hot(struct run *run, const char *processes, const char *calls, const char *rounds, const char *how)
{
	run->options.workers = 2;
	run_whole(run, "hot", processes, calls, rounds, how, NULL);
}

/* ---- laws ------------------------------------------------------------------------------------------------------- */

static void handed_over__no_call_is_lost_and_nothing_changed(void **state)
{
	struct run run = RUN_INIT(POLICY);

	(void)state;
	need_workers();
	run_hot(&run, "3", "1500", "100", "signals");
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "wrong 0, ended 300, signals\n");
	assert_int_equal(run.summary.calls_flagged, 3 * 1500 * 100);
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_TRACE), 3 * 1500 * 100);
	assert_int_equal(run.summary.tracees, 301);
	assert_in_range(run.summary.handed_over, 1, 200); /* on a machine with nothing else to do, half of them */
	run_free(&run);
}

static void handed_over__stops_and_goes_on_as_its_parent_wants(void **state)
{
	struct run run = RUN_INIT(POLICY);

	(void)state;
	need_workers();
	run_hot(&run, "2", "2500", "40", "stops");
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "wrong 0, ended 80, stops\n");
	assert_int_equal(run.summary.calls_flagged, 2 * 2500 * 40);
	assert_in_range(run.summary.handed_over, 1, 80);
	run_free(&run);
}

static void handed_over__denials_are_one_event(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EPERM getppid\n");

	(void)state;
	need_workers();
	run.options.stacks = 0;
	run_hot(&run, "2", "5000", "4", NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "wrong 40000, ended 8\n");
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_DENY), 2 * 5000 * 4);
	assert_int_equal(flagstop_session_event_count(run.session), 1);
	assert_in_range(run.summary.handed_over, 1, 8);
	run_free(&run);
}

static void handed_over__is_nobody_where_one_tracer_is_all(void **state)
{
	struct run run = RUN_INIT(POLICY);

	(void)state;
	harness_need_filters("one tracer serves all where every call stops");
	run_whole(&run, "hot", "2", "5000", "1", NULL);
	assert_string_equal(run.out, "wrong 0, ended 2\n");
	assert_int_equal(run.summary.handed_over, 0);
	run_free(&run);
}

/* Its questions go one way only. */
static void handed_over__is_nobody_where_calls_are_asked_about(void **state)
{
	struct run run = RUN_INIT(POLICY "ask rmdir\n");

	(void)state;
	harness_need_filters("one tracer serves all where every call stops");
	run_hot(&run, "2", "5000", "1", NULL);
	assert_string_equal(run.out, "wrong 0, ended 2\n");
	assert_int_equal(run.summary.handed_over, 0);
	run_free(&run);
}

static void page__is_nobody_elses(void **state)
{
	struct run run = RUN_INIT(POLICY);

	(void)state;
	need_workers();
	run.options.workers = 2;
	run_whole(&run, "park_page", NULL);
	assert_string_equal(run.out, "found 1, worked 0\n");
	run_free(&run);
}

/* Nobody is left to trace it, and the code that it is parked on ends it. */
static void gap__ends_all(void **state)
{
	struct run run = RUN_INIT(POLICY);

	need_workers();
	victim = *(const enum victim *)*state;
	test = getpid();
	run.options.workers = 2;
	run_start(&run, "hot", "2", "20000", "1", NULL);
	assert_int_equal(flagstop_session_wait(run.session, &run.error), -EPIPE);
	harness_read_all(run.from, run.out, sizeof(run.out)); /* its end says that nobody is left */
	assert_string_equal(run.out, "");
	run_free(&run);
	victim = NONE_DIES;
}

/* 1 when all went as if nothing had failed. */
static int run_once(void)
{
	struct run run = RUN_INIT(POLICY);
	char *argv[] = { (char *)harness_tracee("hot"), "2", "3000", "1", NULL };
	int right = 0;

	run.options.workers = 2;
	faults->made = 0;
	if (!run_try(&run, argv)) {
		int r = flagstop_session_wait(run.session, &run.error);

		flagstop_session_summary(run.session, &run.summary);
		harness_read_all(run.from, run.out, sizeof(run.out));
		right = !r && !strcmp(run.out, "wrong 0, ended 2\n");
	}
	if (*run.out && strncmp(run.out, "wrong 0,", 8))
		fail_msg("request %u, errno %d: %s", faults->to_fail, faults->error, run.out);
	run_free(&run);
	return right;
}

static void fault__of_each_request(void **state)
{
	need_workers();
	faults = faults_map();
	/* Where the machine has much else to do, one may have ended before the other is hot. */
	for (unsigned tries = 0; tries < 10 && faults->made < HAND_OVER_REQUESTS; tries++)
		assert_true(run_once());
	unsigned count = faults->made, tried = 0;
	assert_in_range(count, HAND_OVER_REQUESTS, 200);
	faults->error = *(const int *)*state;
	for (unsigned n = 1; n <= count; n++, tried++) {
		faults->to_fail = n;
		run_once();
	}
	assert_in_range(faults->failed, 1, tried);
	faults_unmap(faults);
	faults = NULL;
}

int main(void)
{
	static const int errors[] = { EIO, EPERM, ESRCH };
	static const enum victim victims[] = { WORKER_DIES, TRACER_DIES };
	const struct CMUnitTest laws[] = {
		LAW(handed_over__no_call_is_lost_and_nothing_changed),
		LAW(handed_over__stops_and_goes_on_as_its_parent_wants),
		LAW(handed_over__denials_are_one_event),
		LAW(handed_over__is_nobody_where_one_tracer_is_all),
		LAW(handed_over__is_nobody_where_calls_are_asked_about),
		LAW(page__is_nobody_elses),
		LAW_WITH("gap__ends_all__where_the_worker_dies", gap__ends_all, &victims[0]),
		LAW_WITH("gap__ends_all__where_the_tracer_dies", gap__ends_all, &victims[1]),
		LAW_WITH("fault__eio_of_any_request_is_right_or_closed", fault__of_each_request, &errors[0]),
		LAW_WITH("fault__eperm_of_any_request_is_right_or_closed", fault__of_each_request,
			 &errors[1]),
		LAW_WITH("fault__gone_tracee_at_any_request_is_right_or_closed",
			 fault__of_each_request, &errors[2]),
	};

	return RUN_LAWS(laws);
}
