/* SPDX-License-Identifier: MIT */
#ifndef FST_COMPARE_MERGE_H
#define FST_COMPARE_MERGE_H

/* What a merged policy has to say of each call, and the proof that its text says it. */

#include <filters/compare/diagram.h>
#include <filters/policy/policy.h>
#include <flagstop/compare.h>

struct fst_merge {
	const struct flagstop_policy *const *policies;
	size_t count;
	enum flagstop_merge how;
	struct flagstop_error *error;
	void *pool; /* what is made hangs here */
	struct fst_diagram *diagram;
	unsigned abis;
	struct flagstop_verdict fallback, unknown;
};

/* One rule, without the calls it is for. */
struct fst_merge_line {
	struct flagstop_verdict verdict;
	fst_branch condition;
	const struct fst_rule **rules; /* whose conditions must all hold; none: always */
	unsigned rule_count;
};

/* The verdict of all policies together on one call. */
struct flagstop_verdict fst_merge_decide(const struct fst_merge *m, const struct flagstop_data *call);

/* ABIs, default and unknown. 0 or -EOPNOTSUPP. */
int fst_merge_frame(struct fst_merge *m);

/* The rules for one call, first match first; calls that none of them takes get the default. */
int fst_merge_plan(struct fst_merge *m, enum flagstop_abi abi, unsigned call, struct fst_merge_line **ret_lines,
		   unsigned *ret_count);

/* That `made` decides every call as the policies do together. 0, -EPROTO with the call, -E2BIG, -ENOMEM. */
int fst_merge_prove(struct fst_merge *m, const struct flagstop_policy *made);

#endif
