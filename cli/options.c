/* SPDX-License-Identifier: MIT */
/* Option parsing (argp is the C library's table of options, with --help made from it) and reading files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static bool parsing;

/* argp writes --help and exits by itself: whether that could be written is seen here. */
static void check_help(void)
{
	if (!parsing || !(fflush(stdout) || ferror(stdout)))
		return;
	fprintf(stderr, "flagstop: standard output: %s\n", strerror(errno));
	_exit(argp_err_exit_status);
}

void parse_options(const struct argp *argp, int argc, char **argv, unsigned flags, int failure, void *input)
{
	argp_err_exit_status = failure;
	parsing = !atexit(check_help);
	error_t error = argp_parse(argp, argc, argv, flags, NULL, input);
	parsing = false;

	if (error) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(error));
		exit(failure);
	}
}

enum flagstop_abi parse_abi(const char *name, struct argp_state *state)
{
	int abi = flagstop_abi_find(name);

	if (abi < 0) {
		char known[128] = "";
		size_t used = 0;

		for (int i = 0; i < FLAGSTOP_ABI_COUNT; i++)
			used += snprintf(known + used, sizeof(known) - used, " %s", flagstop_abi_name(i));
		argp_error(state, "no ABI is named '%s'; there are:%s", name, known);
	}
	return abi;
}

enum flagstop_report parse_report(const char *name, struct argp_state *state)
{
	if (!strcmp(name, "none"))
		return FLAGSTOP_REPORT_NONE;
	if (strcmp(name, "all"))
		argp_error(state, "--report takes 'all' or 'none', not '%s'", name);
	return FLAGSTOP_REPORT_ALL;
}

static char *read_stream(FILE *stream, size_t limit, size_t *ret_bytes)
{
	char *bytes = malloc(limit + 1);

	if (!bytes)
		return NULL;
	*ret_bytes = fread(bytes, 1, limit + 1, stream);
	if (ferror(stream) || *ret_bytes > limit) {
		if (!ferror(stream))
			errno = EFBIG;
		free(bytes);
		return NULL;
	}
	bytes[*ret_bytes] = '\0';
	return bytes;
}

char *read_file(const char *path, size_t limit, size_t *ret_bytes)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *stream = is_stdin ? stdin : fopen(path, "re");
	char *bytes = stream ? read_stream(stream, limit, ret_bytes) : NULL;

	if (!bytes)
		fprintf(stderr, "flagstop: %s: %s\n", path, strerror(errno));
	if (stream && !is_stdin)
		fclose(stream);
	return bytes;
}
