/* SPDX-License-Identifier: MIT */
/* Writes the filter programs that a process carries. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

struct arguments {
	const char *output;
	long index; /* -1: all */
	pid_t tid;
};

static long parse_number(const char *text, long least, const char *what, struct argp_state *state)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno || end == text || *end || number < least || number > INT_MAX)
		argp_error(state, "%s is a number from %ld on, not '%s'", what, least, text);
	return number;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'o':
		a->output = arg;
		return 0;
	case 'n':
		a->index = parse_number(arg, 0, "--index", state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->tid)
			argp_error(state, "one process at a time");
		a->tid = (pid_t)parse_number(arg, 1, "a process", state);
		return 0;
	case ARGP_KEY_END:
		if (!a->tid)
			argp_error(state, "which process?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int write_one(const struct flagstop_programs *programs, size_t index, const char *path)
{
	bool to_stdout = !path || !strcmp(path, "-");
	FILE *out = to_stdout ? stdout : fopen(path, "we");
	size_t count;
	const struct flagstop_insn *insns = flagstop_programs_get(programs, index, &count);
	bool failed = !out || fwrite(insns, sizeof(*insns), count, out) != count || fflush(out);

	if (failed)
		fprintf(stderr, "flagstop: %s: %s\n", to_stdout ? "standard output" : path, strerror(errno));
	if (out && !to_stdout)
		fclose(out);
	return failed ? EXIT_TROUBLE : 0;
}

static int write_all(const struct flagstop_programs *programs, const char *path)
{
	size_t count = flagstop_programs_count(programs);
	char name[PATH_MAX];
	int status = 0;

	if (count == 1)
		return write_one(programs, 0, path);
	if (!path || !strcmp(path, "-")) {
		fprintf(stderr,
			"flagstop: there are %zu filters: -o FILE writes FILE.0 to FILE.%zu, --index N one of them\n",
			count, count - 1);
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < count && !status; i++) {
		if (snprintf(name, sizeof(name), "%s.%zu", path, i) >= (int)sizeof(name)) {
			fprintf(stderr, "flagstop: %s: the name is too long\n", path);
			return EXIT_TROUBLE;
		}
		status = write_one(programs, i, name);
	}
	return status;
}

int command_dump(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "output", 'o', "FILE", 0, "write to this file; several filters go to FILE.0, FILE.1, ...", 0 },
		{ "index", 'n', "N", 0, "write this one only; 0 was installed first", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse,
		"PID",
		"Writes the seccomp filters that a process (or thread) carries, raw, in the order they "
		"were installed. It takes CAP_SYS_ADMIN, and interrupts the process for a moment. Exits "
		"with 1 when it carries none, or no such one, 2 on trouble.",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { .index = -1 };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;
	size_t count;
	int status;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	if (flagstop_dump(a.tid, &programs, &error)) {
		print_error(&error);
		return EXIT_TROUBLE;
	}
	count = flagstop_programs_count(programs);
	if (!count || (a.index >= 0 && (size_t)a.index >= count)) {
		fprintf(stderr, "flagstop: %d carries %zu filter%s%s\n", (int)a.tid, count, count == 1 ? "" : "s",
			count ? ", numbered from 0" : "");
		status = EXIT_WRONG;
	} else {
		status = a.index >= 0 ? write_one(programs, (size_t)a.index, a.output) : write_all(programs, a.output);
	}
	flagstop_programs_free(programs);
	return status;
}
