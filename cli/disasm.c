/* SPDX-License-Identifier: MIT */
/* Reads compiled programs: writes them as assembler, or runs them on a call. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

struct arguments {
	bool json;
	enum flagstop_abi abi;
	const char *file;
	char call[512]; /* emulate: NAME(ARG, …) */
	int words;
};

/* Ends with an error message unless the file is a program that the kernel takes. */
static struct flagstop_insn *load(const char *path, size_t *ret_count, int *ret_status)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	size_t bytes;
	struct flagstop_insn *insns =
		(struct flagstop_insn *)read_file(path, FLAGSTOP_PROGRAM_MAX_INSNS * sizeof(*insns), &bytes);

	*ret_status = EXIT_TROUBLE;
	if (!insns)
		return NULL;
	*ret_count = bytes / sizeof(*insns);
	*ret_status = EXIT_WRONG;
	if (bytes % sizeof(*insns)) {
		fprintf(stderr, "flagstop: %s: %zu bytes are no filter program: an instruction has 8\n", path, bytes);
		free(insns);
		return NULL;
	}
	if (flagstop_program_check(insns, *ret_count, &error)) {
		fprintf(stderr, "flagstop: %s: the kernel would refuse this program: %s\n", path, error.message);
		free(insns);
		return NULL;
	}
	return insns;
}

/* ---- disasm ----------------------------------------------------------------------------------------------------- */

static error_t parse_disasm(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->file)
			argp_error(state, "one file at a time");
		a->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->file)
			argp_error(state, "which file?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_disasm(int argc, char **argv)
{
	static const struct argp_option options[] = { { "json", 'j', 0, 0, "write the lines as JSON", 0 }, { 0 } };
	static const struct argp argp = {
		options,
		parse_disasm,
		"FILE",
		"Disassembles a filter program (raw, as `flagstop compile` writes it; '-': standard "
		"input). Exits with 1 when the kernel would refuse it.",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { 0 };
	size_t count;
	int status;
	char line[256];

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	struct flagstop_insn *insns = load(a.file, &count, &status);
	if (!insns)
		return status;
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		flagstop_program_disassemble(insns, count, i, line, sizeof(line));
		if (a.json)
			json_array_append_new(list,
					      json_pack("{s:I, s:i, s:i, s:i, s:I, s:s}", "index", (json_int_t)i,
							"code", insns[i].code, "jt", insns[i].jt, "jf", insns[i].jf,
							"k", (json_int_t)insns[i].k, "text", line));
		else
			puts(line);
	}
	free(insns);
	if (a.json)
		return finish_json(list, 0);
	json_decref(list);
	return finish_output(0);
}

/* ---- emulate ---------------------------------------------------------------------------------------------------- */

static error_t parse_emulate(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	size_t used = strlen(a->call);

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case 'a':
		a->abi = parse_abi(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (!a->file) {
			a->file = arg;
			return 0;
		}
		/* NAME ARG ARG and 'NAME(ARG, ARG)' are the same. */
		if (strlen(arg) + used + 4 > sizeof(a->call))
			argp_error(state, "the call is too long");
		snprintf(a->call + used, sizeof(a->call) - used, "%s%s", a->words == 0 ? "" : a->words == 1 ? "(" :
													      ", ",
			 arg);
		a->words++;
		return 0;
	case ARGP_KEY_END:
		if (!a->words)
			argp_error(state, "a program and a call are needed");
		if (a->words > 1)
			snprintf(a->call + used, sizeof(a->call) - used, ")");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_emulate(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "arch", 'a', "ABI", 0, "the call's ABI; this machine's by default", 0 },
		{ "json", 'j', 0, 0, "write the answer as JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse_emulate,
		"FILE CALL [ARG...]",
		"Runs a filter program on a call, as in: flagstop emulate demo.bpf openat AT_FDCWD 0 "
		"O_RDONLY. Arguments that are left out are 0.",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { .abi = flagstop_abi_native() };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_data data;
	size_t count;
	int status;
	unsigned executed;
	uint32_t loads;
	char action[64];

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	if (flagstop_data_parse(a.call, a.abi, &data, &error)) {
		print_error(&error);
		return EXIT_TROUBLE;
	}
	struct flagstop_insn *insns = load(a.file, &count, &status);
	if (!insns)
		return status;
	uint32_t value = flagstop_program_run(insns, count, &data, &executed, &loads);
	free(insns);
	flagstop_action_format(value, action, sizeof(action));
	bool by_number = !(loads & ~3u);
	if (a.json)
		return finish_json(json_pack("{s:s, s:I, s:i, s:s}", "action", action, "value", (json_int_t)value,
					     "insns_executed", (int)executed, "by", by_number ? "number" : "arguments"),
				   0);
	printf("%s (%u instructions, by %s)\n", action, executed, by_number ? "the number alone" : "arguments");
	return finish_output(0);
}
