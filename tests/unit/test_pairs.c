/* SPDX-License-Identifier: MIT */
/*
 * Values of 64 bits in two registers of a 32-bit ABI, and ids of 16 bits: rules by the argument's name compare what the
 * kernel takes. Where x86_64 has the same argument in one register, that is what the halves are held against.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>

#include "test_policy.h"

static struct flagstop_policy *load(const char *text)
{
	return policy_of(&text, 1);
}

static bool denies(const struct flagstop_policy *policy, enum flagstop_abi abi, const char *name,
		   const uint64_t args[6])
{
	struct flagstop_data call = { .arch = flagstop_abi_audit_arch(abi) };

	call.nr = (uint32_t)flagstop_call_number((unsigned)flagstop_call_find(name), abi);
	memcpy(call.args, args, sizeof(call.args));
	return flagstop_policy_decide(policy, &call, NULL).action == FLAGSTOP_ACTION_DENY;
}

/* ---- halves ----------------------------------------------------------------------------------------------------- */

static const uint64_t edges[] = {
	0,
	1,
	4095,
	0x7fffffff,
	0x80000000,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x1ffffffff,
	0x200000000,
	0x200000005,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffeffffffff,
	0xffffffff00000000,
	0xfffffffffffffffe,
	0xffffffffffffffff,
};
#define EDGE_COUNT (sizeof(edges) / sizeof(*edges))

static const char *const conditions[] = {
	"offset == 5",
	"offset != 5",
	"offset == 0x100000001",
	"offset != 0x200000005",
	"offset < 0x100000001",
	"offset <= 0xffffffff",
	"offset > 0xffffffff",
	"offset >= 0x100000000",
	"offset < 0",
	"offset >= 0",
	"offset",
	"not offset",
	"offset in {1, 4095, 0x100000000..0x200000005}",
	"offset in {0x80000000..0x1ffffffff}",
	"offset in {0..0x7ffffffeffffffff}",
	"offset in {-0x100000001..4095}",
	"not offset in {0xffffffff, 0x100000000}",
	"offset & 0x100000001",
	"offset & 0x100000000 == 0",
	"offset & 0xffffffff00000000 == 0x100000000",
	"offset & 0xfff",
	"offset & 0xffffffff0000ffff != 0x200000005",
	"offset & 0x8000000000000000 and offset != -1",
};

static void condition__on_halves_is_the_one_on_the_whole(void **state)
{
	const char *condition = *state;
	struct flagstop_policy *policy;
	char text[256];

	snprintf(text, sizeof(text), "abi x86_64 i386 arm\ndefault allow\ndeny EACCES pread64 when %s\n", condition);
	policy = load(text);
	for (size_t i = 0; i < EDGE_COUNT; i++) {
		for (int64_t near = -1; near <= 1; near++) {
			uint64_t v = edges[i] + (uint64_t)near, low = (uint32_t)v, high = v >> 32;
			bool whole = denies(policy, FLAGSTOP_ABI_X86_64, "pread64", (uint64_t[6]){ 3, 4, 5, v });

			assert_int_equal(denies(policy, FLAGSTOP_ABI_I386, "pread64",
						(uint64_t[6]){ 3, 4, 5, low, high, 99 }),
					 whole);
			/* A pair begins with an even register there. */
			assert_int_equal(denies(policy, FLAGSTOP_ABI_ARM, "pread64",
						(uint64_t[6]){ 3, 4, 5, 99, low, high }),
					 whole);
		}
	}
	flagstop_policy_free(policy);
}

static const struct place {
	const char *call, *argument;
	enum flagstop_abi abi;
	unsigned low, high;
} places[] = {
	{ "pread64", "offset", FLAGSTOP_ABI_I386, 3, 4 },
	{ "pwrite64", "offset", FLAGSTOP_ABI_I386, 3, 4 },
	{ "truncate64", "length", FLAGSTOP_ABI_I386, 1, 2 },
	{ "ftruncate64", "length", FLAGSTOP_ABI_I386, 1, 2 },
	{ "fadvise64", "offset", FLAGSTOP_ABI_I386, 1, 2 },
	{ "fadvise64_64", "offset", FLAGSTOP_ABI_I386, 1, 2 },
	{ "fadvise64_64", "len", FLAGSTOP_ABI_I386, 3, 4 },
	{ "sync_file_range", "offset", FLAGSTOP_ABI_I386, 1, 2 },
	{ "sync_file_range", "nbytes", FLAGSTOP_ABI_I386, 3, 4 },
	{ "fallocate", "offset", FLAGSTOP_ABI_I386, 2, 3 },
	{ "fallocate", "len", FLAGSTOP_ABI_I386, 4, 5 },
	{ "readahead", "offset", FLAGSTOP_ABI_I386, 1, 2 },
	{ "lookup_dcookie", "cookie", FLAGSTOP_ABI_I386, 0, 1 },
	{ "preadv", "offset", FLAGSTOP_ABI_I386, 3, 4 },
	{ "pwritev2", "offset", FLAGSTOP_ABI_I386, 3, 4 },
	{ "fanotify_mark", "mask", FLAGSTOP_ABI_I386, 2, 3 },
	{ "_llseek", "offset", FLAGSTOP_ABI_I386, 2, 1 },
	{ "pread64", "offset", FLAGSTOP_ABI_ARM, 4, 5 },
	{ "truncate64", "length", FLAGSTOP_ABI_ARM, 2, 3 },
	{ "ftruncate64", "length", FLAGSTOP_ABI_ARM, 2, 3 },
	{ "arm_fadvise64_64", "offset", FLAGSTOP_ABI_ARM, 2, 3 },
	{ "arm_fadvise64_64", "len", FLAGSTOP_ABI_ARM, 4, 5 },
	{ "sync_file_range2", "nbytes", FLAGSTOP_ABI_ARM, 4, 5 },
	{ "fallocate", "len", FLAGSTOP_ABI_ARM, 4, 5 },
	{ "readahead", "offset", FLAGSTOP_ABI_ARM, 2, 3 },
	{ "lookup_dcookie", "cookie", FLAGSTOP_ABI_ARM, 0, 1 },
	{ "preadv2", "offset", FLAGSTOP_ABI_ARM, 3, 4 },
	{ "fanotify_mark", "mask", FLAGSTOP_ABI_ARM, 2, 3 },
	{ "_llseek", "offset", FLAGSTOP_ABI_ARM, 2, 1 },
};

static void halves__are_where_the_kernel_takes_them_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		uint64_t args[6] = { 0 };
		char text[160];

		snprintf(text, sizeof(text), "abi %s\ndefault allow\ndeny EACCES %s when %s == 0x300000002\n",
			 flagstop_abi_name(p->abi), p->call, p->argument);
		struct flagstop_policy *policy = load(text);
		args[p->low] = 2;
		args[p->high] = 3;
		assert_true(denies(policy, p->abi, p->call, args));
		args[p->low] = 3;
		args[p->high] = 2;
		assert_false(denies(policy, p->abi, p->call, args));
		flagstop_policy_free(policy);
	}
}

static void half__can_still_be_named(void **state)
{
	struct flagstop_policy *policy = load("abi i386\ndefault allow\ndeny EACCES pread64 when offset_high\n");

	(void)state;
	assert_false(denies(policy, FLAGSTOP_ABI_I386, "pread64", (uint64_t[6]){ 0, 0, 0, 7, 0 }));
	assert_true(denies(policy, FLAGSTOP_ABI_I386, "pread64", (uint64_t[6]){ 0, 0, 0, 0, 7 }));
	flagstop_policy_free(policy);
}

/* ---- ids -------------------------------------------------------------------------------------------------------- */

static void ids__of_16_bits_are_compared_so(void **state)
{
	static const struct {
		enum flagstop_abi abi;
		uint64_t value;
		bool denied;
	} rows[] = {
		{ FLAGSTOP_ABI_I386, 0xffff, true },
		{ FLAGSTOP_ABI_I386, 0x5ffff, true },
		{ FLAGSTOP_ABI_I386, 0xffffffff, true },
		{ FLAGSTOP_ABI_I386, 0x10000, true },
		{ FLAGSTOP_ABI_I386, 1, false },
		{ FLAGSTOP_ABI_ARM, 0xffff, true },
		{ FLAGSTOP_ABI_X86_64, 0xffff, false },
		{ FLAGSTOP_ABI_X86_64, 0xffffffff, true },
		{ FLAGSTOP_ABI_X86_64, 0x10000, false },
		{ FLAGSTOP_ABI_X86_64, 0x100000000, true },
	};
	struct flagstop_policy *policy = load("abi x86_64 i386 arm\ndefault allow\n"
					      "deny EACCES chown when owner == -1 or group == 0\n"
					      "deny EACCES setuid when uid in {-1, 0}\n");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t v = rows[i].value, args[6] = { 0, v, v }, uid[6] = { v };

		assert_int_equal(denies(policy, rows[i].abi, "chown", args), rows[i].denied);
		assert_int_equal(denies(policy, rows[i].abi, "setuid", uid), rows[i].denied);
	}
	assert_false(denies(policy, FLAGSTOP_ABI_I386, "setuid32", (uint64_t[6]){ 0 }));
	flagstop_policy_free(policy);
}

static void ids__that_do_not_fit_are_refused(void **state)
{
	static const char text[] = "abi i386\ndefault allow\ndeny EACCES chown when owner == 65536\n";
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	(void)state;
	assert_int_equal(flagstop_policy_add_text(policy, "test.fs", text, strlen(text), &error), -EBADMSG);
	assert_non_null(strstr(error.message, "16 bits"));
	flagstop_policy_free(policy);
}

static void ids__are_written_as_what_the_kernel_takes(void **state)
{
	const struct flagstop_arg *args;
	char text[32];

	(void)state;
	flagstop_call_args((unsigned)flagstop_call_find("chown"), FLAGSTOP_ABI_I386, &args);
	flagstop_arg_format(FLAGSTOP_ABI_I386, &args[1], 0x1ffff, text, sizeof(text));
	assert_string_equal(text, "-1");
	flagstop_arg_format(FLAGSTOP_ABI_I386, &args[1], 0x10005, text, sizeof(text));
	assert_string_equal(text, "5");
}

#define CONDITION_COUNT (COUNT(conditions))

int main(void)
{
	static const struct CMUnitTest laws[] = {
		cmocka_unit_test(halves__are_where_the_kernel_takes_them_from),
		cmocka_unit_test(half__can_still_be_named),
		cmocka_unit_test(ids__of_16_bits_are_compared_so),
		cmocka_unit_test(ids__that_do_not_fit_are_refused),
		cmocka_unit_test(ids__are_written_as_what_the_kernel_takes),
	};
	static struct CMUnitTest tests[COUNT(laws) + CONDITION_COUNT];
	static char names[CONDITION_COUNT][128];

	memcpy(tests, laws, sizeof(laws));
	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "condition__on_halves_is_the_one_on_the_whole [%s]",
			 conditions[i]);
		tests[COUNT(laws) + i] = (struct CMUnitTest){
			names[i], condition__on_halves_is_the_one_on_the_whole, NULL, NULL, (void *)conditions[i]
		};
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
