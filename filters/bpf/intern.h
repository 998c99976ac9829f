/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_INTERN_H
#define FST_FILTERS_INTERN_H

/*
 * A hash table of indices into somebody's array, so that equal things are made once. What is equal, the owner knows:
 * it looks at each candidate.
 *
 *     unsigned at, found;
 *     for (at = fst_intern_first(&table, hash); (found = table.slots[at].index_plus_1);
 *          at = fst_intern_next(&table, at))
 *             if (table.slots[at].hash == hash && is_equal(found - 1)) …
 */

#include <stdbool.h>
#include <stdint.h>

struct fst_intern_slot {
	uint32_t hash;
	unsigned index_plus_1; /* 0: empty */
};

struct fst_intern {
	struct fst_intern_slot *slots;
	unsigned size, used; /* size is a power of two, and more than used */
};

/* The first slots, as a child of `parent`. false: no memory. */
bool fst_intern_init(struct fst_intern *table, void *parent);

void fst_intern_clear(struct fst_intern *table);

static inline unsigned fst_intern_first(const struct fst_intern *table, uint32_t hash)
{
	return hash & (table->size - 1);
}

static inline unsigned fst_intern_next(const struct fst_intern *table, unsigned at)
{
	return (at + 1) & (table->size - 1);
}

/* A table that cannot grow forgets what is put into it: sharing is lost, nothing else. */
void fst_intern_put(struct fst_intern *table, void *parent, uint32_t hash, unsigned index);

/* Mixes one more word in. */
static inline uint32_t fst_intern_mix(uint32_t hash, uint32_t word)
{
	uint64_t product = (uint64_t)(hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(product >> 32) ^ (uint32_t)product;
}

#endif
