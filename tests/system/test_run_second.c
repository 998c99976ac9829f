/* SPDX-License-Identifier: MIT */
/*
 * Programs of a 32-bit ABI under a 64-bit tracer: i386's on x86_64, arm's on aarch64. Guests have some
 * (tests/guest/guests.py); each verdict is carried out in their register sets.
 */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *second_abi(void)
{
	return flagstop_abi_native() == FLAGSTOP_ABI_X86_64   ? "i386" :
		flagstop_abi_native() == FLAGSTOP_ABI_AARCH64 ? "arm" :
								NULL;
}

static const char *program(void)
{
	static char path[512];
	const char *triplet = flagstop_abi_native() == FLAGSTOP_ABI_X86_64 ? "i686-linux-gnu" : "arm-linux-gnueabihf";

	snprintf(path, sizeof(path), "%s/../%s-release/tests/tracees/call", FLAGSTOP_BUILD_DIR, triplet);
	if (!second_abi() || access(path, X_OK)) {
		print_message("there is no program of a second ABI\n");
		skip();
	}
	return path;
}

static const struct row {
	const char *rules, *arguments[4], *out; /* NULL: killed by SIGSYS */
} rows[] = {
	{ "allow getpgid", { "getpgid", "0x7fffffff" }, "-3\n" },
	{ "deny EACCES getppid", { "getppid" }, "-13\n" },
	{ "return 4242 getppid", { "getppid" }, "4242\n" },
	{ "return -5000 getppid", { "getppid" }, "-5000\n" },
	{ "trace getpgid", { "getpgid", "0x7fffffff" }, "-3\n" },
	{ "ask getppid", { "getppid" }, "-1\n" },
	{ "rewrite getpgid pid = 0x7fffffff", { "getpgid", "0" }, "-3\n" },
	{ "rewrite lseek whence = 77", { "lseek", "0", "0", "0" }, "-22\n" },
	{ "deny 77 lseek when fd == -1 and offset == -2 and whence == 7",
	  { "lseek", "0xffffffff", "0xfffffffe", "7" },
	  "-77\n" },
	{ "kill getppid", { "getppid" }, NULL },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static void check_row(void **state)
{
	const struct row *row = *state;
	const char *path = program();

	for (int report = FLAGSTOP_REPORT_ALL; report <= FLAGSTOP_REPORT_NONE; report++) {
		char policy[256];
		struct run run = RUN_INIT(policy);

		snprintf(policy, sizeof(policy), "abi %s %s\ndefault allow\n%s\n",
			 flagstop_abi_name(flagstop_abi_native()), second_abi(), row->rules);
		run.options.report = report;
		run.options.stacks = 0;
		run_whole(&run, path, row->arguments[0], row->arguments[1], row->arguments[2], row->arguments[3], NULL);
		run_assert_said(&run, row->out);
		run_free(&run);
	}
}

static struct flagstop_answer answer_kill(const struct flagstop_question *question, void *context)
{
	(void)question;
	(void)context;
	return (struct flagstop_answer){ { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, 0 };
}

static void second__is_killed_by_the_tracer(void **state)
{
	const char *path = program();
	char policy[256];
	struct run run = RUN_INIT(policy);

	(void)state;
	snprintf(policy, sizeof(policy), "abi %s %s\ndefault allow\nask getppid\n",
		 flagstop_abi_name(flagstop_abi_native()), second_abi());
	run.options.ask = answer_kill;
	run_whole(&run, path, "getppid", NULL);
	run_assert_signalled(&run, SIGSYS);
	run_free(&run);
}

/* A process that changes its ABI by exec, and back. */
static void second__comes_and_goes_with_an_exec(void **state)
{
	const char *path = program(), *own = flagstop_abi_name(flagstop_abi_native());
	char policy[256], command[2048];
	struct run run = RUN_INIT(policy);

	(void)state;
	snprintf(policy, sizeof(policy), "abi %s %s\ndefault allow\ndeny 5 getppid@%s\ndeny 6 getppid@%s\n", own,
		 second_abi(), own, second_abi());
	snprintf(command, sizeof(command), "%s getppid; %s getppid; exec %s getppid", path, harness_tracee("call"),
		 path);
	run_whole(&run, "/bin/sh", "-c", command, NULL);
	assert_string_equal(run.out, "-6\n-5\n-6\n");
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(second__is_killed_by_the_tracer),
	LAW(second__comes_and_goes_with_an_exec),
};
#define LAW_COUNT (sizeof(laws) / sizeof(*laws))

int main(void)
{
	static struct CMUnitTest all[LAW_COUNT + ROW_COUNT];
	static char names[ROW_COUNT][96];

	memcpy(all, laws, sizeof(laws));
	for (size_t i = 0; i < ROW_COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "second__%.60s", rows[i].rules);
		all[LAW_COUNT + i] = (struct CMUnitTest)LAW_WITH(names[i], check_row, &rows[i]);
	}
	return RUN_LAWS(all);
}
