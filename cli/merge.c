/* SPDX-License-Identifier: MIT */
/* Writes one policy from several. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

struct arguments {
	int how; /* -1: not said */
	const char *output;
	char **files;
	int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'u':
	case 'i':
		if (a->how >= 0)
			argp_error(state, "either --union or --intersect");
		a->how = key == 'u' ? FLAGSTOP_MERGE_UNION : FLAGSTOP_MERGE_INTERSECT;
		return 0;
	case 'o':
		a->output = arg;
		return 0;
	case ARGP_KEY_ARGS:
		a->files = state->argv + state->next;
		a->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which policies?");
		return 0;
	case ARGP_KEY_END:
		if (a->how < 0)
			argp_error(state, "--union or --intersect?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* On success as many policies as files; NULL, and a message, when one is wrong. */
static struct flagstop_policy **load_all(const struct arguments *a, struct flagstop_error *error)
{
	struct flagstop_policy **policies = calloc((size_t)a->count + 1, sizeof(*policies));

	for (int i = 0; policies && i < a->count; i++) {
		policies[i] = flagstop_policy_new();
		if (policies[i] && !flagstop_policy_add_file(policies[i], a->files[i], error))
			continue;
		while (i >= 0)
			flagstop_policy_free(policies[i--]);
		free(policies);
		return NULL;
	}
	return policies;
}

static int write_text(const struct arguments *a, const char *text)
{
	FILE *out;

	if (!a->output || !strcmp(a->output, "-")) {
		fputs(text, stdout);
		return finish_output(0);
	}
	out = fopen(a->output, "we");
	if (!out || fputs(text, out) == EOF || fflush(out)) {
		fprintf(stderr, "flagstop: %s: %s\n", a->output, strerror(errno));
		if (out)
			fclose(out);
		return EXIT_TROUBLE;
	}
	fclose(out);
	return 0;
}

int command_merge(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "union", 'u', 0, 0, "allow what any of the policies allows", 0 },
		{ "intersect", 'i', 0, 0, "allow what all of the policies allow", 0 },
		{ "output", 'o', "FILE", 0, "write to this file, not to standard output", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse,
		"POLICY...",
		"Writes one policy from several: for each call the weakest of their verdicts (--union) or "
		"the strictest (--intersect), the last policy's among equals. It is proven to mean that "
		"before it is written. Exits with 1 when no policy can say it, 2 on trouble.",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { .how = -1 };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char *text = NULL;
	int r;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	struct flagstop_policy **policies = load_all(&a, &error);
	if (!policies) {
		print_error(&error);
		return EXIT_TROUBLE;
	}
	r = flagstop_policies_merge((const struct flagstop_policy *const *)policies, (size_t)a.count, a.how, &text,
				    &error);
	if (r)
		print_error(&error);
	for (int i = 0; i < a.count; i++)
		flagstop_policy_free(policies[i]);
	free(policies);
	r = r ? (r == -EOPNOTSUPP || r == -E2BIG ? EXIT_WRONG : EXIT_TROUBLE) : write_text(&a, text);
	free(text);
	return r;
}
