/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FILTERS_H
#define BENCH_FILTERS_H

/*
 * The same rules as a filter of flagstop's and as one of libseccomp's:
 *
 *     profile.c   rules from a JSON file in the containers' form
 *     ours.c      rules → policy text → program
 *     theirs.c    rules → libseccomp → program
 *     agree.c     do both do the same?
 *     main.c      options, the table
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flagstop/flagstop.h>
#include <seccomp.h>

struct comparison {
	unsigned index;
	enum scmp_compare op;
	uint64_t value, masked; /* MASKED_EQ: value is the mask */
};

struct rule {
	int call; /* flagstop's index */
	char name[64];
	uint32_t action; /* SCMP_ACT_* */
	struct comparison comparisons[6];
	unsigned comparison_count;
};

struct profile {
	char name[64];
	uint32_t action; /* of all other calls */
	struct rule *rules;
	size_t rule_count;
	unsigned left_out; /* names that either side does not know */
};

/* A program, and how long making it took: the least of several times. */
struct filter {
	struct flagstop_insn *insns;
	size_t count;
	double read_us;   /* ours: the rules as text, parsed; theirs: given to the library, one by one */
	double made_us;   /* from there to the program */
	double proved_us; /* and what the proof adds, which ends every compile of flagstop's */
};
void filter_release(struct filter *filter);

/* The rules of the profile that apply to x86_64 without any capability. -1: a message was printed. */
int profile_read(const char *path, struct profile *ret_profile);
void profile_release(struct profile *profile);

#define ONE_ABI (1u << FLAGSTOP_ABI_X86_64)
#define THREE_ABIS (1u << FLAGSTOP_ABI_X86_64 | 1u << FLAGSTOP_ABI_X32 | 1u << FLAGSTOP_ABI_I386)

/* Both are made `times` times. -1: a message was printed. */
int make_ours(const struct profile *profile, unsigned abis, enum flagstop_optimize optimize, unsigned times,
	      struct filter *ret_filter, struct flagstop_policy **ret_policy);
int make_theirs(const struct profile *profile, unsigned abis, unsigned level, unsigned times,
		struct filter *ret_filter);

/*
 * How many calls they answer differently, tried at both sides of every value that a rule compares with; the first is
 * written to `example`. Differences of high halves that the kernel does not read are left out: see agree.c.
 */
unsigned count_differences(const struct profile *profile, unsigned abis, const struct filter *ours,
			   const struct filter *theirs, char *example, size_t example_bytes);

double now_us(void);

#endif
