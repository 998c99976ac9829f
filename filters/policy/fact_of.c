/* SPDX-License-Identifier: MIT */
/*
 * Gives tests of facts their meaning for one call: which argument is looked behind, and whether that can be done at
 * all. Refuses, by name, what nobody could pin down between the check and the call.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <arch/paths.h>
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
	return test->pattern_count && !test->part && !strcmp(test->argument, "path");
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

/* The first of these paths that says something else than what it looks like. Names of sockets may begin with '@'. */
static int check_paths(const struct fst_expr *test, struct flagstop_error *error)
{
	for (unsigned i = 0; i < test->pattern_count; i++) {
		struct fst_pattern *p = &test->patterns[i];
		const char *wrong = fst_path_complaint(p->text, strlen(p->text));

		p->is_path = true;
		if (!wrong || (test->relation != FST_RELATION_UNDER && (!*p->text || (test->part && *p->text == '@'))))
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

static int check_relation(const struct fst_expr *test, bool is_path, struct flagstop_error *error)
{
	if (test->masked || (test->relation >= FST_RELATION_LT && test->relation <= FST_RELATION_GE)) {
		fst_error_set(error, -EBADMSG, "strings have no bits and no order");
		fst_error_hint(error, "compare them with 'is', 'matches', '==' or '!='");
		return fail(error, &test->place);
	}
	if (!is_path && test->relation == FST_RELATION_UNDER) {
		fst_error_set(error, -EBADMSG, "'%s' is a string, not a path: nothing is under it", test->argument);
		fst_error_hint(error, "compare it with 'is' or 'matches'");
		return fail(error, &test->place);
	}
	return is_path ? check_paths(test, error) : 0;
}

static enum fst_relation relation_of(const struct fst_expr *test)
{
	bool is_named = test->relation == FST_RELATION_UNDER || test->relation == FST_RELATION_MATCHES;

	return is_named ? test->relation : FST_RELATION_IS;
}

static int set_fact(const struct fst_expr *test, enum fst_subject subject, struct fst_cond *cond,
		    struct flagstop_error *error)
{
	struct fst_fact *fact = talloc_zero(cond, struct fst_fact);

	if (!fact)
		return fst_error_set(error, -ENOMEM, "no memory");
	*fact = (struct fst_fact){
		.subject = subject,
		.relation = relation_of(test),
		.patterns = test->patterns,
		.pattern_count = test->pattern_count,
		.nets = test->nets,
		.net_count = test->net_count,
	};
	cond->op = FST_EXPR_FACT;
	cond->fact = fact;
	return 1;
}

static int bind_string(const struct fst_asked *asked, const struct fst_expr *test, struct fst_cond *cond,
		       struct flagstop_error *error)
{
	bool is_word = fst_fact_is_path_word(test);
	int argument = is_word ? asked->path : find_argument(asked, test);
	enum flagstop_arg_role role = FLAGSTOP_ROLE_NUMBER;
	int r;

	if (argument < 0)
		return is_word ? no_path(asked, test, error) : 0;
	if ((unsigned)argument < asked->arg_count)
		role = asked->args[argument].role;
	if (role != FLAGSTOP_ROLE_PATH && role != FLAGSTOP_ROLE_STRING)
		return fail_opaque(asked, test, error);
	r = check_call(asked, test, error);
	if (!r)
		r = check_relation(test, role == FLAGSTOP_ROLE_PATH, error);
	if (r)
		return r;
	cond->argument = (unsigned)argument;
	return set_fact(test, role == FLAGSTOP_ROLE_PATH ? FST_SUBJECT_PATH : FST_SUBJECT_STRING, cond, error);
}

/* ---- socket addresses ------------------------------------------------------------------------------------------- */

/* The argument that the address is found by: a pointer to it, or to a message. */
static int find_address(const struct fst_asked *asked, const struct fst_expr *test, struct flagstop_error *error)
{
	const struct fst_call_memory *memory = fst_paths_of_call(asked->call, asked->abi);

	for (unsigned i = 0; memory && i < memory->read_count; i++)
		if (memory->reads[i].kind == FST_READ_SOCKADDR || memory->reads[i].kind == FST_READ_MSGHDR ||
		    memory->reads[i].kind == FST_READ_MMSGHDR)
			return memory->reads[i].argument;
	fst_error_set(error, -EBADMSG, "%s is given no address in %s", flagstop_call_name(asked->call),
		      flagstop_abi_name(asked->abi));
	fst_error_hint(error, "connect, bind, sendto, sendmsg and sendmmsg are");
	return fail(error, &test->argument_place);
}

static bool is_part(const struct fst_expr *test, const char *part)
{
	return !strcmp(test->part, part);
}

static int bind_address(const struct fst_asked *asked, const struct fst_expr *test, struct fst_cond *cond,
			struct flagstop_error *error)
{
	int argument = find_address(asked, test, error), r;

	if (argument < 0)
		return argument;
	cond->argument = (unsigned)argument;
	if (is_part(test, "ip"))
		return set_fact(test, FST_SUBJECT_IP, cond, error);
	if (!is_part(test, "path"))
		return test->pattern_count ? fail_opaque(asked, test, error) : 0;
	if (!test->pattern_count) {
		fst_error_set(error, -EBADMSG, "the path of an address is a string");
		fst_error_hint(error, "compare it with 'under', 'is' or 'matches'; abstract names begin with '@'");
		return fail(error, &test->place);
	}
	r = check_relation(test, true, error);
	return r ? r : set_fact(test, FST_SUBJECT_NAME, cond, error);
}

int fst_fact_of(const struct fst_asked *asked, const struct fst_expr *test, struct fst_cond *cond,
		struct flagstop_error *error)
{
	if (test->part)
		return bind_address(asked, test, cond, error);
	return test->pattern_count ? bind_string(asked, test, cond, error) : 0;
}

/* ---- numbers in memory ------------------------------------------------------------------------------------------ */

/* Fields that mean what an argument of that name means elsewhere (linux/openat2.h, linux/sched.h). */
static const struct fst_struct_field fields[] = {
	{ FST_READ_OPEN_HOW, "flags", 0, "open_flags" },
	{ FST_READ_OPEN_HOW, "mode", 8, NULL },
	{ FST_READ_OPEN_HOW, "resolve", 16, "resolve" },
	{ FST_READ_CLONE_ARGS, "flags", 0, "clone_flags" },
	{ FST_READ_CLONE_ARGS, "exit_signal", 32, "signal" },
};

const struct fst_struct_field *fst_fact_struct_field(enum fst_read_kind kind, unsigned index)
{
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].kind == kind && !index--)
			return &fields[i];
	return NULL;
}

static bool find_field(const struct fst_read *read, const char *name, struct fst_field *ret_field)
{
	const struct fst_struct_field *field;

	for (unsigned i = 0; (field = fst_fact_struct_field((enum fst_read_kind)read->kind, i)); i++) {
		if (strcmp(field->name, name))
			continue;
		*ret_field =
			(struct fst_field){ FST_SUBJECT_WORD, read->argument, field->offset, 64, field->set };
		return true;
	}
	return false;
}

static int address_field(const struct fst_asked *asked, const struct fst_expr *test, struct fst_field *ret_field,
			 struct flagstop_error *error)
{
	int argument = find_address(asked, test, error);
	bool is_family = is_part(test, "family");

	if (argument < 0)
		return argument;
	*ret_field = (struct fst_field){
		.subject = is_family ? FST_SUBJECT_FAMILY : FST_SUBJECT_PORT,
		.argument = (unsigned)argument,
		.bits = 16,
		.set = is_family ? "address_family" : NULL,
	};
	return 1;
}

int fst_fact_field(const struct fst_asked *asked, const struct fst_expr *test, struct fst_field *ret_field,
		   struct flagstop_error *error)
{
	const struct fst_call_memory *memory = fst_paths_of_call(asked->call, asked->abi);

	if (test->part)
		return address_field(asked, test, ret_field, error);
	for (unsigned i = 0; memory && i < memory->read_count; i++)
		if (find_field(&memory->reads[i], test->argument, ret_field))
			return 1;
	return 0;
}

int fst_fact_set_field(struct fst_cond *cond, const struct fst_field *field)
{
	struct fst_fact *fact = talloc_zero(cond, struct fst_fact);

	if (!fact)
		return -ENOMEM;
	fact->subject = field->subject;
	fact->offset = field->offset;
	cond->op = FST_EXPR_FACT;
	cond->fact = fact;
	return 0;
}
