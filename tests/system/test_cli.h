/* SPDX-License-Identifier: MIT */
#ifndef FST_TEST_CLI_H
#define FST_TEST_CLI_H

/*
 * Runs the built command: what it is given on standard input, what it writes, and how it ends. Each run has a deadline;
 * what did not end by then is killed, and the test fails.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define FLAGSTOP FLAGSTOP_BUILD_DIR "/flagstop"
#define DEADLINE_MS 30000
#define WORDS_MAX 32

struct run {
	/* Before: */
	const char *input;    /* NULL: /dev/null */
	size_t input_bytes;   /* 0: strlen(input) */
	uint64_t input_times; /* how often it is given; 0: once */
	const char *output;   /* a file instead of a pipe; "": closed */
	const char *env[4];   /* NAME=VALUE, put over the test's own */
	/* After: */
	int status;      /* as a shell has it: 128 + N after signal N */
	char *out, *err; /* with a zero behind */
	size_t out_bytes, err_bytes;
	uint64_t took_ms;
};

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static inline void run_exec(const struct run *run, int in, int out, int err, char *const argv[])
{
	int file = -1;

	for (size_t i = 0; i < COUNT(run->env) && run->env[i]; i++)
		putenv((char *)run->env[i]);
	if (run->output && *run->output)
		file = open(run->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	dup2(in, STDIN_FILENO);
	dup2(err, STDERR_FILENO);
	if (run->output && !*run->output)
		close(STDOUT_FILENO);
	else
		dup2(file >= 0 ? file : out, STDOUT_FILENO);
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], argv);
	_exit(113);
}

struct run_pump {
	struct run *run;
	int in, out, err;
	size_t written; /* of the present turn */
	uint64_t turns;
};

/* One read; closes at the end. */
static inline void run_read(int *fd, char **text, size_t *bytes)
{
	char piece[65536];
	ssize_t got = read(*fd, piece, sizeof(piece));

	if (got <= 0) {
		close(*fd);
		*fd = -1;
		return;
	}
	*text = realloc(*text, *bytes + (size_t)got + 1);
	assert_non_null(*text);
	memcpy(*text + *bytes, piece, (size_t)got);
	*bytes += (size_t)got;
	(*text)[*bytes] = '\0';
}

static inline void run_write(struct run_pump *p)
{
	size_t bytes = p->run->input_bytes ? p->run->input_bytes : strlen(p->run->input);
	ssize_t wrote = p->turns && p->written < bytes ?
		write(p->in, p->run->input + p->written, bytes - p->written) :
		0;

	if (wrote > 0)
		p->written += (size_t)wrote;
	if (p->written == bytes && p->turns && --p->turns)
		p->written = 0;
	if (wrote <= 0 || !p->turns) { /* all was written, or nobody reads any more */
		close(p->in);
		p->in = -1;
	}
}

/* False when the deadline passed. */
static inline bool run_move(struct run_pump *p)
{
	uint64_t deadline = now_ms() + DEADLINE_MS;

	while (p->in >= 0 || p->out >= 0 || p->err >= 0) {
		struct pollfd fds[] = { { p->in, POLLOUT, 0 }, { p->out, POLLIN, 0 }, { p->err, POLLIN, 0 } };
		uint64_t now = now_ms();

		if (now >= deadline || poll(fds, COUNT(fds), (int)(deadline - now)) <= 0)
			return false;
		if (fds[0].revents)
			run_write(p);
		if (fds[1].revents)
			run_read(&p->out, &p->run->out, &p->run->out_bytes);
		if (fds[2].revents)
			run_read(&p->err, &p->run->err, &p->run->err_bytes);
	}
	return true;
}

static inline void run_command(struct run *run, char *const argv[])
{
	int in[2] = { -1, -1 }, out[2], err[2], status;
	uint64_t start = now_ms();

	signal(SIGPIPE, SIG_IGN);
	run->out = calloc(1, 1);
	run->err = calloc(1, 1);
	run->out_bytes = run->err_bytes = 0;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	if (run->input)
		assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	else
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in[1] >= 0)
		fcntl(in[1], F_SETFL, O_NONBLOCK);
	fflush(NULL);
	pid_t tgid = fork();
	if (!tgid)
		run_exec(run, in[0], out[1], err[1], argv);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	struct run_pump pump = { run, in[1], out[0], err[0], 0, run->input_times ? run->input_times : 1 };
	bool in_time = run_move(&pump);
	if (!in_time)
		kill(tgid, SIGKILL);
	assert_int_equal(waitpid(tgid, &status, 0), tgid);
	run->took_ms = now_ms() - start;
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (!in_time)
		fail_msg("%s %s did not end within %d ms", argv[1], argv[2] ? argv[2] : "", DEADLINE_MS);
}

static inline void run_free(struct run *run)
{
	free(run->out);
	free(run->err);
	run->out = run->err = NULL;
}

/* RUN(&run, "check", "-"): the built command with these words. */
#define RUN(run, ...) run_command((run), (char *[]){ (char *)FLAGSTOP, __VA_ARGS__, NULL })
#define RUN_INIT \
	{ \
		.input = NULL \
	}

static inline void assert_status(const struct run *run, int status)
{
	if (run->status != status)
		fail_msg("status %d, not %d\nout: %.2000s\nerr: %.2000s", run->status, status, run->out, run->err);
}

static inline void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%.4000s", part, text);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static inline json_t *json_of(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, 0, &error);

	if (!value)
		fail_msg("no JSON: %s at %d:%d of:\n%.4000s", error.text, error.line, error.column, text);
	return value;
}

static inline const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("no text '%s'", key);
	return text;
}

static inline json_int_t json_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("no number '%s'", key);
	return json_integer_value(value);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* A directory of the test program's own; made by cli_setup, and gone after cli_teardown. */
static char cli_directory[64];

static inline int cli_setup(void **state)
{
	(void)state;
	snprintf(cli_directory, sizeof(cli_directory), "/tmp/flagstop-test-XXXXXX");
	return mkdtemp(cli_directory) && !chdir(cli_directory) ? 0 : -1;
}

static inline int cli_teardown(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	if (chdir("/"))
		return -1;
	run_command(&run, (char *[]){ (char *)"/bin/rm", (char *)"-rf", cli_directory, NULL });
	run_free(&run);
	return run.status;
}

/* In that directory, which is the working directory, too. */
static inline void write_bytes(const char *name, const void *bytes, size_t count)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

#endif
