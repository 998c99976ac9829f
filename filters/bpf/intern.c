/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing. Knows hashes and indices, not what they stand for. */
#include <string.h>

#include <talloc.h>

#include <filters/bpf/intern.h>

#define FIRST_SIZE 256

bool fst_intern_init(struct fst_intern *table, void *parent)
{
	table->slots = talloc_zero_array(parent, struct fst_intern_slot, FIRST_SIZE);
	table->size = FIRST_SIZE;
	table->used = 0;
	return table->slots;
}

void fst_intern_clear(struct fst_intern *table)
{
	memset(table->slots, 0, table->size * sizeof(*table->slots));
	table->used = 0;
}

static void insert(struct fst_intern *table, struct fst_intern_slot slot)
{
	unsigned at = fst_intern_first(table, slot.hash);

	while (table->slots[at].index_plus_1)
		at = fst_intern_next(table, at);
	table->slots[at] = slot;
	table->used++;
}

static void grow(struct fst_intern *table, void *parent)
{
	struct fst_intern larger = { .size = 2 * table->size };

	larger.slots = talloc_zero_array(parent, struct fst_intern_slot, larger.size);
	if (!larger.slots)
		return;
	for (unsigned i = 0; i < table->size; i++)
		if (table->slots[i].index_plus_1)
			insert(&larger, table->slots[i]);
	talloc_free(table->slots);
	*table = larger;
}

void fst_intern_put(struct fst_intern *table, void *parent, uint32_t hash, unsigned index)
{
	if (4 * table->used >= 3 * table->size)
		grow(table, parent);
	/* One slot stays empty: it ends every search. */
	if (table->used + 1 < table->size)
		insert(table, (struct fst_intern_slot){ hash, index + 1 });
}
