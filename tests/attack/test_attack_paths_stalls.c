/* SPDX-License-Identifier: MIT */
/*
 * A program that gives the tracer to read what never comes: from a file system that does not answer, or from memory
 * that is not there. Whoever asks by himself waits for ever; the tracer refuses, and others go on.
 */
#include "attack.h"
#include "stall.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static char place[64], folder[80];
static struct stall stall;

static void shell(const char *script)
{
	char text[512], out[256];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "cd %s && %s", place, script);
	harness_native(argv, out, sizeof(out));
}

static int make_place(void **state)
{
	snprintf(place, sizeof(place), "/tmp/flagstop-stalls-XXXXXX");
	if (harness_setup(state) || !mkdtemp(place))
		return -1;
	snprintf(folder, sizeof(folder), "%s/fuse", place);
	shell("mkdir fuse && ln -s fuse/f link && echo text >plain");
	if (stall_mount(folder, &stall))
		stall.server = 0;
	return 0;
}

static int remove_place(void **state)
{
	if (stall.server)
		stall_end(folder, &stall);
	shell("cd / && rm -rf $OLDPWD");
	return harness_teardown(state);
}

static void need_stall(void)
{
	if (stall.server)
		return;
	print_message("no FUSE here, or not for this user\n");
	skip();
}

static void stall__holds_whoever_asks(void **state)
{
	char byte, name[96];
	struct statfs fs;
	pid_t child;

	(void)state;
	need_stall();
	snprintf(name, sizeof(name), "%s/f", folder);
	child = fork();
	if (!child)
		_exit(statfs(name, &fs) ? 1 : 0);
	assert_int_equal(read(stall.held, &byte, 1), 1); /* it has asked, and gets nothing */
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	kill(child, SIGKILL);
	stall_end(folder, &stall);
	stall.server = 0;
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static const struct row {
	const char *law, *how, *expected; /* either of two, parted by a bar */
	const char *told;                 /* of the call that was refused; NULL: it need not have been */
} rows[] = {
	{ "walk__that_does_not_end_is_refused", "walk", "EACCES, others went on\n", "(AT_FDCWD, \"fuse/slow\", " },
	{ "link__to_what_does_not_answer_holds_nobody", "link", "EACCES, others went on\n", "(AT_FDCWD, \"link\", " },
	{ "path__in_a_page_that_does_not_come_is_refused", "memory", "EACCES, others went on\n",
	  ") (its memory does not come in time)" },
	{ "path__in_a_page_of_userfaultfd_is_refused", "fault",
	  "EACCES, others went on\n|EFAULT, others went on\n|refused\n", NULL },
};

static void assert_told(const struct run *run, const char *text)
{
	for (size_t i = 0; i < flagstop_session_event_count(run->session); i++)
		if (strstr(flagstop_session_event(run->session, i)->example, text))
			return;
	fail_msg("nothing was told of %s", text);
}

static void stalls(void **state)
{
	const struct row *row = *state;
	char script[256];
	char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct run run = RUN_INIT("default allow\ndeny EACCES open openat newfstatat when path under \"/nowhere\"\n");

	need_stall();
	run.options.stacks = 0;
	snprintf(script, sizeof(script), "cd %s && exec %s %s", place, harness_tracee("attack_stalls"), row->how);
	assert_int_equal(run_try(&run, argv), 0);
	run_finish(&run);
	run_assert_exited(&run, 0);
	if (!*run.out || !strstr(row->expected, run.out))
		fail_msg("%s", run.out);
	if (row->told)
		assert_told(&run, row->told);
	run_free(&run);
}

/* What runs in the end is looked at before its first instruction, and what it was to be before that. */
static const struct exec_row {
	const char *law, *script;
} execs[] = {
	{ "exec__of_what_does_not_answer_is_refused", "fuse/prog" },
	{ "exec__of_what_answers_no_more_holds_nobody", "stat fuse/prog >stat; fuse/prog" },
	{ "exec__by_an_interpreter_that_does_not_answer_holds_nobody",
	  "printf \"#!$PWD/fuse/prog\\n\" >s; chmod +x s; ./s" },
	{ "exec__of_a_descriptor_of_what_does_not_answer_holds_nobody",
	  "exec 3<fuse/prog; $exec_descriptor 3" },
};

static void exec_stalls(void **state)
{
	const struct exec_row *row = *state;
	char script[512];
	char *argv[] = { "/bin/sh", "-c", script, NULL };
	struct run run = RUN_INIT("default allow\ndeny EACCES execve execveat when path under \"/nowhere\"\n");

	need_stall();
	run.options.stacks = 0;
	snprintf(script, sizeof(script), "exec_descriptor=%s; cd %s; %s; test $? -ne 0 && echo refused",
		 harness_tracee("exec_descriptor"), place, row->script);
	assert_int_equal(run_try(&run, argv), 0);
	run_finish(&run);
	assert_string_equal(run.out, "refused\n");
	run_free(&run);
}

/* What is refused by one name, and can be called by another, is not refused at all. */
static const struct fold_row {
	const char *rule; /* @ is the directory */
	bool slips;
} folds[] = {
	{ "deny EACCES openat when path under \"@/a\"", true },
	{ "deny EACCES openat when path is \"/none\" \"@/a/b\"", true },
	{ "deny EACCES openat when flags & O_CREAT and path matches \"@/*\"", true },
	{ "allow openat when not path under \"@/a\"", true },
	{ "allow openat when path != \"@/a\"", true },
	{ "deny EACCES openat when path under \"@\"", false },
	{ "allow openat when path under \"@/a\"", false },
	{ "deny EACCES openat when not path under \"@/a\"", false },
	{ "deny EACCES openat when path under \"@/../a\"", false },
};

static void rule__that_refuses_where_case_is_nothing_is_refused(void **state)
{
	char name[96], text[256];

	(void)state;
	need_stall();
	snprintf(name, sizeof(name), "%s/fold", folder);
	for (size_t i = 0; i < sizeof(folds) / sizeof(*folds); i++) {
		const char *at = strchr(folds[i].rule, '@'), *up = strstr(at, "..");
		struct run run = RUN_INIT(text);
		char *argv[] = { "/bin/true", NULL };

		snprintf(text, sizeof(text), "default allow\n%.*s%s%s\n", (int)(at - folds[i].rule), folds[i].rule,
			 up ? folder : name, up ? up + 2 : at + 1);
		assert_int_equal(run_try(&run, argv), folds[i].slips ? -EBADMSG : 0);
		if (folds[i].slips)
			assert_non_null(strstr(run.error.message, "upper and lower case are alike"));
		else
			run_finish(&run);
		run_free(&run);
	}
}

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(*rows),
	       EXECS = sizeof(execs) / sizeof(*execs) };
	struct CMUnitTest laws[ROWS + EXECS + 2], *law = laws;

	*law++ = (struct CMUnitTest){ "stall__holds_whoever_asks", stall__holds_whoever_asks, make_place, remove_place,
				      NULL };
	for (size_t i = 0; i < ROWS; i++)
		*law++ = (struct CMUnitTest){ rows[i].law, stalls, make_place, remove_place, (void *)&rows[i] };
	for (size_t i = 0; i < EXECS; i++)
		*law++ = (struct CMUnitTest){ execs[i].law, exec_stalls, make_place, remove_place, (void *)&execs[i] };
	*law++ = (struct CMUnitTest){ "rule__that_refuses_where_case_is_nothing_is_refused",
				      rule__that_refuses_where_case_is_nothing_is_refused, make_place, remove_place,
				      NULL };
	assert_ptr_equal(law, laws + sizeof(laws) / sizeof(*laws));
	return RUN_LAWS(laws);
}
