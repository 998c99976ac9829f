/* SPDX-License-Identifier: MIT */
/* Decides how the programs of the live tests are started, talked to, waited for, and that none is left behind. */
#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include <arch/layout.h>

#define TEST_SECONDS "60" /* FLAGSTOP_TEST_SECONDS says otherwise: emulated machines are slow */
#define END_SECONDS 5
#define MAX_ARGUMENTS 16

enum flagstop_report harness_all = FLAGSTOP_REPORT_ALL, harness_none = FLAGSTOP_REPORT_NONE;

/* ---- a test's life ---------------------------------------------------------------------------------------------- */

int harness_setup(void **state)
{
	(void)state;
	const char *seconds = getenv("FLAGSTOP_TEST_SECONDS");

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	alarm((unsigned)strtoul(seconds ? seconds : TEST_SECONDS, NULL, 10));
	return 0;
}

static int complain(pid_t tid)
{
	char path[64], line[256] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t bytes = read(fd, line, sizeof(line) - 1);

		line[bytes < 0 ? 0 : bytes] = '\0';
		close(fd);
	}
	print_error("left behind: %d of %s\n", (int)tid, line);
	for (char *at = line; *at; at += strspn(at, " "))
		kill((pid_t)strtol(at, &at, 10), SIGKILL);
	return -1;
}

/* What is on its way out comes to us, as the subreaper; each end is a SIGCHLD. */
int harness_teardown(void **state)
{
	struct timespec patience = { .tv_sec = END_SECONDS };
	sigset_t child, before;
	pid_t tid;
	int r = 0;

	(void)state;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	while ((tid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0)
		if (!tid && sigtimedwait(&child, NULL, &patience) < 0 && errno == EAGAIN)
			r = complain(tid);
	sigprocmask(SIG_SETMASK, &before, NULL);
	alarm(0);
	return r;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

void harness_read_all(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, text + used, size - 1 - used)) > 0) {
		used += n;
		assert_true(used < size - 1);
	}
	text[used] = '\0';
}

void harness_read_line(int fd, char *text, size_t size)
{
	size_t used = 0;

	do {
		assert_true(used < size - 1);
		assert_int_equal(read(fd, text + used, 1), 1);
	} while (text[used++] != '\n');
	text[used - 1] = '\0';
}

static bool read_status(pid_t tid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t bytes = read(fd, text, size - 1);
	close(fd);
	text[bytes < 0 ? 0 : bytes] = '\0';
	return bytes > 0;
}

long harness_status_number(pid_t tid, const char *field)
{
	char text[8192];
	const char *at;

	assert_true(read_status(tid, text, sizeof(text)));
	at = strstr(text, field);
	assert_non_null(at);
	return strtol(at + strlen(field) + 1, NULL, 10);
}

static bool has_state(pid_t tid, char state)
{
	char text[8192];

	if (!read_status(tid, text, sizeof(text)))
		return !state;
	const char *at = strstr(text, "State:\t");
	return at && (state ? at[7] == state : at[7] == 'Z');
}

/* There is no event for a state that another process gets into: this looks, with a bound. */
void harness_await_state(pid_t tid, char state)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < END_SECONDS * 1000; i++) {
		if (has_state(tid, state))
			return;
		nanosleep(&moment, NULL);
	}
	fail_msg("%d never got into state %c", (int)tid, state ? state : '0');
}

static bool is_named(pid_t tid, const char *name)
{
	char text[8192];
	size_t bytes = strlen(name);

	return read_status(tid, text, sizeof(text)) && !strncmp(text, "Name:\t", 6) &&
		!strncmp(text + 6, name, bytes) && text[6 + bytes] == '\n';
}

pid_t harness_child_named(pid_t tid, const char *name)
{
	char path[64], line[4096] = "";
	pid_t found = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)tid, (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	close(fd);
	for (char *at = line; isdigit(*at); at += strspn(at, " ")) {
		pid_t child = (pid_t)strtol(at, &at, 10);

		if (is_named(child, name))
			found = child;
	}
	return found;
}

const char *harness_second_abi(void)
{
	enum flagstop_abi native = flagstop_abi_native();

	if (native == FLAGSTOP_ABI_X86_64 || native == FLAGSTOP_ABI_I386)
		return "i386";
	return native == FLAGSTOP_ABI_AARCH64 || native == FLAGSTOP_ABI_ARM ? "arm" : NULL;
}

const char *harness_second_tracee(const char *name)
{
	static char path[512];
	const char *triplet = flagstop_abi_native() == FLAGSTOP_ABI_X86_64 ? "i686-linux-gnu" : "arm-linux-gnueabihf";

	if (harness_second_abi() && !strcmp(harness_second_abi(), flagstop_abi_name(flagstop_abi_native())))
		return harness_tracee(name);
	snprintf(path, sizeof(path), "%s/../%s-release/tests/tracees/%s", FLAGSTOP_BUILD_DIR, triplet, name);
	if (!harness_second_abi() || access(path, X_OK)) {
		print_message("there is no program of a second ABI\n");
		skip();
	}
	return path;
}

const char *harness_tracee(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s%s%s", *name == '/' ? "" : FLAGSTOP_TRACEES_DIR, *name == '/' ? "" : "/",
		 name);
	return path;
}

void harness_native(char *const *argv, char *text, size_t size)
{
	int out[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t tid = fork();
	if (!tid) {
		dup2(out[1], 1);
		execv(argv[0], argv);
		_exit(98);
	}
	close(out[1]);
	harness_read_all(out[0], text, size);
	close(out[0]);
	waitpid(tid, NULL, 0); /* nothing to be had where SIGCHLD is ignored */
}

enum flagstop_backend harness_backend(void)
{
	const char *name = getenv("FLAGSTOP_TEST_BACKEND");

	if (!name || !*name)
		return FLAGSTOP_BACKEND_AUTO;
	return strcmp(name, "ptrace") ? FLAGSTOP_BACKEND_TRACE : FLAGSTOP_BACKEND_PTRACE;
}

void harness_need_filters(const char *reason)
{
	if (harness_backend() != FLAGSTOP_BACKEND_PTRACE)
		return;
	print_message("not with the ptrace backend: %s\n", reason);
	skip();
}

bool harness_is_slow(void)
{
	return getenv("FLAGSTOP_TEST_SECONDS") != NULL;
}

void harness_need_untraced(void)
{
	if (!fst_native_own_layout()->kept_words)
		return;
	print_message("there is always a tracer, to clear what an exec leaves in registers\n");
	skip();
}

bool harness_has_kernel_filters(void)
{
	/* One that is nowhere: who knows filters does not find it. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 && errno == EFAULT;
}

void harness_need_kernel_filters(void)
{
	if (harness_has_kernel_filters())
		return;
	print_message("this kernel takes no seccomp filters, or not by seccomp(2)\n");
	skip();
}

bool harness_has_kernel_action(unsigned action)
{
	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

/* ---- by the library --------------------------------------------------------------------------------------------- */

static bool is_native(const char *call)
{
	int index = flagstop_call_find(call);

	return index < 0 || flagstop_call_number((unsigned)index, flagstop_abi_native()) >= 0;
}

/* What the C library of an architecture calls that came after these. */
const char *harness_call(const char *call)
{
	static const char *const newer[][2] = {
		{ "mkdir", "mkdirat" },
		{ "rmdir", "unlinkat" },
		{ "pause", "ppoll" },
		{ "open", "openat" },
		{ "creat", "openat" },
		{ "stat", "newfstatat" },
		{ "lstat", "newfstatat" },
		{ "newfstatat", "fstatat64" },
		{ "unlink", "unlinkat" },
		{ "rename", "renameat2" },
		{ "renameat", "renameat2" },
		{ "link", "linkat" },
		{ "symlink", "symlinkat" },
		{ "chmod", "fchmodat" },
		{ "access", "faccessat" },
		{ "readlink", "readlinkat" },
	};

	for (size_t i = 0; i < sizeof(newer) / sizeof(*newer); i++)
		if (!strcmp(newer[i][0], call) && !is_native(call))
			return newer[i][1];
	return call;
}

/* The policy with its calls as this architecture has them. */
static void translate(const char *text, char *out, size_t size)
{
	size_t used = 0;

	while (*text) {
		size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789");
		char word[64] = "";

		if (bytes && bytes < sizeof(word))
			memcpy(word, text, bytes);
		used += (size_t)snprintf(out + used, size - used, "%.*s",
					 *word ? (int)strlen(harness_call(word)) : 1,
					 *word ? harness_call(word) : text);
		assert_true(used < size);
		text += *word ? bytes : 1;
	}
	out[used] = '\0';
}

static struct flagstop_policy *load(const char *source, struct flagstop_error *error)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	static char translated[64 * 1024];
	char second[2];
	const char *text = translated;

	/* Another ABI beside, that has these calls, is named after the first. */
	if (sscanf(source, "abi %*[a-z0-9_]%1[ ]", second) == 1)
		snprintf(translated, sizeof(translated), "%s", source);
	else
		translate(source, translated, sizeof(translated));

	assert_non_null(policy);
	/* Layers are parted by a line of dashes. */
	while (text) {
		const char *end = strstr(text, "---\n");
		size_t bytes = end ? (size_t)(end - text) : strlen(text);

		if (flagstop_policy_add_text(policy, "test.fs", text, bytes, error))
			fail_msg("%s:%u: %s", error->file, error->line, error->message);
		text = end ? end + 4 : NULL;
	}
	return policy;
}

/* The program gets what we have as 0 and 1: so we have its pipes there, for a moment. */
static void swap_in(int fd, int number, int *ret_saved)
{
	fflush(stdout);
	*ret_saved = fcntl(number, F_DUPFD_CLOEXEC, 10);
	dup2(fd, number);
	close(fd);
}

static void swap_back(int saved, int number)
{
	if (saved >= 0)
		dup2(saved, number);
	else
		close(number);
	close(saved);
}

int run_try(struct run *run, char *const *argv)
{
	struct flagstop_policy *policy = load(run->policy, &run->error);
	int in[2], out[2], saved_in, saved_out;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	run->to = in[1];
	run->from = out[0];
	run->options.argv = argv;
	if (run->options.backend == FLAGSTOP_BACKEND_AUTO)
		run->options.backend = harness_backend();
	swap_in(in[0], 0, &saved_in);
	swap_in(out[1], 1, &saved_out);
	int r = flagstop_session_start(policy, &run->options, &run->session, &run->error);
	swap_back(saved_in, 0);
	swap_back(saved_out, 1);
	flagstop_policy_free(policy);
	return r;
}

static void start(struct run *run, const char *name, va_list rest)
{
	char *argv[MAX_ARGUMENTS + 1] = { (char *)harness_tracee(name) };

	for (unsigned i = 1; i < MAX_ARGUMENTS && argv[i - 1]; i++)
		argv[i] = va_arg(rest, char *);
	int r = run_try(run, argv);
	if (r)
		fail_msg("%s did not start: %s", name, run->error.message);
}

void run_start(struct run *run, const char *name, ...)
{
	va_list rest;

	va_start(rest, name);
	start(run, name, rest);
	va_end(rest);
}

void run_say(struct run *run, const char *text)
{
	assert_int_equal(write(run->to, text, strlen(text)), strlen(text));
}

void run_finish(struct run *run)
{
	if (run->to >= 0)
		close(run->to);
	run->to = -1;
	if (flagstop_session_wait(run->session, &run->error))
		fail_msg("the session failed: %s", run->error.message);
	flagstop_session_summary(run->session, &run->summary);
	harness_read_all(run->from, run->out, sizeof(run->out));
}

void run_whole(struct run *run, const char *name, ...)
{
	va_list rest;

	va_start(rest, name);
	start(run, name, rest);
	va_end(rest);
	run_finish(run);
}

void run_free(struct run *run)
{
	flagstop_session_free(run->session);
	if (run->to >= 0)
		close(run->to);
	if (run->from >= 0)
		close(run->from);
	run->to = run->from = -1;
	run->session = NULL;
}

uint64_t run_count(const struct run *run, const char *call, int action)
{
	uint64_t count = 0;

	for (size_t i = 0; i < flagstop_session_event_count(run->session); i++) {
		const struct flagstop_event *e = flagstop_session_event(run->session, i);

		if (strcmp(e->call, harness_call(call)))
			continue;
		if (action < 0 || e->verdict.action == (enum flagstop_action)action)
			count += e->count;
	}
	return count;
}

void run_assert_exited(const struct run *run, int status)
{
	assert_int_equal(run->summary.signal, 0);
	assert_int_equal(run->summary.exit_code, status);
}

void run_assert_signalled(const struct run *run, int number)
{
	assert_int_equal(run->summary.exit_code, -1);
	assert_int_equal(run->summary.signal, number);
}

void run_assert_said(const struct run *run, const char *out)
{
	assert_string_equal(run->out, out ? out : "");
	if (out)
		run_assert_exited(run, 0);
	else
		run_assert_signalled(run, SIGSYS);
}

/* ---- by the command --------------------------------------------------------------------------------------------- */

static void write_policy(struct command *c)
{
	static char text[64 * 1024];

	translate(c->policy, text, sizeof(text));
	snprintf(c->file, sizeof(c->file), "/tmp/flagstop-run-XXXXXX");
	int fd = mkstemp(c->file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, 0644);
	close(fd);
}

static void become(const struct command *c, int in, int out, int err)
{
	if (c->tty > 0) {
		setsid();
		ioctl(c->tty, TIOCSCTTY, 0);
		in = out = err = c->tty;
	}
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	signal(SIGPIPE, SIG_DFL);
	if (c->uid && (setgroups(0, NULL) || setresgid(c->uid, c->uid, c->uid) || setresuid(c->uid, c->uid, c->uid)))
		_exit(99);
	if (c->prepare)
		c->prepare();
}

static void execute(const struct command *c, int in, int out, int err, char *const *argv)
{
	static const char *const backends[] = { "auto", "trace", "ptrace" };
	const char *head[] = { "flagstop", "run", "-q", "-p", c->file, "-r", c->report ? c->report : "all",
			       "-b", backends[harness_backend()], "--" };
	char *all[sizeof(head) / sizeof(*head) + MAX_ARGUMENTS + 1];
	unsigned count = sizeof(head) / sizeof(*head), i;

	memcpy(all, head, sizeof(head));
	for (i = 0; argv[i] && i < MAX_ARGUMENTS; i++)
		all[count + i] = argv[i];
	all[count + i] = NULL;
	become(c, in, out, err);
	execve(FLAGSTOP_BUILD_DIR "/flagstop", all, c->envp ? c->envp : environ);
	_exit(98);
}

void command_start(struct command *c, char *const *argv)
{
	int in[2], out[2], err[2];

	write_policy(c);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	c->to = in[1];
	c->from = out[0];
	c->errors = err[0];
	c->tid = fork();
	assert_true(c->tid >= 0);
	if (!c->tid)
		execute(c, in[0], out[1], err[1], argv);
	close(in[0]);
	close(out[1]);
	close(err[1]);
}

void command_finish(struct command *c)
{
	if (c->to >= 0)
		close(c->to);
	harness_read_all(c->from, c->out, sizeof(c->out));
	harness_read_all(c->errors, c->err, sizeof(c->err));
	assert_int_equal(waitpid(c->tid, &c->status, 0), c->tid);
	close(c->from);
	close(c->errors);
	unlink(c->file);
	c->to = c->from = c->errors = -1;
}

void command_whole(struct command *c, char *const *argv)
{
	command_start(c, argv);
	close(c->to);
	c->to = -1;
	command_finish(c);
}

void command_assert_exited(const struct command *c, int status)
{
	if (!WIFEXITED(c->status) || WEXITSTATUS(c->status) != status)
		print_error("wait status %#x, standard error: %s\n", c->status, c->err);
	assert_true(WIFEXITED(c->status));
	assert_int_equal(WEXITSTATUS(c->status), status);
}

void harness_need_tracee(const char *name)
{
	if (!access(harness_tracee(name), X_OK))
		return;
	print_message("there is no %s for this architecture\n", name);
	skip();
}

void harness_need_abi(enum flagstop_abi abi)
{
	if (flagstop_abi_native() == abi)
		return;
	print_message("this is no host of %s\n", flagstop_abi_name(abi));
	skip();
}

void harness_need_i386(void)
{
	harness_need_tracee("call32");
	char *argv[] = { (char *)harness_tracee("call32"), "20", NULL };
	pid_t tid = fork();
	int status;

	if (!tid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	assert_int_equal(waitpid(tid, &status, 0), tid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	if (!status)
		return;
	print_message("this kernel takes no i386 calls\n");
	skip();
}

void command_need_nobody(void)
{
	pid_t tid = fork();
	int status;

	if (!tid) {
		if (setresuid(NOBODY, NOBODY, NOBODY))
			_exit(2);
		_exit(access(FLAGSTOP_BUILD_DIR "/flagstop", X_OK) || access(FLAGSTOP_TRACEES_DIR, X_OK));
	}
	assert_int_equal(waitpid(tid, &status, 0), tid);
	if (!status)
		return;
	print_message("not root, or user %d cannot reach the build directory\n", NOBODY);
	skip();
}
