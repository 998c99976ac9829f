/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_LINT_H
#define FLAGSTOP_LINT_H

/*
 * What is probably not meant in a policy that is right: rules without effect, holes beside what is refused, answers
 * that break libraries. A finding is an opinion, and can be silenced:
 *
 *     allow @system-service   # lint: allow undo-ptrace, undo-io-uring: guarded by the outer sandbox
 *
 * at the end of the line on which the rule that it is about ends, or by its name for the whole policy. What follows the
 * colon is for the reader.
 *
 * Each layer is judged by itself; a call counts as allowed when all layers allow it. The guards are not judged.
 */

#include <stddef.h>

#include <flagstop/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLAGSTOP_LINT_MAX_FINDINGS 1000 /* of one policy; what comes after is not reported */

struct flagstop_finding {
	const char *name;   /* "shadowed": stable, and what silences it */
	const char *reason; /* why it matters, in a sentence */
	/* What was found (code is 0), where, and what to do. line is 0 when it is about what no line says. */
	struct flagstop_error text;
};

struct flagstop_lint_options {
	size_t struct_bytes;
	const char *const *silenced; /* names of lints that are not reported */
	size_t silenced_count;
};
#define FLAGSTOP_LINT_OPTIONS_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_lint_options) \
	}

/*
 * In the order of the policy's lines. `options` may be NULL. -EINVAL when a silenced name is no lint's, with the
 * nearest one as the hint. The strings of findings live as long as `*ret_findings`, which does not need the policy.
 */
struct flagstop_findings;
int flagstop_policy_lint(const struct flagstop_policy *policy, const struct flagstop_lint_options *options,
			 struct flagstop_findings **ret_findings, struct flagstop_error *reterr_error);
void flagstop_findings_free(struct flagstop_findings *findings); /* takes NULL */
size_t flagstop_findings_count(const struct flagstop_findings *findings);
const struct flagstop_finding *flagstop_findings_get(const struct flagstop_findings *findings, size_t index);

/* The name of lint `index` and why it matters; NULL behind the last. */
const char *flagstop_lint(unsigned index, const char **ret_reason);

#ifdef __cplusplus
}
#endif

#endif
