/* SPDX-License-Identifier: MIT */
/*
 * The command but for `run` and `compile`: what each sub-command answers, in words and as JSON, and with which
 * status it
 * ends.
 */

#include "test_cli.h"

#include <pty.h>

#include <flagstop/flagstop.h>

/* ---- the command itself ----------------------------------------------------------------------------------------- */

static const struct {
	const char *command, *options[10];
} helps[] = {
	{ "run", { "--policy", "--promise", "--report", "--json", "--quiet", "--no-stacks", "--backend", "PROGRAM" } },
	{ "check", { "--json", "POLICY" } },
	{ "explain", { "--policy", "--promise", "--arch", "--report", "--json" } },
	{ "compile", { "--policy", "--promise", "--format", "--output", "--arch", "--program", "--report", "--json" } },
	{ "disasm", { "--json", "FILE" } },
	{ "emulate", { "--arch", "--json", "FILE" } },
	{ "calls", { "--arch", "--groups", "--json" } },
	{ "probe", { "--json" } },
	{ "version", { "Usage" } },
};

static void help__of_each_command_names_every_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(helps); i++) {
		struct run run = RUN_INIT;

		RUN(&run, (char *)helps[i].command, "--help");
		assert_status(&run, 0);
		for (size_t k = 0; k < COUNT(helps[i].options) && helps[i].options[k]; k++)
			assert_holds(run.out, helps[i].options[k]);
		assert_string_equal(run.err, "");
		run_free(&run);
	}
}

static void help__lists_every_command(void **state)
{
	static const char *const words[] = { "--help", "help", "-h" };

	(void)state;
	for (size_t w = 0; w < COUNT(words); w++) {
		struct run run = RUN_INIT;

		RUN(&run, (char *)words[w]);
		assert_status(&run, 0);
		for (size_t i = 0; i < COUNT(helps); i++)
			assert_holds(run.out, helps[i].command);
		run_free(&run);
	}
}

static void version__is_the_library_s(void **state)
{
	static const char *const words[] = { "version", "--version" };

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct run run = RUN_INIT;

		RUN(&run, (char *)words[i]);
		assert_status(&run, 0);
		assert_holds(run.out, flagstop_version());
		assert_holds(run.out, flagstop_tables_release());
		run_free(&run);
	}
}

static void usage__none_at_all_is_an_error(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	RUN(&run, NULL);
	assert_status(&run, 2);
	assert_holds(run.err, "Usage: flagstop COMMAND");
	assert_string_equal(run.out, "");
	run_free(&run);
}

static void usage__unknown_command_is_named(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	RUN(&run, "chek", "x");
	assert_status(&run, 2);
	assert_holds(run.err, "no command is named 'chek'");
	run_free(&run);
}

/* run's errors are 125, so that they are no program's; the others' are 2, which is no answer. */
static void usage__unknown_option_is_an_error_of_every_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(helps); i++) {
		struct run run = RUN_INIT;

		RUN(&run, (char *)helps[i].command, "--frobnicate");
		assert_status(&run, strcmp(helps[i].command, "run") ? 2 : 125);
		assert_holds(run.err, "--frobnicate");
		assert_string_equal(run.out, "");
		run_free(&run);
	}
}

static void usage__missing_arguments_are_asked_for(void **state)
{
	static const struct {
		char *words[3];
		int status;
	} rows[] = {
		{ { "check" }, 2 },
		{ { "explain" }, 2 },
		{ { "explain", "/dev/null" }, 2 },
		{ { "compile" }, 2 },
		{ { "disasm" }, 2 },
		{ { "emulate" }, 2 },
		{ { "emulate", "/dev/null" }, 2 },
		{ { "run" }, 125 },
		{ { "compile", "--format=elf", "/dev/null" }, 2 },
		{ { "calls", "--arch=vax" }, 2 },
		{ { "compile", "--program=0", "/dev/null" }, 2 },
		{ { "explain", "--report=some", "/dev/null" }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run run = RUN_INIT;

		RUN(&run, rows[i].words[0], rows[i].words[1], rows[i].words[2]);
		assert_status(&run, rows[i].status);
		assert_true(run.err_bytes > 0);
		assert_string_equal(run.out, "");
		run_free(&run);
	}
}

/* ---- check ------------------------------------------------------------------------------------------------------ */

static void check__status_tells_right_wrong_and_unreadable(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("good.fs", "default allow\n");
	write_text("bad.fs", "default allow\nallow opennat\n");
	RUN(&run, "check", "good.fs");
	assert_status(&run, 0);
	assert_holds(run.out, "good.fs");
	run_free(&run);
	RUN(&run, "check", "bad.fs");
	assert_status(&run, 1);
	run_free(&run);
	RUN(&run, "check", "none.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "none.fs");
	run_free(&run);
	RUN(&run, "check", ".");
	assert_status(&run, 2);
	run_free(&run);
}

static void check__worst_of_several_is_the_status_and_each_is_named(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("good.fs", "default allow\n");
	write_text("bad.fs", "allow opennat\n");
	RUN(&run, "check", "bad.fs", "good.fs");
	assert_status(&run, 1);
	assert_holds(run.err, "bad.fs:1:7:");
	assert_holds(run.out, "good.fs");
	run_free(&run);
	RUN(&run, "check", "none.fs", "bad.fs", "good.fs");
	assert_status(&run, 2);
	assert_holds(run.out, "good.fs");
	run_free(&run);
}

static void check__mistake_has_a_place_the_line_a_caret_and_a_suggestion(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("bad.fs", "# a policy\ndefault allow\n  deny EACCES opennat\n");
	RUN(&run, "check", "bad.fs");
	assert_status(&run, 1);
	assert_string_equal(run.err, "flagstop: bad.fs:3:15: no call is named 'opennat'\n"
				     "  3 |   deny EACCES opennat\n"
				     "    |               ^~~~~~~\n"
				     "did you mean 'openat'?\n");
	run_free(&run);
}

static void check__standard_input_is_a_hyphen(void **state)
{
	struct run run = { .input = "allow opennat\n" };

	(void)state;
	RUN(&run, "check", "-");
	assert_status(&run, 1);
	assert_holds(run.err, "<stdin>:1:7: ");
	run_free(&run);
}

static void check__json_has_every_policy_and_the_place(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("good.fs", "default allow\n");
	write_text("bad.fs", "\nallow opennat\n");
	RUN(&run, "check", "--json", "good.fs", "bad.fs");
	assert_status(&run, 1);
	json_t *list = json_of(run.out);
	assert_int_equal(json_array_size(list), 2);
	assert_true(json_is_true(json_object_get(json_array_get(list, 0), "ok")));
	json_t *bad = json_array_get(list, 1), *error = json_object_get(bad, "error");
	assert_true(json_is_false(json_object_get(bad, "ok")));
	assert_string_equal(json_text(bad, "policy"), "bad.fs");
	assert_string_equal(json_text(error, "file"), "bad.fs");
	assert_int_equal(json_number(error, "line"), 2);
	assert_int_equal(json_number(error, "column"), 7);
	assert_string_equal(json_text(error, "message"), "no call is named 'opennat'");
	json_decref(list);
	run_free(&run);
}

static void check__policies_that_people_write_are_fine(void **state)
{
	static const char *const texts[] = {
		"default allow\ndeny EACCES socket when domain == AF_INET\n",
		"default allow\nreturn 4242 getuid\n",
		"default allow\nkill chroot\n",
		"default allow\ntrace @file-system @process\n",
		"default deny EPERM\nallow @system-service\n",
		"abi x86_64 i386 x32\ndefault allow\ndeny open openat when flags & O_CREAT\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct run run = { .input = texts[i] };

		RUN(&run, "check", "-");
		assert_status(&run, 0);
		run_free(&run);
	}
}

/* ---- explain ---------------------------------------------------------------------------------------------------- */

static const char policy[] = "abi x86_64 i386\n"                           /* 1 */
			     "default allow\n"                             /* 2 */
			     "deny EACCES socket when domain == AF_INET\n" /* 3 */
			     "return 4242 getuid\n"                        /* 4 */
			     "kill chroot\n"                               /* 5 */
			     "trace openat when flags & O_CREAT\n"         /* 6 */
			     "deny 4000 mount\n"                           /* 7 */
			     "trap 9 @reboot\n";                           /* 8 */

static const struct {
	const char *call, *arch, *verdict, *error, *decided;
	int line;
} explanations[] = {
	{ "socket(AF_INET, SOCK_STREAM, 0)", "x86_64", "deny", "EACCES", "kernel", 3 },
	{ "socket(AF_UNIX)", "x86_64", "allow", NULL, "kernel", 2 },
	{ "getuid", "x86_64", "return", NULL, "tracer", 4 },
	{ "chroot(\"/\")", "x86_64", "kill", NULL, "kernel", 5 },
	{ "openat(AT_FDCWD, \"/tmp/x\", O_WRONLY | O_CREAT, 0o600)", "i386", "trace", NULL, "tracer", 6 },
	{ "mount", "i386", "deny", NULL, "kernel", 7 },
	{ "reboot", "x86_64", "trap", NULL, "kernel", 8 },
	{ "read", "aarch64", "kill", NULL, "kernel", 0 },
	{ "5000", "x86_64", "deny", "ENOSYS", "kernel", 0 },
};

static void explain__json_has_the_verdict_and_the_line(void **state)
{
	(void)state;
	write_text("p.fs", policy);
	for (size_t i = 0; i < COUNT(explanations); i++) {
		struct run run = RUN_INIT;

		RUN(&run, "explain", "--json", "--arch", (char *)explanations[i].arch, "p.fs",
		    (char *)explanations[i].call);
		assert_status(&run, 0);
		json_t *o = json_of(run.out);
		assert_string_equal(json_text(o, "verdict"), explanations[i].verdict);
		assert_string_equal(json_text(o, "decided"), explanations[i].decided);
		assert_int_equal(json_number(o, "line"), explanations[i].line);
		assert_string_equal(json_text(o, "file"), "p.fs");
		if (explanations[i].error)
			assert_string_equal(json_text(o, "errno"), explanations[i].error);
		else if (strcmp(explanations[i].verdict, "deny"))
			assert_true(json_is_null(json_object_get(o, "errno")));
		else
			assert_int_equal(json_number(o, "errno"), 4000);
		json_decref(o);
		run_free(&run);
	}
}

static void explain__text_has_the_verdict_the_rule_and_the_place(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "explain", "p.fs", "socket(AF_INET, SOCK_STREAM, 0)");
	assert_status(&run, 0);
	assert_holds(run.out, "socket(AF_INET, SOCK_STREAM, 0)");
	assert_holds(run.out, "deny EACCES");
	assert_holds(run.out, "p.fs:3: deny EACCES socket when domain == AF_INET");
	assert_holds(run.out, "kernel");
	run_free(&run);
}

static void explain__shows_the_beginning_of_a_long_rule_and_its_condition(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", "deny EACCES socket connect bind listen accept accept4 getsockname getpeername \\\n"
			   "  socketpair setsockopt getsockopt shutdown sendto recvfrom when arg0 == 7\n");
	RUN(&run, "explain", "p.fs", "socket(7)");
	assert_status(&run, 0);
	assert_holds(run.out, "p.fs:1: deny EACCES socket connect bind listen accept accept4 ");
	assert_holds(run.out, " … when arg0 == 7\n");
	assert_null(strstr(run.out, "recvfrom"));
	run_free(&run);
	RUN(&run, "explain", "--json", "p.fs", "socket(7)");
	assert_holds(run.out, "recvfrom when arg0 == 7");
	run_free(&run);
}

static void explain__lists_the_ways_when_it_depends(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "explain", "p.fs", "socket");
	assert_status(&run, 0);
	assert_holds(run.out, "p.fs:3: deny EACCES socket when domain == AF_INET");
	assert_holds(run.out, "p.fs:2: default allow");
	run_free(&run);
}

/* Whatever number of rules a call has: the one that decides when none holds comes last. */
static void explain__lists_all_ways_however_many(void **state)
{
	char text[8192] = "default kill\n";
	struct run run = { .input = text };
	size_t used = strlen(text);

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "deny %u close when fd == %u\n", 1 + i, i);
	RUN(&run, "explain", "-", "close");
	assert_status(&run, 0);
	assert_holds(run.out, "<stdin>:101: deny 100 close when fd == 99");
	assert_holds(run.out, "<stdin>:1: default kill");
	run_free(&run);
}

static void explain__layers_stack_in_order(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("one.fs", "default allow\ndeny EACCES getpid\n");
	write_text("two.fs", "default allow\n\ndeny ENOENT getpid\n");
	RUN(&run, "explain", "--json", "-p", "one.fs", "-p", "two.fs", "getpid");
	assert_status(&run, 0);
	json_t *o = json_of(run.out);
	assert_string_equal(json_text(o, "errno"), "ENOENT");
	assert_string_equal(json_text(o, "file"), "two.fs");
	assert_int_equal(json_number(o, "line"), 3);
	json_decref(o);
	run_free(&run);
	RUN(&run, "explain", "--json", "--promise", "stdio rpath", "ptrace");
	o = json_of(run.out);
	assert_string_equal(json_text(o, "errno"), "EPERM");
	json_decref(o);
	run_free(&run);
}

static void explain__says_where_under_each_report_mode(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "explain", "--json", "--report=all", "p.fs", "mount");
	json_t *o = json_of(run.out);
	assert_string_equal(json_text(o, "decided"), "tracer");
	json_decref(o);
	run_free(&run);
	RUN(&run, "explain", "--json", "--report=none", "p.fs", "mount");
	o = json_of(run.out);
	assert_string_equal(json_text(o, "decided"), "kernel");
	json_decref(o);
	run_free(&run);
}

static void explain__mistakes_in_the_call_have_a_place(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "explain", "p.fs", "opennat(1)");
	assert_status(&run, 1);
	assert_holds(run.err, ":1:1: no call is named 'opennat'");
	assert_holds(run.err, "did you mean 'openat'?");
	assert_string_equal(run.out, "");
	run_free(&run);
	RUN(&run, "explain", "none.fs", "read");
	assert_status(&run, 2);
	run_free(&run);
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static void calls__have_numbers_and_arguments(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	RUN(&run, "calls", "--json", "--arch=x86_64", "openat");
	assert_status(&run, 0);
	json_t *list = json_of(run.out), *call = json_array_get(list, 0);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_text(call, "name"), "openat");
	assert_int_equal(json_number(call, "nr"), 257);
	assert_string_equal(json_text(json_array_get(json_object_get(call, "args"), 2), "name"), "flags");
	json_decref(list);
	run_free(&run);
	RUN(&run, "calls", "--arch=aarch64", "@swap - swapoff");
	assert_status(&run, 0);
	assert_holds(run.out, "224  swapon(");
	assert_null(strstr(run.out, "swapoff"));
	run_free(&run);
}

static void calls__of_an_unknown_set_are_a_mistake(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	RUN(&run, "calls", "opennat");
	assert_status(&run, 1);
	assert_holds(run.err, "no call is named 'opennat'");
	assert_holds(run.err, "did you mean 'openat'?");
	run_free(&run);
}

static void calls__groups_are_those_of_the_library(void **state)
{
	struct run run = RUN_INIT;
	const char *name, *description;

	(void)state;
	RUN(&run, "calls", "--groups");
	assert_status(&run, 0);
	for (unsigned i = 0; (name = flagstop_group(i, &description)); i++)
		assert_holds(run.out, name);
	run_free(&run);
}

/* ---- output ----------------------------------------------------------------------------------------------------- */

/* What is asked for and could not be written is no success. */
static void output__that_is_lost_is_a_failure_of_every_command(void **state)
{
	static char *const rows[][5] = {
		{ "check", "p.fs" },
		{ "check", "--json", "p.fs" },
		{ "explain", "p.fs", "read" },
		{ "explain", "--json", "p.fs", "read" },
		{ "compile", "p.fs" },
		{ "compile", "--format=asm", "p.fs" },
		{ "compile", "--format=c", "p.fs" },
		{ "compile", "--format=json", "p.fs" },
		{ "compile", "--format=stats", "p.fs" },
		{ "disasm", "p.bpf" },
		{ "disasm", "--json", "p.bpf" },
		{ "emulate", "p.bpf", "read" },
		{ "calls" },
		{ "calls", "--json" },
		{ "calls", "--groups" },
		{ "probe" },
		{ "version" },
		{ "--help" },
		{ "run", "--help" },
		{ "check", "--help" },
	};
	static const char *const outputs[] = { "", "/dev/full" };

	(void)state;
	write_text("p.fs", policy);
	struct run made = RUN_INIT;
	RUN(&made, "compile", "-o", "p.bpf", "p.fs");
	run_free(&made);
	for (size_t o = 0; o < COUNT(outputs); o++)
		for (size_t i = 0; i < COUNT(rows); i++) {
			struct run run = { .output = outputs[o] };

			RUN(&run, rows[i][0], rows[i][1], rows[i][2], rows[i][3]);
			if (!run.status)
				fail_msg("%s %s > %s: status 0", rows[i][0], rows[i][1] ? rows[i][1] : "",
					 *outputs[o] ? outputs[o] : "(closed)");
			assert_true(run.err_bytes > 0);
			run_free(&run);
		}
}

static void output__to_a_full_file_is_a_failure(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "compile", "-o", "/dev/full", "p.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "/dev/full");
	run_free(&run);
	RUN(&run, "compile", "-o", "none/p.bpf", "p.fs");
	assert_status(&run, 2);
	run_free(&run);
}

static void colour__is_not_in_pipes(void **state)
{
	struct run run = { .env = { "TERM=xterm-256color" } };

	(void)state;
	write_text("p.fs", policy);
	write_text("bad.fs", "allow opennat\n");
	RUN(&run, "explain", "p.fs", "socket(AF_INET)");
	assert_null(strchr(run.out, '\033'));
	run_free(&run);
	RUN(&run, "check", "bad.fs");
	assert_null(strchr(run.err, '\033'));
	run_free(&run);
	RUN(&run, "probe");
	assert_null(strchr(run.out, '\033'));
	run_free(&run);
}

/* Whether `explain` writes escape sequences to a terminal. */
static bool is_coloured(const char *env, const char *other)
{
	int terminal, tty;
	char text[4096];
	size_t used = 0;
	ssize_t got;

	assert_int_equal(openpty(&terminal, &tty, NULL, NULL, NULL), 0);
	pid_t tgid = fork();
	if (!tgid) {
		dup2(tty, STDOUT_FILENO);
		unsetenv("NO_COLOR");
		putenv((char *)env);
		if (other)
			putenv((char *)other);
		execl(FLAGSTOP, FLAGSTOP, "explain", "p.fs", "socket(AF_INET)", NULL);
		_exit(113);
	}
	close(tty);
	while (used < sizeof(text) && (got = read(terminal, text + used, sizeof(text) - used)) > 0)
		used += (size_t)got;
	close(terminal);
	int status;
	assert_int_equal(waitpid(tgid, &status, 0), tgid);
	assert_int_equal(status, 0);
	assert_true(used > 0);
	return memchr(text, '\033', used) != NULL;
}

static void colour__is_on_terminals_that_want_it(void **state)
{
	(void)state;
	write_text("p.fs", policy);
	assert_true(is_coloured("TERM=xterm", NULL));
	assert_true(is_coloured("TERM=xterm",
				"NO_COLOR=")); /* as no-color.org has it: empty is as if it were not there */
	assert_false(is_coloured("TERM=xterm", "NO_COLOR=1"));
	assert_false(is_coloured("TERM=dumb", NULL));
}

#define LAW(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LAW(help__of_each_command_names_every_option),
		LAW(help__lists_every_command),
		LAW(version__is_the_library_s),
		LAW(usage__none_at_all_is_an_error),
		LAW(usage__unknown_command_is_named),
		LAW(usage__unknown_option_is_an_error_of_every_command),
		LAW(usage__missing_arguments_are_asked_for),
		LAW(check__status_tells_right_wrong_and_unreadable),
		LAW(check__worst_of_several_is_the_status_and_each_is_named),
		LAW(check__mistake_has_a_place_the_line_a_caret_and_a_suggestion),
		LAW(check__standard_input_is_a_hyphen),
		LAW(check__json_has_every_policy_and_the_place),
		LAW(check__policies_that_people_write_are_fine),
		LAW(explain__json_has_the_verdict_and_the_line),
		LAW(explain__text_has_the_verdict_the_rule_and_the_place),
		LAW(explain__shows_the_beginning_of_a_long_rule_and_its_condition),
		LAW(explain__lists_the_ways_when_it_depends),
		LAW(explain__lists_all_ways_however_many),
		LAW(explain__layers_stack_in_order),
		LAW(explain__says_where_under_each_report_mode),
		LAW(explain__mistakes_in_the_call_have_a_place),
		LAW(calls__have_numbers_and_arguments),
		LAW(calls__of_an_unknown_set_are_a_mistake),
		LAW(calls__groups_are_those_of_the_library),
		LAW(output__that_is_lost_is_a_failure_of_every_command),
		LAW(output__to_a_full_file_is_a_failure),
		LAW(colour__is_not_in_pipes),
		LAW(colour__is_on_terminals_that_want_it),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
