/* SPDX-License-Identifier: MIT */
/*
 * Stops may be reported in another order than they came about, and a loaded machine does it. Here waitpid is ours, and
 * gives the tracer the orders that the kernel may give, every time.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AS_IT_COMES,
       FORKS_AFTER_THE_CHILDS_END } order;

static pid_t held_tid;
static int held_status;
static unsigned long held_child;

static bool is_fork(int status)
{
	return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_FORK;
}

static pid_t real_wait(pid_t tid, int *status, int options)
{
	return (pid_t)syscall(SYS_wait4, tid, status, options, NULL);
}

static pid_t give_back(int *status)
{
	pid_t tid = held_tid;

	*status = held_status;
	held_tid = 0;
	return tid;
}

/* The parent's event is held back until its child's whole life was told. */
pid_t waitpid(pid_t asked, int *status, int options)
{
	static bool ended;

	if (asked != -1 || order != FORKS_AFTER_THE_CHILDS_END)
		return real_wait(asked, status, options);
	if (held_tid && ended)
		return give_back(status);
	ended = false;
	pid_t tid = real_wait(-1, status, options);
	if (tid <= 0 || held_tid) {
		ended = held_tid && tid == (pid_t)held_child && !WIFSTOPPED(*status);
		return tid;
	}
	if (!is_fork(*status) || ptrace(PTRACE_GETEVENTMSG, tid, 0, &held_child))
		return tid;
	held_tid = tid;
	held_status = *status;
	return waitpid(asked, status, options);
}

static void child__that_is_gone_before_its_parents_event_is_not_waited_for(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");

	(void)state;
	order = FORKS_AFTER_THE_CHILDS_END;
	run_whole(&run, "storm", "1", NULL);
	order = AS_IT_COMES;
	assert_string_equal(run.out, "refused 1\n");
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(child__that_is_gone_before_its_parents_event_is_not_waited_for),
};

int main(void)
{
	return RUN_LAWS(laws);
}
