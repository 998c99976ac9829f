/* SPDX-License-Identifier: MIT */
/* Calls as people write them for `explain` and `emulate`. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include <filters/policy/ast.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define X86_64 FLAGSTOP_ABI_X86_64
#define I386 FLAGSTOP_ABI_I386
#define X32 FLAGSTOP_ABI_X32
#define AARCH64 FLAGSTOP_ABI_AARCH64
#define ANY UINT64_C(0xa0a0a0a0) /* some address, which one is not promised */

struct good {
	const char *name, *text;
	enum flagstop_abi abi;
	const char *call; /* NULL: none */
	uint32_t nr;
	unsigned known;
	uint64_t args[6];
};

/* clang-format would make one line of each row. */
/* clang-format off */
static const struct good goods[] = {
	{ "example__bare_name", "openat", X86_64, "openat", 257, 0, { 0 } },
	{ "example__no_arguments", "getpid()", X86_64, "getpid", 39, 0, { 0 } },
	{ "example__whole_call", "openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY, 0644)",
	  X86_64, "openat", 257, 15,
	  { (uint64_t)-100, ANY, 0, 0644 } },
	{ "example__fewer_arguments_are_unknown", "openat(3)", X86_64, "openat", 257, 1, { 3 } },
	{ "example__underscore_is_unknown", "openat(_, _, O_WRONLY|O_CREAT)", X86_64, "openat", 257, 4,
	  { 0, 0, 0101 } },
	{ "example__number_is_the_call", "257(1, 2)", X86_64, "openat", 257, 3, { 1, 2 } },
	{ "example__number_of_another_abi", "5", I386, "open", 5, 0, { 0 } },
	{ "example__number_without_a_call", "100000(1)", X86_64, NULL, 100000, 1, { 1 } },
	{ "example__x32_number_has_its_bit", "read", X32, "read", 0x40000000, 0, { 0 } },
	{ "example__registers_of_32_bit_abis_are_narrow", "kill(-1, 9)", I386, "kill", 37, 3,
	  { 0xffffffff, 9 } },
	{ "example__registers_of_64_bit_abis_are_not", "kill(-1, 9)", X86_64, "kill", 62, 3,
	  { UINT64_MAX, 9 } },
	{ "example__constant_as_the_abi_has_it", "openat(_, _, O_DIRECTORY)", AARCH64, "openat", 56, 4,
	  { 0, 0, 040000 } },
	{ "example__blanks_do_not_matter", "  kill ( 1 ,\n 2 ) \n", X86_64, "kill", 62, 3,
	  { 1, 2 } },
	{ "example__structure_is_a_pointer", "clone3({flags = CLONE_VM, exit_signal = 17}, 88)", X86_64, "clone3", 435,
	  3,
	  { ANY, 88 } },
	{ "example__address_is_a_pointer", "connect(3, {port = 443, ip = 10.0.0.1,\nfamily = AF_INET})", AARCH64,
	  "connect", 203, 3,
	  { 3, ANY } },
	{ "example__path_and_where_it_leads", "open(\"a\" -> \"/b/a\", 0)", X86_64, "open", 2, 3, { ANY } },
	{ "example__expressions", "kill((1 + 2) << 2, ~0)", X86_64, "kill", 62, 3,
	  { 12, UINT64_MAX } },
};
/* clang-format on */

#define ADDRESSES "as in {ip = 10.0.0.1, port = 443}, {path = \"/run/s\"} or {family = AF_NETLINK}"

struct bad {
	const char *name, *text;
	int code;
	unsigned column, columns;
	const char *message, *hint;
};

static const struct bad bads[] = {
	{ "example__unknown_call", "opennat(1)", -EBADMSG, 1, 7, "no call is named 'opennat'",
	  "did you mean 'openat'?" },
	{ "example__call_that_the_abi_lacks", "waitpid(1)", -EBADMSG, 1, 7,
	  "'waitpid' is not a call of x86_64", "" },
	{ "example__empty", "", -EBADMSG, 1, 1, "expected a call's name or number, but the text ends", "" },
	{ "example__too_many_arguments", "close(1, 2)", -EBADMSG, 10, 1, "close has 1 argument", "" },
	{ "example__arguments_of_a_call_without", "getpid(1)", -EBADMSG, 8, 1, "getpid has 0 arguments", "" },
	{ "example__seven_arguments", "100000(1, 2, 3, 4, 5, 6, 7)", -EBADMSG, 26, 1,
	  "a call has no more than 6 arguments", "" },
	{ "example__unknown_constant", "openat(AT_FDCDW)", -EBADMSG, 8, 8, "no constant is named 'AT_FDCDW'",
	  "did you mean 'AT_FDCWD'?" },
	{ "example__constant_that_the_abi_lacks", "ptrace(PTRACE_GETVFPREGS)", -EBADMSG, 8, 17,
	  "x86_64 does not have this constant", "" },
	{ "example__not_closed", "kill(1, 2", -EBADMSG, 5, 1, "'(' is never closed", "a ')' is missing" },
	{ "example__no_comma", "kill(1 2)", -EBADMSG, 8, 1, "expected ',' or ')', not '2'", "" },
	{ "example__something_behind", "kill(1, 2) = 0", -EBADMSG, 12, 1, "expected the end of the call, not '='",
	  "equality is written '=='" },
	{ "example__two_calls", "kill(1, 2)\nkill(1, 3)", -EBADMSG, 1, 4, "expected one call, not 'kill'", "" },
	{ "example__structure_where_none_is", "openat(_, _, {flags = 1})", -EBADMSG, 14, 1,
	  "'flags' of openat is no structure that is looked into", "" },
	{ "example__structure_of_no_call", "100000({})", -EBADMSG, 8, 1,
	  "expected a number, a constant, a string or '_', not '{'", "" },
	{ "example__field_that_is_not_there", "openat2(_, _, {how = 1})", -EBADMSG, 16, 3,
	  "expected 'flags', 'mode' or 'resolve', not 'how'", "" },
	{ "example__field_that_is_given_twice", "openat2(_, _, {mode = 1, mode = 1})", -EBADMSG, 26, 4,
	  "'mode' is given twice", "" },
	{ "example__part_without_a_value", "connect(_, {ip})", -EBADMSG, 15, 1, "expected '=', not '}'",
	  "" },
	{ "example__address_without_a_port", "connect(_, {ip = ::1})", -EBADMSG, 12, 10,
	  "an address has an ip and a port, or a path", ADDRESSES },
	{ "example__address_of_nothing", "connect(_, {})", -EBADMSG, 12, 2, "an address needs more than nothing",
	  ADDRESSES },
	{ "example__address_of_a_family_alone", "connect(_, {family = AF_INET})", -EBADMSG, 12, 18,
	  "an address of this family has more to it", ADDRESSES },
	{ "example__address_of_another_family", "connect(_, {family = AF_INET6, ip = 1.2.3.4, port = 1})", -EBADMSG,
	  12, 43, "this address is of another family", ADDRESSES },
	{ "example__address_that_is_a_network", "connect(_, {ip = 10.0.0.0/8, port = 1})", -EBADMSG, 18, 10,
	  "'10.0.0.0/8' is no Internet address", "addresses are written 127.0.0.1 or ::1" },
	{ "example__port_of_17_bits", "connect(_, {ip = ::1, port = 65536})", -EBADMSG, 30, 5, "a port has 16 bits",
	  "" },
	{ "example__path_that_leads_nowhere", "open(\"a\" -> \"b\")", -EBADMSG, 13, 3,
	  "no path leads there: it is not absolute", "" },
	{ "example__arrow_behind_no_path", "getxattr(_, \"a\" -> \"/b\")", -EBADMSG, 17, 1,
	  "expected ',' or ')', not '-'", "" },
	{ "example__number_of_33_bits", "4294967296", -EBADMSG, 1, 10, "a call's number has 32 bits", "" },
};

static void check_good(void **state)
{
	const struct good *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_example example;
	unsigned i;
	int r = fst_parse_example(row->text, row->abi, &example, &error);

	if (r)
		print_error("%u: %s\n", error.column, error.message);
	assert_int_equal(r, 0);
	assert_int_equal(example.call, row->call ? flagstop_call_find(row->call) : -ENOENT);
	assert_int_equal(example.nr, row->nr);
	assert_int_equal(example.known, row->known);
	for (i = 0; i < 6; i++) {
		if (row->args[i] == ANY)
			assert_true(example.args[i] != 0);
		else
			assert_true(example.args[i] == row->args[i]);
	}
}

static void check_bad(void **state)
{
	const struct bad *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_example example = { .nr = 77 };
	int r = fst_parse_example(row->text, FLAGSTOP_ABI_X86_64, &example, &error);

	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_int_equal(r, row->code);
	assert_int_equal(error.column, row->column);
	assert_int_equal(error.columns, row->columns);
	assert_int_equal(example.nr, 77);
}

static void example__wrong_use_is_EINVAL(void **state)
{
	struct fst_example example;

	(void)state;
	assert_int_equal(fst_parse_example(NULL, FLAGSTOP_ABI_X86_64, &example, NULL), -EINVAL);
	assert_int_equal(fst_parse_example("read", FLAGSTOP_ABI_X86_64, NULL, NULL), -EINVAL);
	assert_int_equal(fst_parse_example("read", (enum flagstop_abi)FLAGSTOP_ABI_COUNT, &example, NULL), -EINVAL);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(goods) + COUNT(bads) + 1];
	size_t count = 0, i;

	for (i = 0; i < COUNT(goods); i++)
		tests[count++] = (struct CMUnitTest){ goods[i].name, check_good, NULL, NULL, (void *)&goods[i] };
	for (i = 0; i < COUNT(bads); i++)
		tests[count++] = (struct CMUnitTest){ bads[i].name, check_bad, NULL, NULL, (void *)&bads[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(example__wrong_use_is_EINVAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
