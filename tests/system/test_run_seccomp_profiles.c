/* SPDX-License-Identifier: MIT */
/*
 * The filters that people have, installed by a program in itself: the kernel's seccomp and the emulated one of the
 * `ptrace` backend give each call the same (tests/tracees/confine_calls.c).
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <tests/profiles.h>

#include "convert_kit.h"

static void compile(const struct profile *profile, struct kit_program *ret_program)
{
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	const char *name = profile->path ? profile->path : profile->name;
	struct flagstop_conversion *conversion;
	size_t bytes;
	char *text = profile_text(profile, &bytes);

	options.native = FLAGSTOP_ABI_X86_64;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	options.caps = profile->caps;
	if (flagstop_convert(profile->format, "flagstop", name, text, bytes, &options, &conversion, &error))
		fail_msg("%s", error.message);
	const char *converted = flagstop_conversion_text(conversion, &bytes);
	if (flagstop_policy_add_text(policy, profile->name, converted, bytes, &error))
		fail_msg("%s", error.message);
	kit_compile(policy, ret_program);
	flagstop_conversion_free(conversion);
	flagstop_policy_free(policy);
	free(text);
}

static void filter__of_a_profile_says_the_same(void **state)
{
	struct run run = RUN_INIT("default allow\n");
	char file[] = "/tmp/flagstop-filter-XXXXXX", native[32 * 1024];
	char *argv[] = { (char *)harness_tracee("confine_calls"), file, NULL };
	struct kit_program program;

	if (flagstop_abi_native() != FLAGSTOP_ABI_X86_64 || prctl(PR_GET_SECCOMP) < 0) {
		print_message("the profiles are made for x86_64, and compared with the kernel's seccomp\n");
		skip();
	}
	compile(*state, &program);
	int fd = mkstemp(file);
	ssize_t bytes = (ssize_t)(program.count * sizeof(*program.insns));
	assert_int_equal(write(fd, program.insns, (size_t)bytes), bytes);
	close(fd);
	kit_release(&program);
	harness_native(argv, native, sizeof(native));
	run.options.backend = FLAGSTOP_BACKEND_PTRACE;
	assert_int_equal(run_try(&run, argv), 0);
	run_finish(&run);
	unlink(file);
	assert_string_equal(run.out, native);
	assert_non_null(strstr(native, ": 7777\n")); /* some pass; */
	if (strcmp(((struct profile *)*state)->format, "strace"))
		assert_non_null(strstr(native, ": -")); /* some do not */
	run_free(&run);
}

int main(void)
{
	struct CMUnitTest laws[PROFILES];
	char names[PROFILES][128];

	for (size_t i = 0; i < PROFILES; i++) {
		snprintf(names[i], sizeof(names[i]), "filter__of_a_profile_says_the_same_when_emulated__%s",
			 profiles[i].name);
		laws[i] = (struct CMUnitTest)LAW_WITH(names[i], filter__of_a_profile_says_the_same, &profiles[i]);
	}
	return _cmocka_run_group_tests("profiles", laws, PROFILES, NULL, NULL);
}
