/* SPDX-License-Identifier: MIT */
/* How long a command takes from its spawn to its end, as a shell would see it, on any CPU. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP_ROUNDS 3

static const struct command {
	const char *name, *title;
	const char *policy; /* NULL: without flagstop */
	const char *report;
} commands[] = {
	{ "env-true", "env true", NULL, NULL },
	{ "run-kernel", "flagstop run, all left to the kernel", "default allow\n",
	  "--report=none" },
	{ "run-allow", "flagstop run, allow all", "default allow\n", "--report=all" },
	{ "run-flagged", "flagstop run, a call flagged", "default allow\ntrace getppid\n",
	  "--report=all" },
	{ "run-service", "flagstop run, @system-service",
	  "default deny EPERM\nallow @system-service\n", "--report=all" },
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int run(const struct command *command, const char *flagstop, const char *policy,
	       double *ret_ms)
{
	char *plain[] = { "env", "true", NULL };
	char *watched[] = { (char *)flagstop, "run", (char *)command->report, "-p", (char *)policy,
			    "--", "true", NULL };
	char **argv = command->policy ? watched : plain;
	uint64_t begin = now_ns();
	int status, r;
	pid_t tid;

	r = posix_spawnp(&tid, argv[0], NULL, NULL, argv, environ);
	if (!r && waitpid(tid, &status, 0) != tid)
		r = -1;
	*ret_ms = (double)(now_ns() - begin) / 1e6;
	if (!r && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	fprintf(stderr, "flagstop-bench: %s: %s\n", command->name,
		r > 0 ? strerror(r) : "it failed");
	return -1;
}

static int take_rounds(const struct settings *settings, double *ms[COMMAND_COUNT])
{
	const char *policies[COMMAND_COUNT] = { 0 };
	double unused;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (commands[i].policy && !(policies[i] = policy_file(commands[i].policy)))
			return -1;
	for (unsigned round = 0; round < settings->rounds + WARM_UP_ROUNDS; round++) {
		progress("start-up: round %u of %u", round + 1, settings->rounds + WARM_UP_ROUNDS);
		for (size_t i = 0; i < COMMAND_COUNT; i++) {
			bool kept = round >= WARM_UP_ROUNDS;

			if (run(&commands[i], settings->flagstop, policies[i],
				kept ? &ms[i][round - WARM_UP_ROUNDS] : &unused))
				return -1;
		}
	}
	return 0;
}

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void add_commands(double *ms[COMMAND_COUNT], unsigned rounds, json_t *report)
{
	json_t *list = json_array();
	double added[COMMAND_COUNT];

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		added[i] = median_difference(ms[i], ms[0], rounds);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		qsort(ms[i], rounds, sizeof(double), compare_numbers);
		json_t *row = json_pack("{s:s, s:s}", "name", commands[i].name, "title", commands[i].title);
		json_object_set_new(row, "p50", json_real(ms[i][(rounds - 1) / 2]));
		json_object_set_new(row, "p90", json_real(ms[i][(rounds - 1) * 9 / 10]));
		json_object_set_new(row, "min", json_real(ms[i][0]));
		json_object_set_new(row, "added", json_real(added[i]));
		json_array_append_new(list, row);
	}
	json_object_set_new(report, "start_ms", list);
}

int measure_commands(const struct settings *settings, json_t *report)
{
	double *ms[COMMAND_COUNT];
	int r = 0;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		ms[i] = calloc(settings->rounds, sizeof(double));
		if (!ms[i])
			r = -1;
	}
	if (!r)
		r = take_rounds(settings, ms);
	if (!r)
		add_commands(ms, settings->rounds, report);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		free(ms[i]);
	return r;
}
