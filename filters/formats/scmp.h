/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_SCMP_H
#define FST_FORMATS_SCMP_H

/*
 * Rules as libseccomp takes them (seccomp_rule_add(3)): a call by name for all architectures, at most one comparison
 * for each argument, all of which must hold. What OCI profiles and programs that use the library consist of.
 */

#include <filters/formats/format.h>

struct fst_scmp_test {
	bool set;
	enum fst_compare compare;
	uint64_t value, mask; /* mask: of FST_COMPARE_MASKED */
};

struct fst_scmp_rule {
	unsigned call;
	struct flagstop_verdict verdict;
	struct fst_scmp_test tests[6];
	struct fst_spot spot;
};

struct fst_scmp_rules {
	struct fst_scmp_rule *list;
	unsigned count, size;
};

/* -ENOMEM, -E2BIG (FLAGSTOP_CONVERT_MAX_RULES). */
int fst_scmp_push(void *parent, struct fst_scmp_rules *rules, const struct fst_scmp_rule *rule);

/* Whether that ABI's comparisons see the low word of an argument only (libseccomp treats x32 as a 32-bit one). */
bool fst_scmp_is_narrow(enum flagstop_abi abi);

/*
 * What the rules mean together, into the profile, whose fallback is set. The order in which they were added does not
 * decide, but where two with different actions cannot both be kept. The error is filled, but for -ENOMEM
 * and where the profile has too many.
 */
int fst_scmp_apply(struct fst_reading *reading, const struct fst_scmp_rules *rules, struct fst_profile *profile);

/*
 * The rules that mean what the policy does; each action in them is disjoint from the others, so that no order matters.
 * What cannot be said is listed as lost.
 */
int fst_scmp_of_policy(struct fst_writing *writing, struct fst_scmp_rules *ret_rules);
/* The machine that the written rules are for: the one that was asked for, when the policy has its ABI. */
enum flagstop_abi fst_scmp_native(const struct fst_writing *writing);
/* The verdict as the library can carry it out; what changes is listed as lost. */
struct flagstop_verdict fst_scmp_verdict(struct fst_writing *writing, struct flagstop_verdict verdict);
/* Lists what the policy's `unknown` and the killing of foreign ABIs become. */
void fst_scmp_note_defaults(struct fst_writing *writing);

#endif
