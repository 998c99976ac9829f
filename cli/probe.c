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

static void print_probe(const struct flagstop_probe *p)
{
	printf("%s%-4s%s %-20s %s\n", styled(stdout, p->error ? RED : GREEN), p->error ? "no" : "yes",
	       styled(stdout, PLAIN), p->name, p->purpose);
	if (p->error)
		printf("     %-20s %s (%s)\n     %-20s without it: %s\n", "", p->reason, strerror(-p->error), "",
		       p->without);
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
		json_array_append_new(list,
				      json_pack("{s:s, s:b, s:s, s:s, s:s, s:i}", "feature", probe.name, "there",
						!probe.error, "purpose", probe.purpose, "without", probe.without,
						"reason", probe.reason, "error", probe.error));
		if (!json)
			print_probe(&probe);
	}
	if (json)
		return finish_json(list, 0);
	json_decref(list);
	return finish_output(0);
}
