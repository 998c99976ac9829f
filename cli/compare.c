/* SPDX-License-Identifier: MIT */
/* What two policies or filter programs do differently, with a call that shows each difference. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"

struct arguments {
	bool json;
	struct flagstop_compare_options options;
	const char *files[2];
	int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case 'a':
		a->options.abis |= 1u << parse_abi(arg, state);
		return 0;
	case 'r':
		a->options.report = parse_report(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->count == 2)
			argp_error(state, "two files are compared at a time");
		a->files[a->count++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->count < 2)
			argp_error(state, "two files are needed");
		if (!strcmp(a->files[0], "-") && !strcmp(a->files[1], "-"))
			argp_error(state, "standard input can be one of the two");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool is_regular(const char *path)
{
	struct stat status;

	return strcmp(path, "-") && !stat(path, &status) && S_ISREG(status.st_mode);
}

/* Includes are relative to the file, which is therefore read again where that can be done. */
static int load_policy(const char *path, const char *text, size_t bytes, struct flagstop_side *side,
		       struct flagstop_error *error)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	int r;

	if (!policy)
		return -ENOMEM;
	if (is_regular(path))
		r = flagstop_policy_add_file(policy, path, error);
	else
		r = flagstop_policy_add_text(policy, strcmp(path, "-") ? path : "<stdin>", text, bytes, error);
	if (r)
		flagstop_policy_free(policy);
	else
		side->policy = policy;
	return r;
}

/* Every instruction has a zero byte (codes are below 256 and have two bytes), and no text has one. */
static int load(const char *path, struct flagstop_side *side)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;
	size_t bytes;
	char *text = read_file(path, FLAGSTOP_POLICY_MAX_BYTES, &bytes);
	int r;

	if (!text)
		return EXIT_TROUBLE;
	if (memchr(text, '\0', bytes)) {
		r = flagstop_programs_read(text, bytes, &programs, &error);
		if (r)
			fprintf(stderr, "flagstop: %s: the kernel would refuse this program: %s\n", path,
				error.message);
		else
			side->programs = programs;
	} else {
		r = load_policy(path, text, bytes, side, &error);
		if (r)
			print_error(&error);
	}
	free(text);
	return r ? EXIT_TROUBLE : 0;
}

static void release(struct flagstop_side *side)
{
	flagstop_policy_free((struct flagstop_policy *)side->policy);
	flagstop_programs_free((struct flagstop_programs *)side->programs);
}

static void format_abi(const struct flagstop_difference *d, char *text, size_t size)
{
	if (d->abi >= 0)
		snprintf(text, size, "%s", flagstop_abi_name(d->abi));
	else
		snprintf(text, size, "0x%08x", d->call.arch);
}

/* What a program may look at and the call does not show: registers that the call has not, halves that it does not
 * read. */
static bool is_hidden(const struct flagstop_difference *d, unsigned argument)
{
	const struct flagstop_arg *args;
	unsigned count = d->index < 0 ? 0 : flagstop_call_args((unsigned)d->index, d->abi, &args);
	uint64_t value = d->call.args[argument];

	if (d->index < 0)
		return d->abi < 0 && value;
	unsigned bits = argument < count ? flagstop_arg_bits(d->abi, args[argument].type) : 0;

	return bits < 64 && value >> bits;
}

static void format_call(const struct flagstop_difference *d, char *text, size_t size)
{
	size_t used;

	if (d->abi >= 0)
		used = flagstop_call_format(d->abi, d->call.nr, d->call.args, text, size);
	else
		used = (size_t)snprintf(text, size, "call %u", d->call.nr);
	for (unsigned i = 0; i < 6; i++)
		if (is_hidden(d, i) && used < size)
			used += (size_t)snprintf(text + used, size - used, ", arg%u = 0x%llx", i,
						 (unsigned long long)d->call.args[i]);
	if (d->call.instruction_pointer && used < size)
		snprintf(text + used, size - used, ", from 0x%llx", (unsigned long long)d->call.instruction_pointer);
}

static int write_json(const struct flagstop_comparison *comparison, int status)
{
	json_t *list = json_array();
	char abi[32], call[512];

	for (size_t i = 0; i < flagstop_comparison_count(comparison); i++) {
		const struct flagstop_difference *d = flagstop_comparison_get(comparison, i);

		format_abi(d, abi, sizeof(abi));
		format_call(d, call, sizeof(call));
		json_array_append_new(list,
				      json_pack("{s:s, s:s?, s:I, s:s, s:s, s:s, s:s}", "abi", abi, "call",
						d->index < 0 ? NULL : flagstop_call_name(d->index), "nr",
						(json_int_t)d->call.nr, "example", call, "relation",
						flagstop_relation_name(d->relation), "a", d->a, "b", d->b));
	}
	return finish_json(json_pack("{s:s, s:b, s:o}", "result",
				     flagstop_relation_name(flagstop_comparison_relation(comparison)), "proven",
				     flagstop_comparison_is_proven(comparison), "differences", list),
			   status);
}

static void print_result(const struct arguments *a, const struct flagstop_comparison *comparison)
{
	enum flagstop_relation relation = flagstop_comparison_relation(comparison);
	size_t count = flagstop_comparison_count(comparison);
	const char *name = flagstop_relation_name(relation);

	if (relation == FLAGSTOP_RELATION_EQUAL)
		printf("%s and %s are equal\n", a->files[0], a->files[1]);
	else if (relation == FLAGSTOP_RELATION_NEITHER)
		printf("%s is neither narrower nor wider than %s: %zu difference%s\n", a->files[0], a->files[1], count,
		       count == 1 ? "" : "s");
	else
		printf("%s is %s than %s: %zu difference%s\n", a->files[0], name, a->files[1], count,
		       count == 1 ? "" : "s");
}

static int print_differences(const struct arguments *a, const struct flagstop_comparison *comparison, int status)
{
	char abi[32], call[512];

	print_result(a, comparison);
	for (size_t i = 0; i < flagstop_comparison_count(comparison); i++) {
		const struct flagstop_difference *d = flagstop_comparison_get(comparison, i);

		format_abi(d, abi, sizeof(abi));
		format_call(d, call, sizeof(call));
		printf("  %-10s %-16s %-16s %s\n", abi, d->a, d->b, call);
	}
	return finish_output(status);
}

static int compare(const struct arguments *a, const struct flagstop_side sides[2])
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_comparison *comparison;
	int status;

	if (flagstop_compare(&sides[0], &sides[1], &a->options, &comparison, &error)) {
		print_error(&error);
		return EXIT_TROUBLE;
	}
	status = flagstop_comparison_count(comparison) ? EXIT_WRONG : 0;
	if (!flagstop_comparison_is_proven(comparison)) {
		fputs("flagstop: some conditions are too much to be covered: they were compared at some points only\n",
		      stderr);
		status = status ? status : EXIT_TROUBLE;
	}
	status = a->json ? write_json(comparison, status) : print_differences(a, comparison, status);
	flagstop_comparison_free(comparison);
	return status;
}

int command_compare(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "arch", 'a', "ABI", 0, "compare this ABI only; may be given several times", 0 },
		{ "report", 'r', "WHAT", 0,
		  "compare a policy with programs as under `run --report` none (default) or all", 0 },
		{ "json", 'j', 0, 0, "write the answer as JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse,
		"A B",
		"Compares policies or raw filter programs, in any mix ('-': standard input): equal, or A "
		"is narrower than B, wider, or neither, with the smallest call for each difference and "
		"what A and B make of it. Exits with 0 when they are equal, 1 when they differ, 2 when "
		"that could not be found out.",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { .options = FLAGSTOP_COMPARE_OPTIONS_INIT };
	struct flagstop_side sides[2] = { { NULL, NULL }, { NULL, NULL } };
	int status;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	status = load(a.files[0], &sides[0]);
	if (!status)
		status = load(a.files[1], &sides[1]);
	if (!status)
		status = compare(&a, sides);
	release(&sides[0]);
	release(&sides[1]);
	return status;
}
