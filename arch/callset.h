/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_CALLSET_H
#define FST_ARCH_CALLSET_H

/* A set of calls in each ABI: what a rule's SET means after groups were expanded. */

#include <stdbool.h>
#include <stdint.h>

#include <flagstop/arch.h>

#define FST_CALLS_MAX 576 /* at least flagstop_call_count(); the generator checks it */

struct fst_callset {
	uint64_t bits[FLAGSTOP_ABI_COUNT][FST_CALLS_MAX / 64];
};

static inline bool fst_callset_has(const struct fst_callset *set, enum flagstop_abi abi, unsigned call)
{
	return set->bits[abi][call / 64] >> (call % 64) & 1;
}

static inline void fst_callset_add(struct fst_callset *set, enum flagstop_abi abi, unsigned call)
{
	set->bits[abi][call / 64] |= UINT64_C(1) << (call % 64);
}

/* Adds the call in every ABI that has it. Returns in how many that is. */
unsigned fst_callset_add_all(struct fst_callset *set, unsigned call);
void fst_callset_union(struct fst_callset *set, const struct fst_callset *other);
void fst_callset_minus(struct fst_callset *set, const struct fst_callset *other);
void fst_callset_intersect(struct fst_callset *set, const struct fst_callset *other);
/* Keeps one ABI only. */
void fst_callset_restrict(struct fst_callset *set, enum flagstop_abi abi);
bool fst_callset_is_empty(const struct fst_callset *set);

#endif
