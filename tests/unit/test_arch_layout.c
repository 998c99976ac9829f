/* SPDX-License-Identifier: MIT */
/*
 * Register layouts of all architectures, on every host: against what the kernel's documents say of each (a second
 * table, written down by register name), against themselves, and what a quirk makes of a change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <arch/stub.h>

/* Word by word: "nr result pc sp arg0 … arg5", as asm/ptrace.h of each counts them. */
struct row {
	const struct fst_layout *layout;
	const char *abi;
	unsigned words, word_bytes;
	unsigned nr, result, pc, sp, args[6];
};

static const struct row rows[] = {
	{ &fst_layout_x86_64, "x86_64", 27, 8, 15, 10, 16, 19, { 14, 13, 12, 7, 9, 8 } },
	{ &fst_layout_i386, "i386", 17, 4, 11, 6, 12, 15, { 0, 1, 2, 3, 4, 5 } },
	{ &fst_layout_aarch64, "aarch64", 34, 8, 8, 0, 32, 31, { 0, 1, 2, 3, 4, 5 } },
	{ &fst_layout_arm, "arm", 18, 4, 7, 0, 15, 13, { 17, 1, 2, 3, 4, 5 } },
	{ &fst_layout_arm_on_aarch64, "arm", 18, 4, 7, 0, 15, 13, { 17, 1, 2, 3, 4, 5 } },
	{ &fst_layout_riscv64, "riscv64", 32, 8, 17, 10, 0, 2, { 10, 11, 12, 13, 14, 15 } },
	{ &fst_layout_ppc64le, "ppc64le", 48, 8, 0, 3, 32, 1, { 34, 4, 5, 6, 7, 8 } },
	{ &fst_layout_s390x, "s390x", 27, 8, 4, 4, 1, 17, { 26, 5, 6, 7, 8, 9 } },
	{ &fst_layout_loongarch64, "loongarch64", 45, 8, 11, 4, 33, 3, { 32, 5, 6, 7, 8, 9 } },
};

/* ---- every layout ----------------------------------------------------------------------------------------------- */

static void layout__is_as_its_kernel_documents_it(void **state)
{
	const struct row *row = *state;
	const struct fst_layout *l = row->layout;

	assert_int_equal(l->abi, flagstop_abi_find(row->abi));
	assert_int_equal(l->word_bytes, row->word_bytes);
	assert_int_equal(l->regset_bytes, row->words * row->word_bytes);
	assert_int_equal(l->nr, row->nr * row->word_bytes);
	assert_int_equal(l->result, row->result * row->word_bytes);
	assert_int_equal(l->pc, row->pc * row->word_bytes);
	assert_int_equal(l->sp, row->sp * row->word_bytes);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(l->args[i], row->args[i] * row->word_bytes);
	assert_true(l->regset_bytes <= FST_REGSET_MAX_BYTES);
}

static void layout__has_a_way_to_skip_with_a_result(void **state)
{
	const struct fst_layout *l = ((const struct row *)*state)->layout;

	assert_true(l->result_places & FST_PLACE_EXIT);
	/* What goes where the number goes cannot go there in the same stop. */
	if (l->result_places & FST_PLACE_SECCOMP && l->number_way == FST_NUMBER_IN_REGSET)
		assert_int_not_equal(l->nr, l->result);
	assert_int_equal(l->number_way == FST_NUMBER_BY_REGSET, l->number_regset != 0);
	/* 16 bits must hold the poison numbers and -1 all the same. */
	assert_int_not_equal(fst_layout_number(l, UINT32_MAX), fst_layout_number(l, 0x20008000));
	assert_true(fst_layout_number(l, 0x20008000) > 4096);
}

/* Everything but one word, and its copy, stays as it was. */
static void layout__argument_changes_alone(void **state)
{
	const struct fst_layout *l = ((const struct row *)*state)->layout;
	uint64_t value = l->word_bytes == 8 ? UINT64_C(0x8877665544332211) : 0x44332211;
	unsigned char before[FST_REGSET_MAX_BYTES], after[FST_REGSET_MAX_BYTES];

	for (unsigned i = l->first_argument_is_hidden; i < 6; i++) {
		memset(before, 0x5a, sizeof(before));
		memcpy(after, before, sizeof(before));
		assert_int_equal(fst_layout_set_argument(l, after, i, value), 0);
		assert_true(fst_layout_get(l, after, l->args[i]) == value);
		if (!i && l->has_first_copy) {
			assert_true(fst_layout_get(l, after, l->first_copy) == value);
			memset(after + l->first_copy, 0x5a, l->word_bytes);
		}
		memset(after + l->args[i], 0x5a, l->word_bytes);
		assert_memory_equal(before, after, sizeof(before));
	}
	assert_int_equal(fst_layout_set_argument(l, after, 6, 0), -EINVAL);
}

static void layout__result_reads_as_it_was_set(void **state)
{
	static const int64_t results[] = { 0, 1, 1000, -1, -38, -4095, -4096, 0x7fffffff, -0x7fffffff };
	const struct fst_layout *l = ((const struct row *)*state)->layout;
	unsigned char regset[FST_REGSET_MAX_BYTES];

	memset(regset, 0xff, sizeof(regset));
	for (unsigned i = 0; i < sizeof(results) / sizeof(*results); i++) {
		fst_layout_set_result(l, regset, results[i]);
		assert_int_equal(fst_layout_result(l, regset), results[i]);
	}
}

/* ---- quirks ----------------------------------------------------------------------------------------------------- */

static void riscv64__first_argument_is_in_no_register_set(void **state)
{
	unsigned char regset[FST_REGSET_MAX_BYTES] = { 0 }, before[FST_REGSET_MAX_BYTES] = { 0 };

	(void)state;
	assert_int_equal(fst_layout_set_argument(&fst_layout_riscv64, regset, 0, 1), -EOPNOTSUPP);
	assert_memory_equal(regset, before, sizeof(before));
	assert_int_equal(fst_layout_set_argument(&fst_layout_riscv64, regset, 1, 1), 0);
}

static void riscv64__and_loongarch64_keep_the_numbers_register(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(rows[i].layout->number_is_kept,
				 rows[i].layout == &fst_layout_riscv64 || rows[i].layout == &fst_layout_loongarch64);
}

static void ppc64le__error_is_a_positive_errno_and_a_bit(void **state)
{
	uint64_t regset[48] = { [3] = 7, [38] = 0x44000000 };

	(void)state;
	fst_layout_set_result(&fst_layout_ppc64le, regset, -1);
	assert_int_equal(regset[3], 1);
	assert_int_equal(regset[38], 0x54000000);
	fst_layout_set_result(&fst_layout_ppc64le, regset, 1);
	assert_int_equal(regset[3], 1);
	assert_int_equal(regset[38], 0x44000000);
	fst_layout_set_result(&fst_layout_ppc64le, regset, -4096); /* an address, no errno */
	assert_true(regset[3] == (uint64_t)-4096);
	assert_int_equal(regset[38], 0x44000000);
}

/* By scv the same result is negative, whatever the bit says. */
static void ppc64le__gate_tells_how_an_error_is_told(void **state)
{
	uint64_t regset[48] = { [3] = (uint64_t)-13, [38] = 0x54000000, [40] = 0x3000 };

	(void)state;
	assert_int_equal(fst_layout_result(&fst_layout_ppc64le, regset), -13);
	fst_layout_set_result(&fst_layout_ppc64le, regset, -1);
	assert_true(regset[3] == (uint64_t)-1);
	assert_int_equal(regset[38], 0x54000000);
	regset[3] = 13;
	regset[40] = 0xc00;
	assert_int_equal(fst_layout_result(&fst_layout_ppc64le, regset), -13);
}

/* That a call must not be restarted stands in bit 0, or before 5.14 in bit 4. */
static void ppc64le__flags_of_the_gate_do_not_hide_it(void **state)
{
	static const uint64_t gates[] = { 0x3000, 0x3001, 0x3010, 0x3020, 0xc00, 0xc01, 0xc10 };

	(void)state;
	for (unsigned i = 0; i < sizeof(gates) / sizeof(*gates); i++) {
		uint64_t regset[48] = { [3] = 13, [38] = 0x54000000, [40] = gates[i] };

		assert_int_equal(fst_layout_result(&fst_layout_ppc64le, regset), i < 3 ? 13 : -13);
	}
}

/* As guests showed (tests/attack/test_attack_secret.c): no kernel clears it; pc and sp are the program's. */
static void exec__leaves_registers_on_riscv64_and_s390x(void **state)
{
	(void)state;
	for (unsigned row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		const struct fst_layout *l = rows[row].layout;
		uint64_t regset[48];
		bool keeps = l == &fst_layout_riscv64 || l == &fst_layout_s390x;

		memset(regset, 0xff, sizeof(regset));
		assert_int_equal(fst_layout_forget(l, regset), keeps);
		for (unsigned i = 3; i < 6; i++)
			assert_int_equal(!fst_layout_get(l, regset, l->args[i]), keeps);
		assert_true(fst_layout_get(l, regset, l->pc) && fst_layout_get(l, regset, l->sp));
	}
}

static void ppc64le__first_argument_is_in_two_registers(void **state)
{
	uint64_t regset[48] = { 0 };

	(void)state;
	assert_int_equal(fst_layout_set_argument(&fst_layout_ppc64le, regset, 0, 9), 0);
	assert_int_equal(regset[34], 9);
	assert_int_equal(regset[3], 9);
}

static void s390x__number_has_16_bits_and_result_waits_for_the_exit(void **state)
{
	(void)state;
	assert_int_equal(fst_layout_number(&fst_layout_s390x, UINT32_MAX), 0xffff);
	assert_int_equal(fst_layout_s390x.result_places, FST_PLACE_EXIT);
	assert_int_equal(fst_layout_s390x.nr, fst_layout_s390x.result);
}

static void arm__number_is_changed_by_the_tracers_own_mode(void **state)
{
	(void)state;
	assert_int_equal(fst_layout_arm.number_way, FST_NUMBER_BY_SET_SYSCALL);
	assert_int_equal(fst_layout_arm_on_aarch64.number_way, FST_NUMBER_BY_REGSET);
	assert_int_equal(fst_layout_arm_on_aarch64.number_regset, fst_layout_aarch64.number_regset);
}

static void arm__number_that_a_tracer_sets_has_20_bits(void **state)
{
	(void)state;
	assert_int_equal(fst_layout_number(&fst_layout_arm, 0x3fff8000), 0xf8000);
	assert_int_equal(fst_layout_number(&fst_layout_arm_on_aarch64, 0x3fff8000), 0x3fff8000);
}

static void arm__first_argument_is_in_two_registers(void **state)
{
	uint32_t regset[18] = { 0 };

	(void)state;
	assert_int_equal(fst_layout_set_argument(&fst_layout_arm, regset, 0, 9), 0);
	assert_int_equal(regset[0], 9);
	assert_int_equal(regset[17], 9);
}

/* Below the end of the smallest address space that a kernel of the architecture gives. */
static void window__is_within_memory_and_aligned(void **state)
{
	static const struct {
		const struct fst_layout *layout;
		uint64_t end;
	} windows[] = {
		{ &fst_layout_x86_64, UINT64_C(1) << 47 },
		{ &fst_layout_aarch64, UINT64_C(1) << 48 },
		{ &fst_layout_ppc64le, UINT64_C(1) << 46 }, /* with pages of 4 KiB */
		{ &fst_layout_riscv64, UINT64_C(1) << 38 }, /* with three levels of page tables */
		{ &fst_layout_s390x, UINT64_C(1) << 42 },
	};
	const uint64_t bytes = UINT64_C(1) << 32;

	(void)state;
	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		const struct fst_layout *l = windows[i].layout;

		assert_true(l->window && !(l->window % bytes) && l->window + bytes < windows[i].end);
		assert_false(l->window & l->ignored_address_bits);
		assert_true(l->call_bytes);
	}
}

static void narrow__window_is_in_reach_of_32_bits(void **state)
{
	static const struct fst_layout *const layouts[] = { &fst_layout_i386, &fst_layout_arm,
							    &fst_layout_arm_on_aarch64 };

	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		const struct fst_layout *l = layouts[i];

		/* A result above would be negative; the smallest kernels end user space at 2 GiB. */
		assert_true(l->window && l->window_bytes && l->window + l->window_bytes < 0x7f000000);
		assert_true(l->call_bytes);
	}
}

static void native__has_a_hermit_where_it_has_a_window(void **state)
{
	const struct fst_hermit *hermit = fst_native_hermit();

	(void)state;
	assert_true(!hermit == !fst_native_own_layout()->window);
	if (!hermit)
		return;
	assert_true(hermit->bytes && hermit->bytes <= 4096);
	assert_true(hermit->end_of_memory && !(hermit->end_of_memory % 4096));
}

static void arm__call_is_shorter_in_thumb_code(void **state)
{
	uint32_t regset[18] = { 0 };

	(void)state;
	assert_int_equal(fst_layout_call_bytes(&fst_layout_arm, regset), 4);
	regset[16] = 0x20;
	assert_int_equal(fst_layout_call_bytes(&fst_layout_arm, regset), 2);
	assert_int_equal(fst_layout_call_bytes(&fst_layout_x86_64, regset), 2);
}

static void narrow__registers_are_zero_extended_and_results_are_not(void **state)
{
	unsigned char regset[FST_REGSET_MAX_BYTES] = { 0 };

	(void)state;
	fst_layout_set(&fst_layout_i386, regset, fst_layout_i386.nr, UINT64_MAX);
	assert_true(fst_layout_get(&fst_layout_i386, regset, fst_layout_i386.nr) == UINT32_MAX);
	fst_layout_set_result(&fst_layout_i386, regset, -1);
	assert_int_equal(fst_layout_result(&fst_layout_i386, regset), -1);
}

static void native__layouts_are_told_apart_by_their_length(void **state)
{
	const struct fst_layout *found = NULL;

	(void)state;
	assert_null(fst_native_layout(0));
	assert_null(fst_native_layout(FST_REGSET_MAX_BYTES + 1));
	for (size_t bytes = 0; bytes <= FST_REGSET_MAX_BYTES; bytes++) {
		const struct fst_layout *l = fst_native_layout(bytes);

		assert_true(!l || l->regset_bytes == bytes);
		if (l && (l->abi == flagstop_abi_native() || flagstop_abi_native() == FLAGSTOP_ABI_X32))
			found = l;
	}
	assert_non_null(found);
	assert_int_equal(fst_native_number(0x20008000), fst_layout_number(found, 0x20008000));
}

#define ROW_LAW(row, law) \
	{ \
		"layout__" #law " [" row "]", layout__##law, NULL, NULL, NULL \
	}
#define ROW_LAWS(row) \
	ROW_LAW(row, is_as_its_kernel_documents_it), ROW_LAW(row, has_a_way_to_skip_with_a_result), \
		ROW_LAW(row, argument_changes_alone), ROW_LAW(row, result_reads_as_it_was_set)

int main(void)
{
	struct CMUnitTest tests[] = {
		ROW_LAWS("x86_64"),
		ROW_LAWS("i386"),
		ROW_LAWS("aarch64"),
		ROW_LAWS("arm"),
		ROW_LAWS("arm on aarch64"),
		ROW_LAWS("riscv64"),
		ROW_LAWS("ppc64le"),
		ROW_LAWS("s390x"),
		ROW_LAWS("loongarch64"),
		cmocka_unit_test(riscv64__first_argument_is_in_no_register_set),
		cmocka_unit_test(riscv64__and_loongarch64_keep_the_numbers_register),
		cmocka_unit_test(ppc64le__error_is_a_positive_errno_and_a_bit),
		cmocka_unit_test(ppc64le__gate_tells_how_an_error_is_told),
		cmocka_unit_test(ppc64le__flags_of_the_gate_do_not_hide_it),
		cmocka_unit_test(exec__leaves_registers_on_riscv64_and_s390x),
		cmocka_unit_test(ppc64le__first_argument_is_in_two_registers),
		cmocka_unit_test(s390x__number_has_16_bits_and_result_waits_for_the_exit),
		cmocka_unit_test(arm__number_is_changed_by_the_tracers_own_mode),
		cmocka_unit_test(arm__number_that_a_tracer_sets_has_20_bits),
		cmocka_unit_test(arm__first_argument_is_in_two_registers),
		cmocka_unit_test(window__is_within_memory_and_aligned),
		cmocka_unit_test(narrow__registers_are_zero_extended_and_results_are_not),
		cmocka_unit_test(narrow__window_is_in_reach_of_32_bits),
		cmocka_unit_test(native__has_a_hermit_where_it_has_a_window),
		cmocka_unit_test(arm__call_is_shorter_in_thumb_code),
		cmocka_unit_test(native__layouts_are_told_apart_by_their_length),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) * 4; i++)
		tests[i].initial_state = (void *)&rows[i / 4];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
