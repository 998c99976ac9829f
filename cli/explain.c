/* SPDX-License-Identifier: MIT */
/* What happens to a call under a policy, and on which rule's account. */
#include <errno.h>

#include "command.h"

#define WAYS_MAX 64

struct arguments {
	struct layer_list layers;
	bool json;
	enum flagstop_abi abi;
	enum flagstop_report report;
	char *policy, *call;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->layers;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case 'a':
		a->abi = parse_abi(arg, state);
		return 0;
	case 'r':
		a->report = parse_report(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->call)
			argp_error(state, "one call is explained at a time; quote it");
		if (!a->layers.count && !a->policy)
			a->policy = arg;
		else
			a->call = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->call)
			argp_error(state, "which call?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *place_name(enum flagstop_place place)
{
	return place == FLAGSTOP_PLACE_TRACER ? "tracer" : "kernel";
}

static const char *place_words(enum flagstop_place place)
{
	return place == FLAGSTOP_PLACE_TRACER ? "by the tracer (the call is flagged)" :
	       place == FLAGSTOP_PLACE_KERNEL ? "in the kernel, by its number alone" :
						"in the kernel, by its arguments";
}

static void print_rule(const struct flagstop_rule *rule)
{
	if (rule->line)
		printf("%s:%u: %s\n", rule->file, rule->line, rule->text);
	else
		printf("%s: %s\n", rule->file, rule->text);
}

static unsigned list_ways(const struct flagstop_policy *policy, const struct arguments *a, int call, unsigned layer,
			  struct flagstop_way *ways)
{
	unsigned count = flagstop_policy_ways(policy, a->abi, call, layer, ways, WAYS_MAX);

	return count < WAYS_MAX ? count : WAYS_MAX;
}

static void print_ways(const struct flagstop_policy *policy, const struct arguments *a, int call)
{
	struct flagstop_way ways[WAYS_MAX];
	char verdict[64];

	printf("  depends on arguments that were not given; the first that holds:\n");
	for (unsigned layer = 0; layer < flagstop_policy_layer_count(policy); layer++) {
		unsigned count = list_ways(policy, a, call, layer, ways);

		for (unsigned i = 0; i < count; i++) {
			flagstop_verdict_format(ways[i].verdict, verdict, sizeof(verdict));
			printf("  %-16s ", verdict);
			print_rule(&ways[i].rule);
		}
	}
}

static json_t *json_of_ways(const struct flagstop_policy *policy, const struct arguments *a, int call)
{
	struct flagstop_way ways[WAYS_MAX];
	json_t *list = json_array();

	for (unsigned layer = 0; layer < flagstop_policy_layer_count(policy); layer++) {
		unsigned count = list_ways(policy, a, call, layer, ways);

		for (unsigned i = 0; i < count; i++) {
			json_t *way = json_object();

			json_add_verdict(way, ways[i].verdict);
			json_add_rule(way, &ways[i].rule);
			json_object_set_new(way, "conditional", json_boolean(ways[i].conditional));
			json_array_append_new(list, way);
		}
	}
	return list;
}

static int print_explanation(const struct flagstop_policy *policy, const struct arguments *a,
			     const struct flagstop_explanation *e)
{
	char text[512];

	if (e->determined || e->index < 0)
		flagstop_call_format(a->abi, e->call.nr, e->call.args, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%s", flagstop_call_name(e->index));
	printf("%s%s%s in %s\n", styled(stdout, BOLD), a->call[0] ? text : "", styled(stdout, PLAIN),
	       flagstop_abi_name(a->abi));
	if (!e->determined) {
		print_ways(policy, a, e->index);
		return finish_output(0);
	}
	flagstop_verdict_format(e->verdict, text, sizeof(text));
	printf("  verdict  %s%s%s\n  rule     ",
	       styled(stdout, e->verdict.action < FLAGSTOP_ACTION_ASK ? GREEN : RED), text, styled(stdout, PLAIN));
	print_rule(&e->rule);
	printf("  decided  %s\n", place_words(e->place));
	return finish_output(0);
}

static int write_explanation(const struct flagstop_policy *policy, const struct arguments *a,
			     const struct flagstop_explanation *e)
{
	json_t *object = json_pack("{s:s, s:s, s:I, s:b}", "call", e->index < 0 ? "" : flagstop_call_name(e->index),
				   "abi", flagstop_abi_name(a->abi), "nr", (json_int_t)e->call.nr, "determined",
				   e->determined);

	if (e->determined) {
		json_add_verdict(object, e->verdict);
		json_add_rule(object, &e->rule);
		json_object_set_new(object, "decided", json_string(place_name(e->place)));
		json_object_set_new(object, "by", json_string(e->place == FLAGSTOP_PLACE_KERNEL ? "number" : "arguments"));
	} else {
		json_object_set_new(object, "verdict", json_string("depends"));
		json_object_set_new(object, "ways", json_of_ways(policy, a, e->index));
	}
	return finish_json(object, 0);
}

int command_explain(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "arch", 'a', "ABI", 0, "the call's ABI; this machine's by default", 0 },
		{ "report", 'r', "WHAT", 0, "where it is decided as under `run --report` none (default) or all", 0 },
		{ "json", 'j', 0, 0, "write the answer as JSON", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = { { &layer_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, "POLICY CALL\n-p POLICY... CALL",
					  "Explains what happens to a call, as in: flagstop explain demo.fs "
					  "'socket(AF_INET, SOCK_STREAM, 0)'. Arguments may be left out or be _.",
					  children, NULL, NULL };
	struct arguments a = { .abi = flagstop_abi_native(), .report = FLAGSTOP_REPORT_NONE };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_explanation explanation;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	struct layer only = { a.policy, false };
	if (!a.layers.count)
		a.layers = (struct layer_list){ &only, 1 };
	struct flagstop_policy *policy = load_layers(&a.layers, &error);
	int r = policy ? flagstop_policy_add_guards(policy, NULL, 0, &error) : error.code;
	if (!r)
		r = flagstop_policy_explain(policy, a.abi, a.call, a.report, &explanation, &error);
	if (r) {
		print_error(&error);
		flagstop_policy_free(policy);
		return r == -EBADMSG || r == -EOPNOTSUPP ? EXIT_WRONG : EXIT_TROUBLE;
	}
	r = a.json ? write_explanation(policy, &a, &explanation) : print_explanation(policy, &a, &explanation);
	flagstop_policy_free(policy);
	return r;
}
