/* SPDX-License-Identifier: MIT */
/* Policies from the command line: -p FILE and --promise WORDS, each a layer, in the order given. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"

static const struct argp_option options[] = {
	{ "policy", 'p', "POLICY", 0, "a policy file ('-': standard input); several stack, and only narrow", 0 },
	{ "promise", 'P', "WORDS", 0, "a layer that allows what these pledge(2) promises do, as in 'stdio rpath'", 0 },
	{ 0 },
};

/* The list lives to the end of the process, longer than the frame that has it: here leak checkers see it. */
static struct layer *volatile kept;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct layer_list *list = state->input;

	if (key == ARGP_KEY_FINI || (key != 'p' && key != 'P'))
		return ARGP_ERR_UNKNOWN;
	struct layer *layers = realloc(list->layers, (list->count + 1) * sizeof(*layers));
	if (!layers)
		return ENOMEM;
	kept = list->layers = layers;
	layers[list->count++] = (struct layer){ arg, key == 'P' };
	return 0;
}

const struct argp layer_argp = { .options = options, .parser = parse };

struct flagstop_policy *load_layers(const struct layer_list *list, struct flagstop_error *reterr_error)
{
	struct flagstop_policy *policy = flagstop_policy_new();

	for (size_t i = 0; i < list->count && policy; i++) {
		const struct layer *layer = &list->layers[i];
		int r = layer->is_promises ? flagstop_policy_add_promises(policy, layer->text, reterr_error) :
					     flagstop_policy_add_file(policy, layer->text, reterr_error);

		if (r) {
			flagstop_policy_free(policy);
			return NULL;
		}
	}
	return policy;
}
