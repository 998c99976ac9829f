/* SPDX-License-Identifier: MIT */
#ifndef FST_FUZZ_COMPILED_H
#define FST_FUZZ_COMPILED_H

/*
 * The target that compiles: policy text → programs, which must be such as the kernel takes, and do what the evaluator
 * decides for calls at which conditions may change their mind. Options and calls follow from the text, so that a text
 * is all there is to keep.
 */

#include <linux/seccomp.h>

#include <filters/policy/policy.h>
#include <tests/fuzz/targets.h>

#define FUZZ_TRACE_DATA 7
#define FUZZ_POINTS_MAX 64
#define FUZZ_CONDITIONAL_MAX 24 /* calls of an ABI that are tried at many points */
#define FUZZ_VECTORS 12         /* of each of them */

struct fuzz_random {
	uint64_t state;
};

static inline uint64_t fuzz_next(struct fuzz_random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline struct fuzz_random fuzz_seed(const uint8_t *bytes, size_t count)
{
	struct fuzz_random r = { UINT64_C(0xcbf29ce484222325) };

	for (size_t i = 0; i < count; i++)
		r.state = (r.state ^ bytes[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	return r;
}

struct fuzz_subject {
	const struct flagstop_policy *policy;
	const struct flagstop_programs *programs;
	enum flagstop_report report;
	struct fuzz_random random;
	uint64_t points[FUZZ_POINTS_MAX];
	unsigned point_count;
};

/* kernel/seccomp.c seccomp_run_filters: from the newest on, and only what is stricter replaces an answer. */
static inline uint32_t fuzz_run_all(const struct flagstop_programs *programs, const struct flagstop_data *call,
				    uint32_t *ret_loads)
{
	uint32_t strictest = SECCOMP_RET_ALLOW;

	*ret_loads = 0;
	for (size_t i = flagstop_programs_count(programs); i--;) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		uint32_t loads, action = flagstop_program_run(insns, count, call, NULL, &loads);

		*ret_loads |= loads;
		if ((int32_t)(action & SECCOMP_RET_ACTION_FULL) < (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
			strictest = action;
	}
	return strictest;
}

static inline uint32_t fuzz_action_of(struct flagstop_verdict v)
{
	static const uint32_t plain[] = {
		[FLAGSTOP_ACTION_ALLOW] = SECCOMP_RET_ALLOW,
		[FLAGSTOP_ACTION_LOG] = SECCOMP_RET_LOG,
		[FLAGSTOP_ACTION_TRACE] = SECCOMP_RET_TRACE | FUZZ_TRACE_DATA,
		[FLAGSTOP_ACTION_REWRITE] = SECCOMP_RET_TRACE | FUZZ_TRACE_DATA,
		[FLAGSTOP_ACTION_ASK] = SECCOMP_RET_TRACE | FUZZ_TRACE_DATA,
		[FLAGSTOP_ACTION_RETURN] = SECCOMP_RET_ERRNO,
		[FLAGSTOP_ACTION_DENY] = SECCOMP_RET_ERRNO,
		[FLAGSTOP_ACTION_TRAP] = SECCOMP_RET_TRAP,
		[FLAGSTOP_ACTION_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[FLAGSTOP_ACTION_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
	};
	int64_t value = v.action == FLAGSTOP_ACTION_RETURN ? -v.value : v.value;

	return plain[v.action] | ((uint32_t)value & SECCOMP_RET_DATA);
}

static inline const char *fuzz_check_call(const struct fuzz_subject *s, const struct flagstop_data *call)
{
	enum flagstop_place place = flagstop_policy_place(s->policy, call, s->report);
	uint32_t loads, got = fuzz_run_all(s->programs, call, &loads);
	uint32_t wanted = place == FLAGSTOP_PLACE_TRACER ?
		SECCOMP_RET_TRACE | FUZZ_TRACE_DATA :
		fuzz_action_of(flagstop_policy_decide(s->policy, call, NULL));

	if (got != wanted)
		return "the programs do not do what the policy decides";
	if (place == FLAGSTOP_PLACE_KERNEL && loads & ~3u)
		return "decided by the number, and arguments were read";
	return NULL;
}

static inline void fuzz_add_point(struct fuzz_subject *s, uint64_t value)
{
	unsigned at = s->point_count < FUZZ_POINTS_MAX ? s->point_count++ : fuzz_next(&s->random) % FUZZ_POINTS_MAX;

	s->points[at] = value;
}

static inline void fuzz_add_points(struct fuzz_subject *s, const struct fst_cond *cond)
{
	if (cond->op == FST_EXPR_FACT)
		return;
	if (cond->op != FST_EXPR_TEST) {
		fuzz_add_points(s, cond->left);
		if (cond->op != FST_EXPR_NOT)
			fuzz_add_points(s, cond->right);
		return;
	}
	fuzz_add_point(s, cond->mask);
	for (unsigned i = 0; i < cond->range_count && i < 8; i++) {
		fuzz_add_point(s, cond->ranges[i].low);
		fuzz_add_point(s, cond->ranges[i].low - 1);
		fuzz_add_point(s, cond->ranges[i].high);
		fuzz_add_point(s, cond->ranges[i].high + 1);
	}
}

/* A point, perhaps with other bits where the condition should not look. */
static inline uint64_t fuzz_pick(struct fuzz_subject *s)
{
	uint64_t dice = fuzz_next(&s->random), point = s->points[(dice >> 8) % s->point_count];

	switch (dice % 8) {
	case 0:
		return point ^ (fuzz_next(&s->random) << 32);
	case 1:
		return (uint64_t)(int64_t)(int32_t)point;
	case 2:
		return point | (UINT64_C(1) << (dice >> 32) % 64);
	case 3:
		return fuzz_next(&s->random);
	default:
		return point;
	}
}

static inline bool fuzz_collect_points(struct fuzz_subject *s, const struct flagstop_data *call)
{
	bool conditional = false;

	s->point_count = 0;
	fuzz_add_point(s, 0);
	fuzz_add_point(s, UINT64_MAX);
	for (unsigned i = 0; i < s->policy->layer_count; i++) {
		const struct fst_decision *d = fst_bound_decision(s->policy->layers[i], call->arch, call->nr);

		for (unsigned k = 0; k < d->count && k < 64; k++)
			if (d->steps[k].when) {
				fuzz_add_points(s, d->steps[k].when);
				conditional = true;
			}
	}
	return conditional;
}

static inline const char *fuzz_check_points(struct fuzz_subject *s, struct flagstop_data *call)
{
	const char *wrong = NULL;

	for (unsigned i = 0; i < FUZZ_VECTORS && !wrong; i++) {
		for (unsigned argument = 0; argument < 6; argument++)
			call->args[argument] = fuzz_pick(s);
		wrong = fuzz_check_call(s, call);
	}
	return wrong;
}

static inline const char *fuzz_check_abi(struct fuzz_subject *s, enum flagstop_abi abi)
{
	static const uint32_t beyond[] = {
		600, 0x3fffffff, 0x40000000, 0x400003e7, 0x7fffffff, 0x80000000, 0xffffffff
	};
	struct flagstop_data call = { .arch = flagstop_abi_audit_arch(abi) };
	unsigned conditional = 0, start = (unsigned)(fuzz_next(&s->random) % flagstop_call_count());
	const char *wrong = NULL;

	for (unsigned i = 0; i < flagstop_call_count() && !wrong; i++) {
		int64_t nr = flagstop_call_number((start + i) % flagstop_call_count(), abi);

		if (nr < 0)
			continue;
		call.nr = (uint32_t)nr;
		memset(call.args, 0, sizeof(call.args));
		wrong = fuzz_check_call(s, &call);
		if (!wrong && conditional < FUZZ_CONDITIONAL_MAX && fuzz_collect_points(s, &call)) {
			conditional++;
			wrong = fuzz_check_points(s, &call);
		}
	}
	for (size_t i = 0; i < sizeof(beyond) / sizeof(*beyond) && !wrong; i++) {
		call.nr = beyond[i];
		wrong = fuzz_check_call(s, &call);
	}
	return wrong;
}

static inline const char *fuzz_check_programs(struct fuzz_subject *s)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < flagstop_programs_count(s->programs) && !wrong; i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(s->programs, i, &count);

		if (flagstop_program_check(insns, count, NULL))
			wrong = "a compiled program that the kernel would not take";
	}
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !wrong; abi++)
		wrong = fuzz_check_abi(s, abi);
	return wrong;
}

static inline const char *fuzz_check_compiled(struct flagstop_policy *policy, struct fuzz_random random)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs = NULL;
	struct fuzz_subject subject = { .policy = policy, .random = random };
	const char *wrong;
	int r;

	subject.report = fuzz_next(&random) % 2 ? FLAGSTOP_REPORT_ALL : FLAGSTOP_REPORT_NONE;
	if (fuzz_next(&random) % 4 == 0 && flagstop_policy_add_guards(policy, NULL, 0, &error))
		return "a policy that bears no guards";
	options.report = subject.report;
	options.trace_data = FUZZ_TRACE_DATA;
	r = flagstop_policy_compile(policy, &options, &programs, &error);
	if (r == -E2BIG || r == -ENOMEM)
		return fuzz_check_error(&error, r);
	if (r)
		return "a policy that is right was not compiled";
	subject.programs = programs;
	wrong = fuzz_check_programs(&subject);
	flagstop_programs_free(programs);
	return wrong;
}

static inline const char *fuzz_compile(const uint8_t *bytes, size_t count)
{
	const char *wrong;
	struct flagstop_policy *policy = fuzz_policy_of(bytes, count, &wrong);

	if (!policy)
		return NULL; /* fuzz_policy's */
	wrong = fuzz_check_compiled(policy, fuzz_seed(bytes, count));
	flagstop_policy_free(policy);
	return wrong;
}

#endif
