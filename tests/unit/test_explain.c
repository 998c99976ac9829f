/* SPDX-License-Identifier: MIT */
/* Calls as people write them, and what is explained of them when some arguments are not given. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "test_policy.h"

#define NOT_DETERMINED NULL

static const char policy_text[] = "abi x86_64 i386 s390x\n"                                           /* 1 */
				  "default allow\n"                                                   /* 2 */
				  "deny EACCES socket when domain == AF_INET and type == SOCK_RAW\n"  /* 3 */
				  "kill openat when flags & O_ACCMODE == O_WRONLY\n"                  /* 4 */
				  "trap 3 openat when dirfd == AT_FDCWD or flags & O_CREAT\n"         /* 5 */
				  "ask close when fd < 3\n"                                           /* 6 */
				  "return 1000 getuid\n"                                              /* 7 */
				  "deny clone when flags & CLONE_NEWUSER\n"                           /* 8 */
				  "deny ENODATA mount when source == NULL\n"                          /* 9 */
				  "deny EMFILE getpid when arg5 == 7\n"                               /* 10 */
				  "deny ENETDOWN connect sendto sendmsg when addr.ip in 10.0.0.0/8\n" /* 11 */
				  "deny EBUSY connect when addr.path under \"/run\"\n"                /* 12 */
				  "deny EROFS openat2 when path under \"/etc\" and writes\n"          /* 13 */
				  "deny EXDEV chmod when path under \"/etc\"\n";                      /* 14 */

static const struct row {
	const char *name;
	enum flagstop_abi abi;
	const char *call, *verdict;
	unsigned line;
	enum flagstop_place none, all;
} rows[] = {
#define LAW(name, abi, call, verdict, line, none, all) \
	{ \
		name, FLAGSTOP_ABI_##abi, call, verdict, line, FLAGSTOP_PLACE_##none, FLAGSTOP_PLACE_##all \
	}
	LAW("call__with_all_arguments", X86_64, "socket(AF_INET, SOCK_RAW, 0)", "deny EACCES", 3, KERNEL_ARGUMENTS,
	    TRACER),
	LAW("call__may_lack_blanks", X86_64, "socket(AF_INET,SOCK_RAW,0)", "deny EACCES", 3, KERNEL_ARGUMENTS, TRACER),
	LAW("call__may_have_many", X86_64, "  socket ( AF_INET ,\tSOCK_RAW )  ", "deny EACCES", 3, KERNEL_ARGUMENTS,
	    TRACER),
	LAW("call__arguments_that_do_not_matter_may_be_missing", X86_64, "socket(AF_INET, SOCK_RAW)", "deny EACCES", 3,
	    KERNEL_ARGUMENTS, TRACER),
	LAW("call__false_in_one_argument_is_enough", X86_64, "socket(AF_UNIX)", "allow", 2, KERNEL_ARGUMENTS,
	    KERNEL_ARGUMENTS),
	LAW("call__false_in_a_later_argument_is_enough", X86_64, "socket(_, SOCK_STREAM)", "allow", 2, KERNEL_ARGUMENTS,
	    KERNEL_ARGUMENTS),
	LAW("call__true_so_far_is_not_enough", X86_64, "socket(AF_INET)", NOT_DETERMINED, 0, KERNEL, KERNEL),
	LAW("call__without_arguments_depends_on_them", X86_64, "socket", NOT_DETERMINED, 0, KERNEL, KERNEL),
	LAW("call__with_empty_parentheses_depends_too", X86_64, "socket()", NOT_DETERMINED, 0, KERNEL, KERNEL),
	LAW("call__without_conditions_depends_on_nothing", X86_64, "getuid", "return 1000", 7, TRACER, TRACER),
	LAW("call__or_is_decided_by_one_that_holds", X86_64, "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY)", "trap 3", 5,
	    KERNEL_ARGUMENTS, KERNEL_ARGUMENTS),
	LAW("call__first_rule_that_may_hold_hides_later_ones", X86_64, "openat(AT_FDCWD, _, _)", NOT_DETERMINED, 0,
	    KERNEL, KERNEL),
	LAW("call__first_rule_that_holds_hides_later_ones", X86_64, "openat(_, _, O_WRONLY | O_CREAT)", "kill", 4,
	    KERNEL_ARGUMENTS, KERNEL_ARGUMENTS),
	LAW("call__string_is_a_pointer_that_is_not_null", X86_64, "mount(\"/dev/sda\")", "allow", 2, KERNEL_ARGUMENTS,
	    KERNEL_ARGUMENTS),
	LAW("call__null_is_null", X86_64, "mount(NULL)", "deny ENODATA", 9, KERNEL_ARGUMENTS, TRACER),
	LAW("call__negative_numbers_are_numbers", X86_64, "close(-1)", "allow", 2, KERNEL_ARGUMENTS, KERNEL_ARGUMENTS),
	LAW("call__flagged_is_the_tracer_s", X86_64, "close(0)", "ask", 6, TRACER, TRACER),
	LAW("call__number_is_the_call", X86_64, "41(2, 3)", "deny EACCES", 3, KERNEL_ARGUMENTS, TRACER),
	LAW("call__number_may_be_hexadecimal", X86_64, "0x29(2, 3)", "deny EACCES", 3, KERNEL_ARGUMENTS, TRACER),
	LAW("call__number_is_that_of_the_abi", I386, "359(2, 3)", "deny EACCES", 3, KERNEL_ARGUMENTS, TRACER),
	LAW("call__number_that_no_call_has_is_unknown", X86_64, "5000", "deny ENOSYS", 0, KERNEL, TRACER),
	LAW("call__number_that_no_call_has_takes_six_arguments", X86_64, "5000(1, 2, 3, 4, 5, 6)", "deny ENOSYS", 0,
	    KERNEL, TRACER),
	LAW("call__of_an_abi_that_is_not_named_is_killed", AARCH64, "getuid", "kill", 0, KERNEL, KERNEL),
	LAW("call__clone_has_its_order_here", X86_64, "clone(CLONE_NEWUSER, 0)", "deny EPERM", 8, KERNEL_ARGUMENTS,
	    TRACER),
	LAW("call__clone_has_another_order_there", S390X, "clone(0, CLONE_NEWUSER)", "deny EPERM", 8,
	    KERNEL_ARGUMENTS, TRACER),
	LAW("call__condition_on_a_register_that_is_no_argument_is_open", X86_64, "getpid", NOT_DETERMINED, 0,
	    KERNEL, KERNEL),
	LAW("address__is_judged_as_it_stands", X86_64, "connect(_, {ip = 10.0.0.1, port = 1})", "deny ENETDOWN", 11,
	    TRACER, TRACER),
	LAW("address__that_is_permitted", X86_64, "connect(3, {ip = 11.0.0.1, port = 1}, 16)", "allow", 2, TRACER,
	    TRACER),
	LAW("address__stands_in_the_place_of_its_message", S390X, "sendmsg(3, {ip = ::ffff:10.0.0.1, port = 1})",
	    "deny ENETDOWN", 11, TRACER, TRACER),
	LAW("address__of_a_message_may_not_be_there", X86_64, "sendmsg(3, {})", "allow", 2, TRACER, TRACER),
	LAW("address__that_was_not_given_is_open", X86_64, "connect(3, _, 16)", NOT_DETERMINED, 0, KERNEL, KERNEL),
	LAW("address__that_is_a_number_is_open", X86_64, "connect(3, 0x1000, 16)", NOT_DETERMINED, 0, KERNEL, KERNEL),
	LAW("address__null_is_none_to_sendto", X86_64, "sendto(3, _, _, _, NULL, 0)", "allow", 2, TRACER, TRACER),
	LAW("address__with_a_relative_path_is_open", X86_64, "connect(3, {path = \"run/s\"})", NOT_DETERMINED, 0,
	    KERNEL, KERNEL),
	LAW("address__with_a_path_that_leads_somewhere", X86_64, "connect(3, {path = \"s\" -> \"/run/s\"})",
	    "deny EBUSY", 12, TRACER, TRACER),
	LAW("address__abstract_name_is_no_path", X86_64, "connect(3, {path = \"@/run/s\"})", "allow", 2, TRACER,
	    TRACER),
	LAW("structure__is_judged_by_its_fields", X86_64, "openat2(_, \"/etc/x\", {flags = O_WRONLY})", "deny EROFS",
	    13, TRACER, TRACER),
	LAW("structure__fields_that_are_left_out_are_zero", I386, "openat2(_, \"/etc/x\", {resolve = 1})", "allow", 2,
	    TRACER, TRACER),
	LAW("path__is_judged_by_where_it_leads", X86_64, "chmod(\"x\" -> \"/etc/x\")", "deny EXDEV", 14, TRACER,
	    TRACER),
	LAW("path__that_says_nothing_is_open", X86_64, "chmod(\"/run/../etc/x\")", NOT_DETERMINED, 0, KERNEL, KERNEL),
};

static void check_row(void **state)
{
	const struct row *row = *state;
	const char *text = policy_text;
	struct flagstop_policy *policy = policy_of(&text, 1);
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_explanation e;
	char verdict[64];

	if (flagstop_policy_explain(policy, row->abi, row->call, FLAGSTOP_REPORT_NONE, &e, &error))
		fail_msg("%s", error.message);
	assert_int_equal(e.determined, row->verdict != NOT_DETERMINED);
	if (e.determined) {
		flagstop_verdict_format(e.verdict, verdict, sizeof(verdict));
		assert_string_equal(verdict, row->verdict);
		assert_int_equal(e.rule.line, row->line);
		assert_int_equal(e.place, row->none);
		assert_int_equal(flagstop_policy_explain(policy, row->abi, row->call, FLAGSTOP_REPORT_ALL, &e,
							 NULL),
				 0);
		assert_int_equal(e.place, row->all);
	}
	flagstop_policy_free(policy);
}

static const struct bad {
	const char *name;
	enum flagstop_abi abi;
	const char *call;
	unsigned column;
	const char *message, *hint;
} bads[] = {
	{ "mistake__unknown_call", FLAGSTOP_ABI_X86_64, "opennat(1)", 1, "no call is named 'opennat'",
	  "did you mean 'openat'?" },
	{ "mistake__call_that_the_abi_lacks", FLAGSTOP_ABI_S390X, "waitpid", 1, "'waitpid' is not a call of s390x",
	  "" },
	{ "mistake__too_many_arguments", FLAGSTOP_ABI_X86_64, "close(1, 2)", 10, "close has 1 argument", "" },
	{ "mistake__arguments_of_a_call_that_has_none", FLAGSTOP_ABI_X86_64, "getuid(1)", 8,
	  "getuid has 0 arguments", "" },
	{ "mistake__seven_arguments", FLAGSTOP_ABI_X86_64, "5000(1, 2, 3, 4, 5, 6, 7)", 24,
	  "a call has no more than 6 arguments", "" },
	{ "mistake__unknown_constant", FLAGSTOP_ABI_X86_64, "socket(AF_INTE)", 8, "no constant is named 'AF_INTE'",
	  "did you mean 'AF_INET'?" },
	{ "mistake__constant_that_the_abi_lacks", FLAGSTOP_ABI_S390X, "mmap2(_, _, _, MAP_32BIT)", 0, NULL, NULL },
	{ "mistake__number_that_no_register_holds", FLAGSTOP_ABI_X86_64, "4294967296", 1,
	  "a call's number has 32 bits", "" },
	{ "mistake__nothing", FLAGSTOP_ABI_X86_64, "", 1, "expected a call's name or number, but the text ends", "" },
	{ "mistake__no_call_at_all", FLAGSTOP_ABI_X86_64, "(1)", 1, "expected a call's name or number, not '('", "" },
	{ "mistake__something_behind", FLAGSTOP_ABI_X86_64, "close(1) read(2)", 10,
	  "expected the end of the call, not 'read'", "" },
	{ "mistake__a_second_line", FLAGSTOP_ABI_X86_64, "close(1)\nread", 1, "expected one call, not 'read'", "" },
	{ "mistake__never_closed", FLAGSTOP_ABI_X86_64, "close(1", 6, "'(' is never closed", "a ')' is missing" },
	{ "mistake__comma_at_the_end", FLAGSTOP_ABI_X86_64, "dup2(1,)", 8,
	  "expected a number or a constant, not ')'", "" },
};

static void check_bad(void **state)
{
	const struct bad *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_data data;

	assert_int_equal(flagstop_data_parse(row->call, row->abi, &data, &error), -EBADMSG);
	if (!row->message) /* what exactly depends on the tables */
		return;
	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_int_equal(error.column, row->column);
}

static void data__is_what_the_kernel_would_see(void **state)
{
	struct flagstop_data data;

	(void)state;
	assert_int_equal(flagstop_data_parse("openat(AT_FDCWD, \"a\", O_DIRECT | 1, 0o644)", FLAGSTOP_ABI_AARCH64,
					     &data, NULL),
			 0);
	assert_int_equal(data.arch, flagstop_abi_audit_arch(FLAGSTOP_ABI_AARCH64));
	assert_int_equal(data.nr, 56);
	assert_int_equal((int)data.args[0], -100);
	assert_int_not_equal(data.args[1], 0);
	assert_int_equal(data.args[2], 0x10001);
	assert_int_equal(data.args[3], 0644);
	assert_int_equal(data.args[4], 0);
	assert_int_equal(flagstop_data_parse("getpid", FLAGSTOP_ABI_X32, &data, NULL), 0);
	assert_int_equal(data.nr, 0x40000027);
}

/* Registers of 32 bits have no upper half that a sign could fill. */
static void data__has_the_width_of_the_registers(void **state)
{
	struct flagstop_data data;

	(void)state;
	assert_int_equal(flagstop_data_parse("close(-1)", FLAGSTOP_ABI_I386, &data, NULL), 0);
	assert_true(data.args[0] == 0xffffffff);
	assert_int_equal(flagstop_data_parse("close(-1)", FLAGSTOP_ABI_X86_64, &data, NULL), 0);
	assert_true(data.args[0] == UINT64_MAX);
}

static void explanation__knows_what_was_given(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_explanation e;

	(void)state;
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "read(3, _, 5)", FLAGSTOP_REPORT_NONE,
						 &e, NULL),
			 0);
	assert_int_equal(e.known, 5);
	assert_int_equal(e.index, flagstop_call_find("read"));
	assert_int_equal(e.call.args[0], 3);
	assert_int_equal(e.call.args[1], 0);
	assert_int_equal(e.call.args[2], 5);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "5000", FLAGSTOP_REPORT_NONE, &e,
						 NULL),
			 0);
	assert_int_equal(e.index, -ENOENT);
	assert_int_equal(e.call.nr, 5000);
	flagstop_policy_free(policy);
}

/* A layer whose verdict does not depend on what is missing is no reason to know it; one that does is. */
static void explanation__is_determined_when_every_layer_is(void **state)
{
	static const char *const texts[] = { "abi x86_64\ndefault allow",
					     "abi x86_64\ndefault allow\ndeny read when fd == 3" };
	struct flagstop_policy *policy = policy_of(texts, COUNT(texts));
	struct flagstop_explanation e;

	(void)state;
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "read", FLAGSTOP_REPORT_NONE, &e,
						 NULL),
			 0);
	assert_false(e.determined);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "write", FLAGSTOP_REPORT_NONE, &e,
						 NULL),
			 0);
	assert_true(e.determined);
	flagstop_policy_free(policy);
}

static void arguments__that_are_missing_are_EINVAL(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_explanation e;
	struct flagstop_data data;

	(void)state;
	assert_int_equal(flagstop_policy_explain(NULL, FLAGSTOP_ABI_X86_64, "read", FLAGSTOP_REPORT_ALL, &e, NULL),
			 -EINVAL);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, NULL, FLAGSTOP_REPORT_ALL, &e, NULL),
			 -EINVAL);
	assert_int_equal(flagstop_policy_explain(policy, (enum flagstop_abi)99, "read", FLAGSTOP_REPORT_ALL, &e,
						 NULL),
			 -EINVAL);
	assert_int_equal(flagstop_policy_explain(policy, FLAGSTOP_ABI_X86_64, "read", FLAGSTOP_REPORT_ALL, NULL,
						 NULL),
			 -EINVAL);
	assert_int_equal(flagstop_data_parse(NULL, FLAGSTOP_ABI_X86_64, &data, NULL), -EINVAL);
	assert_int_equal(flagstop_data_parse("read", (enum flagstop_abi) - 1, &data, NULL), -EINVAL);
	assert_int_equal(flagstop_data_parse("read", FLAGSTOP_ABI_X86_64, NULL, NULL), -EINVAL);
	flagstop_policy_free(policy);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(data__is_what_the_kernel_would_see),
	cmocka_unit_test(data__has_the_width_of_the_registers),
	cmocka_unit_test(explanation__knows_what_was_given),
	cmocka_unit_test(explanation__is_determined_when_every_layer_is),
	cmocka_unit_test(arguments__that_are_missing_are_EINVAL),
};

int main(void)
{
	static struct CMUnitTest tests[COUNT(rows) + COUNT(bads) + COUNT(laws)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(bads); i++)
		tests[count++] = (struct CMUnitTest){ bads[i].name, check_bad, NULL, NULL, (void *)&bads[i] };
	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
