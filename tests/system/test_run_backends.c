/* SPDX-License-Identifier: MIT */
/*
 * Each way to stop calls, and each thing that a kernel may lack: the policy means the same. What is lacking is denied
 * by a filter from outside (tests/tracees/poor.c).
 */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GETPPID "110"
#define GETPGID "121"

/* ---- what it costs ---------------------------------------------------------------------------------------------- */

static void start_all(struct run *run, enum flagstop_backend backend)
{
	run->options.backend = backend;
	run->options.stacks = 0;
}

static void denial__in_a_row_costs_one_stop(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\n");
	struct flagstop_probe info;

	(void)state;
	assert_int_equal(flagstop_probe(FLAGSTOP_FEATURE_SYSCALL_INFO, &info), 0);
	if (info.error) {
		print_message("the kernel does not tell whether a call that was skipped is left\n");
		skip();
	}
	start_all(&run, FLAGSTOP_BACKEND_PTRACE);
	run_whole(&run, "repeat", "5000", GETPPID, NULL);
	assert_string_equal(run.out, "110: 5000 failed, errno 13\n");
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_DENY), 5000);
	assert_in_range(run.summary.stops, 5000, 5500);
	run_free(&run);
}

/* Calls that are allowed after denials were taken for denials at first: they are made all the same, once each. */
static void denial__in_a_row_harms_no_allowed_call_between(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\ntrace getpgid\n");

	(void)state;
	start_all(&run, FLAGSTOP_BACKEND_PTRACE);
	run_whole(&run, "repeat", "7", GETPPID, GETPGID, GETPPID, GETPGID, NULL);
	assert_string_equal(run.out, "110: 7 failed, errno 13\n121: 7 failed, errno 3\n"
				     "110: 7 failed, errno 13\n121: 7 failed, errno 3\n");
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_DENY), 14);
	assert_int_equal(run_count(&run, "getpgid", FLAGSTOP_ACTION_TRACE), 14);
	run_free(&run);
}

static void kill__after_denials_in_a_row_ends_the_process(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES getppid\nkill getpgid\n");

	(void)state;
	start_all(&run, FLAGSTOP_BACKEND_PTRACE);
	run_whole(&run, "repeat", "7", GETPPID, GETPGID, NULL);
	run_assert_signalled(&run, SIGSYS);
	assert_int_equal(run_count(&run, "getpgid", FLAGSTOP_ACTION_KILL_PROCESS), 1);
	run_free(&run);
}

/* ---- what is lacking -------------------------------------------------------------------------------------------- */

#define MAX_WORDS 32

/* What is denied is denied by a filter, below which no session is had but with these. */
static void need_kernel(void)
{
	static const enum flagstop_feature needed[] = { FLAGSTOP_FEATURE_SECOND_LOOK, FLAGSTOP_FEATURE_SYSCALL_INFO };
	struct flagstop_probe probe;

	for (unsigned i = 0; i < 2; i++) {
		if (!flagstop_probe(needed[i], &probe) && !probe.error)
			continue;
		print_message("this kernel has no %s\n", probe.name);
		skip();
	}
}

/* Runs a tracee by the command, where `features` are lacking; its output. 0 or the command's status. */
static int run_poor(const char *const *features, const char *backend, const char *policy, const char *const *program,
		    char *out, size_t size)
{
	char file[] = "/tmp/flagstop-poor-XXXXXX";
	const char *argv[MAX_WORDS] = { harness_tracee("poor") };
	const char *const command[] = { "--", FLAGSTOP_BUILD_DIR "/flagstop", "run", "-q", "-p", file,
					"-b", backend, "--" };
	size_t n = 1;
	int fd, ends[2], status;

	need_kernel();
	fd = mkstemp(file);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, policy, strlen(policy)), strlen(policy));
	close(fd);
	while (*features)
		argv[n++] = *features++;
	memcpy(argv + n, command, sizeof(command));
	n += sizeof(command) / sizeof(*command);
	while (*program)
		argv[n++] = *program++;
	argv[n] = NULL;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t tid = fork();
	if (!tid) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		execv(argv[0], (char *const *)argv);
		_exit(98);
	}
	close(ends[1]);
	harness_read_all(ends[0], out, size);
	close(ends[0]);
	assert_int_equal(waitpid(tid, &status, 0), tid);
	unlink(file);
	assert_true(WIFEXITED(status));
	if (!strncmp(out, "poor: ", 6)) {
		print_message("nothing can be denied here: %s", out);
		skip();
	}
	return WEXITSTATUS(status);
}

static const struct lack {
	const char *law;
	const char *features[9];
	const char *backend;
} lacks[] = {
	{ "policy__holds_without_seccomp", { "no-seccomp" }, "auto" },
	{ "policy__holds_without_seccomp_and_sysemu", { "no-seccomp", "no-sysemu" }, "auto" },
	{ "call__is_known_without_the_kernels_word", { "no-call-info" }, "trace" },
	{ "policy__holds_below_a_listener", { "listener" }, "auto" },
	{ "policy__holds_below_a_listener_without_call_info", { "listener", "no-call-info" }, "auto" },
};
#define LACK_COUNT (sizeof(lacks) / sizeof(*lacks))

static const char policy[] = "default allow\n"
			     "deny EACCES getppid\n"
			     "return 4242 getuid\n"
			     "deny 77 lseek when fd == -1 and offset == 0x8000000000000000 and whence == 7\n"
			     "deny 33 mmap when arg5 == 0x900000009\n"
			     "kill getpgid\n"
			     "trap 5 setsid\n";

static void check_lack(void **state)
{
	static const struct {
		const char *program[9], *out;
		int status;
	} rows[] = {
		{ { "call", GETPPID }, "-13\n", 0 },
		{ { "repeat", "9", GETPPID, "102", GETPPID },
		  "110: 9 failed, errno 13\n102: 0 failed, errno 0\n110: 9 failed, errno 13\n",
		  0 },
		{ { "call", "102" }, "4242\n", 0 },
		{ { "call", "8", "0xffffffffffffffff", "0x8000000000000000", "7" }, "-77\n", 0 },
		{ { "call", "9", "0", "4096", "1", "2", "999", "0x8000" }, "-9\n", 0 },
		{ { "call", GETPGID }, "", 128 + SIGSYS },
		{ { "call", "112" }, "", 128 + SIGSYS },
		{ { "threads" }, NULL, 0 },
		/* A filter of its own: the kernel's, or ours. */
		{ { "confine", "narrow", "prctl:2:getsid=50007", "call:getsid", "call:getppid", "get", "fork",
		    "call:getsid" },
		  "narrow: 0\nprctl:2:getsid=50007: 0\ncall:getsid: -7\ncall:getppid: -13\nget: 2\n"
		  "call:getsid: -7\nchild: exited 4 signal 0 core 0\nchild: exited 4 signal 0 core 0\n",
		  0 },
		{ { "confine_threads", "fresh", "0" },
		  "fresh: done, errno 0\n"
		  "getsid 7 getuid 0 narrow 1 mode 2\ngetsid 7 getuid 0 narrow 1 mode 2\n"
		  "getsid 7 getuid 0 narrow 1 mode 2\ngetsid 7 getuid 0 narrow 1 mode 2\nunbound 0\n",
		  0 },
	};
	const struct lack *lack = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *program[9];
		char out[4096];

		memcpy(program, rows[i].program, sizeof(program));
		program[0] = harness_tracee(program[0]);
		int status = run_poor(lack->features, lack->backend, policy, program, out, sizeof(out));
		if (rows[i].out)
			assert_string_equal(out, rows[i].out);
		assert_int_equal(status, rows[i].status);
	}
}

/*
 * Rules on paths and addresses. What is read, walked, pinned and put back shows: in a result, in the name of who
 * executed, and in the row of messages, whose counts are written back.
 */
static const char path_policy[] = "default allow\n"
				  "deny EACCES open openat when path under \"/proc/sys\"\n"
				  "deny EACCES execve when path is \"/usr/bin/false\"\n"
				  "deny EACCES connect sendto sendmsg sendmmsg when addr.path is \"@out\"\n";

static const struct lack path_lacks[] = {
	{ "path__is_judged_with_nothing_lacking", { "no-affinity" }, "trace" },
	{ "path__is_judged_where_every_call_stops", { "no-affinity" }, "ptrace" },
	{ "path__is_judged_without_seccomp", { "no-seccomp" }, "auto" },
	{ "path__is_judged_below_a_listener_without_call_info", { "listener", "no-call-info" }, "auto" },
	{ "path__is_judged_below_a_listener", { "listener" }, "auto" },
	{ "path__is_judged_without_openat2", { "no-resolving" }, "auto" },
	{ "path__is_judged_without_copies", { "no-copies" }, "auto" },
	{ "path__is_judged_without_a_page_map", { "no-page-map" }, "auto" },
	{ "path__is_judged_without_mount_ids", { "no-mount-ids" }, "auto" },
	{ "path__is_judged_without_openat2_and_mount_ids", { "no-resolving", "no-mount-ids" }, "auto" },
	{ "path__is_judged_without_random_numbers", { "no-random" }, "auto" },
	{ "path__is_judged_where_little_is_left",
	  { "no-seccomp", "no-sysemu", "no-resolving", "no-copies", "no-page-map", "no-mount-ids", "no-random" },
	  "auto" },
};
#define PATH_LACK_COUNT (sizeof(path_lacks) / sizeof(*path_lacks))

static void check_path_lack(void **state)
{
	static const struct {
		const char *program[5], *out;
	} rows[] = {
		{ { "path_deed", "open", "/proc/self/../sys/kernel" }, "EACCES\n" },
		{ { "path_deed", "open", "/proc/self/../stat" }, "done\n" },
		{ { "path_deed", "open", "/proc/nothing" }, "ENOENT\n" },
		{ { "path_deed", "open", "/proc/self/root/proc/sys/kernel" }, "EACCES\n" },
		{ { "path_deed", "stat", "/proc/sys" }, "0\n" },
		{ { "send_row", "out" },
		  "both 1, 3 bytes\nthe second EACCES, 0 bytes\nnowhere EBADF, 0 bytes\narrived 1\n" },
		{ { "/bin/sh", "-c", "cat /proc/self/comm; /usr/bin/false" },
		  "cat\n/bin/sh: 1: /usr/bin/false: Permission denied\n" },
	};
	const struct lack *lack = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *program[5];
		char out[4096];

		memcpy(program, rows[i].program, sizeof(program));
		program[0] = *program[0] == '/' ? program[0] : harness_tracee(program[0]);
		run_poor(lack->features, lack->backend, path_policy, program, out, sizeof(out));
		assert_string_equal(out, rows[i].out);
	}
}

/* Which order filters and stops come in cannot be tried there, and in one of them calls would escape. */
static void session__is_refused_where_entries_cannot_be_told_from_exits(void **state)
{
	static const char *const features[] = { "no-seccomp", "no-call-info", NULL };
	const char *const program[] = { harness_tracee("call"), GETPPID, NULL };
	static const char *const backends[] = { "auto", "ptrace" };
	char out[512];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(run_poor(features, backends[i], policy, program, out, sizeof(out)), 125);
		assert_non_null(strstr(out, "does not tell calls that begin"));
	}
}

/* In words, and no program runs. */
static void path__is_refused_without_shared_memory(void **state)
{
	static const char *const features[] = { "no-shared-memory", NULL };
	const char *const program[] = { harness_tracee("call"), GETPPID, NULL };
	static const char *const backends[] = { "trace", "ptrace" };
	char out[512];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(run_poor(features, backends[i], path_policy, program, out, sizeof(out)), 125);
		assert_non_null(strstr(out, "no System V shared memory"));
	}
}

static void listener__above_a_session_outranks_no_rule(void **state)
{
	static const char *const features[] = { "listener", NULL };
	char parent[] = "/tmp/flagstop-above-XXXXXX", folder[64], number[8], out[512];
	const char *const program[] = { harness_tracee("call"), number, folder, "0700", NULL };
	struct stat info;

	(void)state;
	assert_non_null(mkdtemp(parent));
	snprintf(folder, sizeof(folder), "%s/made", parent);
	snprintf(number, sizeof(number), "%d", 83);
	assert_int_equal(run_poor(features, "auto", "default allow\ndeny EACCES mkdir\n", program, out, sizeof(out)),
			 0);
	assert_int_equal(lstat(folder, &info), -1);
	assert_int_equal(rmdir(parent), 0);
}

static void listener__above_a_session_is_refused_with_filters_alone(void **state)
{
	static const char *const features[] = { "listener", NULL };
	const char *const program[] = { harness_tracee("call"), GETPPID, NULL };
	char out[512];

	(void)state;
	assert_int_equal(run_poor(features, "trace", "default allow\ndeny EACCES mkdir\n", program, out, sizeof(out)),
			 125);
	assert_non_null(strstr(out, "outranks flags"));
}

int main(void)
{
	static struct CMUnitTest laws[LACK_COUNT + PATH_LACK_COUNT + 7] = {
		LAW(denial__in_a_row_costs_one_stop),
		LAW(denial__in_a_row_harms_no_allowed_call_between),
		LAW(kill__after_denials_in_a_row_ends_the_process),
		LAW(listener__above_a_session_outranks_no_rule),
		LAW(listener__above_a_session_is_refused_with_filters_alone),
		LAW(path__is_refused_without_shared_memory),
		LAW(session__is_refused_where_entries_cannot_be_told_from_exits),
	};

	for (size_t i = 0; i < LACK_COUNT; i++)
		laws[7 + i] = (struct CMUnitTest)LAW_WITH(lacks[i].law, check_lack, &lacks[i]);
	for (size_t i = 0; i < PATH_LACK_COUNT; i++)
		laws[7 + LACK_COUNT + i] =
			(struct CMUnitTest)LAW_WITH(path_lacks[i].law, check_path_lack, &path_lacks[i]);
	return RUN_LAWS(laws);
}
