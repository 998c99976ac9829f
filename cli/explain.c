/* SPDX-License-Identifier: MIT */
/*
 * What happens to a call, or to each call of a set, under a policy: on which rule's account, what each layer says,
 * and what would have to change for it to be allowed.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <flagstop/explain.h>
#include <flagstop/session.h>

#include "command.h"

#define REMEDIES_MAX 64
#define SHOWN_COLUMNS 100

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
			argp_error(state, "one call or set is explained at a time; quote it");
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
	return place == FLAGSTOP_PLACE_TRACER  ? "by the tracer (the call is flagged)" :
		place == FLAGSTOP_PLACE_KERNEL ? "in the kernel, by its number alone" :
						 "in the kernel, by its arguments";
}

/* A name, and a number, is a call, also with arguments in parentheses; all else is a set. */
static bool is_set(const char *text)
{
	text += strspn(text, " \t");
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	const char *behind = text + word + strspn(text + word, " \t");

	return *text && (!word || (*behind && *behind != '('));
}

static enum style style_of(struct flagstop_verdict verdict)
{
	return verdict.action < FLAGSTOP_ACTION_ASK ? GREEN : RED;
}

static void print_rule(const struct flagstop_rule *rule)
{
	char text[1024];

	format_rule(rule, text, sizeof(text));
	printf("%s\n", text);
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

/* All of them, for the caller to free; none without memory. */
static struct flagstop_way *list_ways(const struct flagstop_policy *policy, const struct arguments *a, int call,
				      unsigned layer, unsigned *ret_count)
{
	unsigned count = flagstop_policy_ways(policy, a->abi, call, layer, NULL, 0);
	struct flagstop_way *ways = calloc(count + 1, sizeof(*ways));

	*ret_count = ways ? flagstop_policy_ways(policy, a->abi, call, layer, ways, count) : 0;
	return ways;
}

/* A layer that says nothing of the call but to let it pass, as the guards do of most, is not worth a line. */
static bool is_silent(const struct flagstop_way *ways, unsigned count)
{
	return count == 1 && ways->verdict.action == FLAGSTOP_ACTION_ALLOW && !strcmp(ways->rule.file, "<guard>");
}

static void print_ways(const struct flagstop_policy *policy, const struct arguments *a, int call)
{
	unsigned layers = flagstop_policy_layer_count(policy), count;
	char verdict[64];

	printf("  depends on arguments that were not given; the first that holds%s:\n",
	       layers > 2 ? " in each layer, and the strictest of them" : "");
	for (unsigned layer = 0; layer < layers; layer++) {
		struct flagstop_way *ways = list_ways(policy, a, call, layer, &count);

		for (unsigned i = 0; i < count && !is_silent(ways, count); i++) {
			flagstop_verdict_format(ways[i].verdict, verdict, sizeof(verdict));
			printf("  %-16s ", verdict);
			print_rule(&ways[i].rule);
		}
		free(ways);
	}
}

/* One layer alone has been told already. */
static void print_layers(const struct flagstop_policy *policy, const struct flagstop_explanation *e)
{
	unsigned count = flagstop_policy_layer_count(policy);
	struct flagstop_layer_verdict layer;
	const char *head = "layers";
	char verdict[64];

	for (unsigned i = 0; i < count; i++) {
		flagstop_policy_explain_layer(policy, e, i, &layer);
		if (count <= 2 && strcmp(e->rule.file, "<guard>"))
			continue;
		if (layer.guard && strcmp(e->rule.file, "<guard>"))
			continue;
		flagstop_verdict_format(layer.verdict, verdict, sizeof(verdict));
		printf("  %-8s %-12s ", head, verdict);
		print_rule(&layer.rule);
		head = "";
	}
}

static unsigned list_remedies(const struct flagstop_policy *policy, const struct flagstop_explanation *e,
			      struct flagstop_remedy *remedies)
{
	unsigned count = flagstop_policy_remedies(policy, e, remedies, REMEDIES_MAX);

	return count < REMEDIES_MAX ? count : REMEDIES_MAX;
}

static void print_remedies(const struct flagstop_policy *policy, const struct flagstop_explanation *e)
{
	static struct flagstop_remedy remedies[REMEDIES_MAX];
	unsigned count = list_remedies(policy, e, remedies), layers = 0;
	struct flagstop_layer_verdict layer;

	for (unsigned i = 0; i < count; i++)
		layers += !i || remedies[i].layer != remedies[i - 1].layer;
	for (unsigned i = 0; i < count; i++) {
		bool first = !i || remedies[i].layer != remedies[i - 1].layer;

		flagstop_policy_explain_layer(policy, e, remedies[i].layer, &layer);
		printf("  %-8s %s", i ? "" : "to allow", first ? "" : "or ");
		if (layers > 1 && first)
			printf("%s%s: ", i ? "and " : "", layer.name);
		printf("%s\n", remedies[i].text);
	}
}

static int print_explanation(const struct flagstop_policy *policy, const struct arguments *a,
			     const struct flagstop_explanation *e)
{
	char text[2048];

	flagstop_explanation_format(e, text, sizeof(text));
	printf("%s%s%s in %s\n", styled(stdout, BOLD), text, styled(stdout, PLAIN), flagstop_abi_name(a->abi));
	if (!e->determined) {
		print_ways(policy, a, e->index);
		return finish_output(0);
	}
	flagstop_verdict_format(e->verdict, text, sizeof(text));
	printf("  verdict  %s%s%s\n  rule     ", styled(stdout, style_of(e->verdict)), text, styled(stdout, PLAIN));
	print_rule(&e->rule);
	printf("  decided  %s\n", place_words(e->place));
	print_layers(policy, e);
	print_remedies(policy, e);
	return finish_output(0);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *json_of_ways(const struct flagstop_policy *policy, const struct arguments *a, int call)
{
	json_t *list = json_array();
	unsigned count;

	for (unsigned layer = 0; layer < flagstop_policy_layer_count(policy); layer++) {
		struct flagstop_way *ways = list_ways(policy, a, call, layer, &count);

		for (unsigned i = 0; i < count; i++) {
			json_t *way = json_object();

			json_add_verdict(way, ways[i].verdict);
			json_add_rule(way, &ways[i].rule);
			json_object_set_new(way, "conditional", json_boolean(ways[i].conditional));
			json_array_append_new(list, way);
		}
		free(ways);
	}
	return list;
}

static json_t *json_of_layers(const struct flagstop_policy *policy, const struct flagstop_explanation *e)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < flagstop_policy_layer_count(policy); i++) {
		struct flagstop_layer_verdict layer;

		flagstop_policy_explain_layer(policy, e, i, &layer);
		json_t *object = json_pack("{s:b, s:b, s:b}", "guard", layer.guard, "determined", layer.determined,
					   "decides", layer.decides);

		json_object_set_new(object, "name", json_of_text(layer.name, strlen(layer.name)));
		if (layer.determined) {
			json_add_verdict(object, layer.verdict);
			json_add_rule(object, &layer.rule);
		} else {
			json_object_set_new(object, "verdict", json_string("depends"));
			json_object_set_new(object, "layer", json_integer(i));
		}
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *json_of_remedies(const struct flagstop_policy *policy, const struct flagstop_explanation *e)
{
	static const char *const kinds[] = { "arguments", "rule", "abi", "never" };
	static struct flagstop_remedy remedies[REMEDIES_MAX];
	unsigned count = list_remedies(policy, e, remedies);
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++) {
		const struct flagstop_remedy *remedy = &remedies[i];
		json_t *object = json_pack("{s:s}", "change", kinds[remedy->kind]);

		json_object_set_new(object, "text", json_of_text(remedy->text, strlen(remedy->text)));
		json_add_rule(object, &remedy->rule);
		if (remedy->kind == FLAGSTOP_REMEDY_ARGUMENTS)
			json_object_set_new(object, "when", json_of_text(remedy->when, strlen(remedy->when)));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *json_of_explanation(const struct flagstop_policy *policy, const struct arguments *a,
				   const struct flagstop_explanation *e)
{
	json_t *object =
		json_pack("{s:s, s:s, s:I, s:b}", "call", e->index < 0 ? "" : flagstop_call_name(e->index), "abi",
			  flagstop_abi_name(a->abi), "nr", (json_int_t)e->call.nr, "determined", e->determined);
	char text[2048];

	flagstop_explanation_format(e, text, sizeof(text));
	json_object_set_new(object, "example", json_of_text(text, strlen(text)));
	if (e->determined) {
		json_add_verdict(object, e->verdict);
		json_add_rule(object, &e->rule);
		json_object_set_new(object, "decided", json_string(place_name(e->place)));
		json_object_set_new(object, "by",
				    json_string(e->place == FLAGSTOP_PLACE_KERNEL ? "number" : "arguments"));
	} else {
		json_object_set_new(object, "verdict", json_string("depends"));
		json_object_set_new(object, "ways", json_of_ways(policy, a, e->index));
	}
	json_object_set_new(object, "layers", json_of_layers(policy, e));
	json_object_set_new(object, "to_allow", json_of_remedies(policy, e));
	return object;
}

/* ---- a set ------------------------------------------------------------------------------------------------------ */

/* Calls of a set to which the same happens for the same reason. */
struct bunch {
	char what[64], why[1024];
	enum style style;
	unsigned count, size;
	const char **calls;
};

struct bunches {
	struct bunch *list;
	unsigned count;
	bool failed;
};

static struct bunch *find_bunch(struct bunches *b, const char *what, const char *why)
{
	for (unsigned i = 0; i < b->count; i++)
		if (!strcmp(b->list[i].what, what) && !strcmp(b->list[i].why, why))
			return &b->list[i];
	struct bunch *list = realloc(b->list, (b->count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	b->list = list;
	list[b->count] = (struct bunch){ .size = flagstop_call_count() };
	list[b->count].calls = calloc(list[b->count].size, sizeof(*list->calls));
	if (!list[b->count].calls)
		return NULL;
	snprintf(list[b->count].what, sizeof(list->what), "%s", what);
	snprintf(list[b->count].why, sizeof(list->why), "%s", why);
	return &list[b->count++];
}

static void collect(struct bunches *b, const struct flagstop_explanation *e)
{
	char what[64] = "depends", why[1024] = "on arguments; ask for each by its name";
	struct bunch *bunch;

	if (e->determined) {
		flagstop_verdict_format(e->verdict, what, sizeof(what));
		format_rule(&e->rule, why, sizeof(why));
	}
	bunch = find_bunch(b, what, why);
	if (!bunch) {
		b->failed = true;
		return;
	}
	bunch->style = e->determined ? style_of(e->verdict) : YELLOW;
	bunch->calls[bunch->count++] = flagstop_call_name(e->index);
}

static void print_bunch(const struct bunch *bunch)
{
	int column = 0;

	printf("  %s%-12s%s %3u  %s", styled(stdout, bunch->style), bunch->what, styled(stdout, PLAIN), bunch->count,
	       bunch->why);
	for (unsigned i = 0; i < bunch->count; i++) {
		if (!column || column + 1 + (int)strlen(bunch->calls[i]) > SHOWN_COLUMNS)
			column = printf("\n      ") - 1;
		column += printf(" %s", bunch->calls[i]);
	}
	printf("\n");
}

static int print_bunches(struct bunches *b, const struct arguments *a, int calls)
{
	printf("%s%s%s in %s: %d call%s\n", styled(stdout, BOLD), a->call, styled(stdout, PLAIN),
	       flagstop_abi_name(a->abi), calls, calls == 1 ? "" : "s");
	for (unsigned i = 0; i < b->count; i++)
		print_bunch(&b->list[i]);
	for (unsigned i = 0; i < b->count; i++)
		free(b->list[i].calls);
	free(b->list);
	if (b->failed) {
		fputs("flagstop: no memory\n", stderr);
		return EXIT_TROUBLE;
	}
	return finish_output(0);
}

static int explain_set(const struct flagstop_policy *policy, const struct arguments *a, struct flagstop_error *error,
		       int *ret_status)
{
	unsigned char in_set[flagstop_call_count()];
	int count = flagstop_set_parse(a->call, a->abi, in_set, error), r = 0;
	json_t *list = json_array();
	struct bunches bunches = { 0 };

	for (unsigned call = 0; call < flagstop_call_count() && count >= 0 && !r; call++) {
		struct flagstop_explanation e;

		if (!in_set[call])
			continue;
		r = flagstop_policy_explain(policy, a->abi, flagstop_call_name(call), a->report, &e, error);
		if (!r && a->json)
			json_array_append_new(list, json_of_explanation(policy, a, &e));
		else if (!r)
			collect(&bunches, &e);
	}
	if (count < 0 || r) {
		json_decref(list);
		return r ? r : count;
	}
	if (a->json) {
		*ret_status = finish_json(list, 0);
		return 0;
	}
	json_decref(list);
	*ret_status = print_bunches(&bunches, a, count);
	return 0;
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static int explain_call(const struct flagstop_policy *policy, const struct arguments *a, struct flagstop_error *error,
			int *ret_status)
{
	struct flagstop_explanation e;
	int r = flagstop_policy_explain(policy, a->abi, a->call, a->report, &e, error);

	if (!r)
		*ret_status = a->json ? finish_json(json_of_explanation(policy, a, &e), 0) :
					print_explanation(policy, a, &e);
	return r;
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
	static const struct argp argp = {
		options,
		parse,
		"POLICY CALL\nPOLICY SET\n-p POLICY... CALL",
		"Explains what happens to a call, as in: flagstop explain demo.fs "
		"'socket(AF_INET, SOCK_STREAM, 0)', or to each call of a set, as in: flagstop "
		"explain demo.fs '@file-system - @links'. Arguments may be left out or be _; addresses and "
		"structures are written as reports have them: connect(3, {ip = 10.0.0.1, port = 443}).",
		children,
		NULL,
		NULL
	};
	struct arguments a = { .abi = flagstop_abi_native(), .report = FLAGSTOP_REPORT_NONE };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	int status = EXIT_TROUBLE;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	struct layer only = { a.policy, 'p' };
	if (!a.layers.count)
		a.layers = (struct layer_list){ &only, 1 };
	struct flagstop_policy *policy = load_layers(&a.layers, &error);
	char resolved[PATH_MAX];
	int r = policy ? flagstop_policy_map_paths(policy, flagstop_path_resolve, resolved) : error.code;
	if (!r)
		r = flagstop_policy_add_guards(policy, NULL, 0, &error);
	if (!r)
		r = is_set(a.call) ? explain_set(policy, &a, &error, &status) :
				     explain_call(policy, &a, &error, &status);
	flagstop_policy_free(policy);
	if (r) {
		print_error(&error);
		return r == -EBADMSG || r == -EOPNOTSUPP ? EXIT_WRONG : EXIT_TROUBLE;
	}
	return status;
}
