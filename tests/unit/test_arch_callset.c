/* SPDX-License-Identifier: MIT */
/* Sets of calls are sets, in each ABI apart. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <arch/callset.h>
#include <arch/mux.h>

static unsigned call(const char *name)
{
	int found = flagstop_call_find(name);

	assert_true(found >= 0);
	return (unsigned)found;
}

static void callset__add_all_adds_where_the_call_exists(void **state)
{
	struct fst_callset set = { 0 };

	(void)state;
	assert_int_equal(fst_callset_add_all(&set, call("openat")), FLAGSTOP_ABI_COUNT);
	assert_int_equal(fst_callset_add_all(&set, call("arch_prctl")), 3);
	assert_true(fst_callset_has(&set, FLAGSTOP_ABI_X32, call("arch_prctl")));
	assert_false(fst_callset_has(&set, FLAGSTOP_ABI_AARCH64, call("arch_prctl")));
	assert_false(fst_callset_has(&set, FLAGSTOP_ABI_X86_64, call("open")));
}

static void callset__the_last_call_has_a_place(void **state)
{
	struct fst_callset set = { 0 };
	unsigned last = flagstop_call_count() - 1;

	(void)state;
	fst_callset_add(&set, FLAGSTOP_ABI_LOONGARCH64, last);
	assert_true(fst_callset_has(&set, FLAGSTOP_ABI_LOONGARCH64, last));
	assert_false(fst_callset_has(&set, FLAGSTOP_ABI_S390X, last));
}

static void callset__union_minus_intersect_are_those_of_sets(void **state)
{
	struct fst_callset a = { 0 }, b = { 0 }, all, both, rest;

	(void)state;
	fst_callset_add_all(&a, call("read"));
	fst_callset_add_all(&a, call("write"));
	fst_callset_add_all(&b, call("write"));
	fst_callset_add_all(&b, call("writev"));
	all = both = rest = a;
	fst_callset_union(&all, &b);
	fst_callset_intersect(&both, &b);
	fst_callset_minus(&rest, &b);
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		assert_true(fst_callset_has(&all, abi, call("read")) && fst_callset_has(&all, abi, call("write")) &&
			    fst_callset_has(&all, abi, call("writev")));
		assert_true(!fst_callset_has(&both, abi, call("read")) && fst_callset_has(&both, abi, call("write")) &&
			    !fst_callset_has(&both, abi, call("writev")));
		assert_true(fst_callset_has(&rest, abi, call("read")) && !fst_callset_has(&rest, abi, call("write")) &&
			    !fst_callset_has(&rest, abi, call("writev")));
	}
}

static void callset__restrict_keeps_one_abi(void **state)
{
	struct fst_callset set = { 0 };

	(void)state;
	fst_callset_add_all(&set, call("write"));
	fst_callset_restrict(&set, FLAGSTOP_ABI_ARM);
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		assert_int_equal(fst_callset_has(&set, abi, call("write")), abi == FLAGSTOP_ABI_ARM);
}

static void callset__is_empty_when_nothing_is_in_it(void **state)
{
	struct fst_callset set = { 0 };

	(void)state;
	assert_true(fst_callset_is_empty(&set));
	fst_callset_add(&set, FLAGSTOP_ABI_LOONGARCH64, flagstop_call_count() - 1);
	assert_false(fst_callset_is_empty(&set));
	fst_callset_minus(&set, &set);
	assert_true(fst_callset_is_empty(&set));
}

/* It must not be forgotten of an ABI that it carries calls: rules on these would not hold there. */
static void callset__knows_what_socketcall_and_ipc_carry(void **state)
{
	unsigned carried = 0;

	(void)state;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (unsigned i = 0; i < fst_mux_part_count; i++) {
			unsigned part = call(fst_mux_parts[i].name);
			bool is_in = fst_mux_is_in(abi, fst_mux_parts[i].is_ipc);
			struct fst_callset set = { 0 };

			fst_mux_add(&set, part);
			carried += is_in;
			assert_int_equal(fst_mux_knows(abi, part), is_in || flagstop_call_number(part, abi) >= 0);
			assert_int_equal(fst_callset_has(&set, abi, part), fst_mux_knows(abi, part));
		}
	}
	assert_int_equal(carried, 3 * fst_mux_part_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callset__add_all_adds_where_the_call_exists),
		cmocka_unit_test(callset__the_last_call_has_a_place),
		cmocka_unit_test(callset__union_minus_intersect_are_those_of_sets),
		cmocka_unit_test(callset__restrict_keeps_one_abi),
		cmocka_unit_test(callset__is_empty_when_nothing_is_in_it),
		cmocka_unit_test(callset__knows_what_socketcall_and_ipc_carry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
