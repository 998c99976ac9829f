/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_EXPLAIN_H
#define FLAGSTOP_EXPLAIN_H

/*
 * Why a call gets its verdict, layer by layer, and what would have to change for it to be allowed. Goes with
 * flagstop_policy_explain (flagstop/policy.h), whose answer it takes further:
 *
 *     flagstop_policy_explain(policy, abi, "openat(_, _, O_WRONLY)", report, &e, &error);
 *     flagstop_policy_explain_layer(policy, &e, 0, &layer);       what each layer says of it
 *     flagstop_policy_remedies(policy, &e, remedies, 8);          what would let it pass
 */

#include <flagstop/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one layer says of a call. Strings live as long as the policy. */
struct flagstop_layer_verdict {
	const char *name; /* the layer's: a file as given, "<promises>", "<guard>" */
	int guard;        /* 1: the layer of flagstop_policy_add_guards */
	int determined;   /* 0: it depends on arguments that were not given, and verdict and rule mean nothing */
	struct flagstop_verdict verdict;
	struct flagstop_rule rule;
	int decides; /* 1: its verdict is the policy's */
};
/* -EINVAL when there is no such layer. */
int flagstop_policy_explain_layer(const struct flagstop_policy *policy,
				  const struct flagstop_explanation *explanation, unsigned layer,
				  struct flagstop_layer_verdict *ret_layer);

enum flagstop_remedy_kind {
	FLAGSTOP_REMEDY_ARGUMENTS, /* the policy may stay: the layer allows other arguments */
	FLAGSTOP_REMEDY_RULE,      /* a rule must come, go or change */
	FLAGSTOP_REMEDY_ABI,       /* the layer does not name the call's ABI */
	FLAGSTOP_REMEDY_NEVER,     /* no policy can allow it: the guards refuse it, or it has no ABI of ours */
};

struct flagstop_remedy {
	unsigned layer;
	enum flagstop_remedy_kind kind;
	struct flagstop_rule rule; /* ARGUMENTS: the rule that would allow; else the one that refuses */
	char when[512];            /* ARGUMENTS: the condition as policies write it, "..." where it was cut; else "" */
	char text[1024];           /* in one line of words: "allowed when flags & O_ACCMODE == O_RDONLY (line 7)" */
};

/*
 * What would have to change, for each layer that refuses the call (or may, where that depends on what was not given):
 * first the arguments that it allows, then the rule. A call is allowed when every layer that is named here was
 * satisfied. Returns how many there are and writes as many as fit. 0: it is allowed.
 */
unsigned flagstop_policy_remedies(const struct flagstop_policy *policy,
				  const struct flagstop_explanation *explanation, struct flagstop_remedy *remedies,
				  unsigned remedies_size);

/*
 * A set of calls as policies write it: "@file-system - (open openat)". `calls` has flagstop_call_count() bytes; those
 * of calls that are in the set in that ABI become 1, all others 0. Returns how many are; -EBADMSG with the place when
 * the text is no set, or none of its calls is one of the ABI's. Groups that a policy defines are not known here.
 */
int flagstop_set_parse(const char *text, enum flagstop_abi abi, unsigned char *calls,
		       struct flagstop_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
