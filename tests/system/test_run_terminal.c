/* SPDX-License-Identifier: MIT */
/* Job control on a terminal of our own: what its keys do reaches the program as without flagstop, and once. */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define TRACED "default allow\ntrace getppid\n"

struct terminal {
	int master, slave;
	char seen[8192];
	size_t used;
};

static void open_terminal(struct terminal *t)
{
	struct termios attributes;

	memset(t, 0, sizeof(*t));
	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(t->master >= 0);
	assert_int_equal(grantpt(t->master), 0);
	assert_int_equal(unlockpt(t->master), 0);
	t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(t->slave >= 0);
	tcgetattr(t->slave, &attributes);
	attributes.c_lflag &= ~ECHO; /* only what programs say is to be seen */
	tcsetattr(t->slave, TCSANOW, &attributes);
}

static void close_terminal(struct terminal *t)
{
	close(t->master);
	close(t->slave);
}

static void type(struct terminal *t, const char *keys)
{
	assert_int_equal(write(t->master, keys, strlen(keys)), strlen(keys));
}

/* Reads until that was seen; the test's minute is the bound. What was seen up to it is used up. */
static void await(struct terminal *t, const char *text)
{
	char *found;

	while (!(found = strstr(t->seen, text))) {
		assert_true(t->used < sizeof(t->seen) - 1);
		ssize_t n = read(t->master, t->seen + t->used, sizeof(t->seen) - 1 - t->used);
		assert_true(n > 0);
		t->used += n;
		t->seen[t->used] = '\0';
	}
	found += strlen(text);
	t->used -= found - t->seen;
	memmove(t->seen, found, t->used + 1);
}

static int finish(struct command *c, struct terminal *t)
{
	int status;

	assert_int_equal(waitpid(c->tid, &status, 0), c->tid);
	close(c->to);
	close(c->from);
	close(c->errors);
	unlink(c->file);
	close_terminal(t);
	return status;
}

/* ---- the command leads its session, as in a container ----------------------------------------------------------- */

static void interrupt__reaches_the_program_once_and_nobody_else(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("caught"), "2", "3", NULL };
	struct terminal t;

	(void)state;
	open_terminal(&t);
	command.tty = t.slave;
	command_start(&command, argv);
	await(&t, "ready");
	type(&t, "\003");
	await(&t, "signal 2 ");
	type(&t, "\034");
	await(&t, "signal 3 "); /* a second 2 would have come first */
	assert_null(strstr(t.seen, "signal 2"));
	type(&t, "\004");
	assert_int_equal(finish(&command, &t), 0);
}

static void interrupt__that_ends_the_program_ends_the_command(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("sleeper"), "60000", NULL };
	struct terminal t;

	(void)state;
	open_terminal(&t);
	command.tty = t.slave;
	command_start(&command, argv);
	await(&t, "ready");
	type(&t, "\003");
	int status = finish(&command, &t);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
}

/* Nobody could continue it: the kernel drops stops from the terminal for a group that no shell looks after. */
static void stop_key__does_nothing_where_no_shell_could_continue(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("caught"), "2", NULL };
	struct terminal t;

	(void)state;
	open_terminal(&t);
	command.tty = t.slave;
	command_start(&command, argv);
	await(&t, "ready");
	type(&t, "\032");
	type(&t, "\003");
	await(&t, "signal 2 ");
	type(&t, "\004");
	assert_int_equal(finish(&command, &t), 0);
}

static void hangup__ends_the_program(void **state)
{
	struct command command = COMMAND_INIT(TRACED);
	char *argv[] = { (char *)harness_tracee("sleeper"), "60000", NULL };
	struct terminal t;
	int status;

	(void)state;
	open_terminal(&t);
	command.tty = t.slave;
	command_start(&command, argv);
	await(&t, "ready");
	close_terminal(&t);
	assert_int_equal(waitpid(command.tid, &status, 0), command.tid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGHUP);
	close(command.to);
	close(command.from);
	close(command.errors);
	unlink(command.file);
}

/* ---- a shell runs the command ----------------------------------------------------------------------------------- */

/* Asked by a shell, with its prompt set to something that is found again. */
static void start_shell(struct command *c, struct terminal *t, char *const *argv)
{
	static char *const envp[] = { "PS1=prompt> ", "PATH=/usr/bin:/bin", "ENV=", "TERM=dumb", NULL };

	open_terminal(t);
	c->tty = t->slave;
	c->envp = envp;
	command_start(c, argv);
	await(t, "prompt> ");
}

/* The shell is not under flagstop here: it only plays the user's. */
static pid_t start_users_shell(struct terminal *t)
{
	pid_t tid;

	open_terminal(t);
	tid = fork();
	if (!tid) {
		setsid();
		ioctl(t->slave, TIOCSCTTY, 0);
		dup2(t->slave, 0);
		dup2(t->slave, 1);
		dup2(t->slave, 2);
		setenv("PS1", "prompt> ", 1);
		setenv("ENV", "", 1);
		execl("/bin/sh", "sh", "-i", (char *)NULL);
		_exit(98);
	}
	await(t, "prompt> ");
	return tid;
}

static void stop_key__stops_both_and_fg_continues_both(void **state)
{
	char line[1024], policy[] = "/tmp/flagstop-run-XXXXXX";
	int fd = mkstemp(policy), status;
	struct terminal t;

	(void)state;
	assert_int_equal(write(fd, TRACED, strlen(TRACED)), strlen(TRACED));
	close(fd);
	pid_t shell = start_users_shell(&t);
	snprintf(line, sizeof(line), "%s/flagstop run -q -p %s -- %s 2\n", FLAGSTOP_BUILD_DIR, policy,
		 harness_tracee("caught"));
	type(&t, line);
	await(&t, "ready");
	pid_t command = harness_child_named(shell, "flagstop");
	pid_t program = harness_child_named(harness_child_named(command, "flagstop-tracer"), "caught");
	assert_true(program > 0);
	type(&t, "\032");
	await(&t, "prompt> "); /* the shell has the terminal again: it saw its child stop */
	harness_await_state(command, 'T');
	harness_await_state(program, 't');
	type(&t, "fg\n");
	harness_await_state(program, 'S');
	type(&t, "\003");
	await(&t, "signal 2 ");
	type(&t, "\004");
	await(&t, "prompt> ");
	type(&t, "exit 5\n");
	assert_int_equal(waitpid(shell, &status, 0), shell);
	assert_int_equal(WEXITSTATUS(status), 5);
	unlink(policy);
	close_terminal(&t);
}

static void shell__inside_has_job_control_of_its_own(void **state)
{
	char *argv[] = { "sh", "-i", NULL };
	struct command command = COMMAND_INIT(TRACED);
	struct terminal t;

	(void)state;
	start_shell(&command, &t, argv);
	type(&t, "echo $((40 + 2))\n");
	await(&t, "42");
	await(&t, "prompt> ");
	type(&t, "sleep 1000\n");
	pid_t shell = harness_child_named(harness_child_named(command.tid, "flagstop-tracer"), "sh");
	assert_true(shell > 0);
	while (!harness_child_named(shell, "sleep"))
		harness_await_state(shell, 'S');
	type(&t, "\032");
	await(&t, "prompt> ");
	type(&t, "jobs; kill %1; fg; echo ended $?\n");
	await(&t, "sleep 1000");
	await(&t, "ended 143");
	await(&t, "prompt> ");
	type(&t, "exit 6\n");
	int status = finish(&command, &t);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 6);
}

static const struct CMUnitTest laws[] = {
	LAW(interrupt__reaches_the_program_once_and_nobody_else),
	LAW(interrupt__that_ends_the_program_ends_the_command),
	LAW(stop_key__does_nothing_where_no_shell_could_continue),
	LAW(hangup__ends_the_program),
	LAW(stop_key__stops_both_and_fg_continues_both),
	LAW(shell__inside_has_job_control_of_its_own),
};

int main(void)
{
	return RUN_LAWS(laws);
}
