/* SPDX-License-Identifier: MIT */
/*
 * Sorts one argument's value into ranges. Decides which half is looked at first, and whether a mask is applied or its
 * bits tested where they are; knows nothing of why the ranges are what they are.
 */
#include <stddef.h>

#include <linux/bpf_common.h>
#include <talloc.h>

#include <filters/bpf/word.h>

#define SIZE_LIMIT 4096
#define ZERO_WEIGHT 16 /* a high word is nearly always 0: so much for one of anything else */

uint32_t fst_word_low(enum flagstop_abi abi, unsigned argument)
{
	unsigned big_endian = !(flagstop_abi_audit_arch(abi) & 0x40000000); /* __AUDIT_ARCH_LE, linux/audit.h */

	return offsetof(struct flagstop_data, args) + 8 * argument + 4 * big_endian;
}

uint32_t fst_word_high(enum flagstop_abi abi, unsigned argument)
{
	return fst_word_low(abi, argument) ^ 4;
}

double fst_word_cost(struct fst_codegen *g, fst_node node, double price)
{
	return fst_codegen_mean(g, node) + price * fst_codegen_size(g, node, SIZE_LIMIT);
}

/* ---- 32 bits ---------------------------------------------------------------------------------------------------- */

struct half {
	struct fst_codegen *code;
	uint32_t offset, mask;
	double price;
};

static fst_node cheaper(const struct half *h, fst_node a, fst_node b)
{
	return fst_word_cost(h->code, b, h->price) < fst_word_cost(h->code, a, h->price) ? b : a;
}

static fst_node enter(const struct half *h, fst_node node)
{
	return fst_codegen_enter(h->code, node, h->offset, UINT32_MAX);
}

/* Whether one value goes elsewhere than all others; the pieces are tidy. */
static bool is_one_value(const struct fst_span *p, unsigned count, uint32_t mask, uint32_t *ret_value,
			 fst_node *ret_is,
			 fst_node *ret_not)
{
	unsigned i = count == 3 ? 1 : 0;

	if (count == 2 && p[1].low == mask)
		i = 1;
	if (count > 3 || (count == 3 && p[0].target != p[2].target))
		return false;
	/* Is it a single one? The next value under the mask follows it. */
	if (i + 1 < count && (((p[i].low | ~mask) + 1) & mask) != p[i + 1].low)
		return false;
	*ret_value = p[i].low;
	*ret_is = p[i].target;
	*ret_not = p[i ? 0 : 1].target;
	return true;
}

/* (word & mask) == value without taking the other bits away, so that the word is still there for the next test. */
static fst_node test_bits(const struct half *h, uint32_t value, fst_node is, fst_node other)
{
	uint32_t others = h->mask & ~value;
	fst_node node = enter(h, is);

	other = enter(h, other);
	fst_codegen_look_at(h->code, h->offset);
	if (value)
		node = fst_codegen_jump(h->code, BPF_JSET, value, node, other);
	if (others)
		node = fst_codegen_jump(h->code, BPF_JSET, others, other, node);
	return fst_codegen_load(h->code, h->offset, node);
}

static fst_node choose(const struct half *h, struct fst_span *pieces, unsigned count)
{
	/* Bits that only take away what is below do not change which range a value is in. */
	bool whole = !(~h->mask & (~h->mask + 1));
	uint32_t mask = whole ? UINT32_MAX : h->mask;

	for (unsigned i = 0; i < count; i++)
		pieces[i].target = fst_codegen_enter(h->code, pieces[i].target, h->offset, mask);
	fst_codegen_look_at(h->code, h->offset);
	fst_node node = fst_codegen_choose_masked(h->code, mask, pieces, count);
	return fst_codegen_load(h->code, h->offset, fst_codegen_and(h->code, mask, node));
}

static fst_node emit_half(const struct half *h, struct fst_span *pieces, unsigned count)
{
	fst_node is, other, tested;
	uint32_t value;

	count = fst_codegen_tidy(pieces, count, h->mask);
	if (count == 1)
		return pieces[0].target;
	if (h->mask == UINT32_MAX || !is_one_value(pieces, count, h->mask, &value, &is, &other) ||
	    (value & (value - 1))) /* several bits are not tested at once */
		return choose(h, pieces, count);
	tested = test_bits(h, value, is, other);
	return cheaper(h, tested, choose(h, pieces, count));
}

/* ---- 64 bits ---------------------------------------------------------------------------------------------------- */

struct whole {
	struct half low, high;
	const struct fst_piece64 *pieces;
	unsigned count;
	struct fst_span *highs, *lows; /* room for what the halves are sorted into */
	unsigned high_count;
	/* The one high word whose low word matters, while there is only one such. */
	unsigned mixed_count;
	uint32_t mixed;
	unsigned mixed_first, mixed_end;
};

static uint64_t last_of(const struct whole *w, unsigned piece)
{
	return piece + 1 < w->count ? w->pieces[piece + 1].low - 1 : UINT64_MAX;
}

/* The pieces from `first` on, as far as they have this high word, by their low word. */
static unsigned list_lows(const struct whole *w, uint32_t high, unsigned first, unsigned *ret_end)
{
	unsigned count = 0;

	for (; first < w->count && w->pieces[first].low >> 32 <= high; first++) {
		bool begins_before = w->pieces[first].low >> 32 < high;

		w->lows[count++] = (struct fst_span){ begins_before ? 0 : (uint32_t)w->pieces[first].low,
						      w->pieces[first].target, 1 };
	}
	*ret_end = first;
	return count;
}

static void add_high(struct whole *w, uint32_t high, fst_node target)
{
	w->highs[w->high_count++] = (struct fst_span){ high, target, high ? 1 : ZERO_WEIGHT };
}

/*
 * By the high word first: each piece is whole from some high word to another, or shares its first or last with
 * others.
 */
static void sort_highs(struct whole *w)
{
	uint64_t high = 0;

	for (unsigned i = 0; high <= UINT32_MAX;) {
		uint64_t last = last_of(w, i);

		if (last < (high << 32 | UINT32_MAX)) { /* another one begins in this high word */
			unsigned end, count = list_lows(w, (uint32_t)high, i, &end);

			w->mixed_count++;
			w->mixed = (uint32_t)high;
			w->mixed_first = i;
			w->mixed_end = end;
			add_high(w, (uint32_t)high, emit_half(&w->low, w->lows, count));
			i = end - 1;
			high++;
		} else {
			add_high(w, (uint32_t)high, w->pieces[i].target);
			high = (last >> 32) + ((uint32_t)last == UINT32_MAX);
		}
		/* The piece may end with the high word that was just dealt with. */
		if (high <= UINT32_MAX && last_of(w, i) < high << 32)
			i++;
	}
}

/*
 * By the low word first. Where only one high word has anything to say but `otherwise`, a low word that says the same
 * need not look at the high one: most values that do not match do so in their low word.
 */
static fst_node emit_low_first(struct whole *w, fst_node otherwise)
{
	unsigned end, count = list_lows(w, w->mixed, w->mixed_first, &end);

	for (unsigned i = 0; i < count; i++) {
		struct fst_span highs[3];
		unsigned k = 0;

		if (w->lows[i].target == otherwise)
			continue;
		if (w->mixed)
			highs[k++] = (struct fst_span){ 0, otherwise, 1 };
		highs[k++] = (struct fst_span){ w->mixed, w->lows[i].target, ZERO_WEIGHT };
		if (w->mixed < UINT32_MAX)
			highs[k++] = (struct fst_span){ w->mixed + 1, otherwise, 1 };
		w->lows[i].target = emit_half(&w->high, highs, k);
	}
	return emit_half(&w->low, w->lows, count);
}

static bool has_one_otherwise(const struct whole *w, fst_node *ret_otherwise)
{
	bool found = false;

	for (unsigned i = 0; i < w->high_count; i++) {
		if (w->highs[i].low == w->mixed)
			continue;
		if (found && w->highs[i].target != *ret_otherwise)
			return false;
		found = true;
		*ret_otherwise = w->highs[i].target;
	}
	return found && w->mixed_count == 1;
}

static fst_node emit_whole(struct whole *w)
{
	fst_node otherwise = 0, node;

	sort_highs(w);
	bool low_first = has_one_otherwise(w, &otherwise);
	node = emit_half(&w->high, w->highs, w->high_count);
	return low_first ? cheaper(&w->high, node, emit_low_first(w, otherwise)) : node;
}

static fst_node emit_low_half(struct whole *w)
{
	for (unsigned i = 0; i < w->count; i++)
		w->lows[i] = (struct fst_span){ (uint32_t)w->pieces[i].low, w->pieces[i].target, 1 };
	return emit_half(&w->low, w->lows, w->count);
}

fst_node fst_word_emit(struct fst_codegen *g, enum flagstop_abi abi, const struct fst_variable *variable,
		       const struct fst_piece64 *pieces, unsigned count, double price)
{
	struct whole w = {
		.low = { g, fst_word_low(abi, variable->argument), (uint32_t)variable->mask, price },
		.high = { g, fst_word_high(abi, variable->argument), variable->mask >> 32, price },
		.pieces = pieces,
		.count = count,
	};
	fst_node node = 0;

	/* A piece gives at most three: the high word it begins in, those it has for itself, and the one it ends in. */
	w.highs = talloc_array(g, struct fst_span, 3 * count + 1);
	w.lows = talloc_array(g, struct fst_span, count);
	fst_codegen_set_price(g, price);
	if (w.highs && w.lows)
		node = variable->bits == 32 ? emit_low_half(&w) : emit_whole(&w);
	else
		fst_codegen_fail(g);
	talloc_free(w.highs);
	talloc_free(w.lows);
	return node;
}
