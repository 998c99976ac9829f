/* SPDX-License-Identifier: MIT */
#ifndef FST_COMPARE_DECISION_H
#define FST_COMPARE_DECISION_H

/* What a policy says of all arguments of one call at once. */

#include <filters/compare/diagram.h>
#include <filters/policy/policy.h>

/* Leaf 1 where the condition holds, else leaf 0. */
fst_branch fst_cond_diagram(struct fst_diagram *d, const struct fst_cond *cond);

/* Each leaf is the number of the step that decides; where facts do, a leaf of their pairs. */
fst_branch fst_decision_diagram(struct fst_diagram *d, const struct fst_decision *decision);

/* The classes that all layers together tell apart. */
fst_branch fst_policy_diagram(struct fst_diagram *d, const struct flagstop_policy *policy, uint32_t audit_arch,
			      uint32_t nr);

/* Whether some layer looks at the arguments of that call. */
bool fst_policy_asks_for_arguments(const struct flagstop_policy *policy, uint32_t audit_arch, uint32_t nr);

#endif
