/* SPDX-License-Identifier: MIT */
/*
 * Sessions of many tracees. waitpid and sigwaitinfo are ours here: what they are asked is counted, and signals can be
 * those of others, as they are where several tracees stopped at once and the kernel kept the first one's.
 */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLEEPERS 100
#define LONGEST_PERIOD_NS 100000000 /* tracer/wait.c */

/* In shared memory, as the tracer counts on. */
static struct {
	unsigned waits, scans, signals; /* for anybody: that block, and that do not; signals that came */
	unsigned hidden_of;             /* of so many signals one was sent for another process; 0: none was */
	unsigned nameless;              /* no signal says who it was */
	uint64_t scan_ns;               /* what all scans took */
} * seen;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

pid_t waitpid(pid_t asked, int *status, int options)
{
	bool is_scan = seen && asked == -1 && options & WNOHANG;
	uint64_t begin = is_scan ? now_ns() : 0;
	pid_t tid = (pid_t)syscall(SYS_wait4, asked, status, options, NULL);

	if (is_scan) {
		seen->scans++;
		seen->scan_ns += now_ns() - begin;
	} else if (seen && asked == -1) {
		seen->waits++;
	}
	return tid;
}

static int real_signal(const sigset_t *set, siginfo_t *info)
{
	return (int)syscall(SYS_rt_sigtimedwait, set, info, NULL, 8);
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	int signal = real_signal(set, info);

	if (!seen || signal != SIGCHLD)
		return signal;
	seen->signals++;
	if (seen->nameless)
		info->si_pid = 0;
	if (seen->hidden_of && !(seen->signals % seen->hidden_of))
		info->si_pid = getpid();
	return signal;
}

static void begin(void)
{
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(seen, MAP_FAILED);
}

static void end(void)
{
	munmap(seen, sizeof(*seen));
	seen = NULL;
}

static void check_crowd(int sleepers, int hot, int calls, struct flagstop_summary *ret_summary)
{
	struct run run = RUN_INIT("default allow\ntrace getppid\n");
	char numbers[3][12], well[32];

	snprintf(numbers[0], sizeof(numbers[0]), "%d", sleepers);
	snprintf(numbers[1], sizeof(numbers[1]), "%d", hot);
	snprintf(numbers[2], sizeof(numbers[2]), "%d", calls);
	snprintf(well, sizeof(well), "well %d\n", sleepers + hot);
	run_whole(&run, "crowd", numbers[0], numbers[1], numbers[2], NULL);
	assert_string_equal(run.out, well);
	assert_int_equal(run.summary.calls_flagged, (uint64_t)hot * calls);
	*ret_summary = run.summary;
	run_free(&run);
}

static void many_tracees__are_not_all_asked_at_each_stop(void **state)
{
	struct flagstop_summary summary;
	uint64_t began = now_ns();

	(void)state;
	begin();
	check_crowd(SLEEPERS, 1, 5000, &summary);
	uint64_t stop_ns = (now_ns() - began) / summary.stops, scan_ns = seen->scan_ns / (seen->scans + 1);
	bool are_few = seen->waits + seen->scans < summary.stops / 2;
	end();
	/*
	 * The longest time between two of them is over before a twentieth of it went; or that twentieth, which all of
	 * them may take (tracer/wait.c), is a scan every few stops.
	 */
	if (scan_ns * SLEEPERS * 20 > LONGEST_PERIOD_NS || (!are_few && stop_ns > 8 * scan_ns)) {
		print_message("to ask everybody, or to stop, takes too long on this machine\n");
		skip();
	}
	assert_true(are_few);
}

static void few_tracees__are_waited_for_without_signals(void **state)
{
	struct flagstop_summary summary;

	(void)state;
	begin();
	check_crowd(5, 1, 1000, &summary);
	assert_int_equal(seen->signals, 0);
	/* Each stop takes one wait, and few waits find none. */
	assert_true(seen->waits >= summary.stops && seen->waits < summary.stops + 100);
	end();
}

static void many_tracees__that_are_hot_at_once_all_go_on(void **state)
{
	struct flagstop_summary summary;

	(void)state;
	begin();
	check_crowd(SLEEPERS, 12, 300, &summary);
	end();
}

static void signals__that_another_one_hid_delay_a_stop_and_lose_none(void **state)
{
	struct flagstop_summary summary;

	(void)state;
	begin();
	seen->hidden_of = 3;
	check_crowd(SLEEPERS, 3, 300, &summary);
	end();
}

static void signals__without_siginfo_delay_a_stop_and_lose_none(void **state)
{
	struct flagstop_summary summary;

	(void)state;
	begin();
	seen->nameless = 1;
	check_crowd(SLEEPERS, 3, 300, &summary);
	end();
}

static void many_threads__end_with_their_process(void **state)
{
	struct run run = RUN_INIT("default allow\ntrace getppid\n");

	(void)state;
	run_whole(&run, "threads", "200", NULL);
	assert_string_equal(run.out, "refused 0\n");
	assert_int_equal(run_count(&run, "getppid", -1), 200);
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(many_tracees__are_not_all_asked_at_each_stop),
	LAW(few_tracees__are_waited_for_without_signals),
	LAW(many_tracees__that_are_hot_at_once_all_go_on),
	LAW(signals__that_another_one_hid_delay_a_stop_and_lose_none),
	LAW(signals__without_siginfo_delay_a_stop_and_lose_none),
	LAW(many_threads__end_with_their_process),
};

int main(void)
{
	return RUN_LAWS(laws);
}
