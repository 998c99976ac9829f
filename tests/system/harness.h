/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_HARNESS_H
#define FST_TESTS_HARNESS_H

/*
 * Programs of tests/tracees under policies: by the library (struct run), and by the command (struct command).
 *
 * Every test has a minute, and must leave no process behind: the teardown waits for those that come to us as their
 * subreaper, and fails where one stays.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <sys/types.h>

#include <flagstop/flagstop.h>

/* ---- a test's life ---------------------------------------------------------------------------------------------- */

int harness_setup(void **state);
int harness_teardown(void **state);

/*
 * What sessions and commands use whose test names no backend: FLAGSTOP_TEST_BACKEND (run.py --backend), else AUTO.
 */
enum flagstop_backend harness_backend(void);
/* Skips a law that the ptrace backend cannot keep; `reason` is what the man page says of it. */
void harness_need_filters(const char *reason);
/* Guests are emulated, and are given more time: there a thousand of something takes long enough. */
bool harness_is_slow(void);
/* Skips a law of sessions without a tracer, which are not where an exec leaves registers as they were. */
void harness_need_untraced(void);
/* Skips a law for which the test itself must install filters. */
void harness_need_kernel_filters(void);
bool harness_has_kernel_filters(void);
/* SECCOMP_RET_*: whether filters may end in it; before 4.14 nobody tells, and neither LOG nor KILL_PROCESS is there. */
bool harness_has_kernel_action(unsigned action);

/* LAW: once. LAW_IN_BOTH: once for each report mode, which is what *state points at. */
extern enum flagstop_report harness_all, harness_none;
#define LAW(function) \
	{ \
#function, function, harness_setup, harness_teardown, NULL \
	}
#define LAW_WITH(name, function, row) \
	{ \
		name, function, harness_setup, harness_teardown, (void *)(row) \
	}
#define LAW_IN_BOTH(function) \
	{ #function "__reporting_all", function, harness_setup, harness_teardown, &harness_all }, \
	{ \
#function "__reporting_none", function, harness_setup, harness_teardown, &harness_none \
	}
#define RUN_LAWS(laws) cmocka_run_group_tests_name("laws", laws, NULL, NULL)

/* Everything that can be read until the end, as text; fails when it is too long. */
void harness_read_all(int fd, char *text, size_t size);
/* Up to the end of one line, without it; fails at the end of the file. */
void harness_read_line(int fd, char *text, size_t size);
/*
 * Waits, at most some seconds, until /proc/TID/status has that state ('T', 'S', …); 0: until the process is no
 * more.
 */
void harness_await_state(pid_t tid, char state);
/* Reads a number that stands behind `field` ("TracerPid") in /proc/TID/status. */
long harness_status_number(pid_t tid, const char *field);
/* The only child of a process whose name is that, or 0. */
pid_t harness_child_named(pid_t tid, const char *name);
/* The full name of a tracee, in one of a few static buffers. */
const char *harness_tracee(const char *name);

/* The ABI of 32-bit programs that this host runs beside its own, or its own if that is such; NULL: none is known. */
const char *harness_second_abi(void);
/* The same of a tracee built for it, which skips the test where there is none: only guests have them. */
const char *harness_second_tracee(const char *name);

/* The name of that call, or of what the C library calls instead where this architecture does not have it. */
const char *harness_call(const char *call);
/* Skips the test where the tracee is made of another architecture's instructions. */
void harness_need_tracee(const char *name);
/* Skips the test where programs of this host do not make calls of that ABI first. */
void harness_need_abi(enum flagstop_abi abi);
/* Skips the test where this kernel takes no i386 calls (int $0x80): some virtual machines run 64-bit code only. */
void harness_need_i386(void);

/* The same without flagstop: what it prints on standard output. */
void harness_native(char *const *argv, char *text, size_t size);

/* ---- by the library --------------------------------------------------------------------------------------------- */

struct run {
	/* Before the start. */
	const char *policy;
	struct flagstop_session_options options;
	/* Afterwards. */
	struct flagstop_session *session;
	struct flagstop_error error;
	struct flagstop_summary summary;
	int to, from; /* the program's standard input (-1: closed) and output */
	char out[32 * 1024];
};

#define RUN_INIT(text) \
	{ \
		.policy = (text), .options = FLAGSTOP_SESSION_OPTIONS_INIT, .error = FLAGSTOP_ERROR_INIT, \
		.to = -1, .from = -1 \
	}

/* argv[0] is run as it is; 0 or what the library said. */
int run_try(struct run *run, char *const *argv);
/* A tracee by its name, with its arguments, NULL at the end. Fails unless it starts. */
void run_start(struct run *run, const char *name, ...) __attribute__((sentinel));
void run_say(struct run *run, const char *text);
/* Closes the program's input, waits for its end, reads its output and its summary. */
void run_finish(struct run *run);
/* Both. The session may be asked for its events until run_free. */
void run_whole(struct run *run, const char *name, ...) __attribute__((sentinel));
void run_free(struct run *run);
/* How often a call got that verdict, over all events; -1 action: any. */
uint64_t run_count(const struct run *run, const char *call, int action);
void run_assert_exited(const struct run *run, int status);
void run_assert_signalled(const struct run *run, int number);
/* It printed that and exited with 0; NULL: it printed nothing, and a verdict killed it. */
void run_assert_said(const struct run *run, const char *out);

/* ---- by the command --------------------------------------------------------------------------------------------- */

struct command {
	/* Before the start. */
	const char *policy;
	const char *report;    /* NULL: not said */
	uid_t uid;             /* 0: ours */
	void (*prepare)(void); /* in the child, right before the command is executed; NULL: nothing */
	char *const *envp;     /* NULL: ours */
	int tty;               /* > 0: becomes its controlling terminal and all three descriptors */
	/* Afterwards. */
	pid_t tid;
	int to, from, errors;
	int status; /* as waitpid has it */
	char out[16 * 1024], err[16 * 1024];
	char file[64];
};

#define COMMAND_INIT(text) \
	{ \
		.policy = (text), .to = -1, .from = -1, .errors = -1 \
	}

void command_start(struct command *command, char *const *argv);
void command_finish(struct command *command);
void command_whole(struct command *command, char *const *argv);
void command_assert_exited(const struct command *command, int status);
/* Skips the test where a user without rights cannot reach what is to be run. */
void command_need_nobody(void);
#define NOBODY 65534

#endif
