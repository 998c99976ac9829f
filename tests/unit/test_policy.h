/* SPDX-License-Identifier: MIT */
#ifndef FST_TEST_POLICY_H
#define FST_TEST_POLICY_H

/*
 * What the tests of policies share: policies from texts, programs from policies, and what the kernel makes of
 * several.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/seccomp.h>

#include <flagstop/policy.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* One layer a text. Fails the test, with the complaint, when a text is no policy. */
static inline struct flagstop_policy *policy_of(const char *const *texts, size_t count)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	char complaint[2048];

	assert_non_null(policy);
	for (size_t i = 0; i < count; i++) {
		if (!flagstop_policy_add_text(policy, "t.fs", texts[i], strlen(texts[i]), &error))
			continue;
		flagstop_error_format(&error, complaint, sizeof(complaint));
		flagstop_policy_free(policy);
		fail_msg("%s", complaint);
	}
	return policy;
}

static inline struct flagstop_programs *programs_of(const struct flagstop_policy *policy, enum flagstop_report report)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs = NULL;

	options.report = report;
	if (flagstop_policy_compile(policy, &options, &programs, &error))
		fail_msg("%s", error.message);
	return programs;
}

/* kernel/seccomp.c seccomp_run_filters, 6.18: from the newest on, and only what is stricter replaces an answer. */
static inline uint32_t run_all(const struct flagstop_programs *programs, const struct flagstop_data *data,
			       uint32_t *ret_loads)
{
	uint32_t strictest = SECCOMP_RET_ALLOW, loads = 0;

	for (size_t i = flagstop_programs_count(programs); i--;) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		uint32_t read, value = flagstop_program_run(insns, count, data, NULL, &read);

		loads |= read;
		if ((int32_t)(value & SECCOMP_RET_ACTION_FULL) < (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
			strictest = value;
	}
	if (ret_loads)
		*ret_loads = loads;
	return strictest;
}

/* What the kernel's action cache holds: nothing but the number and the architecture was read. */
static inline int loads_number_only(uint32_t loads)
{
	return !(loads & ~3u);
}

/* The action that carries out a verdict which is not flagged. */
static inline uint32_t action_of_verdict(struct flagstop_verdict verdict)
{
	switch (verdict.action) {
	case FLAGSTOP_ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case FLAGSTOP_ACTION_LOG:
		return SECCOMP_RET_LOG;
	case FLAGSTOP_ACTION_RETURN:
		return SECCOMP_RET_ERRNO | (uint32_t)-verdict.value;
	case FLAGSTOP_ACTION_DENY:
		return SECCOMP_RET_ERRNO | (uint32_t)verdict.value;
	case FLAGSTOP_ACTION_TRAP:
		return SECCOMP_RET_TRAP | (uint32_t)verdict.value;
	case FLAGSTOP_ACTION_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case FLAGSTOP_ACTION_KILL_PROCESS:
		return SECCOMP_RET_KILL_PROCESS;
	default: /* trace and ask are the tracer's */
		return SECCOMP_RET_TRACE;
	}
}

/* ---- randomness: splitmix64, the same on every machine ---------------------------------------------------------- */

static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline unsigned below(uint64_t *state, unsigned bound)
{
	return (unsigned)(next_random(state) % bound);
}

#endif
