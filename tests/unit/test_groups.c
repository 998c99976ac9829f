/* SPDX-License-Identifier: MIT */
/* The built-in groups and promises: every one of them means something, in every ABI, and what people expect. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <cmocka.h>

#include <filters/groups/groups.h>
#include <filters/policy/ast.h>

#include "test_parse.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ALL_ABIS "abi x86_64 i386 x32 aarch64 arm riscv64 ppc64le s390x loongarch64\n"

__attribute__((format(printf, 2, 3))) static struct fst_layer *parse(void *parent, const char *format, ...)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	char text[4096];
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	r = fst_parse_text(parent, "t.fs", text, strlen(text), NULL, &layer, &error);
	if (r)
		print_error("%s:%u:%u: %s (%s)\n", error.file, error.line, error.column, error.message, error.hint);
	assert_int_equal(r, 0);
	return layer;
}

static bool has(const struct fst_callset *set, enum flagstop_abi abi, const char *name)
{
	int call = flagstop_call_find(name);

	assert_true(call >= 0);
	return fst_callset_has(set, abi, (unsigned)call);
}

/* The group is no mistake, holds calls, and its description and name are what people can read. */
static void check_group(void **state)
{
	const struct fst_piece *piece = *state;
	void *parent = talloc_new(NULL);
	struct fst_layer *layer = parse(parent, ALL_ABIS "allow @%s", piece->name);

	assert_int_equal(layer->rule_count, 1);
	assert_false(fst_callset_is_empty(&layer->rules[0].set));
	assert_true(strlen(piece->description) > 10);
	assert_int_equal(fst_groups_find(piece->name, (unsigned)strlen(piece->name)), piece - fst_groups_table);
	talloc_free(parent);
}

static bool knows_argument(unsigned call, enum flagstop_abi abi, const char *name)
{
	const struct flagstop_arg *args;
	unsigned i, count = flagstop_call_args(call, abi, &args);

	for (i = 0; i < count; i++)
		if (!strcmp(args[i].name, name))
			return true;
	return false;
}

/* Every argument that a condition names is one of every call that the rule holds, and every constant has a value. */
static void check_condition(const struct fst_expr *expr, const struct fst_rule *rule, enum flagstop_abi abi)
{
	unsigned call, i;

	if (expr->op != FST_EXPR_TEST) {
		check_condition(expr->left, rule, abi);
		if (expr->right)
			check_condition(expr->right, rule, abi);
		return;
	}
	for (call = 0; call < flagstop_call_count(); call++) {
		if (!fst_callset_has(&rule->set, abi, call))
			continue;
		if (!knows_argument(call, abi, expr->argument))
			fail_msg("%s:%u: %s has no argument '%s' on %s", rule->place.file, rule->place.line,
				 flagstop_call_name(call), expr->argument, flagstop_abi_name(abi));
		if (expr->masked && !(expr->mask.known >> abi & 1))
			fail_msg("%s:%u: the mask is unknown on %s", rule->place.file, rule->place.line,
				 flagstop_abi_name(abi));
		for (i = 0; i < expr->item_count; i++)
			if (!(expr->items[i].low.known & expr->items[i].high.known & 1u << abi))
				fail_msg("%s:%u: value %u (%s) is unknown on %s", rule->place.file,
					 rule->place.line, i, expr->items[i].low.name, flagstop_abi_name(abi));
	}
}

static void check_promise(void **state)
{
	const struct fst_piece *piece = *state;
	void *parent = talloc_new(NULL);
	char names[128];
	struct fst_layer *layer;
	unsigned i, abi;
	bool own = false;

	snprintf(names, sizeof(names), "%s", piece->name);
	for (i = 0; names[i]; i++)
		if (names[i] == '+')
			names[i] = ' ';
	layer = parse(parent, ALL_ABIS "promise %s", names);
	for (i = 0; i < layer->rule_count; i++) {
		const struct fst_rule *rule = &layer->rules[i];

		own = own || !strcmp(rule->place.file, piece->file);
		assert_true(rule->verdict.action == FLAGSTOP_ACTION_ALLOW ||
			    (rule->verdict.action == FLAGSTOP_ACTION_DENY && rule->verdict.value == ENOSYS));
		for (abi = 0; rule->when && abi < FLAGSTOP_ABI_COUNT; abi++)
			check_condition(rule->when, rule, (enum flagstop_abi)abi);
	}
	assert_true(own);
	talloc_free(parent);
}

/* A group of the same name holds at least what the promise allows and pledge's readers look for. */
static void check_promise_has_group(void **state)
{
	const struct fst_piece *piece = *state;

	assert_true(fst_groups_find(piece->name, (unsigned)strlen(piece->name)) >= 0);
}

struct member {
	const char *group, *call;
	bool in;
};

static const struct member members[] = {
	{ "swap", "swapon", true },
	{ "swap", "read", false },
	{ "default", "mmap", true },
	{ "default", "open", false },
	{ "aio", "io_uring_setup", true },
	{ "basic-io", "pwritev2", true },
	{ "file-system", "openat2", true },
	{ "file-system", "faccessat2", true },
	{ "file-system", "statx", true },
	{ "file-system", "fchmodat2", true },
	{ "file-system", "setxattrat", true },
	{ "process", "clone3", true },
	{ "sandbox", "seccomp", true },
	{ "sandbox", "landlock_restrict_self", true },
	{ "system-service", "read", true },
	{ "system-service", "ptrace", false },
	{ "system-service", "mount", false },
	{ "system-service", "futex_wait", true },
	{ "privileged", "init_module", true },
	{ "privileged", "chown", true },
	{ "mount", "umount2", true },
	{ "mount", "statmount", true },
	{ "memory", "mseal", true },
	{ "memory", "mprotect", true },
	{ "links", "symlinkat", true },
	{ "links", "unlink", false },
	{ "threads", "clone", true },
	{ "threads", "fork", false },
	{ "open", "openat2", true },
	{ "open", "creat", true },
	{ "obsolete", "uselib", true },
	{ "debug", "ptrace", true },
	{ "stdio", "read", true },
	{ "stdio", "execve", false },
	{ "stdio", "open", false },
	{ "rpath", "openat", true },
	{ "exec", "execveat", true },
	{ "proc", "fork", true },
};

static void check_member(void **state)
{
	const struct member *row = *state;
	void *parent = talloc_new(NULL);
	struct fst_layer *layer = parse(parent, "abi x86_64\nallow @%s", row->group);

	assert_int_equal(has(&layer->rules[0].set, FLAGSTOP_ABI_X86_64, row->call), row->in);
	talloc_free(parent);
}

static void group_known__holds_every_call_of_every_abi(void **state)
{
	void *parent = talloc_new(NULL);
	const struct fst_callset *known = &parse(parent, "allow @known")->rules[0].set;
	unsigned abi, call;

	(void)state;
	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (call = 0; call < flagstop_call_count(); call++)
			if (flagstop_call_number(call, abi) >= 0)
				assert_true(fst_callset_has(known, abi, call));
	talloc_free(parent);
}

static void group__is_the_union_of_the_groups_in_it(void **state)
{
	void *parent = talloc_new(NULL);
	struct fst_layer *layer =
		parse(parent, "allow @system-service\nallow @system-service @aio @chown @timer @signal");

	(void)state;
	assert_memory_equal(&layer->rules[0].set, &layer->rules[1].set, sizeof(struct fst_callset));
	talloc_free(parent);
}

static void group__is_found_by_its_whole_name_only(void **state)
{
	(void)state;
	assert_true(fst_groups_find("swap", 4) >= 0);
	assert_int_equal(fst_groups_find("swap", 3), -ENOENT);
	assert_int_equal(fst_groups_find("swapo", 5), -ENOENT);
	assert_int_equal(fst_groups_find("", 0), -ENOENT);
	assert_int_equal(fst_groups_find_promise("stdio", 4), -ENOENT);
}

static void tables__are_sorted_for_the_search(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i < fst_groups_count; i++)
		assert_true(strcmp(fst_groups_table[i - 1].name, fst_groups_table[i].name) < 0);
	for (i = 1; i < fst_promises_count; i++)
		assert_true(strcmp(fst_promises_table[i - 1].name, fst_promises_table[i].name) < 0);
	assert_true(fst_promises_count <= FST_PROMISES_MAX);
}

/* Which rules a list of promises brings, as "FILE" of each rule without repetition. */
static void files_of(const struct fst_layer *layer, struct dump *dump)
{
	const char *last = "";
	unsigned i;

	for (i = 0; i < layer->rule_count; i++) {
		if (strcmp(last, layer->rules[i].place.file))
			dump_add(dump, "%s", layer->rules[i].place.file);
		last = layer->rules[i].place.file;
	}
}

struct promised {
	const char *name, *promises, *files;
};

static const struct promised promised[] = {
	{ "promises__one", "rpath", "<promise rpath>" },
	{ "promises__keep_their_order", "rpath flock", "<promise rpath><promise flock>" },
	{ "promises__twice_is_once", "flock dpath flock", "<promise flock><promise dpath>" },
	{ "promises__blanks_around", "  flock\t dpath  \n", "<promise flock><promise dpath>" },
	{ "promises__joint_rules_come_with_the_last", "wpath flock rpath",
	  "<promise wpath><promise flock><promise rpath><promise rpath+wpath>" },
	{ "promises__three_bring_all_pairs", "cpath rpath wpath",
	  "<promise cpath><promise rpath><promise wpath><promise cpath+rpath><promise cpath+rpath+wpath>"
	  "<promise cpath+wpath><promise rpath+wpath>" },
};

static void check_promised(void **state)
{
	const struct promised *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	struct dump dump = { .bytes = 0 };

	assert_int_equal(fst_parse_promises(NULL, row->promises, &layer, &error), 0);
	files_of(layer, &dump);
	assert_string_equal(dump.text, row->files);
	assert_int_equal(layer->fallback.verdict.action, FLAGSTOP_ACTION_DENY);
	assert_int_equal(layer->fallback.verdict.value, EPERM);
	talloc_free(layer);
}

static void promises__joint_rules_come_over_two_statements(void **state)
{
	void *parent = talloc_new(NULL);
	struct dump dump = { .bytes = 0 };

	(void)state;
	files_of(parse(parent, "promise rpath\nallow read\npromise wpath"), &dump);
	assert_string_equal(dump.text, "<promise rpath>t.fs<promise wpath><promise rpath+wpath>");
	talloc_free(parent);
}

static void promises__unknown_one_is_named(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;

	(void)state;
	assert_int_equal(fst_parse_promises(NULL, "stdio rpaht", &layer, &error), -EBADMSG);
	assert_string_equal(error.message, "no promise is named 'rpaht'");
	assert_string_equal(error.hint, "did you mean 'rpath'?");
	assert_string_equal(error.file, "<promises>");
	assert_int_equal(error.line, 1);
	assert_int_equal(error.column, 7);
	assert_int_equal(error.columns, 5);
	assert_null(layer);
}

static void promises__bad_lists_are_refused(void **state)
{
	static const char *const lists[] = { "", " \n", "stdio,rpath", "stdio; rpath",
					     "cpath+wpath", "stdio\nrpath",
					     "@stdio", "stdio\nallow read" };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNT(lists); i++)
		assert_int_equal(fst_parse_promises(NULL, lists[i], &layer, &error), -EBADMSG);
	assert_int_equal(fst_parse_promises(NULL, NULL, &layer, &error), -EINVAL);
	assert_null(layer);
}

/* The line that a rule of a promise names is where the rule stands in promises.fs. */
static void promise__places_are_lines_of_the_file(void **state)
{
	void *parent = talloc_new(NULL);
	struct fst_layer *layer = parse(parent, "promise stdio");
	int index = fst_groups_find_promise("stdio", 5);

	(void)state;
	assert_int_equal(layer->rules[0].place.line, fst_promises_table[index].line);
	assert_int_equal(layer->rules[1].place.line, fst_promises_table[index].line + 1);
	assert_memory_equal(layer->rules[0].place.source, layer->rules[0].text, strlen(layer->rules[0].text));
	talloc_free(parent);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(group_known__holds_every_call_of_every_abi),
	cmocka_unit_test(group__is_the_union_of_the_groups_in_it),
	cmocka_unit_test(group__is_found_by_its_whole_name_only),
	cmocka_unit_test(tables__are_sorted_for_the_search),
	cmocka_unit_test(promises__joint_rules_come_over_two_statements),
	cmocka_unit_test(promises__unknown_one_is_named),
	cmocka_unit_test(promises__bad_lists_are_refused),
	cmocka_unit_test(promise__places_are_lines_of_the_file),
};

#define MAX_TESTS 400

static struct CMUnitTest tests[MAX_TESTS];
static char names[MAX_TESTS][80];
static size_t test_count;

static void add(const char *subject, const char *law, CMUnitTestFunction check, const void *row)
{
	if (test_count == MAX_TESTS)
		abort();
	snprintf(names[test_count], sizeof(names[0]), "%s__%s", subject, law);
	tests[test_count] = (struct CMUnitTest){ names[test_count], check, NULL, NULL, (void *)row };
	test_count++;
}

int main(void)
{
	char subject[64];
	size_t i;

	for (i = 0; i < fst_groups_count; i++) {
		snprintf(subject, sizeof(subject), "group_%s", fst_groups_table[i].name);
		add(subject, "holds_calls", check_group, &fst_groups_table[i]);
	}
	for (i = 0; i < fst_promises_count; i++) {
		snprintf(subject, sizeof(subject), "promise_%s", fst_promises_table[i].name);
		if (strcmp(fst_promises_table[i].name, "tmppath")) /* waits for path rules: test_parse.c */
			add(subject, "fits_every_abi", check_promise, &fst_promises_table[i]);
		if (!strchr(fst_promises_table[i].name, '+'))
			add(subject, "has_a_group", check_promise_has_group, &fst_promises_table[i]);
	}
	for (i = 0; i < COUNT(members); i++) {
		char law[64];

		snprintf(subject, sizeof(subject), "group_%s", members[i].group);
		snprintf(law, sizeof(law), "%s_%s", members[i].in ? "has" : "lacks", members[i].call);
		add(subject, law, check_member, &members[i]);
	}
	for (i = 0; i < COUNT(promised); i++)
		tests[test_count++] =
			(struct CMUnitTest){ promised[i].name, check_promised, NULL, NULL, (void *)&promised[i] };
	for (i = 0; i < COUNT(laws); i++)
		tests[test_count++] = laws[i];
	return _cmocka_run_group_tests("groups", tests, test_count, NULL, NULL);
}
