/* SPDX-License-Identifier: MIT */
/* Compiling: which programs there are, for which ABIs, how large, and what of a call they read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "test_policy.h"

static struct flagstop_programs *compile_for(const struct flagstop_policy *policy, unsigned abis)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_programs *programs = NULL;

	options.report = FLAGSTOP_REPORT_NONE;
	options.abis = abis;
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), 0);
	return programs;
}

static struct flagstop_policy *policy_of_text(const char *text)
{
	return policy_of(&text, 1);
}

static void abis__that_are_left_out_are_refused(void **state)
{
	struct flagstop_policy *policy =
		policy_of_text("abi x86_64 i386 x32\ndefault allow\ndeny EACCES close when fd == 3");
	struct flagstop_programs *programs = compile_for(policy, 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_X32);
	struct flagstop_data call = { .nr = 6, .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_I386), .args = { 3 } };

	(void)state;
	assert_int_equal(run_all(programs, &call, NULL), SECCOMP_RET_ERRNO | EACCES);
	call = (struct flagstop_data){ .nr = 3, .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64) };
	assert_int_equal(run_all(programs, &call, NULL), SECCOMP_RET_KILL_PROCESS);
	call.nr = 0x40000003;
	assert_int_equal(run_all(programs, &call, NULL), SECCOMP_RET_ALLOW);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
}

static void layers__are_a_program_each(void **state)
{
	static const char *const texts[] = { "abi x86_64\ndefault allow", "abi x86_64\ndefault allow\ndeny read" };
	struct flagstop_policy *none = flagstop_policy_new(), *two = policy_of(texts, COUNT(texts));
	struct flagstop_programs *programs = programs_of(none, FLAGSTOP_REPORT_ALL);

	(void)state;
	assert_int_equal(flagstop_programs_count(programs), 0);
	flagstop_programs_free(programs);
	programs = programs_of(two, FLAGSTOP_REPORT_ALL);
	assert_int_equal(flagstop_programs_count(programs), 2);
	flagstop_programs_free(programs);
	flagstop_programs_free(NULL);
	flagstop_policy_free(none);
	flagstop_policy_free(two);
}

static void options__of_another_size_are_EINVAL(void **state)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_policy *policy = policy_of_text("default allow");
	struct flagstop_programs *programs;

	(void)state;
	assert_int_equal(flagstop_policy_compile(NULL, &options, &programs, NULL), -EINVAL);
	assert_int_equal(flagstop_policy_compile(policy, NULL, &programs, NULL), -EINVAL);
	assert_int_equal(flagstop_policy_compile(policy, &options, NULL, NULL), -EINVAL);
	/* Callers that were built before a field was added have less. */
	options.struct_bytes = offsetof(struct flagstop_compile_options, optimize);
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), 0);
	flagstop_programs_free(programs);
	options.struct_bytes--;
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), -EINVAL);
	flagstop_policy_free(policy);
}

/* A hand-written filter for a handful of calls has a comparison each and little else. */
static void small_policy__is_a_small_program(void **state)
{
	struct flagstop_policy *policy =
		policy_of_text("abi x86_64\ndefault allow\nunknown allow\ndeny mount\n"
			       "deny EACCES socket when domain == AF_INET");
	struct flagstop_programs *programs = programs_of(policy, FLAGSTOP_REPORT_NONE);
	size_t count;

	(void)state;
	assert_int_equal(flagstop_programs_count(programs), 1);
	flagstop_programs_get(programs, 0, &count);
	assert_in_range(count, 8, 18);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
}

/* The action cache is asked for each number with no arguments: what a group allows must be found there. */
static void number__alone_decides_whole_groups(void **state)
{
	struct flagstop_policy *policy = policy_of_text("abi x86_64\nallow @system-service");
	struct flagstop_programs *programs = programs_of(policy, FLAGSTOP_REPORT_NONE);
	struct flagstop_data call = { .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64) };
	unsigned allowed = 0;
	uint32_t loads;

	(void)state;
	for (call.nr = 0; call.nr < 600; call.nr++) {
		allowed += run_all(programs, &call, &loads) == SECCOMP_RET_ALLOW;
		assert_true(loads_number_only(loads));
	}
	assert_true(allowed > 250);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(abis__that_are_left_out_are_refused),
		cmocka_unit_test(layers__are_a_program_each),
		cmocka_unit_test(options__of_another_size_are_EINVAL),
		cmocka_unit_test(small_policy__is_a_small_program),
		cmocka_unit_test(number__alone_decides_whole_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
