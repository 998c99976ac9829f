/* SPDX-License-Identifier: MIT */
/* How a program is found and started, and that it inherits what it would inherit without flagstop, and nothing more. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACED "default allow\ntrace getppid\n"

/* ---- what it inherits ------------------------------------------------------------------------------------------- */

static void check_like_native(void **state, const char *policy, char *const *argv)
{
	static char native[32 * 1024];
	struct run run = RUN_INIT(policy);

	harness_native(argv, native, sizeof(native));
	run.options.report = *(const enum flagstop_report *)*state;
	assert_int_equal(run_try(&run, argv), 0);
	run_finish(&run);
	assert_string_equal(run.out, native);
	run_free(&run);
}

static void start__gives_arguments_environment_and_surroundings_unchanged(void **state)
{
	char *argv[] = { (char *)harness_tracee("surroundings"), "", "a b", "--", "-x", "\xff\n", NULL };
	mode_t before = umask(0137);
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(chdir("/usr"), 0);
	check_like_native(state, TRACED, argv);
	assert_int_equal(fchdir(home), 0);
	close(home);
	umask(before);
}

static void start__takes_the_environment_that_is_given(void **state)
{
	char *const envp[] = { "ONE=1", "NOTHING=", "no equals sign", NULL };
	struct run run = RUN_INIT(TRACED);
	const char *at;

	run.options.report = *(const enum flagstop_report *)*state;
	run.options.envp = envp;
	run_whole(&run, "surroundings", NULL);
	at = strstr(run.out, "\nenv ");
	assert_non_null(at);
	assert_memory_equal(at, "\nenv ONE=1\nenv NOTHING=\nenv no equals sign\numask", 48);
	run_free(&run);
}

static void start__gives_no_descriptor_but_those_that_stay_open_on_exec(void **state)
{
	char *argv[] = { (char *)harness_tracee("descriptors"), NULL };
	int stays = fcntl(0, F_DUPFD, 50), goes = fcntl(0, F_DUPFD_CLOEXEC, 60);
	struct run run = RUN_INIT(TRACED);
	static char native[4096];

	harness_native(argv, native, sizeof(native));
	run.options.report = *(const enum flagstop_report *)*state;
	assert_int_equal(run_try(&run, argv), 0);
	run_finish(&run);
	assert_string_equal(run.out, native);
	assert_non_null(strstr(run.out, " 50 "));
	assert_null(strstr(run.out, " 60 "));
	close(stays);
	close(goes);
	run_free(&run);
}

static void start__by_the_command_gives_the_same_descriptors(void **state)
{
	char *argv[] = { (char *)harness_tracee("descriptors"), NULL };
	struct command command = COMMAND_INIT(TRACED);
	static char native[4096];

	(void)state;
	harness_native(argv, native, sizeof(native));
	command_whole(&command, argv);
	assert_string_equal(command.out, native);
}

static void output__that_is_closed_ends_while_the_session_goes_on(void **state)
{
	struct run run = RUN_INIT(TRACED);
	char byte;

	run.options.report = *(const enum flagstop_report *)*state;
	run_start(&run, "closes_output", NULL);
	assert_int_equal(read(run.from, &byte, 1), 0);
	run_finish(&run); /* which ends its input */
	run_assert_exited(&run, 4);
	run_free(&run);
}

static void input__passes_through_the_command(void **state)
{
	char *argv[] = { "cat", NULL };
	struct command command = COMMAND_INIT(TRACED);

	(void)state;
	command_start(&command, argv);
	assert_int_equal(write(command.to, "one\ntwo\n", 8), 8);
	command_finish(&command);
	assert_string_equal(command.out, "one\ntwo\n");
	command_assert_exited(&command, 0);
}

static void tracer_pid__is_the_programs_parent(void **state)
{
	struct run run = RUN_INIT(TRACED);
	char expected[64];
	pid_t tracer;

	run.options.report = *(const enum flagstop_report *)*state;
	run_start(&run, "status", "PPid", "TracerPid", NULL);
	tracer = harness_child_named(getpid(), "flagstop-tracer");
	run_finish(&run);
	snprintf(expected, sizeof(expected), "PPid:\t%d\nTracerPid:\t%d\n", tracer, tracer);
	assert_string_equal(run.out, expected);
	run_free(&run);
}

/* ---- privileges ------------------------------------------------------------------------------------------------- */

static void check_privileges(const char *report, uid_t uid, const char *expected)
{
	char *argv[] = { (char *)harness_tracee("status"), "NoNewPrivs", NULL };
	struct command command = COMMAND_INIT("default allow\ndeny EACCES getppid\n");

	command.report = report;
	command.uid = uid;
	command_whole(&command, argv);
	command_assert_exited(&command, 0);
	assert_string_equal(command.out, expected);
}

static void privileges__are_left_alone_where_the_kernel_lets_us(void **state)
{
	(void)state;
	if (getuid()) {
		print_message("not root\n");
		skip();
	}
	check_privileges("all", 0, "NoNewPrivs:\t0\n");
	check_privileges("none", 0, "NoNewPrivs:\t0\n");
}

static void privileges__cannot_be_gained_where_the_kernel_wants_that(void **state)
{
	(void)state;
	command_need_nobody();
	harness_need_filters("it sets no NO_NEW_PRIVS: the kernel gives no privileges to who is traced by a user");
	check_privileges("all", NOBODY, "NoNewPrivs:\t1\n");
	check_privileges("none", NOBODY, "NoNewPrivs:\t1\n");
}

static void run_as_nobody(char *const *argv, char *text, size_t size)
{
	int out[2], status;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid_t tid = fork();
	if (!tid) {
		dup2(out[1], 1);
		if (!setgroups(0, NULL) && !setresuid(NOBODY, NOBODY, NOBODY))
			execv(argv[0], argv);
		_exit(98);
	}
	close(out[1]);
	harness_read_all(out[0], text, size);
	close(out[0]);
	assert_int_equal(waitpid(tid, &status, 0), tid);
}

static void privileges__of_a_set_user_id_program_are_not_gained(void **state)
{
	char folder[] = "/tmp/flagstop-suid-XXXXXX", file[64], text[256];
	char *argv[] = { file, "Uid", NULL }, *copy[] = { "/bin/cp", (char *)harness_tracee("status"), file, NULL };

	(void)state;
	command_need_nobody();
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/status", folder);
	harness_native(copy, text, sizeof(text));
	assert_int_equal(chmod(folder, 0755) | chmod(file, 04755), 0);
	run_as_nobody(argv, text, sizeof(text));
	for (int i = 0; i < 2; i++) {
		struct command command = COMMAND_INIT("default allow\ndeny EACCES getppid\n");

		command.report = i ? "none" : "all";
		command.uid = NOBODY;
		command_whole(&command, argv);
		command_assert_exited(&command, 0);
		assert_string_equal(command.out, "Uid:\t65534\t65534\t65534\t65534\n");
	}
	assert_int_equal(unlink(file) | rmdir(folder), 0);
	if (!strcmp(text, "Uid:\t65534\t0\t0\t0\n"))
		return;
	print_message("no program in /tmp can gain any: %s\n", text);
	skip();
}

/* ---- how it is found -------------------------------------------------------------------------------------------- */

static char folder[32];

static const struct file {
	const char *name;
	mode_t mode;
	const char *content; /* NULL: a copy of a tracee */
} files[] = {
	{ "first/forbidden", 0644, "" },
	{ "second/forbidden", 0755, NULL },
	{ "first/here", 0755, NULL },
	{ "second/here", 0755, "#!/nonexistent\n" },
	{ "first/only", 0644, "" },
	{ "first/text", 0755, "exit 9\n" },
	{ "first/told", 0755, "#!/bin/sh\necho \"$0 $1\"\n" },
	{ "first/lost", 0755, "#!/nonexistent/interpreter\n" },
};

static void in_folder(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", folder, name);
}

static void copy_tracee(int to)
{
	static char buffer[65536];
	int from = open(harness_tracee("exit_with"), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(from >= 0);
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		assert_int_equal(write(to, buffer, n), n);
	close(from);
}

static void make_files(void)
{
	char path[128];

	snprintf(folder, sizeof(folder), "/tmp/flagstop-start-XXXXXX");
	assert_non_null(mkdtemp(folder));
	for (const char *const *name = (const char *const[]){ "first", "second", NULL }; *name; name++) {
		in_folder(path, sizeof(path), *name);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		in_folder(path, sizeof(path), files[i].name);
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, files[i].mode);
		assert_true(fd >= 0);
		if (files[i].content)
			assert_int_equal(write(fd, files[i].content, strlen(files[i].content)),
					 strlen(files[i].content));
		else
			copy_tracee(fd);
		close(fd);
	}
}

static void remove_files(void)
{
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		in_folder(path, sizeof(path), files[i].name);
		unlink(path);
	}
	in_folder(path, sizeof(path), "first");
	rmdir(path);
	in_folder(path, sizeof(path), "second");
	rmdir(path);
	rmdir(folder);
}

/* The working directory is first/; $D in `path` stands for the folder. */
static int try_in(const char *path, const char *name, char *ret_out)
{
	struct run run = RUN_INIT(TRACED);
	char variable[256] = "PATH=", *argv[] = { (char *)name, "argument", NULL };
	char *const envp[] = { path ? variable : NULL, NULL };
	char first[64];
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (const char *at = path; at && *at; at++) {
		size_t used = strlen(variable);

		if (*at == '$')
			snprintf(variable + used, sizeof(variable) - used, "%.31s", folder);
		else
			snprintf(variable + used, sizeof(variable) - used, "%c", *at);
	}
	in_folder(first, sizeof(first), "first");
	assert_int_equal(chdir(first), 0);
	run.options.envp = envp;
	int r = run_try(&run, argv);
	assert_int_equal(fchdir(home), 0);
	close(home);
	if (!r) {
		run_finish(&run);
		r = run.summary.exit_code;
		if (ret_out)
			snprintf(ret_out, 256, "%.255s", run.out);
	}
	run_free(&run);
	return r;
}

static void search__follows_path_as_execvp_does(void **state)
{
	static const struct {
		const char *path, *name;
		int result;
	} rows[] = {
		{ "$/first", "here", 0 },
		{ "$/second:$/first", "forbidden", 0 },
		{ "$/first:$/second", "forbidden", 0 },
		{ "$/nowhere:$/first", "here", 0 },
		{ "$/first/here:$/first", "here", 0 },
		{ "$/second", "only", -ENOENT },
		{ "$/first", "only", -ENOEXEC },
		{ "$/first:$/second", "only", -ENOEXEC },
		{ ":$/second", "here", 0 },
		{ "$/nowhere:", "here", 0 },
		{ "$/nowhere::/bin", "here", 0 },
		{ "", "here", 0 },
		{ "$/second", "./here", 0 },
		{ "$/second", "", -ENOENT },
		{ "$/first", "text", -ENOEXEC },
		{ "$/first", "lost", -ENOENT },
		{ NULL, "true", 0 },
		{ "$/first", "first", -ENOENT },
		{ "$", "first", -ENOEXEC },
		{ "$", "/", -ENOEXEC },
		{ "$/first", "nonexistent/here", -ENOENT },
	};

	(void)state;
	make_files();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int r = try_in(rows[i].path, rows[i].name, NULL);

		if (r != rows[i].result)
			print_error("PATH=%s %s\n", rows[i].path, rows[i].name);
		assert_int_equal(r, rows[i].result);
	}
	remove_files();
}

static void search__tells_a_script_its_path(void **state)
{
	char out[256], expected[256];

	(void)state;
	make_files();
	assert_int_equal(try_in("/bin:$/first", "told", out), 0);
	snprintf(expected, sizeof(expected), "%s/first/told argument\n", folder);
	assert_string_equal(out, expected);
	remove_files();
}

static void command__that_cannot_start_is_126_or_127(void **state)
{
	static const struct {
		const char *name;
		int status;
	} rows[] = {
		{ "nonexistent-program", 127 },
		{ "/nonexistent", 127 },
		{ "first/lost", 127 },
		{ "/", 126 },
		{ "first/only", 126 },
		{ "first/text", 126 },
	};

	(void)state;
	make_files();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct command command = COMMAND_INIT("default allow\n");
		char path[128], *argv[] = { path, NULL };

		in_folder(path, sizeof(path), rows[i].name);
		if (strncmp(rows[i].name, "first", 5))
			snprintf(path, sizeof(path), "%s", rows[i].name);
		command.report = i % 2 ? "all" : "none";
		command_whole(&command, argv);
		command_assert_exited(&command, rows[i].status);
		assert_non_null(strstr(command.err, path));
	}
	remove_files();
}

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(start__gives_arguments_environment_and_surroundings_unchanged),
	LAW_IN_BOTH(start__takes_the_environment_that_is_given),
	LAW_IN_BOTH(start__gives_no_descriptor_but_those_that_stay_open_on_exec),
	LAW(start__by_the_command_gives_the_same_descriptors),
	LAW_IN_BOTH(output__that_is_closed_ends_while_the_session_goes_on),
	LAW(input__passes_through_the_command),
	LAW_IN_BOTH(tracer_pid__is_the_programs_parent),
	LAW(privileges__are_left_alone_where_the_kernel_lets_us),
	LAW(privileges__cannot_be_gained_where_the_kernel_wants_that),
	LAW(privileges__of_a_set_user_id_program_are_not_gained),
	LAW(search__follows_path_as_execvp_does),
	LAW(search__tells_a_script_its_path),
	LAW(command__that_cannot_start_is_126_or_127),
};

int main(void)
{
	return RUN_LAWS(laws);
}
