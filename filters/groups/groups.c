/* SPDX-License-Identifier: MIT */
/*
 * Finds a built-in group or promise by its name. What the text of one means, the parser of policies decides: only the
 * pieces that a policy uses are ever parsed.
 */

#include <errno.h>
#include <string.h>

#include <filters/groups/groups.h>

static int find(const struct fst_piece *table, unsigned count, const char *name, unsigned bytes)
{
	unsigned low = 0, high = count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strncmp(name, table[middle].name, bytes);

		if (!order && !table[middle].name[bytes])
			return (int)middle;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

int fst_groups_find(const char *name, unsigned bytes)
{
	return find(fst_groups_table, fst_groups_count, name, bytes);
}

int fst_groups_find_promise(const char *name, unsigned bytes)
{
	return find(fst_promises_table, fst_promises_count, name, bytes);
}
