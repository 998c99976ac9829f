/* SPDX-License-Identifier: MIT */
/* Signals, stops and restarts are what they would be without flagstop. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGGED "default allow\ntrace read nanosleep clock_nanosleep pause getppid\n"

static void begin(struct run *run, void **state)
{
	run->options.report = *(const enum flagstop_report *)*state;
	run->options.stacks = 0;
}

static void expect_line(struct run *run, const char *expected)
{
	char line[128];

	harness_read_line(run->from, line, sizeof(line));
	assert_string_equal(line, expected);
}

static void signal__keeps_its_siginfo(void **state)
{
	struct run run = RUN_INIT(FLAGGED);
	char number[16], expected[64];

	begin(&run, state);
	snprintf(number, sizeof(number), "%d", SIGRTMIN + 3);
	run_start(&run, "caught", number, "10", NULL);
	expect_line(&run, "ready");
	assert_int_equal(sigqueue(flagstop_session_pid(run.session), SIGRTMIN + 3, (union sigval){ 4242 }), 0);
	snprintf(expected, sizeof(expected), "signal %d code %d value 4242", SIGRTMIN + 3, SI_QUEUE);
	expect_line(&run, expected);
	assert_int_equal(kill(flagstop_session_pid(run.session), SIGUSR1), 0);
	expect_line(&run, "signal 10 code 0 value 0");
	run_finish(&run);
	run_assert_exited(&run, 0);
	run_free(&run);
}

static void signal__each_queued_one_arrives_once(void **state)
{
	struct run run = RUN_INIT(FLAGGED);
	char number[16], expected[64];

	begin(&run, state);
	snprintf(number, sizeof(number), "%d", SIGRTMIN);
	run_start(&run, "caught", number, NULL);
	expect_line(&run, "ready");
	for (int i = 0; i < 50; i++)
		assert_int_equal(sigqueue(flagstop_session_pid(run.session), SIGRTMIN, (union sigval){ i }), 0);
	for (int i = 0; i < 50; i++) {
		snprintf(expected, sizeof(expected), "signal %d code %d value %d", SIGRTMIN, SI_QUEUE, i);
		expect_line(&run, expected);
	}
	run_finish(&run);
	assert_string_equal(run.out, "");
	run_free(&run);
}

static void restart__of_a_flagged_read_reads(void **state)
{
	struct run run = RUN_INIT(FLAGGED);

	begin(&run, state);
	run_whole(&run, "restart", NULL);
	assert_string_equal(run.out, "read 1 x errno none\n");
	assert_true(run_count(&run, "read", FLAGSTOP_ACTION_TRACE) >= 1);
	run_free(&run);
}

/* `sleeper` counts from when it began; a restart that forgot how long it had slept would be too long, not too short. */
static void stop__of_a_flagged_sleep_does_not_cut_it_short(void **state)
{
	struct run run = RUN_INIT(FLAGGED);

	begin(&run, state);
	run_start(&run, "sleeper", "300", NULL);
	expect_line(&run, "ready");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(kill(flagstop_session_pid(run.session), SIGSTOP), 0);
		harness_await_state(flagstop_session_pid(run.session), 't');
		assert_int_equal(kill(flagstop_session_pid(run.session), SIGCONT), 0);
		harness_await_state(flagstop_session_pid(run.session), 'S');
	}
	run_finish(&run);
	assert_string_equal(run.out, "slept on enough\n");
	run_free(&run);
}

static void stop__is_seen_by_the_parent_and_ends_with_sigcont(void **state)
{
	struct run run = RUN_INIT(FLAGGED);

	begin(&run, state);
	run_whole(&run, "wait_stops", NULL);
	assert_string_equal(run.out, "stopped 19\ncontinued\nstopped 20\ncontinued\nsignal 15\n");
	run_free(&run);
}

static void stop__holds_until_sigcont_and_signals_wait(void **state)
{
	struct run run = RUN_INIT(FLAGGED);

	begin(&run, state);
	run_start(&run, "caught", "10", NULL);
	expect_line(&run, "ready");
	assert_int_equal(kill(flagstop_session_pid(run.session), SIGSTOP), 0);
	harness_await_state(flagstop_session_pid(run.session), 't');
	assert_int_equal(kill(flagstop_session_pid(run.session), SIGUSR1), 0);
	harness_await_state(flagstop_session_pid(run.session), 't');
	assert_int_equal(kill(flagstop_session_pid(run.session), SIGCONT), 0);
	expect_line(&run, "signal 10 code 0 value 0");
	run_finish(&run);
	run_assert_exited(&run, 0);
	run_free(&run);
}

static void stop__does_not_keep_sigkill_away(void **state)
{
	struct run run = RUN_INIT(FLAGGED);

	begin(&run, state);
	run_start(&run, "caught", NULL);
	expect_line(&run, "ready");
	assert_int_equal(kill(flagstop_session_pid(run.session), SIGSTOP), 0);
	harness_await_state(flagstop_session_pid(run.session), 't');
	assert_int_equal(kill(flagstop_session_pid(run.session), SIGKILL), 0);
	run_finish(&run);
	run_assert_signalled(&run, SIGKILL);
	run_free(&run);
}

/* ---- what the program inherits ---------------------------------------------------------------------------------- */

static void check_inherited(void **state, struct run *run)
{
	char *argv[] = { (char *)harness_tracee("status"), "SigBlk", "SigIgn", "SigCgt", NULL };
	char native[1024];

	harness_native(argv, native, sizeof(native));
	run->options.report = *(const enum flagstop_report *)*state;
	run_whole(run, "status", "SigBlk", "SigIgn", "SigCgt", NULL);
	assert_string_equal(run->out, native);
}

static void inherited__mask_and_dispositions_are_the_callers(void **state)
{
	static const int ignored[] = { SIGINT, SIGCHLD, SIGHUP, SIGTSTP };
	struct run run = RUN_INIT(FLAGGED);
	sigset_t blocked, before;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigaddset(&blocked, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	check_inherited(state, &run);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_non_null(strstr(run.out, "SigBlk:\t0000000400000800\n"));
	assert_int_equal(run.summary.exit_code, 0); /* with SIGCHLD ignored here, too */
	run_free(&run);
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
	handled = number;
}

static void inherited__handlers_of_the_caller_are_none_of_the_program(void **state)
{
	struct run run = RUN_INIT(FLAGGED);

	signal(SIGUSR1, handle);
	signal(SIGCHLD, handle);
	check_inherited(state, &run);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	run_free(&run);
}

static void ignore_hangups(void)
{
	signal(SIGHUP, SIG_IGN);
}

static void inherited__nohup_holds_for_the_program_and_the_command(void **state)
{
	char *argv[] = { (char *)harness_tracee("caught"), "10", NULL }, line[64];
	struct command command = COMMAND_INIT(FLAGGED);

	command.report = *(const enum flagstop_report *)*state == FLAGSTOP_REPORT_ALL ? "all" : "none";
	command.prepare = ignore_hangups;
	command_start(&command, argv);
	harness_read_line(command.from, line, sizeof(line));
	assert_int_equal(kill(command.tid, SIGHUP), 0);  /* neither ends, nor is it passed on */
	assert_int_equal(kill(command.tid, SIGUSR1), 0); /* and this comes behind it */
	harness_read_line(command.from, line, sizeof(line));
	assert_string_equal(line, "signal 10 code 0 value 0");
	command_finish(&command);
	command_assert_exited(&command, 0);
}

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(signal__keeps_its_siginfo),
	LAW_IN_BOTH(signal__each_queued_one_arrives_once),
	LAW_IN_BOTH(restart__of_a_flagged_read_reads),
	LAW_IN_BOTH(stop__of_a_flagged_sleep_does_not_cut_it_short),
	LAW_IN_BOTH(stop__is_seen_by_the_parent_and_ends_with_sigcont),
	LAW_IN_BOTH(stop__holds_until_sigcont_and_signals_wait),
	LAW_IN_BOTH(stop__does_not_keep_sigkill_away),
	LAW_IN_BOTH(inherited__mask_and_dispositions_are_the_callers),
	LAW_IN_BOTH(inherited__nohup_holds_for_the_program_and_the_command),
	LAW_IN_BOTH(inherited__handlers_of_the_caller_are_none_of_the_program),
};

int main(void)
{
	return RUN_LAWS(laws);
}
