/* SPDX-License-Identifier: MIT */
/*
 * Gives tests of facts their meaning for one call: which argument is looked behind, and whether that can be done at
 * all. Refuses, by name, what nobody could pin down between the check and the call.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/fact.h>

static int fail(struct flagstop_error *error, const struct fst_place *place)
{
	fst_error_place(error, place->file, place->line, place->column, place->columns, place->source,
			place->source_bytes);
	return -EBADMSG;
}

bool fst_fact_is_path_word(const struct fst_expr *test)
{
	return test->pattern_count && !strcmp(test->argument, "path");
}

/* ---- patterns --------------------------------------------------------------------------------------------------- */

const char *fst_path_complaint(const char *path, size_t bytes)
{
	if (!bytes || *path != '/')
		return "is not absolute";
	if (bytes > 1 && path[bytes - 1] == '/')
		return "ends in a slash";
	for (size_t at = 0, end; at < bytes && bytes > 1; at = end) {
		const char *name = path + at + 1;
		size_t length;

		for (end = at + 1; end < bytes && path[end] != '/'; end++)
			;
		length = end - at - 1;
		if (!length)
			return "has an empty component";
		if (*name == '.' && (length == 1 || (length == 2 && name[1] == '.')))
			return "has a '.' or '..'";
	}
	return NULL;
}

/* The first of these paths that says something else than what it looks like. */
static int check_paths(const struct fst_expr *test, struct flagstop_error *error)
{
	for (unsigned i = 0; i < test->pattern_count; i++) {
		const struct fst_pattern *p = &test->patterns[i];
		const char *wrong = fst_path_complaint(p->text, strlen(p->text));

		if (!wrong || (!*p->text && test->relation != FST_RELATION_UNDER))
			continue;
		fst_error_set(error, -EBADMSG, "this can never match: the path %s", wrong);
		fst_error_hint(error, "paths are compared after resolution: absolute, without links, '.', '..', '//' "
				      "and a slash at the end");
		return fail(error, &p->place);
	}
	return 0;
}

/* ---- arguments -------------------------------------------------------------------------------------------------- */

static int no_path(const struct fst_asked *asked, const struct fst_expr *test, struct flagstop_error *error)
{
	const char *name = flagstop_call_name(asked->call);

	fst_error_set(error, -EBADMSG, "%s takes no path in %s", name, flagstop_abi_name(asked->abi));
	fst_error_hint(error, "a descriptor is a capability, judged when it was opened; take %s out of this rule",
		       name);
	return fail(error, &test->argument_place);
}

/* The argument of that name, or -EBADMSG when bind.c has to say that there is none. */
static int find_argument(const struct fst_asked *asked, const struct fst_expr *test)
{
	const char *name = test->argument;

	if (!strncmp(name, "arg", 3) && name[3] >= '0' && name[3] <= '5' && !name[4])
		return name[3] - '0';
	for (unsigned i = 0; i < asked->arg_count; i++)
		if (!strcmp(asked->args[i].name, name))
			return (int)i;
	return -ENOENT;
}

static int fail_opaque(const struct fst_asked *asked, const struct fst_expr *test, struct flagstop_error *error)
{
	fst_error_set(error, -EBADMSG, "'%s' of %s is no path and no string", test->argument,
		      flagstop_call_name(asked->call));
	fst_error_hint(error, "memory that cannot be held still while it is checked is not judged");
	return fail(error, &test->argument_place);
}

/* Calls whose strings mean something else with each command. */
static int check_call(const struct fst_asked *asked, const struct fst_expr *test, struct flagstop_error *error)
{
	static const char *const opaque[] = { "quotactl" };
	const char *name = flagstop_call_name(asked->call);

	for (unsigned i = 0; i < sizeof(opaque) / sizeof(*opaque); i++) {
		if (strcmp(name, opaque[i]))
			continue;
		fst_error_set(error, -EBADMSG, "the strings of %s cannot be judged: they depend on its command", name);
		fst_error_hint(error, "allow or refuse it as a whole");
		return fail(error, &test->place);
	}
	return 0;
}

static int check_relation(const struct fst_expr *test, enum flagstop_arg_role role, struct flagstop_error *error)
{
	if (test->masked || (test->relation >= FST_RELATION_LT && test->relation <= FST_RELATION_GE)) {
		fst_error_set(error, -EBADMSG, "strings have no bits and no order");
		fst_error_hint(error, "compare them with 'is', 'matches', '==' or '!='");
		return fail(error, &test->place);
	}
	if (role == FLAGSTOP_ROLE_STRING && test->relation == FST_RELATION_UNDER) {
		fst_error_set(error, -EBADMSG, "'%s' is a string, not a path: nothing is under it", test->argument);
		fst_error_hint(error, "compare it with 'is' or 'matches'");
		return fail(error, &test->place);
	}
	return role == FLAGSTOP_ROLE_PATH ? check_paths(test, error) : 0;
}

static enum fst_relation relation_of(const struct fst_expr *test)
{
	bool is_named = test->relation == FST_RELATION_UNDER || test->relation == FST_RELATION_MATCHES;

	return is_named ? test->relation : FST_RELATION_IS;
}

static int set_fact(const struct fst_expr *test, enum fst_subject subject, struct fst_cond *cond,
		    struct flagstop_error *error)
{
	struct fst_fact *fact = talloc(cond, struct fst_fact);

	if (!fact)
		return fst_error_set(error, -ENOMEM, "no memory");
	*fact = (struct fst_fact){ .subject = subject,
				   .relation = relation_of(test),
				   .patterns = test->patterns,
				   .pattern_count = test->pattern_count };
	cond->op = FST_EXPR_FACT;
	cond->fact = fact;
	return 1;
}

int fst_fact_of(const struct fst_asked *asked, const struct fst_expr *test, struct fst_cond *cond,
		struct flagstop_error *error)
{
	bool is_word = fst_fact_is_path_word(test);
	int argument = is_word ? asked->path : find_argument(asked, test);
	enum flagstop_arg_role role = FLAGSTOP_ROLE_NUMBER;
	int r;

	if (!test->pattern_count || (argument < 0 && !is_word))
		return 0;
	if (argument < 0)
		return no_path(asked, test, error);
	if ((unsigned)argument < asked->arg_count)
		role = asked->args[argument].role;
	if (role != FLAGSTOP_ROLE_PATH && role != FLAGSTOP_ROLE_STRING)
		return fail_opaque(asked, test, error);
	r = check_call(asked, test, error);
	if (!r)
		r = check_relation(test, role, error);
	if (r)
		return r;
	cond->argument = (unsigned)argument;
	return set_fact(test, role == FLAGSTOP_ROLE_PATH ? FST_SUBJECT_PATH : FST_SUBJECT_STRING, cond, error);
}
