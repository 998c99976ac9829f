/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_WHEN_H
#define FST_FILTERS_WHEN_H

/* Conditions as text and by parts: what explaining and linting share. */

#include <filters/policy/bind.h>

#define FST_WHEN_STEPS_MAX 64 /* of one call's decision are looked at; more are not explained */

/* A rule's condition as it was written, "" when it has none. */
const char *fst_when_text(const struct fst_rule *rule);

/* Whether the whole is an `and` or an `or`: it needs parentheses when more is joined to it. */
static inline bool fst_when_is_joined(const struct fst_expr *when)
{
	return when && (when->op == FST_EXPR_AND || when->op == FST_EXPR_OR);
}

#endif
