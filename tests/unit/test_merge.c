/* SPDX-License-Identifier: MIT */
/*
 * One policy out of several: what its text says, and that it means what the policies mean together. The meaning is
 * asked of the inputs here, call by call, and not of the proof that the library makes.
 */

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

#include <flagstop/compare.h>

#include "test_memory.h"
#include <arch/mux.h>

#include "test_policy.h"

#define SEED UINT64_C(0x6d65726765)
#define P "abi x86_64\n"
#define INPUTS_MAX 4
#define UNION FLAGSTOP_MERGE_UNION
#define INTERSECT FLAGSTOP_MERGE_INTERSECT

struct merged {
	struct flagstop_policy *inputs[INPUTS_MAX];
	size_t count;
	struct flagstop_policy *made;
	char *text;
	struct flagstop_error error;
};

static int try_merge(struct merged *m, enum flagstop_merge how, const char *const *texts, size_t count)
{
	*m = (struct merged){ .count = count, .error = FLAGSTOP_ERROR_INIT };
	for (size_t i = 0; i < count; i++)
		m->inputs[i] = policy_of(&texts[i], 1);
	return flagstop_policies_merge((const struct flagstop_policy *const *)m->inputs, count, how, &m->text,
				       &m->error);
}

static void merge(struct merged *m, enum flagstop_merge how, const char *const *texts, size_t count)
{
	if (try_merge(m, how, texts, count))
		fail_msg("%s", m->error.message);
	m->made = policy_of((const char *const *)&m->text, 1);
}

static void release(struct merged *m)
{
	for (size_t i = 0; i < m->count; i++)
		flagstop_policy_free(m->inputs[i]);
	flagstop_policy_free(m->made);
	free(m->text);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

#define HEAD "abi x86_64\ndefault deny EPERM\nunknown deny ENOSYS\n"

static const struct row {
	const char *name;
	enum flagstop_merge how;
	const char *inputs[INPUTS_MAX];
	const char *text;
} rows[] = {
	{ "union__allows_what_either_allows",
	  UNION,
	  { P "allow read", P "allow write" },
	  HEAD "allow read write\n" },
	{ "intersection__allows_what_both_allow",
	  INTERSECT,
	  { P "allow read close", P "allow close write" },
	  HEAD "allow close\n" },
	{ "union__takes_either_condition",
	  UNION,
	  { P "allow openat when flags & O_ACCMODE == O_RDONLY", P "allow openat when flags & O_CREAT" },
	  HEAD "allow openat when flags & O_ACCMODE == O_RDONLY\nallow openat when flags & O_CREAT\n" },
	{ "intersection__joins_conditions_on_one_argument_by_and",
	  INTERSECT,
	  { P "allow openat when flags & O_CREAT", P "allow openat when flags & O_ACCMODE == O_WRONLY" },
	  HEAD "allow openat when (flags & O_CREAT) and (flags & O_ACCMODE == O_WRONLY)\n" },
	{ "intersection__keeps_or_apart_from_and",
	  INTERSECT,
	  { P "allow close when fd == 3 or fd == 5", P "allow close when fd > 4 or fd == 0" },
	  HEAD "allow close when (fd == 3 or fd == 5) and (fd > 4 or fd == 0)\n" },
	{ "intersection__leaves_out_what_follows",
	  INTERSECT,
	  { P "allow close when fd < 5", P "allow close when fd < 10" },
	  HEAD "allow close when fd < 5\n" },
	{ "union__leaves_out_what_is_inside",
	  UNION,
	  { P "allow close when fd < 5", P "allow close" },
	  HEAD "allow close\n" },
	{ "intersection__of_what_excludes_each_other_is_nothing",
	  INTERSECT,
	  { P "allow close when fd < 5", P "allow close when fd > 7" },
	  HEAD },
	{ "same_policy__twice_is_itself",
	  UNION,
	  { P "allow close when fd < 5", P "allow close when fd < 5" },
	  HEAD "allow close when fd < 5\n" },
	{ "one_policy__is_itself_without_groups_and_comments",
	  UNION,
	  { P "group @mine = read + write # two\nallow @mine - write # one" },
	  HEAD "allow read\n" },
	{ "equals__are_the_last_policy_s",
	  INTERSECT,
	  { P "deny EACCES read", P "deny EROFS read" },
	  HEAD "deny EROFS read\n" },
	{ "verdicts__keep_their_values",
	  INTERSECT,
	  { P "trap 7 read\nreturn -2000 write\nkill thread close\nlog dup\nkill brk",
	    P "default allow\ntrace read" },
	  HEAD "kill brk\nkill-thread close\nlog dup\ntrap 7 read\nreturn -2000 write\n" },
	{ "default__of_a_union_is_the_weaker",
	  UNION,
	  { P "allow read", P "default allow\ndeny EACCES read write" },
	  "abi x86_64\ndefault allow\nunknown deny ENOSYS\ndeny EACCES write\n" },
	{ "restart_syscall__that_was_denied_stays_denied",
	  INTERSECT,
	  { P "deny EIO restart_syscall", P },
	  HEAD "deny EIO restart_syscall\n" },
	{ "calls__that_are_decided_alike_share_their_rules",
	  UNION,
	  { P "allow lseek when whence == 1 and offset == 0\nallow fcntl", P "allow fcntl" },
	  HEAD "allow fcntl\nallow lseek when whence == 1 and offset == 0\n" },
	{ "abis__of_a_union_are_all",
	  UNION,
	  { "abi x86_64\nallow read", "abi i386\nallow read write" },
	  "abi x86_64 i386\ndefault deny EPERM\nunknown deny ENOSYS\nallow read write@i386\n" },
	{ "abis__of_an_intersection_are_the_common_ones",
	  INTERSECT,
	  { "abi x86_64 i386\nallow read", "abi i386 arm\nallow read write" },
	  "abi i386\ndefault deny EPERM\nunknown deny ENOSYS\nallow read\n" },
	{ "unknown__is_merged",
	  INTERSECT,
	  { P "unknown allow", P "unknown trap 5" },
	  "abi x86_64\ndefault deny EPERM\nunknown trap 5\n" },
	{ "statements__over_several_lines_are_one",
	  UNION,
	  { P "allow close when fd in {1, # one\n  2,\n  3}\n" },
	  HEAD "allow close when fd in {1, 2, 3}\n" },
	{ "three__are_merged_like_two",
	  INTERSECT,
	  { P "allow close when fd != 1", P "allow close when fd != 2", P "allow close when fd != 3" },
	  HEAD "allow close when (fd != 1) and (fd != 2) and (fd != 3)\n" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct merged m;
	size_t count = 0;

	while (count < INPUTS_MAX && row->inputs[count])
		count++;
	merge(&m, row->how, row->inputs, count);
	assert_string_equal(m.text, row->text);
	release(&m);
}

/* ---- meaning ----------------------------------------------------------------------------------------------------- */

static int rank(enum flagstop_action action)
{
	return action == FLAGSTOP_ACTION_RETURN ? FLAGSTOP_ACTION_DENY : action;
}

static struct flagstop_verdict together(const struct merged *m, enum flagstop_merge how,
					const struct flagstop_data *call)
{
	struct flagstop_verdict best = flagstop_policy_decide(m->inputs[0], call, NULL);

	for (size_t i = 1; i < m->count; i++) {
		struct flagstop_verdict v = flagstop_policy_decide(m->inputs[i], call, NULL);

		if (how == UNION ? rank(v.action) <= rank(best.action) : rank(v.action) >= rank(best.action))
			best = v;
	}
	return best;
}

static void check_call(const struct merged *m, enum flagstop_merge how, const struct flagstop_data *call)
{
	struct flagstop_verdict wanted = together(m, how, call), got = flagstop_policy_decide(m->made, call, NULL);
	char text[256];
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	if (wanted.action == got.action && wanted.value == got.value)
		return;
	if (abi >= 0 && fst_mux_carried(abi, call->nr, call->args[0]))
		return; /* that follows from what its parts are by their names */
	flagstop_call_format(flagstop_abi_of_call(call->arch, call->nr), call->nr, call->args, text, sizeof(text));
	fail_msg("%s: %d(%lld), not %d(%lld) in\n%s", text, got.action, (long long)got.value, wanted.action,
		 (long long)wanted.value, m->text);
}

static void check_calls(const struct merged *m, enum flagstop_merge how, uint64_t *random)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 4, 5,
					   6, 0x40, 0x200, 0x8000, 0x80000, 0x10000000,
					   0xffffff9c, 0xffffffff, 0x100000000, UINT64_MAX };

	for (unsigned i = 0; i < 4000; i++) {
		unsigned abi = below(random, FLAGSTOP_ABI_COUNT);
		struct flagstop_data call = { .arch = flagstop_abi_audit_arch(abi),
					      .nr = below(random, 480) | (abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0) };

		for (unsigned k = 0; k < 6; k++)
			call.args[k] = values[below(random, COUNT(values))];
		check_call(m, how, &call);
	}
}

static const char *const policies[] = {
	"abi x86_64 i386\nallow @basic-io @file-system when not arg0 == 3\ndeny EACCES @network-io\nreturn 5 getuid\n",
	"abi x86_64 i386\ndefault allow\ndeny EROFS openat open when flags & O_ACCMODE != O_RDONLY or flags & O_CREAT\n"
	"kill @debug\ntrap 9 mprotect when prot & PROT_EXEC and prot & PROT_WRITE\n",
	"abi x86_64 i386\npromise stdio rpath\n",
	"abi x86_64 i386\nallow openat when dirfd == AT_FDCWD and mode in 0..5\n"
	"log @known when arg0 in {1, 3, 5} and not arg1 & 64\n",
	"abi x86_64 i386\nallow lseek when offset < 0\ndeny EACCES lseek when whence == 2\nlog lseek\ntrace brk mmap\n",
	"abi x86_64 aarch64\ndefault deny EACCES\nallow @file-system - openat\nallow openat when flags & O_DIRECT\n",
};

static void merge__means_what_the_policies_mean_together(void **state)
{
	uint64_t random = SEED;

	(void)state;
	for (size_t a = 0; a < COUNT(policies); a++)
		for (size_t b = 0; b < COUNT(policies); b++)
			for (int how = UNION; how <= INTERSECT; how++) {
				const char *const texts[] = { policies[a], policies[b] };
				struct merged m;

				merge(&m, (enum flagstop_merge)how, texts, 2);
				check_calls(&m, (enum flagstop_merge)how, &random);
				release(&m);
			}
}

static void merge__of_layers_takes_each_policy_as_a_whole(void **state)
{
	static const char *const layers[] = { P "allow read write close",
					      P "default allow\ndeny EACCES close when fd == 3" };
	static const char *const other[] = { P "default allow\ndeny EROFS close when fd == 3\ndeny EROFS dup" };
	uint64_t random = SEED;
	struct merged m = { .count = 2, .error = FLAGSTOP_ERROR_INIT };

	(void)state;
	m.inputs[0] = policy_of(layers, 2);
	m.inputs[1] = policy_of(other, 1);
	assert_int_equal(flagstop_policies_merge((const struct flagstop_policy *const *)m.inputs, 2, INTERSECT,
						 &m.text, NULL),
			 0);
	m.made = policy_of((const char *const *)&m.text, 1);
	assert_string_equal(m.text,
			    HEAD "deny EROFS close when fd == 3\nallow close\ndeny EROFS dup\nallow read write\n");
	check_calls(&m, INTERSECT, &random);
	release(&m);
}

static void merge__with_itself_is_equal_by_comparison(void **state)
{
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(policies); i++) {
		const char *const texts[] = { policies[i], policies[i] };
		struct flagstop_comparison *comparison;
		struct merged m;

		merge(&m, INTERSECT, texts, 2);
		struct flagstop_side a = { .policy = m.inputs[0] }, b = { .policy = m.made };
		assert_int_equal(flagstop_compare(&a, &b, &options, &comparison, NULL), 0);
		assert_int_equal(flagstop_comparison_relation(comparison), FLAGSTOP_RELATION_EQUAL);
		flagstop_comparison_free(comparison);
		release(&m);
	}
}

static void union__is_never_narrower_and_intersection_never_wider(void **state)
{
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;

	(void)state;
	for (int how = UNION; how <= INTERSECT; how++) {
		const char *const texts[] = { policies[0], policies[2] };
		struct flagstop_comparison *comparison;
		struct merged m;

		merge(&m, (enum flagstop_merge)how, texts, 2);
		for (size_t i = 0; i < 2; i++) {
			struct flagstop_side a = { .policy = m.made }, b = { .policy = m.inputs[i] };

			assert_int_equal(flagstop_compare(&a, &b, &options, &comparison, NULL), 0);
			for (size_t k = 0; k < flagstop_comparison_count(comparison); k++)
				assert_int_not_equal(flagstop_comparison_get(comparison, k)->relation,
						     how == UNION ? FLAGSTOP_RELATION_NARROWER :
								    FLAGSTOP_RELATION_WIDER);
			assert_true(flagstop_comparison_count(comparison) > 0);
			flagstop_comparison_free(comparison);
		}
		release(&m);
	}
}

static void lines__stay_short(void **state)
{
	const char *const texts[] = { "abi x86_64 i386\nallow @known when arg0 == 1",
				      "abi x86_64 i386\nallow @known when arg1 == 1" };
	struct merged m;

	(void)state;
	merge(&m, INTERSECT, texts, 2);
	for (const char *line = m.text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 120);
	assert_non_null(strstr(m.text, "when (arg0 == 1)"));
	assert_non_null(strstr(m.text, "and (arg1 == 1)"));
	release(&m);
}

/* ---- what cannot be ---------------------------------------------------------------------------------------------- */

static void no_common_abi__is_EOPNOTSUPP(void **state)
{
	const char *const texts[] = { "abi x86_64\nallow read", "abi arm\nallow read" };
	struct merged m;

	(void)state;
	assert_int_equal(try_merge(&m, INTERSECT, texts, 2), -EOPNOTSUPP);
	assert_non_null(strstr(m.error.message, "no ABI"));
	assert_null(m.text);
	release(&m);
}

static void unknown__that_would_differ_between_abis_is_EOPNOTSUPP(void **state)
{
	const char *const texts[] = { "abi x86_64\nunknown deny EPERM", "abi x86_64 i386\nunknown deny ENOSYS" };
	struct merged m;

	(void)state;
	assert_int_equal(try_merge(&m, INTERSECT, texts, 2), 0);
	release(&m);
	assert_int_equal(try_merge(&m, UNION, texts, 2), 0);
	release(&m);
	const char *const others[] = { "abi x86_64\nunknown allow", "abi x86_64 i386\nunknown deny ENOSYS" };
	assert_int_equal(try_merge(&m, UNION, others, 2), -EOPNOTSUPP);
	assert_non_null(strstr(m.error.message, "'unknown' would have to differ between x86_64 and i386"));
	release(&m);
}

static void conditions__that_multiply_are_E2BIG(void **state)
{
	char texts[2][16384];
	const char *const inputs[] = { texts[0], texts[1] };
	struct merged m;

	(void)state;
	/* 100 times 100 combinations, none of which excludes another */
	for (unsigned t = 0; t < 2; t++) {
		size_t used = (size_t)snprintf(texts[t], sizeof(texts[t]), P);

		for (unsigned i = 0; i < 100; i++)
			used += (size_t)snprintf(texts[t] + used, sizeof(texts[t]) - used,
						 "deny %u openat when arg%u == %u\n", i + 1, t, i);
		assert_true(used < sizeof(texts[t]));
	}
	assert_int_equal(try_merge(&m, INTERSECT, inputs, 2), -E2BIG);
	assert_non_null(strstr(m.error.message, "openat"));
	release(&m);
}

static void nothing__is_EINVAL(void **state)
{
	struct flagstop_policy *empty = flagstop_policy_new();
	const struct flagstop_policy *const list[] = { empty };
	char *text;

	(void)state;
	assert_int_equal(flagstop_policies_merge(NULL, 1, UNION, &text, NULL), -EINVAL);
	assert_int_equal(flagstop_policies_merge(list, 0, UNION, &text, NULL), -EINVAL);
	assert_int_equal(flagstop_policies_merge(list, 1, UNION, &text, NULL), -EINVAL);
	assert_int_equal(flagstop_policies_merge(list, 1, (enum flagstop_merge)7, &text, NULL), -EINVAL);
	flagstop_policy_free(empty);
}

#ifdef MEMORY_CAN_RUN_OUT
static void memory__that_runs_out_is_ENOMEM(void **state)
{
	const char *const texts[] = { P "default allow\ndeny openat when flags & O_CREAT",
				      P "default allow\ntrap openat when mode == 5" };
	unsigned failed = 0;
	struct merged m;
	int r;

	(void)state;
	assert_int_equal(try_merge(&m, INTERSECT, texts, 2), 0);
	do {
		free(m.text);
		m.text = NULL;
		allocations_left = failed;
		r = flagstop_policies_merge((const struct flagstop_policy *const *)m.inputs, 2, INTERSECT, &m.text,
					    &m.error);
		allocations_left = -1;
		if (r && r != -ENOMEM)
			fail_msg("after %u allocations: %d, %s", failed, r, m.error.message);
		/* All of them at first, and then one in a hundred: there are many alike. */
		failed += failed < 200 ? 1 : 97;
	} while (r && failed < 1000000);
	assert_int_equal(r, 0);
	assert_true(failed > 200);
	release(&m);
}
#endif

int main(void)
{
	static struct CMUnitTest by_rows[COUNT(rows)];
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(merge__means_what_the_policies_mean_together),
		cmocka_unit_test(merge__of_layers_takes_each_policy_as_a_whole),
		cmocka_unit_test(merge__with_itself_is_equal_by_comparison),
		cmocka_unit_test(union__is_never_narrower_and_intersection_never_wider),
		cmocka_unit_test(lines__stay_short),
		cmocka_unit_test(no_common_abi__is_EOPNOTSUPP),
		cmocka_unit_test(unknown__that_would_differ_between_abis_is_EOPNOTSUPP),
		cmocka_unit_test(conditions__that_multiply_are_E2BIG),
		cmocka_unit_test(nothing__is_EINVAL),
#ifdef MEMORY_CAN_RUN_OUT
		cmocka_unit_test(memory__that_runs_out_is_ENOMEM),
#endif
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		by_rows[i] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	int failed = cmocka_run_group_tests_name("rows", by_rows, NULL, NULL);
	return failed + cmocka_run_group_tests_name("laws", tests, NULL, NULL);
}
