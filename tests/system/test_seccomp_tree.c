/* SPDX-License-Identifier: MIT */
/* Filters as threads carry them, with no thread: references, limits, and who may be synchronised with whom. */
#include "harness.h"

#include <errno.h>
#include <string.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <tracer/seccomp/seccomp.h>

static struct fst_filters *filters;
static struct flagstop_insn longest[FLAGSTOP_PROGRAM_MAX_INSNS];

static void begin(void)
{
	filters = talloc_zero(NULL, struct fst_filters);
	for (size_t i = 0; i < FLAGSTOP_PROGRAM_MAX_INSNS; i++)
		longest[i] = (struct flagstop_insn){ .code = 0x06, .k = SECCOMP_RET_ALLOW };
}

/* Nothing is left when nobody carries anything. */
static void end(void)
{
	assert_int_equal(filters->count, 0);
	assert_int_equal(filters->bytes, 0);
	talloc_free(filters);
}

static int add(struct fst_confined *thread, uint32_t action, size_t count)
{
	struct fst_filter *filter;

	longest[0].k = action;
	int r = fst_filter_new(filters, longest, count, &filter);
	if (r)
		return r;
	if (!fst_filter_fits(filter, thread)) {
		fst_filter_release(filter);
		return -E2BIG;
	}
	fst_filter_attach(filter, thread);
	return 0;
}

static void filter__lives_as_long_as_somebody_has_it(void **state)
{
	struct fst_confined parent = { 0 }, child = { 0 };

	(void)state;
	begin();
	assert_int_equal(add(&parent, SECCOMP_RET_ALLOW, 1), 0);
	fst_confined_copy(&child, &parent);
	assert_int_equal(add(&child, SECCOMP_RET_ERRNO | 1, 1), 0);
	fst_confined_release(&parent);
	assert_int_equal(filters->count, 2);
	fst_confined_copy(&child, &child);
	assert_int_equal(fst_confined_say(&child, &(struct flagstop_data){ 0 }).verdict.value, 1);
	fst_confined_release(&child);
	end();
}

/* The kernel's form of `ret` is two instructions, and three are always there. */
static void path__has_a_limit_and_is_let_go_without_recursion(void **state)
{
	struct fst_confined thread = { 0 };
	unsigned count = 0;

	(void)state;
	begin();
	while (!add(&thread, SECCOMP_RET_ALLOW, 1))
		count++;
	assert_int_equal(count, (32768 + 4) / (5 + 4));
	assert_int_equal(filters->count, count);
	fst_confined_release(&thread);
	end();
}

static void session__has_a_limit_over_all_threads(void **state)
{
	static struct fst_confined threads[4096];
	size_t count = 0;
	int r;

	(void)state;
	begin();
	while (!(r = add(&threads[count], SECCOMP_RET_ALLOW, FLAGSTOP_PROGRAM_MAX_INSNS)))
		count++;
	assert_int_equal(r, -ENOMEM);
	assert_in_range(count, 1900, 2048);
	assert_true(filters->bytes <= FST_FILTERS_MAX_BYTES);
	fst_confined_release(&threads[0]);
	assert_int_equal(add(&threads[0], SECCOMP_RET_ALLOW, FLAGSTOP_PROGRAM_MAX_INSNS), 0);
	for (size_t i = 0; i <= count; i++)
		fst_confined_release(&threads[i]);
	end();
}

static void program__that_the_kernel_refuses_is_refused(void **state)
{
	struct fst_filter *filter;

	(void)state;
	begin();
	assert_int_equal(fst_filter_new(filters, longest, 0, &filter), -EINVAL);
	assert_int_equal(fst_filter_new(filters, longest, FLAGSTOP_PROGRAM_MAX_INSNS + 1, &filter), -EINVAL);
	assert_int_equal(fst_filter_new(filters, &(struct flagstop_insn){ .code = 0x20 }, 1, &filter), -EINVAL);
	end();
}

static void sync__takes_ancestors_alone_and_changes_all_or_none(void **state)
{
	struct fst_confined caller = { 0 }, older = { 0 }, apart = { 0 }, fresh = { 0 };
	struct fst_confined strict = { .mode = FST_MODE_STRICT };
	struct fst_member members[] = { { 11, &fresh, true }, { 12, &older, false }, { 13, &apart, false } };

	(void)state;
	begin();
	assert_int_equal(add(&caller, SECCOMP_RET_ALLOW, 1), 0);
	fst_confined_copy(&older, &caller);
	fst_confined_copy(&apart, &caller);
	assert_int_equal(add(&caller, SECCOMP_RET_ERRNO | 2, 1), 0);
	assert_int_equal(add(&apart, SECCOMP_RET_ERRNO | 2, 1), 0);
	assert_int_equal(fst_sync_obstacle(&caller, members, 3), 13);
	assert_int_equal(fst_sync_obstacle(&apart, members, 3), 0); /* it is its own ancestor */
	members[2].thread = &strict;
	assert_int_equal(fst_sync_obstacle(&caller, members, 3), 13);
	assert_int_equal(fst_sync_obstacle(&caller, members, 2), 0);
	fst_sync_apply(&caller, members, 2, true);
	assert_true(fresh.newest == caller.newest && older.newest == caller.newest);
	assert_int_equal(fresh.mode, FST_MODE_FILTER);
	assert_false(fresh.owes_no_new_privs);
	assert_true(older.owes_no_new_privs);
	fst_sync_apply(&caller, members, 2, false);
	assert_true(older.owes_no_new_privs); /* what is owed stays owed */
	fst_confined_release(&caller);
	fst_confined_release(&older);
	fst_confined_release(&apart);
	fst_confined_release(&fresh);
	end();
}

static const struct CMUnitTest laws[] = {
	LAW(filter__lives_as_long_as_somebody_has_it),
	LAW(path__has_a_limit_and_is_let_go_without_recursion),
	LAW(session__has_a_limit_over_all_threads),
	LAW(program__that_the_kernel_refuses_is_refused),
	LAW(sync__takes_ancestors_alone_and_changes_all_or_none),
};

int main(void)
{
	return RUN_LAWS(laws);
}
