/* SPDX-License-Identifier: MIT */
/*
 * What a session does to its caller (nothing), what the caller's signals do to the program, and what is left when one
 * of them dies (nothing).
 */
#include "harness.h"

#include <arch/stub.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACED "default allow\ntrace getppid\n"

static void expect_line(int fd, const char *expected)
{
	char line[128];

	harness_read_line(fd, line, sizeof(line));
	assert_string_equal(line, expected);
}

/* The end of the file tells that nobody is left who could write to it. */
static void expect_end(int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 0);
}

/* ---- the caller stays as it was --------------------------------------------------------------------------------- */

static void caller__keeps_its_children(void **state)
{
	struct run run = RUN_INIT(TRACED);
	int status;
	siginfo_t end;
	pid_t child = fork();

	if (!child)
		_exit(3);
	assert_int_equal(waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT), 0); /* it is there to be taken */
	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "storm", "5", NULL);
	run_free(&run);
	assert_int_equal(waitpid(child, &status, WNOHANG), child);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(waitpid(-1, &status, WNOHANG | __WALL), -1); /* and has no other */
	assert_int_equal(errno, ECHILD);
}

struct signals {
	uint64_t mask, masks[NSIG];
	void *handlers[NSIG];
	int flags[NSIG];
};

static uint64_t bits(const sigset_t *set)
{
	uint64_t mask = 0;

	for (int i = 1; i < NSIG; i++)
		mask |= (uint64_t)(sigismember(set, i) == 1) << (i - 1);
	return mask;
}

static void note_signals(struct signals *s)
{
	struct sigaction action = { 0 };
	sigset_t mask;

	memset(s, 0, sizeof(*s));
	sigprocmask(SIG_SETMASK, NULL, &mask);
	s->mask = bits(&mask);
	for (int i = 1; i < NSIG; i++) {
		if (sigaction(i, NULL, &action))
			continue;
		s->masks[i] = bits(&action.sa_mask);
		s->handlers[i] = (void *)action.sa_handler;
		s->flags[i] = action.sa_flags;
	}
}

static void caller__keeps_its_signals_and_descriptors(void **state)
{
	static struct signals before, after;
	struct run run = RUN_INIT(TRACED);
	int first = dup(0), again;

	note_signals(&before);
	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "storm", "2", NULL);
	run_free(&run);
	note_signals(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	close(first);
	again = dup(0); /* no number in between was used up */
	assert_int_equal(again, first);
	close(again);
}

static void caller__may_have_two_sessions_at_once(void **state)
{
	struct run one = RUN_INIT(TRACED), other = RUN_INIT("default allow\ndeny EACCES getppid\n");

	(void)state;
	run_start(&one, "asker", "1", NULL);
	run_start(&other, "asker", "1", NULL);
	expect_line(one.from, "asking");
	expect_line(other.from, "asking");
	run_finish(&one); /* while the other one still runs */
	run_finish(&other);
	assert_string_equal(one.out, "allowed 1\n");
	assert_string_equal(other.out, "allowed 0\n");
	run_free(&one);
	run_free(&other);
}

/* ---- signals for the program ------------------------------------------------------------------------------------ */

static void signal__of_the_session_reaches_the_program(void **state)
{
	struct run run = RUN_INIT(TRACED);

	run.options.report = *(const enum flagstop_report *)*state;
	run_start(&run, "caught", "10", NULL);
	expect_line(run.from, "ready");
	assert_int_equal(flagstop_session_signal(run.session, SIGUSR1), 0);
	expect_line(run.from, "signal 10 code 0 value 0");
	run_finish(&run);
	assert_int_equal(flagstop_session_signal(run.session, SIGUSR1), -ESRCH);
	run_free(&run);
}

static const int numbers[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 };

/* Under nohup, or in the background of a script, some are ignored, and then they are not forwarded either. */
static void heed_all(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signal(numbers[i], SIG_DFL);
}

static void check_forwarded(const char *policy, const char *report)
{
	char *argv[] = { (char *)harness_tracee("caught"), "15", "1", "2", "3", "10", "12", NULL };
	struct command command = COMMAND_INIT(policy);
	char expected[64];

	command.report = report;
	command.prepare = heed_all;
	command_start(&command, argv);
	expect_line(command.from, "ready");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		assert_int_equal(kill(command.tid, numbers[i]), 0);
		snprintf(expected, sizeof(expected), "signal %d code 0 value 0", numbers[i]);
		expect_line(command.from, expected);
	}
	command_finish(&command);
	assert_string_equal(command.out, ""); /* each of them once */
	command_assert_exited(&command, 0);
}

static void signal__sent_to_the_command_reaches_the_program_once(void **state)
{
	(void)state;
	check_forwarded(TRACED, "all");
}

static void signal__sent_to_the_command_reaches_an_untraced_program_once(void **state)
{
	(void)state;
	check_forwarded("default allow\n", "none");
}

static void signal__that_ends_the_program_ends_the_command(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("sleeper"), "60000", NULL };

	(void)state;
	command_start(&command, argv);
	expect_line(command.from, "ready");
	assert_int_equal(kill(command.tid, SIGTERM), 0);
	command_finish(&command);
	command_assert_exited(&command, 128 + SIGTERM);
}

static void lead_a_group(void)
{
	setpgid(0, 0);
}

/* Then only the program is continued: who watches it was not stopped, or its calls would wait for ever. */
static void stop__of_the_whole_group_does_not_stop_the_tracer(void **state)
{
	char *argv[] = { (char *)harness_tracee("caught"), "10", NULL };
	struct command command = COMMAND_INIT("default allow\ntrace read write\n");
	pid_t program;

	(void)state;
	command.prepare = lead_a_group;
	command_start(&command, argv);
	expect_line(command.from, "ready");
	program = harness_child_named(harness_child_named(command.tid, "flagstop-tracer"), "caught");
	assert_true(program > 0);
	assert_int_equal(kill(-command.tid, SIGSTOP), 0);
	harness_await_state(command.tid, 'T');
	assert_int_equal(kill(program, SIGCONT), 0);
	assert_int_equal(kill(program, SIGUSR1), 0);
	expect_line(command.from, "signal 10 code 0 value 0");
	assert_int_equal(kill(command.tid, SIGCONT), 0);
	command_finish(&command);
	command_assert_exited(&command, 0);
}

/* ---- sudden ends ------------------------------------------------------------------------------------------------ */

static void tracer__that_is_killed_takes_all_tracees_along(void **state)
{
	struct run run = RUN_INIT(TRACED);
	pid_t tracer;

	run.options.report = *(const enum flagstop_report *)*state;
	run_start(&run, "holder", NULL);
	expect_line(run.from, "ready");
	tracer = harness_child_named(getpid(), "flagstop-tracer");
	assert_true(tracer > 0);
	assert_int_equal(kill(tracer, SIGKILL), 0);
	assert_int_equal(flagstop_session_wait(run.session, &run.error), -EPIPE);
	expect_end(run.from);
	run_free(&run);
}

#define MOMENTS 8

/* Wherever that meets it: at a denial, in a pinned call, with a child that is not known yet, in an exec, … */
static void tracer__that_is_killed_in_the_middle_takes_all_along(void **state)
{
	bool pinned = fst_native_hermit(); /* elsewhere rules on paths are refused */

	for (int moment = 0; moment < MOMENTS; moment++) {
		struct run run = RUN_INIT(pinned ? "default allow\ndeny EACCES getppid\n"
						   "deny EPERM openat when path under \"/nowhere\"\n" :
						   "default allow\ndeny EACCES getppid\n");
		char dots[MOMENTS];

		run.options.report = *(const enum flagstop_report *)*state;
		run.options.stacks = 0;
		run_start(&run, "busy", NULL);
		for (int i = 0; i <= moment % 4; i++)
			assert_int_equal(read(run.from, dots, 1), 1);
		pid_t tracer = harness_child_named(getpid(), "flagstop-tracer");
		assert_true(tracer > 0);
		assert_int_equal(kill(tracer, SIGKILL), 0);
		assert_int_equal(flagstop_session_wait(run.session, &run.error), -EPIPE);
		while (read(run.from, dots, sizeof(dots)) > 0)
			;
		run_free(&run);
	}
}

static void tracer__that_is_killed_is_status_125_of_the_command(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("holder"), NULL };
	pid_t tracer;

	(void)state;
	command_start(&command, argv);
	expect_line(command.from, "ready");
	tracer = harness_child_named(command.tid, "flagstop-tracer");
	assert_true(tracer > 0);
	assert_int_equal(kill(tracer, SIGKILL), 0);
	command_finish(&command);
	command_assert_exited(&command, 125);
	assert_string_equal(command.out, "");
}

static void command__that_is_killed_takes_all_tracees_along(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("holder"), NULL };

	(void)state;
	command_start(&command, argv);
	expect_line(command.from, "ready");
	assert_int_equal(kill(command.tid, SIGKILL), 0);
	command_finish(&command); /* which reads up to the end of the file */
	assert_true(WIFSIGNALED(command.status));
}

static void command__that_is_killed_takes_an_untraced_program_along(void **state)
{
	struct command command = COMMAND_INIT("default allow\n");
	char *argv[] = { (char *)harness_tracee("caught"), NULL };

	(void)state;
	command.report = "none";
	command_start(&command, argv);
	expect_line(command.from, "ready");
	assert_int_equal(kill(command.tid, SIGKILL), 0);
	harness_read_all(command.from, command.out, sizeof(command.out));
	command_finish(&command);
}

static void session__that_is_freed_leaves_nobody(void **state)
{
	struct run run = RUN_INIT(TRACED);
	int from;

	run.options.report = *(const enum flagstop_report *)*state;
	run_start(&run, "holder", NULL);
	expect_line(run.from, "ready");
	from = dup(run.from);
	run_free(&run);
	expect_end(from);
	close(from);
}

/* The program writes to `out`; a child of the caller's has all of the caller's descriptors, and stays. */
static void die_with_a_child_that_stays(int out, int stay)
{
	struct run run = RUN_INIT(TRACED);
	char byte;

	run_start(&run, "holder", NULL);
	harness_read_line(run.from, run.out, sizeof(run.out));
	if (write(out, "x", 1) != 1 || fork())
		for (;;)
			pause();
	close(out);
	while (read(stay, &byte, 1) > 0)
		;
	_exit(0);
}

/* The caller's end of the socket lives on in a child that it forked and that executed nothing. */
static void session__ends_with_its_caller_though_a_child_has_its_descriptors(void **state)
{
	int out[2], stay[2];
	char line[8];
	pid_t caller, program = 0;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(stay, O_CLOEXEC), 0);
	caller = fork();
	if (!caller) {
		close(stay[1]);
		die_with_a_child_that_stays(out[1], stay[0]);
	}
	close(out[1]);
	assert_int_equal(read(out[0], line, 1), 1);
	program = harness_child_named(harness_child_named(caller, "flagstop-tracer"), "holder");
	assert_true(program > 0);
	assert_int_equal(kill(caller, SIGKILL), 0);
	harness_await_state(program, 0);
	close(stay[1]);
	close(stay[0]);
	close(out[0]);
}

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(caller__keeps_its_children),
	LAW_IN_BOTH(caller__keeps_its_signals_and_descriptors),
	LAW(caller__may_have_two_sessions_at_once),
	LAW_IN_BOTH(signal__of_the_session_reaches_the_program),
	LAW(signal__sent_to_the_command_reaches_the_program_once),
	LAW(signal__sent_to_the_command_reaches_an_untraced_program_once),
	LAW(signal__that_ends_the_program_ends_the_command),
	LAW(stop__of_the_whole_group_does_not_stop_the_tracer),
	LAW_IN_BOTH(tracer__that_is_killed_takes_all_tracees_along),
	LAW_IN_BOTH(tracer__that_is_killed_in_the_middle_takes_all_along),
	LAW(tracer__that_is_killed_is_status_125_of_the_command),
	LAW(command__that_is_killed_takes_all_tracees_along),
	LAW(command__that_is_killed_takes_an_untraced_program_along),
	LAW_IN_BOTH(session__that_is_freed_leaves_nobody),
	LAW(session__ends_with_its_caller_though_a_child_has_its_descriptors),
};

int main(void)
{
	return RUN_LAWS(laws);
}
