/* SPDX-License-Identifier: MIT */
/* Policies from the command line: -p FILE, --promise WORDS and --unveil LIST, each a layer, in the order given. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"

static const struct argp_option options[] = {
	{ "policy", 'p', "POLICY", 0, "a policy file ('-': standard input); several stack, and only narrow", 0 },
	{ "promise", 'P', "WORDS", 0, "a layer that allows what these pledge(2) promises do, as in 'stdio rpath'", 0 },
	{ "unveil", 'U', "LIST", 0, "a layer that hides all files but these, as in 'r:/usr/lib,rwc:/home/sandbox'", 0 },
	{ 0 },
};

/* The list lives to the end of the process, longer than the frame that has it: here leak checkers see it. */
static struct layer *volatile kept;

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct layer_list *list = state->input;

	if (key == ARGP_KEY_FINI || (key != 'p' && key != 'P' && key != 'U'))
		return ARGP_ERR_UNKNOWN;
	struct layer *layers = realloc(list->layers, (list->count + 1) * sizeof(*layers));
	if (!layers)
		return ENOMEM;
	kept = list->layers = layers;
	layers[list->count++] = (struct layer){ arg, key };
	return 0;
}

const struct argp layer_argp = { .options = options, .parser = parse };

static int add_layer(struct flagstop_policy *policy, const struct layer *layer, struct flagstop_error *error)
{
	switch (layer->option) {
	case 'P':
		return flagstop_policy_add_promises(policy, layer->text, error);
	case 'U':
		return flagstop_policy_add_unveil(policy, layer->text, error);
	default:
		return flagstop_policy_add_file(policy, layer->text, error);
	}
}

struct flagstop_policy *load_layers(const struct layer_list *list, struct flagstop_error *reterr_error)
{
	struct flagstop_policy *policy = flagstop_policy_new();

	for (size_t i = 0; i < list->count && policy; i++) {
		if (add_layer(policy, &list->layers[i], reterr_error)) {
			flagstop_policy_free(policy);
			return NULL;
		}
	}
	return policy;
}
