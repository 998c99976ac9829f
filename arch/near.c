/* SPDX-License-Identifier: MIT */
/*
 * Decides whether one name could be meant by another: as many slips (a letter more, less, other, or two swapped) as its
 * length allows. Knows nothing of what the names stand for.
 */

#include <string.h>

#include <arch/near.h>

#define LONGEST 64 /* bytes; longer names are never offered as an answer */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

struct fst_near fst_near_init(const char *wanted)
{
	struct fst_near near = { .wanted = wanted ? wanted : "" };

	near.wanted_bytes = strlen(near.wanted);
	/* one slip, and one more every eight letters: with more, every short name is near to every other */
	near.limit = near.wanted_bytes < 3 ? 0 : 2 + (unsigned)(near.wanted_bytes / 8);
	return near;
}

/* Optimal string alignment, three rows of it. Stops as soon as a whole row is at the limit. */
static unsigned distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes, unsigned limit)
{
	unsigned rows[3][LONGEST + 1];

	for (size_t j = 0; j <= b_bytes; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_bytes; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
		unsigned smallest = row[0] = (unsigned)i;

		for (size_t j = 1; j <= b_bytes; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two_above[j - 2] + 1, limit);
			if (row[j] < smallest)
				smallest = row[j];
		}
		if (smallest >= limit)
			return limit;
	}
	return rows[a_bytes % 3][b_bytes];
}

void fst_near_offer(struct fst_near *near, const char *candidate)
{
	size_t bytes = strlen(candidate);
	size_t apart = bytes > near->wanted_bytes ? bytes - near->wanted_bytes : near->wanted_bytes - bytes;
	unsigned found;

	if (bytes > LONGEST || apart >= near->limit)
		return;
	found = distance(near->wanted, near->wanted_bytes, candidate, bytes, near->limit);
	if (found >= near->limit)
		return;
	near->limit = found;
	near->best = candidate;
}
