/* SPDX-License-Identifier: MIT */
/*
 * Makes of one test of a 64-bit value, whose halves are in two registers, tests of the halves. So nobody else has to
 * know that there are such values. Each range becomes at most three boxes: a first high half with the low halves from
 * its beginning on, high halves with any low half, and a last one with the low halves up to its end.
 */
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/pair.h>

#define HALF_ONES UINT64_C(0xffffffff)

static int find(const struct fst_asked *asked, const char *name, const char *half)
{
	char whole[64];

	snprintf(whole, sizeof(whole), "%s_%s", name, half);
	for (unsigned i = 0; i < asked->arg_count; i++)
		if (!strcmp(asked->args[i].name, whole) && flagstop_arg_bits(asked->abi, asked->args[i].type) == 32)
			return (int)i;
	return -1;
}

bool fst_pair_find(const struct fst_asked *asked, const char *name, struct fst_pair *ret_pair)
{
	int low = find(asked, name, "low"), high = find(asked, name, "high");

	if (low < 0 || high < 0)
		return false;
	*ret_pair = (struct fst_pair){
		.low = (unsigned)low,
		.high = (unsigned)high,
		.is_signed = asked->args[low].role == FLAGSTOP_ROLE_OFFSET,
		.set = asked->args[low].set,
	};
	return true;
}

/* High halves, all with the same low halves. Sorted, and alike ones stand together. */
struct box {
	struct fst_range high, low;
};

static void add_box(struct box *boxes, unsigned *count, uint64_t high, uint64_t last_high, uint64_t low,
		    uint64_t last_low)
{
	boxes[(*count)++] = (struct box){ { high, last_high }, { low, last_low } };
}

static void cut_range(const struct fst_range *range, struct box *boxes, unsigned *count)
{
	uint64_t first = range->low >> 32, last = range->high >> 32;
	uint64_t low = range->low & HALF_ONES, high = range->high & HALF_ONES;

	if (first == last) {
		add_box(boxes, count, first, last, low, high);
		return;
	}
	if (low)
		add_box(boxes, count, first, first, low, HALF_ONES);
	first += low > 0;
	if (high == HALF_ONES)
		last++;
	if (first < last)
		add_box(boxes, count, first, last - 1, 0, HALF_ONES);
	if (high != HALF_ONES)
		add_box(boxes, count, last, last, 0, high);
}

static const struct fst_cond *make_test(void *parent, const struct fst_cond *whole, unsigned argument, uint64_t mask,
					const struct fst_range *ranges, unsigned count)
{
	struct fst_cond *test;
	struct fst_range *copy;

	if (!count || ranges[0].low > mask)
		return &fst_never;
	if (!ranges[0].low && ranges[0].high >= mask)
		return &fst_always;
	test = talloc_zero(parent, struct fst_cond);
	copy = test ? talloc_array(test, struct fst_range, count) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, ranges, count * sizeof(*copy));
	*test = (struct fst_cond){
		.op = FST_EXPR_TEST,
		.argument = argument,
		.bits = 32,
		.mask = mask,
		.ranges = copy,
		.range_count = count,
		.index = whole->index,
	};
	return test;
}

/* Neighbours of one high half, or all of their low halves alike, are one test of each half. */
static unsigned alike(const struct box *boxes, unsigned count)
{
	unsigned n = 1;

	while (n < count && boxes[n].high.low == boxes->high.low && boxes[n].high.high == boxes->high.high)
		n++;
	return n;
}

static const struct fst_cond *of_boxes(void *parent, const struct fst_cond *whole, const struct fst_pair *pair,
				       const struct box *boxes, unsigned count)
{
	struct fst_range low[count];

	for (unsigned i = 0; i < count; i++)
		low[i] = boxes[i].low;
	return fst_cond_join(parent, FST_EXPR_AND,
			     make_test(parent, whole, pair->high, whole->mask >> 32, &boxes->high, 1),
			     make_test(parent, whole, pair->low, whole->mask & HALF_ONES, low, count));
}

/* Halves of the list, so that no condition gets deep. */
static const struct fst_cond *any_of(void *parent, const struct fst_cond *const *conds, unsigned count)
{
	if (!count)
		return &fst_never;
	if (count == 1)
		return conds[0];
	return fst_cond_join(parent, FST_EXPR_OR, any_of(parent, conds, count / 2),
			     any_of(parent, conds + count / 2, count - count / 2));
}

const struct fst_cond *fst_pair_split(void *parent, const struct fst_cond *whole, const struct fst_pair *pair)
{
	struct box *boxes = talloc_array(parent, struct box, 3 * whole->range_count + 1);
	const struct fst_cond **conds = talloc_array(boxes, const struct fst_cond *, 3 * whole->range_count + 1);
	const struct fst_cond *any = NULL;
	unsigned count = 0, cond_count = 0, n;

	if (boxes && conds) {
		for (unsigned i = 0; i < whole->range_count; i++)
			cut_range(&whole->ranges[i], boxes, &count);
		for (unsigned i = 0; i < count; i += n) {
			n = alike(&boxes[i], count - i);
			conds[cond_count++] = of_boxes(parent, whole, pair, &boxes[i], n);
		}
		any = any_of(parent, conds, cond_count);
	}
	talloc_free(boxes);
	return any;
}
