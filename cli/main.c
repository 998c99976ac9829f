/* SPDX-License-Identifier: MIT */
/* The command's own first word. */
#include <string.h>

#include "command.h"

static const struct command commands[] = {
	{ "run", "run a program under a policy", command_run },
	{ "check", "say whether policies are right", command_check },
	{ "explain", "say what happens to a call, and on which rule's account", command_explain },
	{ "compile", "write a policy as seccomp filter programs", command_compile },
	{ "disasm", "write a filter program as assembler", command_disasm },
	{ "emulate", "run a filter program on a call, without the kernel", command_emulate },
	{ "compare", "say what two policies or filter programs do differently", command_compare },
	{ "merge", "write one policy from several", command_merge },
	{ "dump", "write the filter programs that a process carries", command_dump },
	{ "convert", "convert filters of other programs to policies and back", command_convert },
	{ "calls", "list system calls, groups, their numbers and arguments", command_calls },
	{ "probe", "say what this kernel lets flagstop do", command_probe },
	{ "bench", "measure what stopping a call costs here", command_bench },
	{ "version", "say which version this is", command_version },
};

static void print_help(FILE *stream)
{
	fputs("Usage: flagstop COMMAND [OPTION...] [ARGUMENT...]\n"
	      "System-call policies that the kernel decides where it can, and a tracer where it cannot.\n\n",
	      stream);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(stream, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`flagstop COMMAND --help` has each command's options; flagstop(1) and flagstop-policy(5) the rest.\n",
	      stream);
}

int main(int argc, char **argv)
{
	char name[64];

	if (argc < 2) {
		print_help(stderr);
		return EXIT_TROUBLE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return finish_output(0);
	}
	if (!strcmp(argv[1], "--version"))
		return command_version(1, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		snprintf(name, sizeof(name), "flagstop %s", commands[i].name);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "flagstop: no command is named '%s'; `flagstop --help` lists them\n", argv[1]);
	return EXIT_TROUBLE;
}
