/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_POLICY_H
#define FST_FILTERS_POLICY_H

/* The inside of a policy, for the files of filters/ and the one of tracer/ that compiles sessions. */

#include <filters/policy/bind.h>

struct flagstop_policy {
	struct fst_bound *layers[FLAGSTOP_POLICY_MAX_LAYERS];
	unsigned layer_count;
	bool guarded; /* the last layer is the guards: nothing may be added behind it */
	/*
	 * Calls for which some layer answers `return` with a value that only the tracer can give. RETURN and DENY rank
	 * alike, so for these a denial of another layer must not be taken by the kernel: it would win unseen.
	 */
	struct fst_callset contested;
	bool unknown_contested; /* the same for numbers that no call has */
};

/* flagstop_policy_add_text with what includes are relative to; NULL: the working directory. */
int fst_policy_add_text(struct flagstop_policy *policy, const char *name, const char *text, size_t text_bytes,
			const char *directory, struct flagstop_error *reterr_error);

/* Whether the tracer must be asked for this verdict of that layer on that call (call < 0: an unknown number). */
bool fst_place_is_flagged(const struct flagstop_policy *policy, const struct fst_bound *bound, int abi, int call,
			  struct flagstop_verdict verdict, enum flagstop_report report);

/*
 * The verdict and whether our own programs flag this call: a stop that they did not ask for came from another
 * filter.
 */
struct flagstop_verdict fst_policy_judge(const struct flagstop_policy *policy, const struct flagstop_data *call,
					 enum flagstop_report report, const struct fst_rule **ret_rule,
					 unsigned *ret_layer, bool *ret_flagged);

/* RETURN with a value that SECCOMP_RET_ERRNO can carry: 0, or a negative errno. */
bool fst_verdict_fits_errno(struct flagstop_verdict verdict);

void fst_rule_describe(const struct fst_rule *rule, const struct fst_layer *layer, unsigned index,
		       struct flagstop_rule *ret_rule);

#endif
