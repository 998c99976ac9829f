/* SPDX-License-Identifier: MIT */
/*
 * A thread that stops often shares a CPU with the tracer, and what the program sees of its CPUs stays its own.
 * sched_setaffinity is ours here, to see what the tracer sets.
 */
#include "harness.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In shared memory: the tracer sets, and we look. */
static struct {
	unsigned narrow, narrow_others; /* masks of one CPU, and of those the ones that were not the tracer's own */
	unsigned every, else_;          /* masks of all CPUs that there can be; others */
} * set;

int sched_setaffinity(pid_t tid, size_t bytes, const cpu_set_t *cpus)
{
	if (set && CPU_COUNT_S(bytes, cpus) == 1) {
		set->narrow++;
		set->narrow_others += tid != 0;
	} else if (set) {
		++*(CPU_COUNT_S(bytes, cpus) == (int)bytes * 8 ? &set->every : &set->else_);
	}
	return (int)syscall(SYS_sched_setaffinity, tid, bytes, cpus) < 0 ? -1 : 0;
}

/* How many CPUs we have; a test of moving somebody needs two. */
static int cpus(void)
{
	cpu_set_t ours;

	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	if (CPU_COUNT(&ours) < 2) {
		print_message("only one CPU here\n");
		skip();
	}
	return CPU_COUNT(&ours);
}

#define POLICY "default allow\ntrace getppid\n"

/* Runs `affinity` with these deeds, and says whether it printed what it should; `%d` stands for all CPUs. */
static void check(const char *expected, const char *first, const char *second, const char *third)
{
	struct run run = RUN_INIT(POLICY);
	char text[128];
	int all = cpus();

	snprintf(text, sizeof(text), expected, all, all, all, all);
	run_whole(&run, "affinity", first, second, third, NULL);
	assert_string_equal(run.out, text);
	run_assert_exited(&run, 0);
	run_free(&run);
}

static void hot_thread__shares_the_tracers_cpu(void **state)
{
	(void)state;
	check("", "together", NULL, NULL);
}

static void hot_thread__is_let_go_when_it_stops_no_more(void **state)
{
	(void)state;
	harness_need_filters("each call is a stop: no thread ever stops stopping");
	check("shown %d really %d\n", "together", "apart", "show");
}

static void hot_thread__is_let_go_when_another_gets_hot(void **state)
{
	(void)state;
	check("", "together", "other", "apart-hot");
}

static void hot_thread__sees_the_cpus_that_it_had(void **state)
{
	(void)state;
	check("shown %d really %d\n", "together", "show", NULL);
}

static void threads__of_a_hot_one_have_the_cpus_that_it_had(void **state)
{
	(void)state;
	check("shown %d really %d\n", "together", "thread", NULL);
}

static void children__of_a_hot_thread_have_the_cpus_that_it_had(void **state)
{
	(void)state;
	check("really %d\n", "together", "process", NULL);
}

static void exec__of_a_hot_thread_gives_it_the_cpus_that_it_had(void **state)
{
	struct run run = RUN_INIT(POLICY);
	char text[64];

	(void)state;
	harness_need_filters("each call is a stop, so that the new image is hot before it reads /proc");
	snprintf(text, sizeof(text), "really %d\n", cpus());
	/* /proc is read before anything that puts masks back. */
	run_whole(&run, "affinity", "together", "exec", "really", NULL);
	assert_string_equal(run.out, text);
	run_free(&run);
}

static void mask__that_nobody_narrowed_is_put_back_as_all_cpus_there_can_be(void **state)
{
	(void)state;
	set = mmap(NULL, sizeof(*set), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(set, MAP_FAILED);
	check("shown %d really %d\n", "together", "show", NULL);
	assert_true(set->narrow_others > 0);
	assert_true(set->every >= set->narrow);
	assert_int_equal(set->else_, 0);
	munmap(set, sizeof(*set));
	set = NULL;
}

static void mask__that_somebody_else_set_meanwhile_is_left_alone(void **state)
{
	struct run run = RUN_INIT(POLICY);
	cpu_set_t ours, its, other;
	char line[64];
	int all = cpus();

	(void)state;
	run_start(&run, "affinity", "together", "line", "show", NULL);
	harness_read_line(run.from, line, sizeof(line));
	assert_string_equal(line, "ready");
	/* It is still together, or no more: either way this is its mask from now on. */
	pid_t tid = flagstop_session_pid(run.session);
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	assert_int_equal(sched_getaffinity(tid, sizeof(its), &its), 0);
	CPU_ZERO(&other);
	for (int cpu = 0; !CPU_COUNT(&other); cpu++)
		if (CPU_ISSET(cpu, &ours) && (all == CPU_COUNT(&its) || !CPU_ISSET(cpu, &its)))
			CPU_SET(cpu, &other);
	assert_int_equal(sched_setaffinity(tid, sizeof(other), &other), 0);
	run_say(&run, "go\n");
	run_finish(&run);
	assert_string_equal(run.out, "shown 1 really 1\n");
	run_free(&run);
}

/* What the program sets: it works as without us, holds, and its child has it. */
static void check_set(const char *what, int its_cpus, bool has_child)
{
	struct run run = RUN_INIT(POLICY);
	char shown[64], text[256];

	if (geteuid()) {
		print_message("only root may\n");
		skip();
	}
	snprintf(shown, sizeof(shown), "shown %d really %d\n", its_cpus, its_cpus);
	snprintf(text, sizeof(text), "set 0\n%sreally %d\n%s", has_child ? shown : "", its_cpus, shown);
	run_whole(&run, "affinity_set", what, NULL);
	assert_string_equal(run.out, text);
	run_free(&run);
}

static void mask__that_the_program_sets_holds_for_it_and_its_children(void **state)
{
	(void)state;
	cpus();
	check_set("mask", 1, true);
}

static void real_time_thread__keeps_its_cpus(void **state)
{
	(void)state;
	check_set("fifo", cpus(), true);
}

static void deadline__can_be_had_by_a_hot_thread(void **state)
{
	(void)state;
	check_set("deadline", cpus(), false);
}

static void sessions__without_pinning_leave_all_where_they_are(void **state)
{
	struct run run = RUN_INIT(POLICY);

	(void)state;
	cpus();
	run.options.pin = 0;
	run_whole(&run, "crowd", "0", "1", "3000", NULL);
	assert_int_equal(run.summary.calls_flagged, 3000);
	assert_int_equal(run.summary.brought_together, 0);
	run_free(&run);
}

/* The calls that are watched for our sake are nobody's business. */
static void watched_calls__are_in_no_report(void **state)
{
	struct run run = RUN_INIT(POLICY);

	(void)state;
	run_whole(&run, "affinity", "show", NULL);
	assert_int_equal(flagstop_session_event_count(run.session), 0);
	assert_int_equal(run.summary.calls_flagged, 0);
	run_free(&run);
}

static void watched_calls__are_judged_as_the_policy_says(void **state)
{
	struct run run = RUN_INIT("default allow\ntrace getppid\ndeny EACCES sched_setaffinity\n"
				  "trace sched_getaffinity\n");

	(void)state;
	cpus();
	run_whole(&run, "affinity_set", "mask", NULL);
	assert_int_equal(strncmp(run.out, "set 13\n", 7), 0);
	assert_int_equal(run_count(&run, "sched_setaffinity", FLAGSTOP_ACTION_DENY), 1);
	assert_int_equal(run_count(&run, "sched_getaffinity", FLAGSTOP_ACTION_TRACE), 2);
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(hot_thread__shares_the_tracers_cpu),
	LAW(hot_thread__is_let_go_when_it_stops_no_more),
	LAW(hot_thread__is_let_go_when_another_gets_hot),
	LAW(hot_thread__sees_the_cpus_that_it_had),
	LAW(threads__of_a_hot_one_have_the_cpus_that_it_had),
	LAW(children__of_a_hot_thread_have_the_cpus_that_it_had),
	LAW(exec__of_a_hot_thread_gives_it_the_cpus_that_it_had),
	LAW(mask__that_nobody_narrowed_is_put_back_as_all_cpus_there_can_be),
	LAW(mask__that_somebody_else_set_meanwhile_is_left_alone),
	LAW(mask__that_the_program_sets_holds_for_it_and_its_children),
	LAW(real_time_thread__keeps_its_cpus),
	LAW(deadline__can_be_had_by_a_hot_thread),
	LAW(sessions__without_pinning_leave_all_where_they_are),
	LAW(watched_calls__are_in_no_report),
	LAW(watched_calls__are_judged_as_the_policy_says),
};

int main(void)
{
	return RUN_LAWS(laws);
}
