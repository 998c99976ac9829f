/* SPDX-License-Identifier: MIT */
/* Says what this kernel, and what confines us, lets flagstop do. */
#include <string.h>

#include "command.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*(bool *)state->input = true;
	return 0;
}

static void print_line(const char *what, const char *text)
{
	if (*text)
		printf("     %-10s %s\n", what, text);
}

static void print_probe(const struct flagstop_probe *p)
{
	printf("%s%-4s%s %-20s %s\n", styled(stdout, p->error ? RED : GREEN), p->error ? "no" : "yes",
	       styled(stdout, PLAIN), p->name, p->purpose);
	if (p->error)
		printf("     %-10s %s (%s)\n", "why", p->reason, strerror(-p->error));
	print_line("what to do", p->remedy);
	print_line(p->error ? "instead" : "without it", p->instead);
	print_line("cost", p->cost);
}

static json_t *json_of(const struct flagstop_probe *p)
{
	return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:i}", "feature", p->name, "there", !p->error, "purpose",
			 p->purpose, "instead", p->instead, "cost", p->cost, "reason", p->reason, "remedy", p->remedy,
			 "error", p->error);
}

/* Which one `run --backend auto` takes. */
static const char *backend_of_run(void)
{
	enum flagstop_backend backend;

	if (flagstop_probe_backend(&backend))
		return "none";
	return backend == FLAGSTOP_BACKEND_TRACE ? "trace" : "ptrace";
}

int command_probe(int argc, char **argv)
{
	static const struct argp_option options[] = { { "json", 'j', 0, 0, "write the answers as JSON", 0 }, { 0 } };
	static const struct argp argp = {
		options, parse, "", "Tries, in children that end with the try, what flagstop needs of the kernel.",
		NULL, NULL, NULL
	};
	bool json = false;
	json_t *list = json_array();
	struct flagstop_probe probe;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &json);
	for (int i = 0; i < FLAGSTOP_FEATURE_COUNT; i++) {
		int r = flagstop_probe(i, &probe);

		if (r) {
			fprintf(stderr, "flagstop: nothing can be probed: %s\n", strerror(-r));
			json_decref(list);
			return EXIT_TROUBLE;
		}
		json_array_append_new(list, json_of(&probe));
		if (!json)
			print_probe(&probe);
	}
	if (json)
		return finish_json(json_pack("{s:s, s:o}", "backend", backend_of_run(), "features", list), 0);
	json_decref(list);
	printf("\nbackend   %s\n", backend_of_run());
	return finish_output(0);
}
