/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_PROFILE_H
#define FST_FORMATS_PROFILE_H

/*
 * What a foreign filter says, call by call in each ABI: an ordered list of steps, the first that matches decides,
 * behind them the profile's default. Readers fill it; fst_profile_text writes it as a policy. Conditions are bound ones
 * (filters/policy/bind.h); their helpers are here as well.
 */

#include <stdbool.h>

#include <filters/policy/bind.h>

enum fst_compare {
	FST_COMPARE_EQ,
	FST_COMPARE_NE,
	FST_COMPARE_LT,
	FST_COMPARE_LE,
	FST_COMPARE_GT,
	FST_COMPARE_GE,
	FST_COMPARE_MASKED, /* (argument & mask) == value */
};

/* How wide the kernel reads an argument; 64 or 32 bits of the register where no argument is known. */
unsigned fst_cond_bits(enum flagstop_abi abi, unsigned call, unsigned argument);

/*
 * A comparison as filters of 64-bit words make it, unsigned, for an argument of that call. Where the kernel reads 32
 * bits only those are compared; *narrowed (may be NULL) is set then. A value that no such argument has,
 * sign-extended or not, matches never. NULL: no memory. The condition hangs on `parent`.
 */
const struct fst_cond *fst_cond_compare(void *parent, enum flagstop_abi abi, unsigned call, unsigned argument,
					enum fst_compare compare, uint64_t value, uint64_t mask, bool *narrowed);
/* The argument's low `bits` bits & mask in ranges, which are sorted first. */
const struct fst_cond *fst_cond_ranges(void *parent, unsigned argument, unsigned bits, uint64_t mask,
				       const struct fst_range *ranges, unsigned count);
/* NULL operands give NULL, so that memory is asked about once. Tests of one word are joined into one. */
const struct fst_cond *fst_cond_and(void *parent, const struct fst_cond *a, const struct fst_cond *b);
const struct fst_cond *fst_cond_or(void *parent, const struct fst_cond *a, const struct fst_cond *b);
const struct fst_cond *fst_cond_not(void *parent, const struct fst_cond *a);
bool fst_cond_equal(const struct fst_cond *a, const struct fst_cond *b);

struct fst_profile_step {
	const struct fst_cond *when; /* NULL: always */
	struct flagstop_verdict verdict;
};

struct fst_profile_case {
	struct fst_profile_step *steps;
	unsigned count, size;
};

struct fst_profile {
	unsigned abis;
	struct flagstop_verdict fallback, unknown;
	struct fst_profile_case *by_abi[FLAGSTOP_ABI_COUNT]; /* by call; NULL: not one of `abis` */
	bool limited;                                        /* what is added is somebody else's text: it has bounds */
	bool too_many;                                       /* a bound was met: -E2BIG was returned */
	unsigned total;                                      /* steps */
	unsigned added;                                      /* calls of fst_profile_add */
	uint64_t effort;                                     /* what is left for finding contradictions */
	const char *comment;                                 /* lines for the head, or NULL */
};

struct fst_profile *fst_profile_new(void *parent, unsigned abis);
/*
 * Adds a step behind the others; one behind an unconditional one, or that never matches, is dropped. Neighbours with
 * one verdict are joined. A call that the ABI lacks is no mistake. -ENOMEM, -E2BIG.
 */
int fst_profile_add(struct fst_profile *profile, enum flagstop_abi abi, unsigned call, const struct fst_cond *when,
		    struct flagstop_verdict verdict);
/* The same in all ABIs of `abis`, without a condition. */
int fst_profile_add_all(struct fst_profile *profile, unsigned abis, unsigned call, struct flagstop_verdict verdict);
/* Forgets the steps of a call. */
void fst_profile_clear(struct fst_profile *profile, unsigned abis, unsigned call);
/* What a layer says. NULL: no memory. */
struct fst_profile *fst_profile_of_bound(void *parent, const struct fst_bound *bound);
/* The profile as a policy, by talloc on `parent`; NULL: no memory. */
char *fst_profile_text(const struct fst_profile *profile, void *parent);

static inline bool fst_verdict_equal(struct flagstop_verdict a, struct flagstop_verdict b)
{
	return a.action == b.action && a.value == b.value;
}

static inline struct flagstop_verdict fst_verdict(enum flagstop_action action, int64_t value)
{
	return (struct flagstop_verdict){ action, value };
}

/* An errno as a verdict: 0 is a call that does nothing and succeeds. */
struct flagstop_verdict fst_verdict_errno(int64_t number);

/*
 * Calls that some ABIs reach through socketcall() and ipc() too, as libseccomp rewrites them: *ret_call is that
 * call, and the return value its first argument; -ENOENT where it has no such way.
 */
int fst_profile_mux(enum flagstop_abi abi, unsigned call, unsigned *ret_call);

/* Appends one condition for calls that share it; `numbers`: nothing by name. */
struct fst_case_name {
	enum flagstop_abi abi;
	unsigned call;
};
char *fst_when_put(char *text, const struct fst_cond *when, const struct fst_case_name *cases, unsigned count,
		   bool numbers);

#endif
