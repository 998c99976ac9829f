/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_COMPARE_H
#define FLAGSTOP_COMPARE_H

/*
 * What two filters do differently, and one policy out of several.
 *
 * A side is a policy or a list of compiled programs, from wherever. Both sides are asked about every number of
 * every ABI, and about one point of each class of arguments that the two together tell apart: where nothing differs
 * there, nothing differs anywhere, and each difference comes with the smallest call that shows it.
 *
 * Nothing here has state; sides are only read and may be shared between threads.
 */

#include <stddef.h>
#include <stdint.h>

#include <flagstop/arch.h>
#include <flagstop/error.h>
#include <flagstop/policy.h>
#include <flagstop/program.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A program from elsewhere (the bytes of an array of struct sock_filter in this host's byte order) as a list of one, to
 * be freed with flagstop_programs_free. The bytes are copied. -EINVAL, with the reason, when it is none that the kernel
 * takes; -ENOMEM.
 */
int flagstop_programs_read(const void *bytes, size_t byte_count, struct flagstop_programs **ret_programs,
			   struct flagstop_error *reterr_error);

/* Either of the two; the other is NULL. */
struct flagstop_side {
	const struct flagstop_policy *policy;
	const struct flagstop_programs *programs;
};

/*
 * What A is, compared with B. Strictness is the kernel's order: kill process, kill thread, trap, errno, user
 * notification, (ask,) trace, log, allow.
 */
enum flagstop_relation {
	FLAGSTOP_RELATION_EQUAL,
	FLAGSTOP_RELATION_NARROWER, /* A is stricter wherever they differ */
	FLAGSTOP_RELATION_WIDER,    /* A is weaker wherever they differ */
	FLAGSTOP_RELATION_NEITHER,  /* both occur; or as strict, with another value (EPERM, EACCES) */
};

/* "equal", "narrower", "wider", "neither". NULL for a value that is none. */
const char *flagstop_relation_name(enum flagstop_relation relation);

struct flagstop_compare_options {
	size_t struct_bytes;
	unsigned abis; /* a bit for each ABI to compare; 0: all, and architectures that are none of ours */
	/* Where a policy meets programs: what it leaves to the kernel, and what it flags and therefore is RET_TRACE. */
	enum flagstop_report report;
};
#define FLAGSTOP_COMPARE_OPTIONS_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_compare_options), .report = FLAGSTOP_REPORT_NONE \
	}

struct flagstop_difference {
	enum flagstop_relation relation; /* of A's answer to B's, for this call; never EQUAL */
	int abi;                         /* -EOPNOTSUPP: call.arch is none of ours */
	int index;                       /* the call, or -ENOENT: numbers that no call has */
	struct flagstop_data call;       /* the smallest: first argument first */
	char a[40], b[40];               /* "allow", "deny EPERM"; where a program takes part "ERRNO(EPERM)" */
};

/*
 * One difference for each ABI, call and pair of answers, in the order of ABIs and numbers; for all numbers that no call
 * has, one for each pair of answers.
 *   -EINVAL  a side is neither or both; options of another version    -ENOMEM
 */
struct flagstop_comparison;
int flagstop_compare(const struct flagstop_side *a, const struct flagstop_side *b,
		     const struct flagstop_compare_options *options, struct flagstop_comparison **ret_comparison,
		     struct flagstop_error *reterr_error);

enum flagstop_relation flagstop_comparison_relation(const struct flagstop_comparison *comparison);
/*
 * 1: all calls were covered. 0: something was too much (a program that computes with arguments, or conditions beyond a
 * stated effort), and for those calls only some thousand points were compared.
 */
int flagstop_comparison_is_proven(const struct flagstop_comparison *comparison);
size_t flagstop_comparison_count(const struct flagstop_comparison *comparison);
/* Lives as long as the comparison. */
const struct flagstop_difference *flagstop_comparison_get(const struct flagstop_comparison *comparison, size_t index);
/* Takes NULL. */
void flagstop_comparison_free(struct flagstop_comparison *comparison);

enum flagstop_merge {
	FLAGSTOP_MERGE_UNION,     /* what any of the policies allows: the weakest verdict of each call */
	FLAGSTOP_MERGE_INTERSECT, /* what all of them allow: the strictest */
};

/*
 * One policy out of several, as text with a rule for each group of calls that are decided alike. Conditions stand as
 * they were written. Among verdicts that are equally strict the last policy's counts. The text is read back and proven
 * to mean that for every call before it is handed out; free(3) it.
 *   -EINVAL      no policies
 *   -EOPNOTSUPP  no policy can say it (`unknown` would have to differ between ABIs, or no ABI is left)
 *   -E2BIG       the text would be larger than a policy may be, or the conditions on one call are too many
 *   -EPROTO      the proof failed: an error of flagstop's own, with the call
 *   -ENOMEM
 */
int flagstop_policies_merge(const struct flagstop_policy *const *policies, size_t count, enum flagstop_merge how,
			    char **ret_text, struct flagstop_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
