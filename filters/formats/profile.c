/* SPDX-License-Identifier: MIT */
/*
 * Collects what a foreign filter says of each call in each ABI. Decides what is redundant; does not know where the
 * steps come from.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <arch/mux.h>
#include <filters/formats/profile.h>
#include <flagstop/convert.h>

/*
 * What a short text can ask for is bounded: conditions that are built, and comparisons to find contradictions in
 * them.
 */
#define ADDED_MAX (4 * FLAGSTOP_CONVERT_MAX_RULES)
#define EFFORT_MAX (UINT64_C(1) << 28)
#define EFFORT_OF_ONE (UINT64_C(1) << 20)

struct fst_profile *fst_profile_new(void *parent, unsigned abis)
{
	struct fst_profile *profile = talloc_zero(parent, struct fst_profile);

	if (!profile)
		return NULL;
	profile->abis = abis;
	profile->limited = true;
	profile->effort = EFFORT_MAX;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!(abis >> abi & 1))
			continue;
		profile->by_abi[abi] = talloc_zero_array(profile, struct fst_profile_case, flagstop_call_count());
		if (!profile->by_abi[abi]) {
			talloc_free(profile);
			return NULL;
		}
	}
	return profile;
}

static int too_many(struct fst_profile *profile)
{
	profile->too_many = true;
	return -E2BIG;
}

static int push(struct fst_profile *profile, struct fst_profile_case *c, struct fst_profile_step step)
{
	if (profile->limited && profile->total == FLAGSTOP_CONVERT_MAX_RULES)
		return too_many(profile);
	if (c->count == c->size) {
		unsigned size = c->size ? 2 * c->size : 1;
		struct fst_profile_step *steps =
			talloc_realloc(profile, c->steps, struct fst_profile_step, size);

		if (!steps)
			return -ENOMEM;
		c->steps = steps;
		c->size = size;
	}
	c->steps[c->count++] = step;
	profile->total++;
	return 0;
}

/* More are put into a rule of their own: a policy's condition has an end (FST_PARSE_MAX_TESTS). */
#define JOINED_TESTS_MAX 256

static unsigned count_tests(const struct fst_cond *when)
{
	if (!when || when->op == FST_EXPR_TEST)
		return 1;
	return count_tests(when->left) + (when->op == FST_EXPR_NOT ? 0 : count_tests(when->right));
}

static bool is_contradiction(struct fst_profile *profile, const struct fst_cond *when)
{
	uint64_t effort = profile->effort < EFFORT_OF_ONE ? profile->effort : EFFORT_OF_ONE, left = effort;
	bool possible = fst_cond_can_match(when, &left);

	profile->effort -= effort - left;
	return !possible;
}

static int add_step(struct fst_profile *profile, struct fst_profile_case *c, struct fst_profile_step step)
{
	struct fst_profile_step *last = c->count ? &c->steps[c->count - 1] : NULL;

	if (!last || !fst_verdict_equal(last->verdict, step.verdict))
		return push(profile, c, step);
	if (!step.when) {
		c->count--;
		profile->total--;
		return add_step(profile, c, step);
	}
	if (count_tests(last->when) + count_tests(step.when) > JOINED_TESTS_MAX)
		return push(profile, c, step);
	const struct fst_cond *when = fst_cond_or(profile, last->when, step.when);
	if (!when)
		return -ENOMEM;
	last->when = when == &fst_always ? NULL : when;
	return 0;
}

int fst_profile_add(struct fst_profile *profile, enum flagstop_abi abi, unsigned call, const struct fst_cond *when,
		    struct flagstop_verdict verdict)
{
	struct fst_profile_case *c = profile->by_abi[abi] ? &profile->by_abi[abi][call] : NULL;

	if (!c || flagstop_call_number(call, abi) < 0 || when == &fst_never)
		return 0;
	if (c->count && !c->steps[c->count - 1].when)
		return 0;
	if (profile->limited && profile->added++ == ADDED_MAX)
		return too_many(profile);
	if (when && when != &fst_always && is_contradiction(profile, when))
		return 0; /* a policy would be refused for it */
	return add_step(profile, c, (struct fst_profile_step){ when == &fst_always ? NULL : when, verdict });
}

int fst_profile_add_all(struct fst_profile *profile, unsigned abis, unsigned call, struct flagstop_verdict verdict)
{
	int r = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
		if (abis >> abi & 1)
			r = fst_profile_add(profile, abi, call, NULL, verdict);
	return r;
}

void fst_profile_clear(struct fst_profile *profile, unsigned abis, unsigned call)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!(abis >> abi & 1) || !profile->by_abi[abi])
			continue;
		profile->total -= profile->by_abi[abi][call].count;
		profile->by_abi[abi][call].count = 0;
	}
}

/* The condition anew, in the one form that cond.c keeps. */
static const struct fst_cond *copy(void *parent, const struct fst_cond *c)
{
	switch (c->op) {
	case FST_EXPR_TEST:
		return fst_cond_ranges(parent, c->argument, c->bits, c->mask, c->ranges, c->range_count);
	case FST_EXPR_NOT:
		return fst_cond_not(parent, copy(parent, c->left));
	case FST_EXPR_AND:
		return fst_cond_and(parent, copy(parent, c->left), copy(parent, c->right));
	default:
		return fst_cond_or(parent, copy(parent, c->left), copy(parent, c->right));
	}
}

static int copy_decision(struct fst_profile *profile, unsigned abi, unsigned call, const struct fst_decision *d)
{
	int r = 0;

	for (unsigned i = d->carried; i < d->count && !r; i++) {
		const struct fst_cond *when = d->steps[i].when ? copy(profile, d->steps[i].when) : NULL;

		if (d->steps[i].when && !when)
			return -ENOMEM;
		r = fst_profile_add(profile, abi, call, when, d->steps[i].rule->verdict);
	}
	return r;
}

struct fst_profile *fst_profile_of_bound(void *parent, const struct fst_bound *bound)
{
	struct fst_profile *profile = fst_profile_new(parent, bound->layer->abis);

	if (!profile)
		return NULL;
	profile->limited = false;
	profile->fallback = bound->layer->fallback.verdict;
	profile->unknown = bound->layer->unknown.verdict;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (unsigned call = 0; bound->by_abi[abi] && call < flagstop_call_count(); call++) {
			const struct fst_decision *d = bound->by_abi[abi][call];

			if (d && copy_decision(profile, abi, call, d)) {
				talloc_free(profile);
				return NULL;
			}
		}
	}
	return profile;
}

struct flagstop_verdict fst_verdict_errno(int64_t number)
{
	if (!number)
		return fst_verdict(FLAGSTOP_ACTION_RETURN, 0);
	return fst_verdict(FLAGSTOP_ACTION_DENY, number > 4095 ? 4095 : number); /* as the kernel caps it */
}

int fst_profile_mux(enum flagstop_abi abi, unsigned call, unsigned *ret_call)
{
	for (unsigned i = 0; i < fst_mux_part_count; i++) {
		const struct fst_mux_part *part = &fst_mux_parts[i];

		if (strcmp(flagstop_call_name(call), part->name) || !fst_mux_is_in(abi, part->is_ipc))
			continue;
		*ret_call = (unsigned)flagstop_call_find(part->is_ipc ? "ipc" : "socketcall");
		return (int)part->number;
	}
	return -ENOENT;
}
