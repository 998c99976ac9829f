/* SPDX-License-Identifier: MIT */
/* A program that turns against those who watch it: the tracer, and the command that waits for it. */
#include "../system/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACED "default allow\ntrace getppid\n"

/* ---- calls that name a process ---------------------------------------------------------------------------------- */

static pid_t start_victim(void)
{
	pid_t tid = fork();

	if (tid)
		return tid;
	setpgid(0, 0);
	for (;;)
		pause();
}

static void end_victim(pid_t tid)
{
	kill(tid, SIGKILL);
	waitpid(tid, NULL, 0);
}

/* Each line is "name outcome"; those that were not refused natively (else nothing was shown) must be refused now. */
static unsigned count_refused(const char *native, const char *ours)
{
	unsigned count = 0;

	for (; *native; native = strchr(native, '\n') + 1, ours = strchr(ours, '\n') + 1) {
		size_t name = strcspn(native, " ");

		assert_memory_equal(native, ours, name);
		assert_memory_not_equal(native + name, " Operation not permitted\n", 10);
		if (strncmp(ours + name, " Operation not permitted\n", 25) &&
		    strncmp(ours + name, " Function not impl", 18))
			print_error("not refused: %.*s\n", (int)strcspn(ours, "\n"), ours);
		else
			count++;
	}
	return count;
}

static unsigned count_lines(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void check_aim(const char *attack, pid_t target, const char *native)
{
	struct run run = RUN_INIT(TRACED);
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)target);
	run_start(&run, attack, number, NULL);
	run_finish(&run);
	assert_int_equal(count_lines(run.out), count_lines(native));
	assert_int_equal(count_refused(native, run.out), count_lines(native));
	run_free(&run);
}

/* The tracer's pid is not known before the start: it is the program's parent, and the shell knows that. */
static void check_aim_at_parent(const char *attack, const char *native)
{
	struct run run = RUN_INIT(TRACED);
	char script[600], *argv[] = { "/bin/sh", "-c", script, NULL };

	snprintf(script, sizeof(script), "exec %s $PPID", harness_tracee(attack));
	assert_int_equal(run_try(&run, argv), 0);
	run_finish(&run);
	assert_int_equal(count_lines(run.out), count_lines(native));
	assert_int_equal(count_refused(native, run.out), count_lines(native));
	run_free(&run);
}

static void aim_natively(const char *attack, char *out, size_t size)
{
	pid_t victim = start_victim();
	char number[16], *argv[] = { (char *)harness_tracee(attack), number, NULL };

	setpgid(victim, victim);
	snprintf(number, sizeof(number), "%d", (int)victim);
	harness_native(argv, out, size);
	end_victim(victim);
	assert_null(strstr(out, "No such process"));
}

static void tracer__is_no_target_of_calls_that_name_a_process(void **state)
{
	static char native[4096];

	(void)state;
	aim_natively("attack_aim", native, sizeof(native));
	check_aim_at_parent("attack_aim", native);
}

static void tracer__is_no_target_of_calls_that_name_a_group(void **state)
{
	static char native[4096];

	(void)state;
	aim_natively("attack_group", native, sizeof(native));
	check_aim_at_parent("attack_group", native);
}

static void caller__is_no_target_of_calls_that_name_a_process(void **state)
{
	static char native[4096];

	(void)state;
	aim_natively("attack_aim", native, sizeof(native));
	check_aim("attack_aim", getpid(), native);
}

/*
 * Whoever owns a descriptor gets its signal, and who owns it is in memory (F_SETOWN_EX): so it is the signal that
 * counts.
 */
static void descriptor__sends_no_signal_that_nobody_can_block(void **state)
{
	static const char *const numbers[] = { "9", "19" }, *const f_setsig = "10", *const fcntl_call = "fcntl";

	for (size_t i = 0; i < 2; i++) {
		char *argv[] = { (char *)harness_tracee("call"), (char *)fcntl_call, "1", (char *)f_setsig,
				 (char *)numbers[i], NULL };
		struct run run = RUN_INIT(TRACED);
		char native[64];

		harness_native(argv, native, sizeof(native));
		assert_string_equal(native, "0\n");
		run.options.report = *(const enum flagstop_report *)*state;
		assert_int_equal(run_try(&run, argv), 0);
		run_finish(&run);
		assert_string_equal(run.out, "-1\n");
		run_free(&run);
	}
}

/* ---- /proc, as a user without rights (root may always) ---------------------------------------------------------- */

static void check_proc(const char *script, const char *expected)
{
	struct command command = COMMAND_INIT(TRACED);
	char line[700], *argv[] = { "/bin/sh", "-c", line, NULL };

	snprintf(line, sizeof(line), script, harness_tracee("attack_proc"));
	command.uid = NOBODY;
	command_whole(&command, argv);
	assert_string_equal(command.out, expected);
	command_assert_exited(&command, 0);
}

#define ALL_SHUT \
	"mem Permission denied\nenviron Permission denied\nmaps Permission denied\nfd/. Permission denied\n" \
	"map_files Permission denied\ncwd/. Permission denied\nauxv Permission denied\nsyscall Permission denied\n"

static void proc__is_open_where_nobody_defends_itself(void **state)
{
	(void)state;
	command_need_nobody();
	check_proc(
		"(%s $$)", /* the shell's own, by its child */
		"mem open\nenviron open\nmaps open\nfd/. open\nmap_files open\ncwd/. open\nauxv open\nsyscall open\n");
}

static void proc__of_the_tracer_is_shut(void **state)
{
	(void)state;
	command_need_nobody();
	check_proc("exec %s $PPID", ALL_SHUT);
}

static void proc__of_the_command_is_shut(void **state)
{
	(void)state;
	command_need_nobody();
	check_proc("exec %s $(sed -n 's/^PPid:.//p' /proc/$PPID/status)", ALL_SHUT);
}

/* ---- outliving -------------------------------------------------------------------------------------------------- */

/* What listens for the caller is a process that the program may stop; it must not stay so. */
static void program__does_not_outlive_the_command_by_stopping_what_listens(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("attack_bell"), NULL }, line[64];

	command.report = *(const enum flagstop_report *)*state == FLAGSTOP_REPORT_ALL ? "all" : "none";
	command_start(&command, argv);
	harness_read_line(command.from, line, sizeof(line));
	assert_string_not_equal(line, "stopped 0"); /* there was somebody to be stopped */
	assert_int_equal(kill(command.tid, SIGKILL), 0);
	command_finish(&command); /* up to the end of the file: all are gone */
}

static const struct CMUnitTest laws[] = {
	LAW(tracer__is_no_target_of_calls_that_name_a_process),
	LAW(tracer__is_no_target_of_calls_that_name_a_group),
	LAW(caller__is_no_target_of_calls_that_name_a_process),
	LAW_IN_BOTH(descriptor__sends_no_signal_that_nobody_can_block),
	LAW(proc__is_open_where_nobody_defends_itself),
	LAW(proc__of_the_tracer_is_shut),
	LAW(proc__of_the_command_is_shut),
	LAW_IN_BOTH(program__does_not_outlive_the_command_by_stopping_what_listens),
};

int main(void)
{
	return RUN_LAWS(laws);
}
