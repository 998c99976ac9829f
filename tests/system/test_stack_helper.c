/* SPDX-License-Identifier: MIT */
/* The helper that unwinds: its life, its death, what it may have, and how long it is waited for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stack_kit.h"

static int64_t clock_ahead_s, clock_step_s;

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
	int err = (int)syscall(SYS_clock_gettime, id, ret_time);

	ret_time->tv_sec += clock_ahead_s;
	clock_ahead_s += clock_step_s;
	return err;
}

/* Stopped, and waited for until it is. */
static pid_t stop_helper(const struct stack_tracee *tracee)
{
	pid_t helper = fst_stack_helper(tracee->stack);
	int status;

	assert_true(helper > 0);
	assert_int_equal(kill(helper, SIGSTOP), 0);
	assert_int_equal(waitpid(helper, &status, WUNTRACED), helper);
	assert_true(WIFSTOPPED(status));
	return helper;
}

static void stack__helper_that_does_not_answer_times_out_and_the_next_one_works(void **state)
{
	struct timespec begin;
	struct stack_tracee tracee;
	pid_t helper;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) >= 5);
	helper = stop_helper(&tracee);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &begin);
	assert_int_equal(stack_capture(&tracee), -ETIMEDOUT);
	assert_in_range(stack_elapsed_ms(&begin), FST_STACK_TIMEOUT_MS - 1, FST_STACK_TIMEOUT_MS + 200);
	assert_string_equal(tracee.text, "");
	assert_int_equal(fst_stack_helper(tracee.stack), 0);
	assert_int_equal(kill(helper, 0), -1);
	assert_true(stack_capture(&tracee) >= 5);
	stack_assert_line_is(&tracee, 1, "innermost_function");
	stack_end(&tracee);
}

static volatile pid_t to_be_killed;

static void kill_helper(int number)
{
	(void)number;
	kill(to_be_killed, SIGKILL);
}

/* The helper is stopped, so that the question is under way for certain when the alarm kills it. */
static void stack__death_in_the_middle_is_a_broken_pipe_and_the_next_one_works(void **state)
{
	struct sigaction action = { .sa_handler = kill_helper }, before;
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) >= 5);
	to_be_killed = stop_helper(&tracee);
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(stack_capture(&tracee), -EPIPE);
	assert_string_equal(tracee.text, "");
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(fst_stack_helper(tracee.stack), 0);
	assert_true(stack_capture(&tracee) >= 5);
	stack_assert_line_is(&tracee, 1, "innermost_function");
	stack_end(&tracee);
}

static volatile pid_t to_be_continued;

static void continue_helper(int number)
{
	(void)number;
	kill(to_be_continued, SIGCONT);
}

static void stack__signal_in_the_middle_changes_nothing(void **state)
{
	struct sigaction action = { .sa_handler = continue_helper }, before;
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) >= 5);
	to_be_continued = stop_helper(&tracee);
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_true(stack_capture(&tracee) >= 5);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(fst_stack_helper(tracee.stack), to_be_continued);
	stack_end(&tracee);
}

static void stack__helper_is_none_before_the_first_capture(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_int_equal(fst_stack_helper(tracee.stack), 0);
	assert_true(stack_capture(&tracee) > 0);
	assert_true(fst_stack_helper(tracee.stack) > 0);
	stack_end(&tracee);
}

static void stack__helper_that_the_wait_loop_reaped_is_replaced(void **state)
{
	struct stack_tracee tracee;
	pid_t helper;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 0);
	helper = fst_stack_helper(tracee.stack);
	kill(helper, SIGKILL);
	/* The tracee stays stopped: what any wait finds is the helper. */
	assert_int_equal(waitpid(-1, NULL, 0), helper);
	fst_stack_reaped(tracee.stack);
	assert_int_equal(fst_stack_helper(tracee.stack), 0);
	assert_true(stack_capture(&tracee) >= 5);
	assert_int_not_equal(fst_stack_helper(tracee.stack), helper);
	stack_end(&tracee);
}

static void stack__helper_that_dies_too_often_is_not_started_again(void **state)
{
	struct stack_tracee tracee;
	int deaths, result;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	for (deaths = 0; (result = stack_capture(&tracee)) >= 0 && deaths < 100; deaths++) {
		kill(fst_stack_helper(tracee.stack), SIGKILL);
		assert_int_equal(stack_capture(&tracee), -EPIPE);
	}
	assert_int_equal(result, -EBUSY);
	assert_int_equal(deaths, 9);
	assert_string_equal(tracee.text, "");
	stack_end(&tracee);
}

static void stack__session_that_used_its_time_up_is_busy(void **state)
{
	struct stack_tracee tracee;
	int captures;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 0);
	/* Each look at the clock takes a second from here on. */
	clock_step_s = 1;
	for (captures = 0; captures < 20 && stack_capture(&tracee) != -EBUSY; captures++)
		continue;
	clock_step_s = 0;
	assert_in_range(captures, 1, FST_STACK_TOTAL_TIMEOUT_MS / 1000);
	assert_int_equal(stack_capture(&tracee), -EBUSY);
	assert_string_equal(tracee.text, "");
	stack_end(&tracee);
}

/* What the helper has cannot be seen from outside (a law of its own), but for root. */
static void skip_unless_root(void)
{
	if (!getuid())
		return;
	print_message("skipped: only root may look at the descriptors of a process that is not dumpable\n");
	skip();
}

static int count_descriptors(const char *of)
{
	char path[64];
	int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/fd", of);
	folder = opendir(path);
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void stack__leaves_no_descriptors_and_no_zombie(void **state)
{
	int before = count_descriptors("self"), i;
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	for (i = 0; i < 4; i++) {
		assert_true(stack_capture(&tracee) > 0);
		kill(fst_stack_helper(tracee.stack), SIGKILL);
		assert_int_equal(stack_capture(&tracee), -EPIPE);
	}
	assert_true(stack_capture(&tracee) > 0);
	stack_end(&tracee);
	assert_int_equal(count_descriptors("self"), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Also where the file turns out, each time, to be another one than is mapped. */
static void stack__helper_keeps_no_descriptor_per_capture(void **state)
{
	char helper[16], other[256];
	struct stack_tracee tracee;
	struct stack_copy copy;
	int before, i;

	(void)state;
	skip_unless_root();
	stack_copy_load(&copy, "stack_nested");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	unlink(copy.path);
	stack_copy_store(&copy);
	snprintf(other, sizeof(other), "%s (deleted)", copy.path);
	assert_int_equal(rename(copy.path, other), 0);
	assert_true(stack_capture(&tracee) > 0);
	snprintf(helper, sizeof(helper), "%d", fst_stack_helper(tracee.stack));
	before = count_descriptors(helper);
	for (i = 0; i < 20; i++)
		assert_true(stack_capture(&tracee) > 0);
	assert_int_equal(count_descriptors(helper), before);
	stack_end(&tracee);
	unlink(other);
	stack_copy_drop(&copy);
}

/* Whether the helper has a descriptor of this open file. */
static bool helper_has(pid_t helper, int fd)
{
	char own[PATH_MAX], theirs[PATH_MAX], path[320];
	struct dirent *entry;
	bool found = false;
	ssize_t bytes;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bytes = readlink(path, own, sizeof(own) - 1);
	assert_true(bytes > 0);
	own[bytes] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/fd", helper);
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", helper, entry->d_name);
		bytes = readlink(path, theirs, sizeof(theirs) - 1);
		theirs[bytes > 0 ? bytes : 0] = '\0';
		found |= !strcmp(own, theirs);
	}
	closedir(folder);
	return found;
}

static void stack__helper_has_none_of_the_tracers_descriptors(void **state)
{
	struct stack_tracee tracee;
	int ends[2], twin;

	(void)state;
	skip_unless_root();
	assert_int_equal(pipe(ends), 0);
	twin = dup(ends[0]);
	assert_true(helper_has(getpid(), twin));
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 0);
	assert_false(helper_has(fst_stack_helper(tracee.stack), ends[0]));
	assert_false(helper_has(fst_stack_helper(tracee.stack), ends[1]));
	assert_false(helper_has(fst_stack_helper(tracee.stack), STDERR_FILENO));
	stack_end(&tracee);
	close(ends[0]);
	close(ends[1]);
	close(twin);
}

/* The hexadecimal number in that line of /proc/TID/status. */
static uint64_t read_status(pid_t tid, const char *key)
{
	char path[64], line[256];
	uint64_t value = 0;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		value = strtoull(line + strlen(key) + 1, NULL, 16);
		found = true;
	}
	fclose(file);
	assert_true(found);
	return value;
}

/* All but SIGKILL and SIGSTOP, and with all of them the embedder's handlers. */
static void stack__helper_blocks_every_signal_and_the_caller_none_more(void **state)
{
	uint64_t before = read_status(getpid(), "SigBlk"), by_libc = UINT64_C(3) << 31;
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 0);
	assert_int_equal(read_status(getpid(), "SigBlk"), before);
	/* The C library keeps two for itself, 32 and 33; SIGKILL and SIGSTOP cannot be blocked. */
	assert_int_equal(read_status(fst_stack_helper(tracee.stack), "SigBlk") | by_libc, UINT64_C(0xfffffffffffbfeff));
	stack_end(&tracee);
}

/* On top of what it had at fork, which the limit therefore has to be looked at with. */
static void stack__helper_has_a_bounded_address_space(void **state)
{
	unsigned long long soft = 0, pages = 0;
	struct stack_tracee tracee;
	char path[64], line[256];
	FILE *file;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 0);
	snprintf(path, sizeof(path), "/proc/%d/limits", fst_stack_helper(tracee.stack));
	file = fopen(path, "re");
	assert_non_null(file);
	/* "unlimited" is no number. */
	while (fgets(line, sizeof(line), file) && sscanf(line, "Max address space %llu", &soft) != 1)
		continue;
	fclose(file);
	file = fopen("/proc/self/statm", "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%llu", &pages), 1);
	fclose(file);
	assert_in_range(soft, UINT64_C(256) << 20, (UINT64_C(257) << 20) + pages * 4096);
	stack_end(&tracee);
}

static void stack__helper_dies_with_the_thread_that_started_it(void **state)
{
	int ends[2], status;
	struct stack_tracee tracee;
	pid_t holder, helper;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_int_equal(pipe(ends), 0);
	holder = fork();
	if (!holder) {
		/* Any process will do: what counts is that a helper runs. */
		struct fst_stack_request request = { getpid(), &tracee.regs, sizeof(tracee.regs) };
		struct fst_stack *stack = fst_stack_new();

		fst_stack_capture(stack, &request, tracee.text, sizeof(tracee.text));
		helper = fst_stack_helper(stack);
		/* Stopped, it cannot see the socket end. */
		kill(helper, SIGSTOP);
		_exit(write(ends[1], &helper, sizeof(helper)) != sizeof(helper));
	}
	assert_int_equal(read(ends[0], &helper, sizeof(helper)), sizeof(helper));
	assert_int_equal(waitpid(holder, &status, 0), holder);
	assert_int_equal(status, 0);
	assert_true(helper > 0);
	/* It has no other copy of the pipe than its parent's end, which is closed: gone means reaped by init. */
	close(ends[1]);
	assert_int_equal(read(ends[0], &status, 1), 0);
	close(ends[0]);
	stack_end(&tracee);
}

/* Runs as a user without rights: the errno of opening the memory of its helper, 0 where it opens, 255 for trouble. */
static int look_into_helper(void)
{
	static unsigned char regset[sizeof(struct user_regs_struct)];
	struct fst_stack_request request = { getpid(), regset, sizeof(regset) };
	struct fst_stack *stack = fst_stack_new();
	char text[64], path[64];
	int fd, error;

	/* Changing users made this process itself one that cannot be looked into. */
	if ((!getuid() && (setgid(65534) || setuid(65534))) || prctl(PR_SET_DUMPABLE, 1))
		return 255;
	if (fst_stack_capture(stack, &request, text, sizeof(text)) != 1)
		return 255;
	snprintf(path, sizeof(path), "/proc/%d/mem", fst_stack_helper(stack));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	error = fd < 0 ? errno : 0;
	fst_stack_free(stack);
	return error;
}

/* The attack: tracees run as the tracer's user, and a helper has descriptors of other tracees' memory. */
static void stack__helper_cannot_be_looked_into_by_its_own_user(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (!child)
		_exit(look_into_helper());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EACCES);
}

static void stack__of_a_tracee_that_is_gone_is_no_such_process(void **state)
{
	struct fst_stack_request request;
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	request = (struct fst_stack_request){ tracee.tid, &tracee.regs, sizeof(tracee.regs) };
	stack_end_process(&tracee);
	assert_int_equal(fst_stack_capture(tracee.stack, &request, tracee.text, sizeof(tracee.text)), -ESRCH);
	assert_string_equal(tracee.text, "");
	stack_end(&tracee);
}

/* Process 1 is nobody's to read but root's: a child without rights asks, and its status is the errno. */
static void stack__of_a_process_that_may_not_be_read_is_access_denied(void **state)
{
	static unsigned char regset[sizeof(struct user_regs_struct)];
	struct fst_stack_request request = { 1, regset, sizeof(regset) };
	char text[256] = "x";
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (!child) {
		struct fst_stack *stack = fst_stack_new();

		if (!getuid() && (setgid(65534) || setuid(65534)))
			_exit(255);
		status = -fst_stack_capture(stack, &request, text, sizeof(text));
		fst_stack_free(stack);
		_exit(text[0] ? 254 : status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EACCES);
}

static void stack__request_without_registers_is_invalid(void **state)
{
	struct fst_stack *stack = fst_stack_new();
	struct fst_stack_request request = { .tid = getpid() };
	char text[16] = "";

	(void)state;
	assert_int_equal(fst_stack_capture(stack, &request, text, sizeof(text)), -EINVAL);
	fst_stack_free(stack);
	fst_stack_free(NULL);
}

#define LAW(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAW(stack__helper_that_does_not_answer_times_out_and_the_next_one_works),
		LAW(stack__death_in_the_middle_is_a_broken_pipe_and_the_next_one_works),
		LAW(stack__signal_in_the_middle_changes_nothing),
		LAW(stack__helper_is_none_before_the_first_capture),
		LAW(stack__helper_that_the_wait_loop_reaped_is_replaced),
		LAW(stack__helper_that_dies_too_often_is_not_started_again),
		LAW(stack__session_that_used_its_time_up_is_busy),
		LAW(stack__leaves_no_descriptors_and_no_zombie),
		LAW(stack__helper_keeps_no_descriptor_per_capture),
		LAW(stack__helper_has_none_of_the_tracers_descriptors),
		LAW(stack__helper_blocks_every_signal_and_the_caller_none_more),
		LAW(stack__helper_has_a_bounded_address_space),
		LAW(stack__helper_dies_with_the_thread_that_started_it),
		LAW(stack__helper_cannot_be_looked_into_by_its_own_user),
		LAW(stack__of_a_tracee_that_is_gone_is_no_such_process),
		LAW(stack__of_a_process_that_may_not_be_read_is_access_denied),
		LAW(stack__request_without_registers_is_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
