/* SPDX-License-Identifier: MIT */
/*
 * Each allocation fails once, in turn: while a policy is loaded and compiled, and in a session. malloc is ours here,
 * for all libraries of the program, and the tracer, forked from us, has it, too.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define MALLOC_IS_THE_SANITIZERS 1
#else
#define MALLOC_IS_THE_SANITIZERS 0
#endif

/* In shared memory, as the tracer counts on. */
static struct {
	unsigned made, to_fail; /* counted from 1; 0: none */
	unsigned failed;
} * faults;

#if !MALLOC_IS_THE_SANITIZERS
static bool fails(void)
{
	if (!faults || !faults->to_fail || ++faults->made != faults->to_fail)
		return false;
	faults->failed++;
	errno = ENOMEM;
	return true;
}

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);

void *malloc(size_t bytes)
{
	return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
	return fails() ? NULL : __libc_realloc(old, bytes);
}
#endif

static void begin(void)
{
	if (MALLOC_IS_THE_SANITIZERS) {
		print_message("malloc is the sanitizer's in this variant\n");
		skip();
	}
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(faults, MAP_FAILED);
}

static void end(void)
{
	munmap(faults, sizeof(*faults));
	faults = NULL;
}

/* Nothing fails any more: asserting allocates. */
static void disarm(void)
{
	faults->to_fail = 0;
}

static void arm(unsigned n)
{
	faults->made = faults->failed = 0;
	faults->to_fail = n;
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

static const char text[] =
	"default deny EPERM\n"
	"group @mine = (open openat) - openat\n"
	"allow @mine read write exit_group\n"
	"allow openat when flags & O_ACCMODE == O_RDONLY and not flags in {1, 3..7, O_CREAT}\n"
	"deny EACCES ioctl when arg1 == 5 or arg2 > 7\n"
	"trace getppid\nask bind\nreturn 7 getuid\n";

typedef int (*adder)(struct flagstop_policy *policy, struct flagstop_error *error);

static int add_text(struct flagstop_policy *policy, struct flagstop_error *error)
{
	return flagstop_policy_add_text(policy, "test.fs", text, strlen(text), error);
}

static int add_promises(struct flagstop_policy *policy, struct flagstop_error *error)
{
	return flagstop_policy_add_promises(policy, "stdio rpath", error);
}

static int add_guards(struct flagstop_policy *policy, struct flagstop_error *error)
{
	return flagstop_policy_add_guards(policy, (const int[]){ 1, 2 }, 2, error);
}

static const struct row {
	const char *law;
	adder add;
} rows[] = {
	{ "memory__that_is_short_for_a_text_is_told_and_changes_nothing", add_text },
	{ "memory__that_is_short_for_promises_is_told_and_changes_nothing", add_promises },
	{ "memory__that_is_short_for_the_guards_is_told_and_changes_nothing", add_guards },
};

/* One try with the n-th allocation failing; false when there is no n-th. */
static bool try_adding(adder add, unsigned n)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	unsigned before = flagstop_policy_layer_count(policy);

	arm(n);
	int r = add(policy, &error);
	disarm();
	if (faults->failed && r != -ENOMEM)
		fail_msg("allocation %u: %d, %s", n, r, error.message);
	assert_true(faults->failed || !r);
	if (r) {
		assert_int_equal(flagstop_policy_layer_count(policy), before);
		assert_int_equal(error.code, -ENOMEM);
		assert_int_equal(add(policy, &error), 0); /* it can be tried again */
	}
	assert_int_equal(flagstop_policy_layer_count(policy), before + 1);
	flagstop_policy_free(policy);
	return faults->failed;
}

static void check_adding(void **state)
{
	const struct row *row = *state;
	unsigned n = 1;

	begin();
	while (try_adding(row->add, n))
		n++;
	assert_true(n > 10);
	end();
}

/* Programs may come out longer where a table for sharing was short of memory, never with another meaning. */
static void check_same_meaning(const struct flagstop_programs *one, const struct flagstop_programs *other)
{
	struct flagstop_data call = { .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64) };
	size_t count, other_count;

	assert_int_equal(flagstop_programs_count(one), flagstop_programs_count(other));
	for (size_t i = 0; i < flagstop_programs_count(one); i++) {
		const struct flagstop_insn *a = flagstop_programs_get(one, i, &count);
		const struct flagstop_insn *b = flagstop_programs_get(other, i, &other_count);

		assert_int_equal(flagstop_program_check(b, other_count, NULL), 0);
		for (call.nr = 0; call.nr < 600; call.nr++)
			assert_int_equal(flagstop_program_run(a, count, &call, NULL, NULL),
					 flagstop_program_run(b, other_count, &call, NULL, NULL));
	}
}

static bool try_compiling(const struct flagstop_policy *policy, unsigned n, const struct flagstop_programs *right)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs = NULL;

	arm(n);
	int r = flagstop_policy_compile(policy, &options, &programs, &error);
	disarm();
	if (r)
		assert_int_equal(r, -ENOMEM);
	else
		check_same_meaning(right, programs);
	assert_true(faults->failed || !r);
	flagstop_programs_free(programs);
	return faults->failed;
}

static void memory__that_is_short_for_compiling_is_told(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_policy *policy;
	struct flagstop_programs *right;
	unsigned n = 1;

	(void)state;
	begin();
	policy = flagstop_policy_new();
	assert_int_equal(add_text(policy, &error), 0);
	assert_int_equal(add_guards(policy, &error), 0);
	assert_int_equal(flagstop_policy_compile(policy, &options, &right, &error), 0);
	while (try_compiling(policy, n, right))
		n++;
	assert_true(n > 3);
	flagstop_programs_free(right);
	flagstop_policy_free(policy);
	end();
}

/* ---- a session -------------------------------------------------------------------------------------------------- */

/*
 * Most allocations of a session are its guards' text and programs, which the laws above try one by one: some of
 * them do.
 */
#define STEPS 150

static bool run_once(const char *folder, const char *kept, unsigned n)
{
	struct run run = RUN_INIT("default allow\ndeny EPERM mkdir rmdir\ntrace kill pause\n");
	char *argv[] = { (char *)harness_tracee("deeds"), (char *)folder, (char *)kept, NULL };
	struct stat info;

	run.options.stacks = 0;
	arm(n);
	int r = run_try(&run, argv);
	if (!r) {
		r = flagstop_session_wait(run.session, &run.error);
		disarm();
		harness_read_all(run.from, run.out, sizeof(run.out)); /* its end says that nobody is left */
	}
	disarm();
	assert_int_equal(lstat(folder, &info), -1);
	assert_int_equal(lstat(kept, &info), 0);
	assert_null(strstr(run.out, "done"));
	if (!r && !faults->failed)
		assert_int_equal(run_count(&run, "mkdir", FLAGSTOP_ACTION_DENY), 3);
	run_free(&run);
	return faults->failed;
}

static void memory__that_is_short_in_a_session_is_right_or_closed(void **state)
{
	char parent[] = "/tmp/flagstop-memory-XXXXXX", folder[64], kept[64];
	unsigned count;

	(void)state;
	begin();
	assert_non_null(mkdtemp(parent));
	snprintf(folder, sizeof(folder), "%s/made", parent);
	snprintf(kept, sizeof(kept), "%s/kept", parent);
	assert_int_equal(mkdir(kept, 0700), 0);
	assert_false(run_once(folder, kept, UINT32_MAX));
	count = faults->made;
	assert_true(count > 50);
	for (unsigned i = 0; i < STEPS; i++) /* the last ones, which are the session's own, one by one */
		run_once(folder, kept, i < STEPS / 2 ? count - i : count - STEPS / 2 - (i - STEPS / 2) * count / STEPS);
	rmdir(kept);
	rmdir(folder);
	assert_int_equal(rmdir(parent), 0);
	end();
}

int main(void)
{
	static struct CMUnitTest laws[sizeof(rows) / sizeof(*rows) + 2];
	size_t n = 0;

	for (; n < sizeof(rows) / sizeof(*rows); n++)
		laws[n] = (struct CMUnitTest)LAW_WITH(rows[n].law, check_adding, &rows[n]);
	laws[n++] = (struct CMUnitTest)LAW(memory__that_is_short_for_compiling_is_told);
	laws[n++] = (struct CMUnitTest)LAW(memory__that_is_short_in_a_session_is_right_or_closed);
	return RUN_LAWS(laws);
}
