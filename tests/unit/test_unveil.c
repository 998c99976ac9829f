/* SPDX-License-Identifier: MIT */
/* What is unveiled: which calls do what where, and lists that mean nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <flagstop/policy.h>

#include "test_policy.h"

#define NATIVE flagstop_abi_native()

struct row {
	const char *name, *unveiled, *call, *verdict;
};

#define LIST "r:/usr/lib,rwc:/home/sandbox,x:/usr/bin,:/home/sandbox/secret,rw:/home/sandbox/secret/log,w:/dev/null"
#define OPEN(path, flags) "openat(AT_FDCWD, \"" path "\", " flags ")"

static const struct row rows[] = {
	{ "unveil__reading", LIST, OPEN("/usr/lib/x", "O_RDONLY"), "allow" },
	{ "unveil__the_directory_itself", LIST, OPEN("/usr/lib", "O_RDONLY | O_DIRECTORY"), "allow" },
	{ "unveil__writing_where_one_may_read", LIST, OPEN("/usr/lib/x", "O_RDWR"), "deny EACCES" },
	{ "unveil__reading_where_one_may_write", LIST, OPEN("/dev/null", "O_RDONLY"), "deny EACCES" },
	{ "unveil__writing_where_one_may_write", LIST, OPEN("/dev/null", "O_WRONLY"), "allow" },
	{ "unveil__creating", LIST, OPEN("/home/sandbox/x", "O_RDWR | O_CREAT"), "allow" },
	{ "unveil__creating_where_one_may_write", LIST, OPEN("/dev/null", "O_WRONLY | O_CREAT"), "deny EACCES" },
	{ "unveil__elsewhere", LIST, OPEN("/etc/passwd", "O_RDONLY"), "deny ENOENT" },
	{ "unveil__longer_names", LIST, OPEN("/usr/lib64/x", "O_RDONLY"), "deny ENOENT" },
	{ "unveil__what_is_hidden", LIST, OPEN("/home/sandbox/secret/x", "O_RDONLY"), "deny EACCES" },
	{ "unveil__below_what_is_hidden", LIST, OPEN("/home/sandbox/secret/log", "O_RDWR"), "allow" },
	{ "unveil__creating_below_what_is_hidden", LIST, OPEN("/home/sandbox/secret/log", "O_CREAT"), "deny EACCES" },
	{ "unveil__looking", LIST, "stat(\"/usr/lib/x\")", "allow" },
	{ "unveil__looking_elsewhere", LIST, "stat(\"/etc\")", "deny ENOENT" },
	{ "unveil__a_descriptor", LIST, "newfstatat(3, \"\", _, AT_EMPTY_PATH)", "allow" },
	{ "unveil__calls_without_a_path", LIST, "read", "allow" },
	{ "unveil__moving_inside", LIST, "rename(\"/home/sandbox/a\", \"/home/sandbox/b\")", "allow" },
	{ "unveil__moving_out", LIST, "rename(\"/home/sandbox/a\", \"/home/b\")", "deny EACCES" },
	{ "unveil__moving_in", LIST, "rename(\"/home/b\", \"/home/sandbox/a\")", "deny EACCES" },
	{ "unveil__moving_between", "rwc:/a,rwc:/b", "rename(\"/a/x\", \"/b/x\")", "allow" },
	{ "unveil__linking_what_one_may_read", LIST, "link(\"/usr/lib/x\", \"/home/sandbox/x\")", "deny EACCES" },
	{ "unveil__linking_inside", LIST, "link(\"/home/sandbox/y\", \"/home/sandbox/x\")", "allow" },
	{ "unveil__removing", LIST, "unlink(\"/home/sandbox/y\")", "allow" },
	{ "unveil__removing_what_one_may_read", LIST, "unlink(\"/usr/lib/y\")", "deny EACCES" },
	{ "unveil__running", LIST, "execve(\"/usr/bin/true\")", "allow" },
	{ "unveil__running_what_one_may_read", LIST, "execve(\"/usr/lib/x\")", "deny EACCES" },
	{ "unveil__running_a_descriptor", LIST, "execveat(3, \"\", _, _, AT_EMPTY_PATH)", "deny ENOENT" },
	{ "unveil__reading_what_one_may_run", LIST, OPEN("/usr/bin/true", "O_RDONLY"), "deny EACCES" },
	{ "unveil__by_handle", LIST, "open_by_handle_at", "deny EPERM" },
	{ "unveil__everything", "rwxc:/", OPEN("/etc/passwd", "O_RDWR | O_CREAT"), "allow" },
	{ "unveil__everything_for_reading_but_one", "r:/,:/etc", OPEN("/etc/passwd", "O_RDONLY"), "deny EACCES" },
	{ "unveil__nothing", ":/etc", OPEN("/etc/passwd", "O_RDONLY"), "deny ENOENT" },
};

static void unveil__gives_the_verdict(void **state)
{
	const struct row *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_explanation e;
	char verdict[64];

	if (flagstop_policy_add_unveil(policy, row->unveiled, &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	if (flagstop_policy_explain(policy, NATIVE, row->call, FLAGSTOP_REPORT_ALL, &e, &error))
		fail_msg("%s: %s", row->call, error.message);
	assert_true(e.determined);
	flagstop_verdict_format(e.verdict, verdict, sizeof(verdict));
	assert_string_equal(verdict, row->verdict);
	flagstop_policy_free(policy);
}

static const struct {
	const char *unveiled;
	unsigned column, columns;
	const char *message;
} bad[] = {
	{ "", 1, 1, "expected letters, ':' and a path" },
	{ "r:/a,", 6, 1, "expected letters, ':' and a path" },
	{ "/a", 1, 2, "expected letters, ':' and a path" },
	{ "rq:/a", 2, 1, "what is unveiled is said by letters before a ':'" },
	{ "r:a", 3, 1, "the path is not absolute" },
	{ "r:/a,w:/b/", 8, 3, "the path ends in a slash" },
	{ "r:/a/../b", 3, 7, "the path has a '.' or '..'" },
	{ "r:/a\"b", 3, 4, "the path has a byte that policies cannot quote" },
	{ "r:/a,w:/a", 6, 4, "this path was unveiled before" },
};

static void unveil__refuses_what_is_no_list(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(bad); i++) {
		struct flagstop_error error = FLAGSTOP_ERROR_INIT;
		struct flagstop_policy *policy = flagstop_policy_new();

		assert_int_equal(flagstop_policy_add_unveil(policy, bad[i].unveiled, &error), -EBADMSG);
		assert_string_equal(error.message, bad[i].message);
		assert_int_equal(error.column, bad[i].column);
		assert_int_equal(error.columns, bad[i].columns);
		assert_int_equal(flagstop_policy_layer_count(policy), 0);
		flagstop_policy_free(policy);
	}
}

static void unveil__has_a_program_and_room_for_64(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char list[4096] = "";
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%srwx:/d%u", i ? "," : "", i);
	if (flagstop_policy_add_unveil(policy, list, &error))
		fail_msg("%s", error.message);
	flagstop_programs_free(programs_of(policy, FLAGSTOP_REPORT_NONE));
	snprintf(list + used, sizeof(list) - used, ",r:/x");
	assert_int_equal(flagstop_policy_add_unveil(policy, list, &error), -EBADMSG);
	assert_string_equal(error.message, "more than 64 paths are unveiled");
	flagstop_policy_free(policy);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(rows) + 2];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, unveil__gives_the_verdict, NULL, NULL,
						      (void *)&rows[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(unveil__refuses_what_is_no_list);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(unveil__has_a_program_and_room_for_64);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
