/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_PAIR_H
#define FST_FILTERS_PAIR_H

/*
 * Values of 64 bits that a 32-bit ABI hands over in two registers: the tables have them as `offset_low` and
 * `offset_high`, wherever these are, and a rule may say `offset`.
 */

#include <filters/policy/fact.h>

struct fst_pair {
	unsigned low, high; /* arguments */
	bool is_signed;
	const char *set;
};

/* Whether the call has two halves of that name. */
bool fst_pair_find(const struct fst_asked *asked, const char *name, struct fst_pair *ret_pair);

/* What a test of the whole value says of its halves; it hangs on `parent`. NULL: no memory. */
const struct fst_cond *fst_pair_split(void *parent, const struct fst_cond *whole, const struct fst_pair *pair);

#endif
