/* SPDX-License-Identifier: MIT */
/* Processes and threads come and go as without flagstop, and all that comes from the program is under its policy. */
#include "harness.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSED "default allow\ndeny EACCES getppid\n"

static void check(void **state, const char *tracee, const char *argument, int status, const char *out)
{
	struct run run = RUN_INIT(REFUSED);

	run.options.report = *(const enum flagstop_report *)*state;
	run.options.stacks = 0;
	run_whole(&run, tracee, argument, NULL);
	assert_string_equal(run.out, out);
	run_assert_exited(&run, status);
	run_free(&run);
}

static void fork__storm_of_2000_children_is_under_the_policy(void **state)
{
	check(state, "storm", "2000", 0, "refused 2000\n");
}

static void thread__each_of_200_is_under_the_policy(void **state)
{
	check(state, "threads", "200", 0, "refused 200\n");
}

static void vfork__child_runs_first_and_is_under_the_policy(void **state)
{
	check(state, "vfork_order", NULL, 0, "written 1 refused 1\nexited 3\nexited 7\n");
}

static void clone3__is_not_there_and_the_c_library_manages_without(void **state)
{
	check(state, "clone3", NULL, 0, "clone3 Function not implemented\npthread_create 0\npthread_join 0\n");
}

static void exec__from_a_thread_keeps_pid_and_policy(void **state)
{
	check(state, "thread_exec", NULL, 5, "same pid 1, leads 1, refused 1\n");
}

static void exec__that_fails_leaves_all_as_it_was(void **state)
{
	check(state, "exec_fails", NULL, 0, "errno 2\nerrno 13\nrefused 1\n");
}

/* An image that the kernel takes for one, and finds no good when it cannot go back any more: it sends SIGSEGV. */
static void write_bad_program(const char *path)
{
	struct {
		ElfW(Ehdr) file;
		ElfW(Phdr) segment;
	} image = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	/* Machine and flags are this host's. */
	assert_int_equal(read(self, &image.file, sizeof(image.file)), sizeof(image.file));
	close(self);
	image.file.e_type = ET_EXEC;
	image.file.e_phoff = offsetof(__typeof__(image), segment);
	image.file.e_phnum = 1;
	image.segment = (ElfW(Phdr)){ .p_type = PT_LOAD,
				      .p_flags = PF_R,
				      .p_vaddr = UINTPTR_MAX & ~UINT64_C(0xfffff),
				      .p_filesz = sizeof(image),
				      .p_memsz = 1 << 19,
				      .p_align = 4096 };
	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	close(fd);
}

/* The thread has the leader's tid by then, and no stop told of that. */
static void exec__from_a_thread_that_dies_of_it_ends_the_session(void **state)
{
	char folder[] = "/tmp/flagstop-exec-XXXXXX", path[64];
	struct run run = RUN_INIT("default allow\ntrace getppid\n");

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/program", folder);
	write_bad_program(path);
	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "thread_exec_of", path, NULL);
	unlink(path);
	rmdir(folder);
	run_assert_signalled(&run, SIGSEGV);
	run_free(&run);
}

static struct flagstop_answer never_asked(const struct flagstop_question *question, void *context)
{
	(void)question;
	*(bool *)context = true;
	return (struct flagstop_answer){ { FLAGSTOP_ACTION_ALLOW, 0 }, 0 };
}

static void daemon__that_outlives_its_parents_is_followed_to_its_end(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\ntrace getpgid\n"); /* traced in both modes */

	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "daemon", NULL);
	run_assert_exited(&run, 6);
	assert_string_equal(run.out, "alone, refused 1\n");
	assert_int_equal(run.summary.tracees, 3);
	run_free(&run);
}

/* ---- how it ends ------------------------------------------------------------------------------------------------ */

static void exit_status__is_the_programs_own(void **state)
{
	for (int i = 0; i < 256; i += i < 3 || i > 120 ? 1 : 13) {
		char number[16];
		struct run run = RUN_INIT("default allow\ntrace getppid\n");

		run.options.report = *(const enum flagstop_report *)*state;
		snprintf(number, sizeof(number), "%d", i);
		run_whole(&run, "exit_with", number, NULL);
		run_assert_exited(&run, i);
		run_free(&run);
	}
}

static void exit_status__is_the_commands_own(void **state)
{
	static const int statuses[] = { 0, 1, 2, 77, 125, 126, 127, 128, 255 };

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		char number[16];
		struct command command = COMMAND_INIT("default allow\n");
		char *argv[] = { (char *)harness_tracee("exit_with"), number, NULL };

		command.report = i % 2 ? "all" : "none";
		snprintf(number, sizeof(number), "%d", statuses[i]);
		command_whole(&command, argv);
		command_assert_exited(&command, statuses[i]);
	}
}

static const int deaths[] = { SIGHUP, SIGINT, SIGKILL, SIGUSR1, SIGPIPE, SIGALRM, SIGTERM, SIGIO };

static void death__by_a_signal_is_told(void **state)
{
	for (size_t i = 0; i < sizeof(deaths) / sizeof(*deaths); i++) {
		char number[16];
		struct run run = RUN_INIT("default allow\ntrace getppid\n");

		run.options.report = *(const enum flagstop_report *)*state;
		snprintf(number, sizeof(number), "%d", deaths[i]);
		run_whole(&run, "die_of", number, NULL);
		run_assert_signalled(&run, deaths[i]);
		assert_int_equal(run.summary.core_dumped, 0);
		run_free(&run);
	}
}

static void death__by_a_signal_is_128_more_of_the_command(void **state)
{
	for (size_t i = 0; i < sizeof(deaths) / sizeof(*deaths); i++) {
		char number[16];
		struct command command = COMMAND_INIT("default allow\n");
		char *argv[] = { (char *)harness_tracee("die_of"), number, NULL };

		command.report = *(const enum flagstop_report *)*state == FLAGSTOP_REPORT_ALL ? "all" : "none";
		snprintf(number, sizeof(number), "%d", deaths[i]);
		command_whole(&command, argv);
		command_assert_exited(&command, 128 + deaths[i]);
	}
}

/* A pattern that begins with a pipe would send the core elsewhere; the flag is what counts. */
static void core_dump__is_made_and_told(void **state)
{
	char folder[] = "/tmp/flagstop-core-XXXXXX", path[64], number[8], pattern[8] = "";
	struct rlimit before, enough = { 64 << 20, 64 << 20 };
	struct run run = RUN_INIT("default allow\ntrace getppid\n");
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");

	if (!file || !fgets(pattern, sizeof(pattern), file) || strcmp(pattern, "core\n")) {
		print_message("core_pattern is not 'core' here\n");
		skip();
	}
	fclose(file);
	run.options.report = *(const enum flagstop_report *)*state;
	snprintf(number, sizeof(number), "%d", SIGABRT);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	getrlimit(RLIMIT_CORE, &before);
	enough.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_CORE, &enough);
	run_whole(&run, "die_of", number, NULL);
	setrlimit(RLIMIT_CORE, &before);
	run_assert_signalled(&run, SIGABRT);
	assert_int_equal(run.summary.core_dumped, 1);
	snprintf(path, sizeof(path), "core.%d", (int)flagstop_session_pid(run.session));
	assert_true(!unlink("core") || !unlink(path));
	assert_int_equal(fchdir(home), 0);
	close(home);
	assert_int_equal(rmdir(folder), 0);
	run_free(&run);
}

/* ---- the start, whatever the policy says of it ------------------------------------------------------------------ */

static void start__that_fails_is_told_whatever_the_policy_says_of_exit(void **state)
{
	static const char *const verdicts[] = { "allow", "deny", "return 5", "trace",
						"ask", "trap", "kill", "kill thread" };
	char *argv[] = { "/nonexistent/program", NULL };
	bool asked = false;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		char policy[128];
		struct run run = RUN_INIT(policy);

		run.options.report = *(const enum flagstop_report *)*state;
		run.options.ask = never_asked;
		run.options.context = &asked;
		snprintf(policy, sizeof(policy), "default allow\n%s exit exit_group\n", verdicts[i]);
		assert_int_equal(run_try(&run, argv), -ENOENT);
		assert_false(asked);
		run_free(&run);
	}
}

static void start__needs_no_call_but_what_the_policy_gives_the_program(void **state)
{
	struct run run = RUN_INIT("default kill\n");

	run.options.report = *(const enum flagstop_report *)*state;
	run_whole(&run, "exit_with", "3", NULL);
	run_assert_signalled(&run, SIGSYS); /* it was started, and its first call ended it */
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(exec__from_a_thread_keeps_pid_and_policy),
	LAW_IN_BOTH(exec__from_a_thread_that_dies_of_it_ends_the_session),
	LAW_IN_BOTH(exec__that_fails_leaves_all_as_it_was),
	LAW_IN_BOTH(vfork__child_runs_first_and_is_under_the_policy),
	LAW_IN_BOTH(clone3__is_not_there_and_the_c_library_manages_without),
	LAW_IN_BOTH(daemon__that_outlives_its_parents_is_followed_to_its_end),
	LAW_IN_BOTH(thread__each_of_200_is_under_the_policy),
	LAW_IN_BOTH(fork__storm_of_2000_children_is_under_the_policy),
	LAW_IN_BOTH(exit_status__is_the_programs_own),
	LAW(exit_status__is_the_commands_own),
	LAW_IN_BOTH(death__by_a_signal_is_told),
	LAW_IN_BOTH(death__by_a_signal_is_128_more_of_the_command),
	LAW_IN_BOTH(core_dump__is_made_and_told),
	LAW_IN_BOTH(start__that_fails_is_told_whatever_the_policy_says_of_exit),
	LAW_IN_BOTH(start__needs_no_call_but_what_the_policy_gives_the_program),
};

int main(void)
{
	return RUN_LAWS(laws);
}
