/* SPDX-License-Identifier: MIT */
/* Options, and the order of things. Fails where nothing could be measured, never for slowness. */
#include <argp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 200
#define QUICK_ROUNDS 20
#define MAX_ROUNDS 100000

static unsigned parse_number(const char *text, unsigned least, unsigned most,
			     struct argp_state *state)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (!*text || *end || number < least || number > most)
		argp_error(state, "'%s' is not a number from %u to %u", text, least, most);
	return (unsigned)number;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *settings = state->input;

	switch (key) {
	case 'r':
		settings->rounds = parse_number(arg, 1, MAX_ROUNDS, state);
		return 0;
	case 'q':
		settings->rounds = QUICK_ROUNDS;
		return 0;
	case 'c':
		settings->cpu = (int)parse_number(arg, 0, CPU_SETSIZE - 1, state);
		return 0;
	case 'f':
		settings->flagstop = arg;
		return 0;
	case 'j':
		settings->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The last that we may use: interrupts tend to be on the first. */
static int last_cpu(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	while (cpu && !CPU_ISSET(cpu, &set))
		cpu--;
	return cpu;
}

/* The build puts the command one folder above this program. */
static const char *find_command(char *path, size_t size)
{
	ssize_t bytes = readlink("/proc/self/exe", path, size - sizeof("/../flagstop"));
	char *slash;

	path[bytes < 0 ? 0 : bytes] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		snprintf(slash, size - (size_t)(slash - path), "/../flagstop");
	return path;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "rounds", 'r', "N", 0, "how many rounds (200)", 0 },
		{ "quick", 'q', 0, 0, "20 rounds", 0 },
		{ "cpu", 'c', "N", 0, "the CPU that calls are timed on (the last)", 0 },
		{ "flagstop", 'f', "FILE", 0, "whose start and memory are measured", 0 },
		{ "json", 'j', 0, 0, "write JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Compares flagstop with the least that could be written by hand.",
	};
	char path[4096];
	struct settings settings = { .rounds = ROUNDS,
				     .cpu = last_cpu(),
				     .flagstop = find_command(path, sizeof(path)) };

	/* What this program becomes in the processes that it measures. */
	if (argc == 3 && !strcmp(argv[1], "worker"))
		return worker_main(atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "sleepers"))
		return sleepers_main(atoi(argv[2]), (unsigned)atoi(argv[3]));
	argp_parse(&argp, argc, argv, 0, NULL, &settings);
	json_t *report = json_object();
	if (!report)
		return EXIT_FAILURE;
	add_machine(&settings, report);
	int r = measure_calls(&settings, report);
	if (!r)
		r = measure_commands(&settings, report);
	if (!r)
		r = measure_memory(&settings, report);
	progress("%s", "");
	if (!r)
		r = print_report(report, settings.json);
	json_decref(report);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
