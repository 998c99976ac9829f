/* SPDX-License-Identifier: MIT */
/* Says whether policies are right: 0 all are, 1 one is not, 2 one could not be read. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"

struct arguments {
	bool json;
	char **files;
	int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case ARGP_KEY_ARGS:
		a->files = state->argv + state->next;
		a->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which policy?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A policy is right when it means something and fits into what the kernel takes. */
static int check(const char *path, struct flagstop_error *error)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_programs *programs = NULL;
	int r = policy ? flagstop_policy_add_file(policy, path, error) : -ENOMEM;

	if (!r)
		r = flagstop_policy_compile(policy, &options, &programs, error);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
	return r;
}

static int status_of(int r)
{
	return !r ? 0 : r == -EBADMSG || r == -EOPNOTSUPP || r == -E2BIG ? EXIT_WRONG : EXIT_TROUBLE;
}

int command_check(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", 'j', 0, 0, "write the result as JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "POLICY...",
					  "Checks policies ('-': standard input). Exits with 0 when all are right, 1 when one "
					  "is wrong, 2 when one could not be read.",
					  NULL, NULL, NULL };
	struct arguments a = { 0 };
	int worst = 0;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	json_t *results = json_array();
	for (int i = 0; i < a.count; i++) {
		struct flagstop_error error = FLAGSTOP_ERROR_INIT;
		int r = check(a.files[i], &error);

		if (status_of(r) > worst)
			worst = status_of(r);
		json_t *result = json_pack("{s:s, s:b}", "policy", a.files[i], "ok", !r);
		if (r)
			json_object_set_new(result, "error", json_of_error(&error));
		json_array_append_new(results, result);
		if (a.json)
			continue;
		if (r)
			print_error(&error);
		else
			printf("%s: fine\n", a.files[i]);
	}
	if (a.json)
		return finish_json(results, worst);
	json_decref(results);
	return finish_output(worst);
}
