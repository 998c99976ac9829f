/* SPDX-License-Identifier: MIT */
/* `flagstop run` as scripts see it: statuses, the report, its JSON. What happens to processes is test_run_*.c's. */

#include "test_cli.h"

#include <arch/layout.h>
#include <flagstop/flagstop.h>

#define CALL FLAGSTOP_TRACEES_DIR "/call"
#define EXIT_WITH FLAGSTOP_TRACEES_DIR "/exit_with"
#define SIGSYS_STATUS (128 + SIGSYS)

/* The number of a call, as an argument for the tracee that makes calls by number. */
static char *number_of(const char *name)
{
	static char texts[4][16];
	static unsigned next;
	char *text = texts[next++ % COUNT(texts)];

	snprintf(text, sizeof(texts[0]), "%lld",
		 (long long)flagstop_call_number((unsigned)flagstop_call_find(name), flagstop_abi_native()));
	return text;
}

static const json_t *event_of(const json_t *report, const char *list, const char *call)
{
	const json_t *events = json_object_get(report, list);
	size_t i;
	json_t *event;

	assert_true(json_is_array(events));
	json_array_foreach(events, i, event) if (!strcmp(json_text(event, "call"), call)) return event;
	fail_msg("no event of %s in '%s'", call, list);
	return NULL;
}

static json_t *report_of(const char *path)
{
	json_error_t error;
	json_t *report = json_load_file(path, 0, &error);

	if (!report)
		fail_msg("%s: %s", path, error.text);
	return report;
}

/* ---- statuses --------------------------------------------------------------------------------------------------- */

static void status__is_the_program_s(void **state)
{
	static char *const statuses[] = { "0", "1", "7", "125", "255" };
	static char *const reports[] = { "--report=all", "--report=none" };

	(void)state;
	write_text("p.fs", "default allow\nunknown allow\n");
	for (size_t i = 0; i < COUNT(statuses); i++)
		for (size_t r = 0; r < COUNT(reports); r++) {
			struct run run = RUN_INIT;

			RUN(&run, "run", reports[r], "-p", "p.fs", "--", EXIT_WITH, statuses[i]);
			assert_status(&run, atoi(statuses[i]));
			run_free(&run);
		}
}

static void status__is_128_and_the_signal(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\n");
	RUN(&run, "run", "-p", "p.fs", "--", "/bin/sh", "-c", "kill -TERM $$");
	assert_status(&run, 128 + SIGTERM);
	run_free(&run);
}

static void status__of_a_killed_call_is_159(void **state)
{
	static char *const reports[] = { "--report=all", "--report=none" };

	(void)state;
	write_text("p.fs", "default allow\nkill chroot\n");
	for (size_t r = 0; r < COUNT(reports); r++) {
		struct run run = RUN_INIT;

		RUN(&run, "run", reports[r], "-p", "p.fs", "--", CALL, number_of("chroot"));
		assert_status(&run, SIGSYS_STATUS);
		run_free(&run);
	}
}

static void status__of_no_program_is_127_and_of_none_that_runs_126(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\n");
	write_text("data", "no program\n");
	assert_int_equal(chmod("data", 0644), 0);
	RUN(&run, "run", "-p", "p.fs", "--", "./nothing-here");
	assert_status(&run, 127);
	assert_holds(run.err, "nothing-here");
	run_free(&run);
	RUN(&run, "run", "-p", "p.fs", "--", "flagstop-no-such-program");
	assert_status(&run, 127);
	run_free(&run);
	RUN(&run, "run", "-p", "p.fs", "--", "./data");
	assert_status(&run, 126);
	run_free(&run);
	RUN(&run, "run", "-p", "p.fs", "--", "/");
	assert_status(&run, 126);
	run_free(&run);
}

/* Whatever is wrong with what flagstop was told: the program does not run, and the status is not the program's. */
static void status__of_flagstop_s_own_failures_is_125(void **state)
{
	static char *const rows[][6] = {
		{ "--", "/bin/touch", "made" }, /* no policy */
		{ "-p", "none.fs", "--", "/bin/touch", "made" },
		{ "-p", "bad.fs", "--", "/bin/touch", "made" },
		{ "-p", "good.fs", "-p", "bad.fs", "/bin/touch", "made" },
		{ "--promise", "stdoi", "--", "/bin/touch", "made" },
		{ "-p", "good.fs", "--report=some", "/bin/touch", "made" },
		{ "-p", "good.fs", "--backend=magic", "/bin/touch", "made" },
		{ "-p", "good.fs", "--frobnicate", "/bin/touch", "made" },
		{ "-p", "good.fs" }, /* no program */
		{ "-p", "narrow.fs", "--", "/bin/touch", "made" },
	};

	(void)state;
	write_text("good.fs", "default allow\n");
	write_text("bad.fs", "default allow\nallow opennat\n");
	write_text("narrow.fs", "abi aarch64\ndefault allow\n"); /* nothing of this machine is allowed: killed, 159 */
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run run = RUN_INIT;

		RUN(&run, "run", rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4], rows[i][5]);
		if (i + 1 < COUNT(rows)) {
			assert_status(&run, 125);
			assert_true(run.err_bytes > 0);
		} else {
			assert_int_not_equal(run.status, 0);
		}
		assert_int_equal(access("made", F_OK), -1);
		run_free(&run);
	}
}

static void arguments__behind_the_program_are_the_program_s(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\nunknown allow\n");
	RUN(&run, "run", "-p", "p.fs", "/bin/echo", "-p", "--json", "x");
	assert_status(&run, 0);
	assert_string_equal(run.out, "-p --json x\n");
	run_free(&run);
	RUN(&run, "run", "-p", "p.fs", "--", "/bin/echo", "--", "--help");
	assert_string_equal(run.out, "-- --help\n");
	run_free(&run);
}

static void policy__may_come_from_standard_input(void **state)
{
	struct run run = { .input = "default allow\nreturn 4242 getuid\n" };

	(void)state;
	RUN(&run, "run", "-q", "-p", "-", "--", CALL, number_of("getuid"));
	assert_status(&run, 0);
	assert_string_equal(run.out, "4242\n");
	run_free(&run);
}

static void program__has_standard_input_and_output(void **state)
{
	struct run run = { .input = "through\n" };

	(void)state;
	write_text("p.fs", "default allow\nunknown allow\n");
	RUN(&run, "run", "-p", "p.fs", "--", "/bin/cat");
	assert_status(&run, 0);
	assert_string_equal(run.out, "through\n");
	assert_string_equal(run.err, "");
	run_free(&run);
}

/* ---- verdicts as people write them ------------------------------------------------------------------------------ */

static void verdict__deny_of_a_domain_leaves_the_others(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES socket when domain == AF_INET\n");
	RUN(&run, "run", "-q", "-p", "p.fs", "--", CALL, number_of("socket"), "2", "1", "0");
	assert_string_equal(run.out, "-13\n");
	run_free(&run);
	RUN(&run, "run", "-q", "-p", "p.fs", "--", CALL, number_of("socket"), "1", "1", "0");
	assert_true(atoi(run.out) > 2);
	run_free(&run);
}

static void verdict__return_is_what_the_program_sees(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\nreturn 4242 getuid\n");
	RUN(&run, "run", "-p", "p.fs", "--", "/usr/bin/id", "-ru");
	assert_status(&run, 0);
	assert_string_equal(run.out, "4242\n");
	run_free(&run);
}

static void verdict__layers_narrow(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("wide.fs", "default allow\ndeny EACCES getppid\n");
	write_text("narrow.fs", "default allow\ndeny ENOENT getppid\n");
	RUN(&run, "run", "-q", "-p", "wide.fs", "-p", "narrow.fs", "--", CALL, number_of("getppid"));
	assert_string_equal(run.out, "-2\n");
	run_free(&run);
	RUN(&run, "run", "-q", "-p", "narrow.fs", "-p", "wide.fs", "--", CALL, number_of("getppid"));
	assert_string_equal(run.out, "-13\n");
	run_free(&run);
}

/* ---- the report ------------------------------------------------------------------------------------------------- */

static void report__names_call_verdict_rule_and_count(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES socket when domain == AF_INET\n");
	RUN(&run, "run", "-p", "p.fs", "--", CALL, number_of("socket"), "2", "1", "0");
	assert_status(&run, 0);
	assert_string_equal(run.out, "-13\n");
	assert_holds(run.err, "flagstop: 1 calls denied");
	assert_holds(run.err, "socket");
	assert_holds(run.err, "deny EACCES");
	assert_holds(run.err, "p.fs:2: deny EACCES socket when domain == AF_INET");
	assert_holds(run.err, "socket(AF_INET, SOCK_STREAM, 0)");
	assert_null(strchr(run.err, '\033'));
	run_free(&run);
}

static void report__is_silent_when_nothing_happened_or_nobody_wants_it(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES getppid\n");
	RUN(&run, "run", "-p", "p.fs", "--", CALL, number_of("getpid"));
	assert_string_equal(run.err, "");
	run_free(&run);
	RUN(&run, "run", "--quiet", "-p", "p.fs", "--", CALL, number_of("getppid"));
	assert_string_equal(run.out, "-13\n");
	assert_string_equal(run.err, "");
	run_free(&run);
	RUN(&run, "run", "--report=none", "-p", "p.fs", "--", CALL, number_of("getppid"));
	assert_string_equal(run.out, "-13\n");
	assert_string_equal(run.err, "");
	run_free(&run);
}

static void json__names_the_backend_that_was_used(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ntrace getppid\n");
	RUN(&run, "run", "-q", "--json=report.json", "-b", "ptrace", "-p", "p.fs", "--", CALL, number_of("getpid"));
	json_t *report = report_of("report.json");
	assert_string_equal(json_text(report, "backend"), "ptrace");
	json_decref(report);
	run_free(&run);
}

static void json__has_what_was_denied_how_often_and_from_where(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\n\ndeny EACCES socket when domain == AF_INET\n");
	RUN(&run, "run", "-q", "--json=report.json", "-p", "p.fs", "--", "/bin/sh", "-c",
	    CALL " \"$1\" 2 1 0; " CALL " \"$1\" 2 1 0; exit 3", "sh", number_of("socket"));
	assert_status(&run, 3);
	assert_string_equal(run.out, "-13\n-13\n");
	json_t *report = report_of("report.json");
	assert_int_equal(json_number(report, "exit"), 3);
	assert_true(json_is_null(json_object_get(report, "signal")));
	assert_true(json_is_true(json_object_get(report, "traced")));
	assert_int_equal(json_number(report, "calls_flagged"), 2);
	assert_true(json_number(report, "stops") >= 2);
	assert_true(json_number(report, "tracees") >= 3);
	const json_t *denied = event_of(report, "denied", "socket");
	assert_string_equal(json_text(denied, "verdict"), "deny");
	assert_string_equal(json_text(denied, "errno"), "EACCES");
	assert_int_equal(json_number(denied, "errno_number"), EACCES);
	assert_string_equal(json_text(denied, "file"), "p.fs");
	assert_int_equal(json_number(denied, "line"), 3);
	assert_string_equal(json_text(denied, "example"), "socket(AF_INET, SOCK_STREAM, 0)");
	assert_true(json_is_array(json_object_get(denied, "stack")));
	assert_true(json_array_size(json_object_get(denied, "stack")) > 0);
	json_decref(report);
	run_free(&run);
}

/* Equal calls of one caller are one event; main() calls the wrapper that calls. */
static void json__counts_equal_calls_and_names_their_caller(void **state)
{
	struct run run = RUN_INIT;
	json_int_t count = 0;
	size_t i;
	json_t *event;

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES getppid\n");
	RUN(&run, "run", "-q", "--json", "report.json", "-p", "p.fs", "--", "/bin/sh", "-c",
	    "for i in 1 2 3 4 5; do " CALL " $1; done", "sh", number_of("getppid"));
	assert_status(&run, 0);
	json_t *report = report_of("report.json");
	json_array_foreach(json_object_get(report, "denied"), i, event)
		count += json_number(event, "count");
	/* the shell asks for its parent, too */
	assert_in_range(count, 5, 7);
	assert_int_equal(json_number(report, "calls_flagged"), count);
	run_free(&run);
	json_decref(report);
}

static void json__tells_traced_calls_from_denied_ones(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ntrace @file-system @process\n");
	RUN(&run, "run", "-q", "--json=report.json", "-p", "p.fs", "--", "/bin/cat", "p.fs");
	assert_status(&run, 0);
	assert_holds(run.out, "trace @file-system");
	json_t *report = report_of("report.json");
	assert_int_equal(json_array_size(json_object_get(report, "denied")), 0);
	assert_string_equal(json_text(event_of(report, "allowed", "openat"), "verdict"), "trace");
	assert_int_equal(json_number(event_of(report, "allowed", "openat"), "line"), 2);
	json_decref(report);
	run_free(&run);
}

static void json__to_standard_output_follows_the_program_s(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES getppid\n");
	RUN(&run, "run", "-q", "--json=-", "-p", "p.fs", "--", CALL, number_of("getppid"));
	assert_status(&run, 0);
	assert_true(!strncmp(run.out, "-13\n{", 5));
	json_t *report = json_of(run.out + 4);
	assert_int_equal(json_number(event_of(report, "denied", "getppid"), "count"), 1);
	json_decref(report);
	run_free(&run);
}

static void json__of_a_killed_program_has_the_signal(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\nkill chroot\n");
	RUN(&run, "run", "-q", "--json=report.json", "-p", "p.fs", "--", CALL, number_of("chroot"));
	assert_status(&run, SIGSYS_STATUS);
	json_t *report = report_of("report.json");
	assert_int_equal(json_number(report, "exit"), SIGSYS_STATUS);
	assert_int_equal(json_number(report, "signal"), SIGSYS);
	assert_string_equal(json_text(event_of(report, "denied", "chroot"), "verdict"), "kill");
	assert_int_equal(json_number(event_of(report, "denied", "chroot"), "line"), 2);
	json_decref(report);
	run_free(&run);
}

static void json__of_a_session_without_a_tracer_is_empty_and_has_the_status(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES getppid\n");
	RUN(&run, "run", "--report=none", "--json=report.json", "-p", "p.fs", "--", EXIT_WITH, "5");
	assert_status(&run, 5);
	json_t *report = report_of("report.json");
	if (!strcmp(json_string_value(json_object_get(report, "backend")), "ptrace")) {
		print_message("where every call stops there is always a tracer\n");
		skip();
	}
	if (fst_native_own_layout()->kept_words) {
		print_message("there is always a tracer, to clear what an exec leaves in registers\n");
		skip();
	}
	assert_int_equal(json_number(report, "exit"), 5);
	assert_true(json_is_false(json_object_get(report, "traced")));
	assert_int_equal(json_number(report, "stops"), 0);
	assert_int_equal(json_array_size(json_object_get(report, "denied")), 0);
	json_decref(report);
	run_free(&run);
}

static void json__that_cannot_be_written_is_a_failure(void **state)
{
	static char *const files[] = { "--json=/dev/full", "--json=none/report.json" };

	(void)state;
	write_text("p.fs", "default allow\ndeny EACCES getppid\n");
	for (size_t i = 0; i < COUNT(files); i++) {
		struct run run = RUN_INIT;

		RUN(&run, "run", "-q", files[i], "-p", "p.fs", "--", EXIT_WITH, "0");
		assert_status(&run, 125);
		assert_true(run.err_bytes > 0);
		run_free(&run);
	}
	struct run closed = { .output = "" };
	RUN(&closed, "run", "-q", "--json=-", "-p", "p.fs", "--", EXIT_WITH, "0");
	assert_status(&closed, 125);
	run_free(&closed);
}

/* A name that is no UTF-8 is none in JSON either; the event is there all the same. */
static void json__survives_names_that_are_no_text(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("\xff.fs", "default allow\ndeny EACCES getppid\n");
	RUN(&run, "run", "-q", "--json=report.json", "-p", "\xff.fs", "--", CALL, number_of("getppid"));
	assert_status(&run, 0);
	json_t *report = report_of("report.json");
	const json_t *event = event_of(report, "denied", "getppid");
	assert_int_equal(json_number(event, "line"), 2);
	assert_true(*json_text(event, "file"));
	json_decref(report);
	run_free(&run);
	RUN(&run, "check", "--json", "\xff.fs");
	assert_status(&run, 0);
	report = json_of(run.out);
	assert_int_equal(json_array_size(report), 1);
	json_decref(report);
	run_free(&run);
}

#define LAW(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LAW(status__is_the_program_s),
		LAW(status__is_128_and_the_signal),
		LAW(status__of_a_killed_call_is_159),
		LAW(status__of_no_program_is_127_and_of_none_that_runs_126),
		LAW(status__of_flagstop_s_own_failures_is_125),
		LAW(arguments__behind_the_program_are_the_program_s),
		LAW(policy__may_come_from_standard_input),
		LAW(program__has_standard_input_and_output),
		LAW(verdict__deny_of_a_domain_leaves_the_others),
		LAW(verdict__return_is_what_the_program_sees),
		LAW(verdict__layers_narrow),
		LAW(report__names_call_verdict_rule_and_count),
		LAW(report__is_silent_when_nothing_happened_or_nobody_wants_it),
		LAW(json__names_the_backend_that_was_used),
		LAW(json__has_what_was_denied_how_often_and_from_where),
		LAW(json__counts_equal_calls_and_names_their_caller),
		LAW(json__tells_traced_calls_from_denied_ones),
		LAW(json__to_standard_output_follows_the_program_s),
		LAW(json__of_a_killed_program_has_the_signal),
		LAW(json__of_a_session_without_a_tracer_is_empty_and_has_the_status),
		LAW(json__that_cannot_be_written_is_a_failure),
		LAW(json__survives_names_that_are_no_text),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
