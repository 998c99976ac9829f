/* SPDX-License-Identifier: MIT */
/* docs/examples/embed.c, compiled as an embedder would, against public headers and each kind of library, and run. */

#include "test_cli.h"

#define ROOT FLAGSTOP_BUILD_DIR "/../.."
#define EXAMPLE ROOT "/docs/examples/embed.c"
static const char compile[] = "${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -I " ROOT "/include -o embed";

/* A library with instrumentation needs what that calls. */
#define IF_IT_CALLS(symbol, option) \
	" $(nm -u " FLAGSTOP_BUILD_DIR "/libflagstop.a | grep -q " symbol " && echo " option ")"
static const char instruments[] = IF_IT_CALLS("__asan_", "-fsanitize=address") IF_IT_CALLS("__gcov_", "--coverage");
static const char undefined[] = IF_IT_CALLS("__ubsan_", "-fsanitize=undefined");

static void run_shell(struct run *run, const char *script)
{
	run_command(run, (char *[]){ (char *)"/bin/sh", (char *)"-c", (char *)script, NULL });
}

static void build(const char *library)
{
	struct run run = RUN_INIT;
	char script[2048];

	snprintf(script, sizeof(script), "%s%s%s " EXAMPLE " %s", compile, instruments, undefined, library);
	run_shell(&run, script);
	assert_status(&run, 0);
	assert_string_equal(run.err, "");
	run_free(&run);
}

/* What the example's policy says is what happens, and what it prints of it. */
static void check_runs(void)
{
	struct run run = RUN_INIT;

	run_command(&run, (char *[]){ "./embed", "/bin/sh", "-c", "cd / && cd /tmp; cd /; pwd; id -ru; exit 5", NULL });
	assert_status(&run, 5);
	assert_holds(run.out, "question 1: chdir(");
	assert_holds(run.out, "question 2: chdir(");
	assert_null(strstr(run.out, "question 3"));
	assert_holds(run.out, "(line 4 of the policy)\n");
	assert_holds(run.out, "\n/\n4242\n");
	assert_holds(run.out, "x chdir: deny EACCES (policy:4)\n");
	assert_holds(run.out, "x getuid: return 4242 (policy:3)\n");
	run_free(&run);
	run_command(&run, (char *[]){ "./embed", "/bin/sh", "-c", "kill -TERM $$", NULL });
	assert_status(&run, 128 + SIGTERM);
	run_free(&run);
	run_command(&run, (char *[]){ "./embed", "./no-such-program", NULL });
	assert_status(&run, 125);
	assert_holds(run.err, "embed: ");
	assert_string_equal(run.out, "");
	run_free(&run);
}

static void embed__runs_with_the_static_library(void **state)
{
	(void)state;
	build(FLAGSTOP_BUILD_DIR "/libflagstop.a $(pkg-config --libs talloc libunwind-generic libelf)");
	check_runs();
}

static void embed__runs_with_the_shared_library_alone(void **state)
{
	(void)state;
	build("-Wl,-rpath," FLAGSTOP_BUILD_DIR " " FLAGSTOP_BUILD_DIR "/libflagstop.so.0");
	check_runs();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(embed__runs_with_the_static_library),
		cmocka_unit_test(embed__runs_with_the_shared_library_alone),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
