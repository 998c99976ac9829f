/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_SPELL_H
#define FST_FILTERS_SPELL_H

/* "Did you mean": keeps the candidate that is nearest to a word in spelling. */

struct fst_spell {
	const char *word;
	unsigned bytes;
	const char *best; /* NULL while none is near */
	unsigned distance;
};

void fst_spell_init(struct fst_spell *spell, const char *word, unsigned bytes);
/* `candidate` must live as long as `best` is used. */
void fst_spell_offer(struct fst_spell *spell, const char *candidate);

#endif
