/* SPDX-License-Identifier: MIT */
/*
 * Says whether policies are right, and what in them is probably not meant: 0 all are right, 1 one is not (with
 * --strict: or something was found), 2 one could not be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flagstop/lint.h>

#include "command.h"

struct arguments {
	bool json, strict, list;
	struct flagstop_lint_options lint;
	const char **silenced;
	char **files;
	int count;
};

static error_t silence(struct arguments *a, const char *name)
{
	const char **silenced = realloc(a->silenced, (a->lint.silenced_count + 1) * sizeof(*silenced));

	if (!silenced)
		return ENOMEM;
	silenced[a->lint.silenced_count++] = name;
	a->lint.silenced = a->silenced = silenced;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case 's':
		a->strict = true;
		return 0;
	case 'S':
		return silence(a, arg);
	case 'l':
		a->list = true;
		return 0;
	case ARGP_KEY_ARGS:
		a->files = state->argv + state->next;
		a->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (!a->list)
			argp_error(state, "which policy?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A policy is right when it means something and fits into what the kernel takes. */
static int check(const char *path, const struct arguments *a, struct flagstop_findings **ret_findings,
		 struct flagstop_error *error)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_programs *programs = NULL;
	int r = policy ? flagstop_policy_add_file(policy, path, error) : -ENOMEM;

	if (!r)
		r = flagstop_policy_compile(policy, &options, &programs, error);
	if (!r)
		r = flagstop_policy_lint(policy, &a->lint, ret_findings, error);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
	return r;
}

static int status_of(int r)
{
	return !r ? 0 : r == -EBADMSG || r == -EOPNOTSUPP || r == -E2BIG ? EXIT_WRONG :
									   EXIT_TROUBLE;
}

static void add_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_of_text(text, strlen(text)));
}

static json_t *json_of_findings(const struct flagstop_findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < flagstop_findings_count(findings); i++) {
		const struct flagstop_finding *finding = flagstop_findings_get(findings, i);
		json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:i, s:s+}", "name", finding->name, "reason",
					   finding->reason, "hint", finding->text.hint, "line",
					   (int)finding->text.line, "column", (int)finding->text.column, "silence",
					   finding->text.line ? "# lint: allow " : "--silence ", finding->name);

		add_text(object, "message", finding->text.message);
		add_text(object, "file", finding->text.file);
		json_array_append_new(list, object);
	}
	return list;
}

static void print_findings(const struct flagstop_findings *findings)
{
	for (size_t i = 0; i < flagstop_findings_count(findings); i++) {
		const struct flagstop_finding *finding = flagstop_findings_get(findings, i);
		char text[2048];

		flagstop_error_format(&finding->text, text, sizeof(text));
		fprintf(stderr, "%sflagstop: warning:%s %s\n%s\n(%s: silence it with '%s%s')\n",
			styled(stderr, YELLOW), styled(stderr, PLAIN), text, finding->reason, finding->name,
			finding->text.line ? "# lint: allow " : "--silence ", finding->name);
	}
}

static void print_result(const char *path, int r, const struct flagstop_findings *findings,
			 const struct flagstop_error *error)
{
	size_t count = flagstop_findings_count(findings);

	if (r) {
		print_error(error);
		return;
	}
	print_findings(findings);
	if (count)
		printf("%s: right, %zu finding%s\n", path, count, count == 1 ? "" : "s");
	else
		printf("%s: fine\n", path);
}

static int check_one(const struct arguments *a, const char *path, json_t *results)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_findings *findings = NULL;
	int r = check(path, a, &findings, &error), status = status_of(r);

	if (a->json) {
		json_t *result = json_pack("{s:b, s:o}", "ok", !r, "findings", json_of_findings(findings));

		add_text(result, "policy", path);
		if (r)
			json_object_set_new(result, "error", json_of_error(&error));
		json_array_append_new(results, result);
	} else {
		print_result(path, r, findings, &error);
	}
	if (!status && a->strict && flagstop_findings_count(findings))
		status = EXIT_WRONG;
	flagstop_findings_free(findings);
	return status;
}

static int list_lints(void)
{
	const char *name, *reason;

	for (unsigned i = 0; (name = flagstop_lint(i, &reason)); i++)
		printf("%-17s %s\n", name, reason);
	return finish_output(0);
}

int command_check(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "strict", 's', 0, 0, "exit with 1 when anything was found", 0 },
		{ "silence", 'S', "NAME", 0, "do not report what this lint finds (may be given several times)", 0 },
		{ "lints", 'l', 0, 0, "list the lints", 0 },
		{ "json", 'j', 0, 0, "write the result as JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse,
		"POLICY...",
		"Checks policies ('-': standard input), and tells what in them is probably not "
		"meant. Exits with 0 when all are right, 1 when one is wrong, 2 when one could not "
		"be read.\vA finding is silenced by its name for all, or by a comment at the end of "
		"its rule: # lint: allow NAME: reason",
		NULL,
		NULL,
		NULL
	};
	struct arguments a = { .lint = FLAGSTOP_LINT_OPTIONS_INIT };
	int worst = 0;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	if (a.list)
		return list_lints();
	json_t *results = json_array();
	for (int i = 0; i < a.count; i++) {
		int status = check_one(&a, a.files[i], results);

		if (status > worst)
			worst = status;
	}
	free(a.silenced);
	if (a.json)
		return finish_json(results, worst);
	json_decref(results);
	return finish_output(worst);
}
