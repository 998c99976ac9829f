/* SPDX-License-Identifier: MIT */
/* Lists system calls: numbers, arguments, groups. */
#include <stdlib.h>
#include <string.h>

#include "command.h"

struct arguments {
	bool json, groups;
	enum flagstop_abi abi;
	char **sets;
	int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case 'g':
		a->groups = true;
		return 0;
	case 'a':
		a->abi = parse_abi(arg, state);
		return 0;
	case ARGP_KEY_ARGS:
		a->sets = state->argv + state->next;
		a->count = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void format_signature(unsigned call, enum flagstop_abi abi, char *text, size_t size)
{
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(call, abi, &args);
	size_t used = snprintf(text, size, "%s(", flagstop_call_name(call));

	for (unsigned i = 0; i < count && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s", i ? ", " : "", args[i].name);
	if (used < size)
		snprintf(text + used, size - used, ")");
}

static json_t *json_of_args(unsigned call, enum flagstop_abi abi)
{
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(call, abi, &args);
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:s?}", "name", args[i].name, "bits",
						(int)flagstop_arg_bits(abi, args[i].type), "set", args[i].set));
	return list;
}

static void list_call(json_t *list, unsigned call, const struct arguments *a)
{
	long long nr = flagstop_call_number(call, a->abi);
	const char *since = flagstop_call_since(call);
	char text[160];

	if (a->json) {
		json_array_append_new(list,
				      json_pack("{s:s, s:I, s:s, s:o}", "name", flagstop_call_name(call), "nr",
						(json_int_t)nr, "since", since, "args",
						json_of_args(call, a->abi)));
		return;
	}
	format_signature(call, a->abi, text, sizeof(text));
	printf("%6lld  %-60s %s%s\n", nr, text, *since ? "since " : "", since);
}

/* A set's calls are those that a policy which allows just them allows. */
static struct flagstop_policy *policy_of_set(const struct arguments *a, const char *set)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	char text[FLAGSTOP_POLICY_MAX_LINE_BYTES];

	snprintf(text, sizeof(text), "abi %s\ndefault deny\nallow %s\n", flagstop_abi_name(a->abi), set);
	if (policy && !flagstop_policy_add_text(policy, "<argument>", text, strlen(text), &error))
		return policy;
	error.line = 0; /* of our own text, which nobody wrote */
	error.file[0] = '\0';
	print_error(&error);
	flagstop_policy_free(policy);
	return NULL;
}

static int list_set(json_t *list, const struct arguments *a, const char *set)
{
	struct flagstop_policy *policy = policy_of_set(a, set);
	struct flagstop_way way;

	if (!policy)
		return EXIT_WRONG;
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		if (flagstop_policy_ways(policy, a->abi, call, 0, &way, 1) && way.rule.line &&
		    way.verdict.action == FLAGSTOP_ACTION_ALLOW)
			list_call(list, call, a);
	flagstop_policy_free(policy);
	return 0;
}

static void list_groups(json_t *list, const struct arguments *a)
{
	const char *name, *description;

	for (unsigned i = 0; (name = flagstop_group(i, &description)); i++) {
		if (a->json)
			json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "description", description));
		else
			printf("@%-18s %s\n", name, description);
	}
}

int command_calls(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "arch", 'a', "ABI", 0, "of this ABI; this machine's by default", 0 },
		{ "groups", 'g', 0, 0, "list the groups instead", 0 },
		{ "json", 'j', 0, 0, "write the list as JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse,
		"[SET...]",
		"Lists system calls with their numbers and arguments: all, or those of sets as "
		"policies write them, as in: flagstop calls openat '@file-system - @links'.",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { .abi = flagstop_abi_native() };
	json_t *list = json_array();
	int status = 0;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	if (a.groups)
		list_groups(list, &a);
	for (unsigned call = 0; call < flagstop_call_count() && !a.count && !a.groups; call++)
		if (flagstop_call_number(call, a.abi) >= 0)
			list_call(list, call, &a);
	for (int i = 0; i < a.count && !status; i++)
		status = list_set(list, &a, a.sets[i]);
	if (a.json && !status)
		return finish_json(list, 0);
	json_decref(list);
	return finish_output(status);
}
