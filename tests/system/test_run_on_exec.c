/* SPDX-License-Identifier: MIT */
/* `on exec PATH use POLICY` in real processes: when the layer comes into force, and for whom. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STORM FLAGSTOP_TRACEES_DIR "/storm"
#define CALL FLAGSTOP_TRACEES_DIR "/call"

static char folder[] = "/tmp/on-exec-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder);
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "layer.fs", "inner.fs", "script" };

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
		unlink(name);
	}
	return rmdir(folder);
}

static const char *write_file(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static const char *write_file(const char *name, const char *format, ...)
{
	static char path[64];
	va_list args;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	va_start(args, format);
	assert_true(vfprintf(f, format, args) > 0);
	va_end(args);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* Runs a shell command under `default allow` and a layer for that path. */
static void check(void **state, const char *path, const char *layer, const char *command, const char *out)
{
	const char *file = write_file("layer.fs", "default allow\n%s", layer);
	char policy[1024];
	struct run run = RUN_INIT(policy);

	snprintf(policy, sizeof(policy), "default allow\non exec \"%s\" use \"%s\"\n", path, file);
	run.options.report = *(const enum flagstop_report *)*state;
	run.options.stacks = 0;
	run_whole(&run, "/bin/sh", "-c", command, NULL);
	assert_string_equal(run.out, out);
	run_assert_exited(&run, 0);
	run_free(&run);
}

#define DENY "deny EACCES getppid\n"

static void exec_layer__is_in_force_from_the_exec_on(void **state)
{
	check(state, STORM, DENY, CALL " 100000; " STORM " 3; exec " STORM " 1", "-38\nrefused 3\nrefused 1\n");
}

static void exec_layer__is_none_of_those_beside(void **state)
{
	check(state, CALL, DENY, CALL " getppid; " STORM " 3", "-13\nrefused 0\n");
}

static void exec_layer__has_all_that_comes_from_it(void **state)
{
	/* Which is a link. */
	check(state, "/bin/sh", DENY, "(" STORM " 500)& wait; " FLAGSTOP_TRACEES_DIR "/threads 100",
	      "refused 500\nrefused 100\n");
}

static void exec_layer__is_for_the_program_itself(void **state)
{
	struct run run = RUN_INIT(NULL);
	char policy[1024];

	snprintf(policy, sizeof(policy), "default allow\non exec \"%s\" use \"%s\"\n", STORM,
		 write_file("layer.fs", "default allow\n" DENY));
	run.policy = policy;
	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "storm", "4", NULL);
	assert_string_equal(run.out, "refused 4\n");
	run_free(&run);
}

static void exec_layer__comes_with_an_exec_in_a_thread(void **state)
{
	check(state, STORM, DENY, "exec " FLAGSTOP_TRACEES_DIR "/thread_exec_of " STORM, "refused 1\n");
}

static void exec_layer__comes_with_a_script(void **state)
{
	char script[64];

	snprintf(script, sizeof(script), "%s", write_file("script", "#!/bin/sh\nexec " STORM " 2\n"));
	assert_int_equal(chmod(script, 0755), 0);
	check(state, script, DENY, script, "refused 2\n");
}

static void exec_layer__may_kill(void **state)
{
	check(state, CALL, "kill getppid\n", CALL " getppid; test $? = 159 && echo killed", "killed\n");
}

static void exec_layer__inside_another_waits_for_it(void **state)
{
	char layer[256], inner[64];

	snprintf(inner, sizeof(inner), "%s", write_file("inner.fs", "default allow\n" DENY));
	snprintf(layer, sizeof(layer), "deny EBUSY getpid\non exec \"" STORM "\" use \"%s\"\n", inner);
	check(state, "/usr/bin/env", layer, STORM " 1; env " CALL " getpid; env " STORM " 1",
	      "refused 0\n-16\nrefused 1\n");
}

int main(void)
{
	const struct CMUnitTest laws[] = {
		LAW_IN_BOTH(exec_layer__is_in_force_from_the_exec_on),
		LAW_IN_BOTH(exec_layer__is_none_of_those_beside),
		LAW_IN_BOTH(exec_layer__has_all_that_comes_from_it),
		LAW_IN_BOTH(exec_layer__is_for_the_program_itself),
		LAW_IN_BOTH(exec_layer__comes_with_an_exec_in_a_thread),
		LAW_IN_BOTH(exec_layer__comes_with_a_script),
		LAW_IN_BOTH(exec_layer__may_kill),
		LAW_IN_BOTH(exec_layer__inside_another_waits_for_it),
	};

	return cmocka_run_group_tests_name("laws", laws, make_folder, remove_folder);
}
