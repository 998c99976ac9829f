/* SPDX-License-Identifier: MIT */
#ifndef FST_FUZZ_COMPARED_H
#define FST_FUZZ_COMPARED_H

/*
 * The target that compares: two sides with a zero byte between them, each the text of a policy, or a program where it
 * is no text. What a comparison says of a side and itself, and of two sides and the other way round, must fit.
 */

#include <flagstop/compare.h>
#include <tests/fuzz/targets.h>

struct fuzz_side {
	struct flagstop_policy *policy;
	struct flagstop_programs *programs;
};

/* NULL where it is one, or none in a right way. */
static inline const char *fuzz_read_side(const uint8_t *bytes, size_t count, struct fuzz_side *side)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	const char *wrong;
	int r = flagstop_programs_read(bytes, count, &side->programs, &error);

	if (!r)
		return NULL;
	wrong = fuzz_check_error(&error, r);
	if (!wrong)
		side->policy = fuzz_policy_of(bytes, count, &wrong);
	return wrong;
}

static inline void fuzz_free_side(struct fuzz_side *side)
{
	flagstop_policy_free(side->policy);
	flagstop_programs_free(side->programs);
}

static inline bool fuzz_is_mirrored(enum flagstop_relation there, enum flagstop_relation back)
{
	if (there == FLAGSTOP_RELATION_NARROWER)
		return back == FLAGSTOP_RELATION_WIDER;
	if (there == FLAGSTOP_RELATION_WIDER)
		return back == FLAGSTOP_RELATION_NARROWER;
	return back == there;
}

static inline const char *fuzz_check_differences(const struct flagstop_comparison *comparison)
{
	bool differs = flagstop_comparison_relation(comparison) != FLAGSTOP_RELATION_EQUAL;

	if (differs != (flagstop_comparison_count(comparison) > 0))
		return "sides that differ without a call that shows it, or the other way round";
	for (size_t i = 0; i < flagstop_comparison_count(comparison); i++) {
		const struct flagstop_difference *d = flagstop_comparison_get(comparison, i);

		if (!strcmp(d->a, d->b))
			return "a difference that is none";
		if (d->abi >= 0 && flagstop_abi_of_call(d->call.arch, d->call.nr) != d->abi)
			return "a difference is shown by a call of another ABI";
	}
	return NULL;
}

/* 0, with the relation, when they can be compared. */
static inline int fuzz_relate(const struct fuzz_side *a, const struct fuzz_side *b,
			      enum flagstop_relation *ret_relation, const char **ret_wrong)
{
	const struct flagstop_side sides[] = { { a->policy, a->programs }, { b->policy, b->programs } };
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_comparison *comparison;
	int r = flagstop_compare(&sides[0], &sides[1], &options, &comparison, &error);

	*ret_wrong = r ? fuzz_check_error(&error, r) : fuzz_check_differences(comparison);
	if (r)
		return r;
	*ret_relation = flagstop_comparison_relation(comparison);
	flagstop_comparison_free(comparison);
	return 0;
}

static inline const char *fuzz_check_relations(const struct fuzz_side *a, const struct fuzz_side *b)
{
	enum flagstop_relation itself, there, back;
	const char *wrong;

	if (fuzz_relate(a, a, &itself, &wrong) || wrong)
		return wrong;
	if (itself != FLAGSTOP_RELATION_EQUAL)
		return "a side differs from itself";
	if (fuzz_relate(a, b, &there, &wrong) || wrong || fuzz_relate(b, a, &back, &wrong) || wrong)
		return wrong;
	return fuzz_is_mirrored(there, back) ? NULL : "sides relate in another way when they are swapped";
}

static inline const char *fuzz_compare(const uint8_t *bytes, size_t count)
{
	const uint8_t *middle = count ? memchr(bytes, 0, count) : NULL;
	size_t first = middle ? (size_t)(middle - bytes) : count / 2 & ~(sizeof(struct flagstop_insn) - 1);
	const uint8_t *second = middle ? middle + 1 : bytes + first;
	struct fuzz_side a = { NULL, NULL }, b = { NULL, NULL };
	const char *wrong = fuzz_read_side(bytes, first, &a);

	if (!wrong)
		wrong = fuzz_read_side(second, count - (size_t)(second - bytes), &b);
	if (!wrong && (a.policy || a.programs) && (b.policy || b.programs))
		wrong = fuzz_check_relations(&a, &b);
	fuzz_free_side(&a);
	fuzz_free_side(&b);
	return wrong;
}

#endif
