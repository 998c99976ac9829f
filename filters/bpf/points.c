/* SPDX-License-Identifier: MIT */
/* Chooses calls to compare at. Knows nothing of what is compared. */
#include <errno.h>
#include <stdlib.h>

#include <talloc.h>

#include <filters/bpf/opcode.h>
#include <filters/bpf/points.h>

/* ---- constants that the number and the architecture are compared with -------------------------------------------- */

/* What the accumulator may hold. */
enum { NR = 1,
       ARCH = 2,
       OTHER = 4 };

#define PIECES_MAX 16u /* that a test of bits may cut the numbers into */

static int add(void *parent, uint32_t **list, size_t *count, uint32_t value)
{
	/* Grown in steps that double: when the count is a power of two, the list is full. */
	if (!(*count & (*count - 1)) || !*count) {
		uint32_t *grown = talloc_realloc(parent, *list, uint32_t, *count ? 2 * *count : 1);

		if (!grown)
			return -ENOMEM;
		*list = grown;
	}
	(*list)[(*count)++] = value;
	return 0;
}

struct fst_cuts *fst_cuts_new(void *parent)
{
	struct fst_cuts *cuts = talloc_zero(parent, struct fst_cuts);

	if (cuts)
		cuts->whole = true;
	return cuts;
}

static int add_number(struct fst_cuts *cuts, uint32_t value)
{
	return add(cuts, &cuts->numbers, &cuts->number_count, value);
}

/* Bits that are looked at cut where the lowest of them changes. */
static int cut_by_bits(struct fst_cuts *cuts, uint32_t mask)
{
	uint32_t step = mask & -mask;
	int r = 0;

	if (!mask)
		return 0;
	if (UINT32_MAX / step >= PIECES_MAX) {
		cuts->whole = false;
		return 0;
	}
	for (uint64_t at = step; at <= UINT32_MAX && !r; at += step)
		r = add_number(cuts, (uint32_t)at);
	return r;
}

static int cut(struct fst_cuts *cuts, const struct flagstop_insn *insn, unsigned held)
{
	int r = 0;

	if (held & ARCH) {
		cuts->whole &= insn->code == FST_JEQ_K;
		r = add(cuts, &cuts->archs, &cuts->arch_count, insn->k);
	}
	if (!(held & NR) || r)
		return r;
	switch (insn->code) {
	case FST_JEQ_K:
	case FST_JGT_K:
	case FST_JGE_K:
		return add_number(cuts, insn->k);
	case FST_JSET_K:
		return cut_by_bits(cuts, insn->k);
	default:
		cuts->whole = false;
		return 0;
	}
}

static unsigned held_after(struct fst_cuts *cuts, const struct flagstop_insn *insn, unsigned held)
{
	switch (insn->code & 0x07) {
	case 0x00: /* BPF_LD */
		if (insn->code != FST_LD_ABS)
			return OTHER;
		return insn->k == 0 ? NR : insn->k == 4 ? ARCH :
							  OTHER;
	case 0x04: /* BPF_ALU */
	case 0x02: /* BPF_ST */
	case 0x07: /* BPF_MISC */
		/* It may come back from there. */
		if (held & (NR | ARCH))
			cuts->whole = false;
		return insn->code == FST_TXA ? OTHER : held;
	default:
		return held;
	}
}

/* Jumps go forward only, so what may be held is complete when an instruction is looked at. */
static int add_program(struct fst_cuts *cuts, const struct flagstop_insn *insns, size_t count)
{
	unsigned char *held = talloc_zero_array(cuts, unsigned char, count + 1);
	int r = 0;

	if (!held)
		return -ENOMEM;
	held[0] = OTHER;
	for (size_t i = 0; i < count && !r; i++) {
		const struct flagstop_insn *insn = &insns[i];
		unsigned char after = held_after(cuts, insn, held[i]);

		if (insn->code == FST_JA) {
			held[i + 1 + insn->k] |= after;
		} else if ((insn->code & 0x07) == 0x05) { /* BPF_JMP */
			r = cut(cuts, insn, held[i]);
			held[i + 1 + insn->jt] |= after;
			held[i + 1 + insn->jf] |= after;
		} else if ((insn->code & 0x07) != 0x06) { /* BPF_RET: nothing follows */
			held[i + 1] |= after;
		}
	}
	talloc_free(held);
	return r;
}

int fst_cuts_add(struct fst_cuts *cuts, const struct flagstop_programs *programs)
{
	int r = 0;

	for (size_t i = 0; i < flagstop_programs_count(programs) && !r; i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		r = add_program(cuts, insns, count);
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static size_t sort_and_merge(uint32_t *list, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(list, count, sizeof(*list), by_value);
	for (size_t i = 0; i < count; i++)
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	return kept;
}

int fst_cuts_archs(const struct fst_cuts *cuts, void *parent, uint32_t **ret_archs, size_t *ret_count)
{
	uint32_t *list = NULL, other = 0;
	size_t count = 0;
	int r = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
		r = add(parent, &list, &count, flagstop_abi_audit_arch(abi));
	for (size_t i = 0; i < cuts->arch_count && !r; i++)
		r = add(parent, &list, &count, cuts->archs[i]);
	if (r) {
		talloc_free(list);
		return r;
	}
	count = sort_and_merge(list, count);
	while (other < count && list[other] == other)
		other++;
	r = add(parent, &list, &count, other);
	if (r)
		return r;
	*ret_archs = list;
	*ret_count = count;
	return 0;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

#define X32_BIT 0x40000000u
#define NEAR 0x1000u /* numbers from an ABI's first one on that are looked at one by one, if there are calls */
#define PAST 16u

/* first … end - 1 are in the list already. */
struct dense {
	uint32_t first, end;
};

static struct dense dense_of(unsigned abi)
{
	struct dense d = { abi == FLAGSTOP_ABI_X32 ? X32_BIT : 0, 0 };

	d.end = d.first;
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		int64_t nr = flagstop_call_number(call, abi);

		if (nr >= d.end && nr < d.first + NEAR)
			d.end = (uint32_t)nr + 1;
	}
	d.end += PAST;
	return d;
}

struct numbers {
	void *parent;
	uint32_t *list, *rest;
	size_t count, rest_count;
	struct dense dense[FLAGSTOP_ABI_COUNT];
	unsigned dense_count;
};

static int add_rest(struct numbers *n, uint32_t nr)
{
	for (unsigned i = 0; i < n->dense_count; i++)
		if (nr >= n->dense[i].first && nr < n->dense[i].end)
			return 0;
	return add(n->parent, &n->rest, &n->rest_count, nr);
}

static int add_around(struct numbers *n, uint32_t nr)
{
	int r = add_rest(n, nr - 1);

	if (!r)
		r = add_rest(n, nr);
	return r ? r : add_rest(n, nr + 1);
}

static int add_abi(struct numbers *n, unsigned abi)
{
	struct dense d = dense_of(abi);
	int r = 0;

	for (uint32_t nr = d.first; nr < d.end && !r; nr++)
		r = add(n->parent, &n->list, &n->count, nr);
	n->dense[n->dense_count++] = d;
	for (unsigned call = 0; call < flagstop_call_count() && !r; call++) {
		int64_t nr = flagstop_call_number(call, abi);

		if (nr >= d.first + NEAR)
			r = add_around(n, (uint32_t)nr);
	}
	return r;
}

static int add_all(struct numbers *n, const struct fst_cuts *cuts, uint32_t audit_arch, unsigned abis)
{
	static const uint32_t edges[] = { 0, X32_BIT, 0x80000000, 0xc0000000, 0xffffffff };
	int r = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
		if (abis >> abi & 1 && flagstop_abi_audit_arch(abi) == audit_arch)
			r = add_abi(n, abi);
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges) && !r; i++)
		r = add_around(n, edges[i]);
	for (size_t i = 0; i < cuts->number_count && !r; i++)
		r = add_around(n, cuts->numbers[i]);
	n->rest_count = sort_and_merge(n->rest, n->rest_count);
	for (size_t i = 0; i < n->rest_count && !r; i++)
		r = add(n->parent, &n->list, &n->count, n->rest[i]);
	return r;
}

int fst_cuts_numbers(const struct fst_cuts *cuts, void *parent, uint32_t audit_arch, unsigned abis,
		     uint32_t **ret_numbers, size_t *ret_count)
{
	struct numbers n = { .parent = parent };
	int r = add_all(&n, cuts, audit_arch, abis);

	talloc_free(n.rest);
	if (r) {
		talloc_free(n.list);
		return r;
	}
	*ret_numbers = n.list;
	*ret_count = n.count;
	return 0;
}

/* ---- samples ---------------------------------------------------------------------------------------------------- */

#define VALUES_MAX 256u /* of one field; more take the place of earlier ones */
#define POINTS_MAX 4096u

struct fst_sample {
	uint64_t values[FST_FIELDS][VALUES_MAX];
	unsigned count[FST_FIELDS], dropped;
};

struct fst_sample *fst_sample_new(void *parent)
{
	struct fst_sample *sample = talloc_zero(parent, struct fst_sample);

	for (unsigned i = 0; sample && i < FST_FIELDS; i++)
		sample->count[i] = 1; /* 0 */
	return sample;
}

void fst_sample_add_value(struct fst_sample *s, unsigned field, uint64_t value)
{
	for (unsigned i = 0; i < s->count[field]; i++)
		if (s->values[field][i] == value)
			return;
	if (s->count[field] < VALUES_MAX)
		s->values[field][s->count[field]++] = value;
	else
		s->values[field][1 + s->dropped++ % (VALUES_MAX - 1)] = value;
}

static void add_neighbours(struct fst_sample *s, unsigned field, uint64_t value, uint64_t mask)
{
	for (uint64_t v = value - 1; v != value + 2; v++) {
		fst_sample_add_value(s, field, v);
		fst_sample_add_value(s, field, v | ~mask);
		fst_sample_add_value(s, field, (uint32_t)v);
		fst_sample_add_value(s, field, (uint64_t)(int64_t)(int32_t)v);
		fst_sample_add_value(s, field, v ^ UINT64_C(0x100000000));
	}
}

static void add_cond(struct fst_sample *s, const struct fst_cond *cond)
{
	if (cond->op == FST_EXPR_FACT)
		return;
	if (cond->op != FST_EXPR_TEST) {
		add_cond(s, cond->left);
		if (cond->right)
			add_cond(s, cond->right);
		return;
	}
	for (uint64_t left = cond->mask; left && cond->mask != UINT64_MAX && cond->mask != UINT32_MAX; left &= left - 1)
		fst_sample_add_value(s, cond->argument, left & -left);
	fst_sample_add_value(s, cond->argument, cond->mask);
	for (unsigned i = 0; i < cond->range_count; i++) {
		add_neighbours(s, cond->argument, cond->ranges[i].low, cond->mask);
		add_neighbours(s, cond->argument, cond->ranges[i].high, cond->mask);
	}
}

void fst_sample_add_decision(struct fst_sample *sample, const struct fst_decision *decision)
{
	for (unsigned i = 0; i < decision->count; i++)
		if (decision->steps[i].when)
			add_cond(sample, decision->steps[i].when);
}

/* Which word a constant belongs to is not known: it is tried in both words of every field. */
void fst_sample_add_programs(struct fst_sample *sample, const struct flagstop_programs *programs)
{
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		for (size_t k = 0; k < count; k++) {
			unsigned class = insns[k].code & 0x07;

			if ((class != 0x04 && class != 0x05) || insns[k].code & 0x08 || insns[k].code == FST_JA)
				continue;
			for (unsigned field = 0; field < FST_FIELDS; field++) {
				fst_sample_add_value(sample, field, insns[k].k);
				fst_sample_add_value(sample, field, (uint64_t)insns[k].k << 32);
				fst_sample_add_value(sample, field, (uint64_t)insns[k].k + 1);
			}
		}
	}
}

static uint64_t value_at(const struct fst_sample *s, unsigned field, uint64_t index, bool narrow)
{
	uint64_t value = s->values[field][index % s->count[field]];

	return narrow ? (uint32_t)value : value;
}

/* Every value of each field, beside three choices of the others; and then choices of all. */
static int visit_some(struct fst_sample *s, bool narrow, int (*visit)(const uint64_t *, void *), void *context)
{
	uint64_t fields[FST_FIELDS], state = 1;
	int r = 0;

	for (unsigned i = 0; i < POINTS_MAX && !r; i++) {
		for (unsigned field = 0; field < FST_FIELDS; field++) {
			/* Knuth's MMIX generator: any that is the same everywhere will do. */
			state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			fields[field] = value_at(s, field, state >> 33, narrow);
		}
		fields[i % FST_FIELDS] = value_at(s, i % FST_FIELDS, i / FST_FIELDS / 3, narrow);
		r = visit(fields, context);
	}
	return r;
}

int fst_sample_visit(struct fst_sample *sample, bool narrow,
		     int (*visit)(const uint64_t fields[FST_FIELDS], void *context), void *context)
{
	uint64_t product = 1;
	int r = 0;

	for (unsigned i = 0; i < FST_FIELDS && product <= POINTS_MAX; i++)
		product *= sample->count[i];
	if (product > POINTS_MAX)
		return visit_some(sample, narrow, visit, context);
	for (uint64_t at = 0; at < product && !r; at++) {
		uint64_t fields[FST_FIELDS], left = at;

		for (unsigned i = 0; i < FST_FIELDS; i++) {
			fields[i] = value_at(sample, i, left, narrow);
			left /= sample->count[i];
		}
		r = visit(fields, context);
	}
	return r;
}
