/* SPDX-License-Identifier: MIT */
/*
 * Decides which of some candidates a mistyped word was meant to be: the fewest changed, missing, added or swapped
 * letters, at most a third of the word, or else the word's continuation. Does not know what the words mean.
 */

#include <string.h>

#include <filters/policy/spell.h>

#define MAX_BYTES 32

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned d = a < b ? a : b;

	return d < c ? d : c;
}

/* Optimal string alignment distance: three rows of the usual table are enough. */
static unsigned distance_of(const char *a, unsigned a_bytes, const char *b, unsigned b_bytes)
{
	unsigned rows[3][MAX_BYTES + 1];
	unsigned i, j;

	for (j = 0; j <= b_bytes; j++)
		rows[0][j] = j;
	for (i = 1; i <= a_bytes; i++) {
		unsigned *row = rows[i % 3], *before = rows[(i + 2) % 3], *swap = rows[(i + 1) % 3];

		row[0] = i;
		for (j = 1; j <= b_bytes; j++) {
			row[j] = least(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    swap[j - 2] + 1 < row[j])
				row[j] = swap[j - 2] + 1;
		}
	}
	return rows[a_bytes % 3][b_bytes];
}

void fst_spell_init(struct fst_spell *spell, const char *word, unsigned bytes)
{
	*spell = (struct fst_spell){ .word = word, .bytes = bytes, .distance = bytes / 3 + (bytes < 3) + 1 };
	if (bytes > MAX_BYTES)
		spell->bytes = 0;
}

void fst_spell_offer(struct fst_spell *spell, const char *candidate)
{
	size_t bytes = strlen(candidate);
	unsigned distance;

	if (!spell->bytes || !bytes || bytes > MAX_BYTES)
		return;
	distance = distance_of(spell->word, spell->bytes, candidate, (unsigned)bytes);
	if (spell->bytes >= 3 && !strncmp(spell->word, candidate, spell->bytes) && distance > spell->bytes / 3)
		distance = spell->bytes / 3;
	if (distance < spell->distance && distance < spell->bytes) {
		spell->distance = distance;
		spell->best = candidate;
	}
}
