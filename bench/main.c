/* SPDX-License-Identifier: MIT */
/* Options, and the order of things. Fails where nothing could be measured, never for slowness. */
#include <argp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static unsigned parse_number(const char *text, unsigned least, unsigned most,
			     struct argp_state *state)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || value < least || value > most)
		argp_error(state, "'%s' is not a number from %u to %u", text, least, most);
	return (unsigned)value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *settings = state->input;

	switch (key) {
	case 's':
		settings->seconds = parse_number(arg, 1, 100000, state);
		return 0;
	case 'q':
		settings->quick = true;
		settings->seconds = 5;
		settings->rounds = 5;
		settings->tracees = 100;
		return 0;
	case 't':
		settings->tracees = parse_number(arg, 1, 4000, state);
		return 0;
	case 'c':
		settings->cpu = (int)parse_number(arg, 0, CPU_SETSIZE - 1, state);
		return 0;
	case 'f':
		settings->flagstop = arg;
		return 0;
	case 'j':
		settings->json = arg ? arg : "-";
		return 0;
	case 'v':
		settings->csv = arg ? arg : "-";
		return 0;
	case 'd':
		settings->compare = arg;
		return 0;
	case 'o':
		settings->only = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The last two that we may use: interrupts tend to be on the first. */
static void choose_cpus(struct settings *settings)
{
	cpu_set_t set;

	settings->cpu = 0;
	settings->other = -1;
	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		settings->other = settings->cpu == cpu ? -1 : settings->cpu;
		settings->cpu = cpu;
	}
	if (CPU_COUNT(&set) < 2)
		settings->other = -1;
}

/* The build puts the command one folder above this program; an installed one is found by its name. */
static const char *find_command(char *path, size_t size)
{
	ssize_t bytes = readlink("/proc/self/exe", path, size - sizeof("/../flagstop"));
	char *slash;

	path[bytes < 0 ? 0 : bytes] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		snprintf(slash, size - (size_t)(slash - path), "/../flagstop");
	return access(path, X_OK) ? "flagstop" : path;
}

static int measure(const struct settings *settings, json_t *report)
{
	int r = measure_calls(settings, report);

	if (!r)
		r = measure_account(settings, report);
	if (!r && !settings->only)
		r = measure_commands(settings, report);
	if (!r && !settings->only)
		r = measure_memory(settings, report);
	progress("%s", "");
	return r;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "quick", 'q', 0, 0, "less of everything, in under 20 seconds", 0 },
		{ "seconds", 's', "N", 0, "how long calls are timed (60)", 0 },
		{ "tracees", 't', "N", 0, "at most so many tracees in a row (1000)", 0 },
		{ "only", 'o', "TEXT", 0, "only ways whose name has TEXT in it", 0 },
		{ "cpu", 'c', "N", 0, "the CPU that calls are timed on (the last)", 0 },
		{ "flagstop", 'f', "FILE", 0, "whose start and memory are measured", 0 },
		{ "json", 'j', "FILE", OPTION_ARG_OPTIONAL, "write all of it, as JSON ('-': standard output)", 0 },
		{ "csv", 'v', "FILE", OPTION_ARG_OPTIONAL, "write the rows, as CSV", 0 },
		{ "compare", 'd', "OLD.json", 0, "say what is faster or slower than it was; status 1 if slower", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Compares flagstop with the least that could be written by hand, and with other programs.",
	};
	char path[4096];
	struct settings settings = { .seconds = 60,
				     .rounds = 100,
				     .tracees = 1000,
				     .flagstop = find_command(path, sizeof(path)) };

	/* What this program becomes in the processes that it measures. */
	if (argc == 8 && !strcmp(argv[1], "worker"))
		return worker_main(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "sleepers"))
		return sleepers_main(atoi(argv[2]), (unsigned)atoi(argv[3]));
	choose_cpus(&settings);
	argp_parse(&argp, argc, argv, 0, NULL, &settings);
	json_t *report = json_object();
	if (!report)
		return EXIT_FAILURE;
	json_object_set_new(report, "machine", describe_machine(&settings));
	int r = measure(&settings, report);
	if (!r)
		r = print_report(report, &settings);
	int slower = !r && settings.compare ? compare_runs(report, settings.compare) : 0;
	json_decref(report);
	return r || slower < 0 ? 2 : slower;
}
