/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_CARRIED_H
#define FST_FILTERS_CARRIED_H

/*
 * Rules on calls that socketcall and ipc carry hold for these, too: what they get is the stricter of what is said of
 * them and of what they carry.
 *
 *     what is said of the carried call        what becomes of it
 *     the same for all arguments              decided by the first argument, in the kernel
 *     by arguments that ipc has in registers  the same, by these
 *     by arguments in socketcall's memory     flagged: the tracer copies them once and makes the direct call of them
 *     by arguments, and neither will do       the strictest of all that may be
 */

#include <filters/policy/bind.h>

/* Makes that of an ABI's decisions once all of its calls are bound. */
int fst_carried_bind(struct fst_bound *bound, enum flagstop_abi abi, struct flagstop_error *error);

/* What flags a call whose arguments must be fetched. */
extern const struct fst_rule fst_rule_carried;

#endif
