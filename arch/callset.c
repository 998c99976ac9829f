/* SPDX-License-Identifier: MIT */
/* Arithmetic on sets of calls. Knows which ABI has which call, and nothing of how a set came to be. */

#include <arch/callset.h>

#define WORDS (FST_CALLS_MAX / 64)

unsigned fst_callset_add_all(struct fst_callset *set, unsigned call)
{
	unsigned count = 0;

	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (flagstop_call_number(call, abi) < 0)
			continue;
		fst_callset_add(set, abi, call);
		count++;
	}
	return count;
}

void fst_callset_union(struct fst_callset *set, const struct fst_callset *other)
{
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (int word = 0; word < WORDS; word++)
			set->bits[abi][word] |= other->bits[abi][word];
	}
}

void fst_callset_minus(struct fst_callset *set, const struct fst_callset *other)
{
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (int word = 0; word < WORDS; word++)
			set->bits[abi][word] &= ~other->bits[abi][word];
	}
}

void fst_callset_intersect(struct fst_callset *set, const struct fst_callset *other)
{
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (int word = 0; word < WORDS; word++)
			set->bits[abi][word] &= other->bits[abi][word];
	}
}

void fst_callset_restrict(struct fst_callset *set, enum flagstop_abi abi)
{
	for (int other = 0; other < FLAGSTOP_ABI_COUNT; other++) {
		for (int word = 0; other != (int)abi && word < WORDS; word++)
			set->bits[other][word] = 0;
	}
}

bool fst_callset_is_empty(const struct fst_callset *set)
{
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (int word = 0; word < WORDS; word++) {
			if (set->bits[abi][word])
				return false;
		}
	}
	return true;
}
