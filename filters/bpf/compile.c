/* SPDX-License-Identifier: MIT */
/*
 * Compiles each layer to one cBPF program, or to several where one does not hold it. The kernel evaluates all programs
 * and takes the strictest action, newest first among equals, which is what layers mean; so nothing is merged here.
 *
 * Calls decided by their number never have an argument loaded on their way: the kernel's action cache
 * (kernel/seccomp.c, seccomp_is_const_allow, 5.11) then skips the program for those that are allowed.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/check.h>
#include <filters/bpf/codegen.h>
#include <filters/bpf/compile.h>
#include <filters/bpf/validate.h>
#include <filters/error.h>
#include <flagstop/compare.h>

struct program {
	struct flagstop_insn *insns;
	size_t count;
};

struct flagstop_programs {
	struct program *list;
	size_t count;
};

struct compiler {
	const struct flagstop_policy *policy;
	const struct flagstop_compile_options *options;
	const struct fst_session_keys *keys;
	const struct fst_bound *bound;
	struct fst_codegen *code;
	uint32_t poison; /* 0 outside the guards' program */
	enum flagstop_abi abi;
	/* Only calls whose index is in here are judged by this program; others it allows (a layer that was split). */
	unsigned first_call, end_call;
};

/* ---- one condition ---------------------------------------------------------------------------------------------- */

static uint32_t low_word_offset(enum flagstop_abi abi, unsigned argument)
{
	unsigned big_endian = !(flagstop_abi_audit_arch(abi) & 0x40000000); /* __AUDIT_ARCH_LE, linux/audit.h */

	return offsetof(struct flagstop_data, args) + 8 * argument + 4 * big_endian;
}

static uint32_t high_word_offset(enum flagstop_abi abi, unsigned argument)
{
	return low_word_offset(abi, argument) ^ 4;
}

/* A list of ranges of one 32-bit word. */
struct word_set {
	const struct fst_range *ranges;
	unsigned count;
};

static bool is_not_zero(const struct word_set *set, uint32_t mask)
{
	return set->count == 1 && set->ranges[0].low == 1 && set->ranges[0].high >= mask;
}

static bool is_zero(const struct word_set *set)
{
	return set->count == 1 && set->ranges[0].low == 0 && set->ranges[0].high == 0;
}

static bool is_one_bit(const struct word_set *set, uint32_t mask)
{
	return !(mask & (mask - 1)) && set->count == 1 && set->ranges[0].low == mask;
}

static fst_node gen_word(struct compiler *c, uint32_t offset, uint32_t mask, const struct word_set *set, fst_node yes,
			 fst_node no)
{
	struct fst_span pieces[2 * set->count + 1];
	unsigned count = 0;
	uint64_t next = 0;

	if (!mask) /* only a value of 0 is left; a jump on no bits would say no */
		return set->ranges[0].low == 0 ? yes : no;
	if (mask != UINT32_MAX && (is_not_zero(set, mask) || is_one_bit(set, mask)))
		return fst_codegen_load(c->code, offset, fst_codegen_jump(c->code, BPF_JSET, mask, yes, no));
	if (mask != UINT32_MAX && is_zero(set))
		return fst_codegen_load(c->code, offset, fst_codegen_jump(c->code, BPF_JSET, mask, no, yes));
	for (unsigned i = 0; i < set->count; i++) {
		if (set->ranges[i].low > next)
			pieces[count++] = (struct fst_span){ (uint32_t)next, no };
		pieces[count++] = (struct fst_span){ (uint32_t)set->ranges[i].low, yes };
		next = set->ranges[i].high + 1;
	}
	if (next <= UINT32_MAX)
		pieces[count++] = (struct fst_span){ (uint32_t)next, no };
	fst_node chosen = fst_codegen_choose(c->code, pieces, count);
	if (count == 1) /* the value does not matter */
		return chosen;
	return fst_codegen_load(c->code, offset, fst_codegen_and(c->code, mask, chosen));
}

/* What the low word must be for one value (or a run of values) of the high word. */
struct segment {
	uint32_t high_first, high_last;
	unsigned first, count; /* in the list of low ranges */
};

struct split {
	struct segment *segments;
	struct fst_range *lows;
	unsigned segment_count, low_count;
};

static void add_segment(struct split *s, uint64_t high_first, uint64_t high_last, uint64_t low, uint64_t high)
{
	struct segment *last = s->segment_count ? &s->segments[s->segment_count - 1] : NULL;

	s->lows[s->low_count++] = (struct fst_range){ low, high };
	if (last && last->high_first == high_first && last->high_last == high_last)
		last->count++;
	else
		s->segments[s->segment_count++] = (struct segment){ high_first, high_last, s->low_count - 1, 1 };
}

/* 64-bit ranges as: for these high words, these ranges of the low word. Each range gives at most three. */
static void split_range(struct split *s, const struct fst_range *r)
{
	uint64_t high_first = r->low >> 32, high_last = r->high >> 32;
	uint64_t low_first = (uint32_t)r->low, low_last = (uint32_t)r->high;

	if (high_first == high_last) {
		add_segment(s, high_first, high_first, low_first, low_last);
		return;
	}
	if (low_first)
		add_segment(s, high_first, high_first, low_first, UINT32_MAX);
	uint64_t whole_first = high_first + (low_first != 0);
	uint64_t whole_end = high_last + (low_last == UINT32_MAX);
	if (whole_first < whole_end)
		add_segment(s, whole_first, whole_end - 1, 0, UINT32_MAX);
	if (low_last != UINT32_MAX)
		add_segment(s, high_last, high_last, 0, low_last);
}

static fst_node gen_high(struct compiler *c, const struct fst_cond *test, const struct split *s, fst_node yes,
			 fst_node no)
{
	struct fst_span *pieces = talloc_array(c->code, struct fst_span, 2 * s->segment_count + 1);
	uint32_t mask = (uint32_t)(test->mask >> 32);
	unsigned count = 0;
	uint64_t next = 0;
	fst_node for_zero = no;

	if (!pieces)
		fst_codegen_fail(c->code);
	for (unsigned i = 0; i < s->segment_count && pieces; i++) {
		const struct segment *g = &s->segments[i];
		struct word_set lows = { s->lows + g->first, g->count };
		fst_node target = gen_word(c, low_word_offset(c->abi, test->argument), (uint32_t)test->mask, &lows, yes, no);

		if (g->high_first == 0)
			for_zero = target;
		if (g->high_first > next)
			pieces[count++] = (struct fst_span){ (uint32_t)next, no };
		pieces[count++] = (struct fst_span){ g->high_first, target };
		next = (uint64_t)g->high_last + 1;
	}
	if (pieces && next <= UINT32_MAX)
		pieces[count++] = (struct fst_span){ (uint32_t)next, no };
	/* A mask without high bits leaves 0 there: the word needs no look. */
	fst_node node = !mask || !pieces ? for_zero : fst_codegen_choose(c->code, pieces, count);
	if (mask && count > 1)
		node = fst_codegen_load(c->code, high_word_offset(c->abi, test->argument),
					fst_codegen_and(c->code, mask, node));
	talloc_free(pieces);
	return node;
}

static fst_node gen_test(struct compiler *c, const struct fst_cond *test, fst_node yes, fst_node no)
{
	if (yes == no)
		return yes;
	if (test->bits == 32) {
		struct word_set set = { test->ranges, test->range_count };

		return gen_word(c, low_word_offset(c->abi, test->argument), (uint32_t)test->mask, &set, yes, no);
	}
	struct split s = { 0 };
	s.segments = talloc_array(c->code, struct segment, 3 * test->range_count);
	s.lows = talloc_array(c->code, struct fst_range, 3 * test->range_count);
	fst_node node = no;
	if (s.segments && s.lows) {
		for (unsigned i = 0; i < test->range_count; i++)
			split_range(&s, &test->ranges[i]);
		node = gen_high(c, test, &s, yes, no);
	} else {
		fst_codegen_fail(c->code);
	}
	talloc_free(s.segments);
	talloc_free(s.lows);
	return node;
}

static fst_node gen_cond(struct compiler *c, const struct fst_cond *cond, fst_node yes, fst_node no)
{
	switch (cond->op) {
	case FST_EXPR_NOT:
		return gen_cond(c, cond->left, no, yes);
	case FST_EXPR_AND:
		return gen_cond(c, cond->left, gen_cond(c, cond->right, yes, no), no);
	case FST_EXPR_OR:
		return gen_cond(c, cond->left, yes, gen_cond(c, cond->right, yes, no));
	default:
		return gen_test(c, cond, yes, no);
	}
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

static uint32_t action_of(const struct compiler *c, int call, struct flagstop_verdict v)
{
	if (fst_place_is_flagged(c->policy, c->bound, c->abi, call, v, c->options->report))
		return SECCOMP_RET_TRACE | c->options->trace_data;
	switch (v.action) {
	case FLAGSTOP_ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case FLAGSTOP_ACTION_LOG:
		return SECCOMP_RET_LOG;
	case FLAGSTOP_ACTION_RETURN:
		return SECCOMP_RET_ERRNO | (uint32_t)-v.value;
	case FLAGSTOP_ACTION_DENY:
		return SECCOMP_RET_ERRNO | (uint32_t)v.value;
	case FLAGSTOP_ACTION_TRAP:
		return SECCOMP_RET_TRAP | (uint32_t)v.value;
	case FLAGSTOP_ACTION_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	default: /* what is no action of ours must not pass */
		return SECCOMP_RET_KILL_PROCESS;
	}
}

static fst_node gen_decision(struct compiler *c, int call, const struct fst_decision *d)
{
	unsigned i = d->count - 1;
	fst_node node = fst_codegen_ret(c->code, action_of(c, call, d->steps[i].rule->verdict));

	while (i--) {
		const struct fst_step *step = &d->steps[i];
		fst_node yes = fst_codegen_ret(c->code, action_of(c, call, step->rule->verdict));

		node = gen_cond(c, step->when, yes, node);
	}
	return node;
}

/* args[4] and args[5] are the secret: allow. */
static fst_node gen_secret(struct compiler *c, fst_node otherwise)
{
	fst_node node = fst_codegen_ret(c->code, SECCOMP_RET_ALLOW);

	for (unsigned i = 0; i < 4; i++) {
		unsigned argument = 4 + i / 2;
		uint64_t word = c->keys->secret[i / 2];
		uint32_t offset = i & 1 ? high_word_offset(c->abi, argument) : low_word_offset(c->abi, argument);

		node = fst_codegen_jump(c->code, BPF_JEQ, (uint32_t)(i & 1 ? word >> 32 : word), node, otherwise);
		node = fst_codegen_load(c->code, offset, node);
	}
	return node;
}

static bool takes_secret(const struct compiler *c, int call)
{
	return c->keys && c->abi == flagstop_abi_native() &&
	       (call == flagstop_call_find("execve") || call == flagstop_call_find("seccomp"));
}

/* Calls of an ABI that is not compiled are as foreign as those of one that the layer does not name. */
static bool is_compiled(const struct compiler *c, int abi)
{
	unsigned wanted = c->options->abis ? c->options->abis : ~0u;

	return abi >= 0 && c->bound->by_abi[abi] && wanted >> abi & 1;
}

/* ---- one layer -------------------------------------------------------------------------------------------------- */

static int by_low(const void *a, const void *b)
{
	const struct fst_span *p = a, *q = b;

	return p->low < q->low ? -1 : p->low > q->low;
}

/* Every number of one ABI; numbers between the known ones are unknown calls. */
static void list_calls(struct compiler *c, struct fst_span *pieces, unsigned *count, fst_node unknown)
{
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		int64_t nr = flagstop_call_number(call, c->abi);

		if (nr < 0)
			continue;
		fst_node node;
		if (call < c->first_call || call >= c->end_call)
			node = fst_codegen_ret(c->code, SECCOMP_RET_ALLOW);
		else
			node = gen_decision(c, call, c->bound->by_abi[c->abi][call]);
		if (takes_secret(c, call))
			node = gen_secret(c, node);
		pieces[(*count)++] = (struct fst_span){ (uint32_t)nr, node };
		/* The next number is an unknown one, unless it is known, too: then that one's piece is taken instead. */
		if (flagstop_call_from_number(c->abi, (uint32_t)nr + 1) < 0)
			pieces[(*count)++] = (struct fst_span){ (uint32_t)nr + 1, unknown };
	}
}

static void list_poison(struct compiler *c, struct fst_span *pieces, unsigned *count, fst_node unknown)
{
	static const uint32_t actions[FST_POISON_COUNT] = {
		[FST_POISON_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[FST_POISON_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[FST_POISON_TRAP] = SECCOMP_RET_TRAP,
	};

	for (unsigned i = 0; i < FST_POISON_COUNT; i++)
		pieces[(*count)++] = (struct fst_span){ c->poison + i, fst_codegen_ret(c->code, actions[i]) };
	pieces[(*count)++] = (struct fst_span){ c->poison + FST_POISON_COUNT, unknown };
}

/* All numbers under one AUDIT_ARCH_*: x86_64's and x32's share one, told apart by bit 30. */
static fst_node gen_arch(struct compiler *c, uint32_t audit_arch)
{
	/* A call and the gap behind it, the poison numbers, and the ends of x32's numbers. */
	unsigned size = 4 * flagstop_call_count() + FST_POISON_COUNT + 8;
	struct fst_span *pieces = talloc_array(c->code, struct fst_span, size);
	unsigned count = 0;
	fst_node node = 0;

	if (!pieces) {
		fst_codegen_fail(c->code);
		return 0;
	}
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (flagstop_abi_audit_arch(abi) != audit_arch || !is_compiled(c, abi))
			continue;
		c->abi = abi;
		fst_node unknown = gen_decision(c, -1, c->bound->unknown);
		if (c->poison && flagstop_abi_of_call(audit_arch, c->poison) == (int)abi)
			list_poison(c, pieces, &count, unknown);
		list_calls(c, pieces, &count, unknown);
	}
	/*
	 * Where the ABI of a number may change, somebody must say so unless a call has that very number: bit 30 is
	 * x32's, but in -1, which skips a call.
	 */
	static const uint32_t begins[] = { 0, 0x40000000, 0x80000000, 0xc0000000, 0xffffffff };
	for (unsigned i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		int abi = flagstop_abi_of_call(audit_arch, begins[i]);
		bool compiled = is_compiled(c, abi);

		if (compiled && flagstop_call_from_number(abi, begins[i]) >= 0)
			continue;
		pieces[count++] = (struct fst_span){
			begins[i], gen_decision(c, -1, compiled ? c->bound->unknown : c->bound->foreign)
		};
	}
	qsort(pieces, count, sizeof(*pieces), by_low);
	node = fst_codegen_load(c->code, offsetof(struct flagstop_data, nr),
				fst_codegen_choose(c->code, pieces, count));
	talloc_free(pieces);
	return node;
}

static fst_node gen_layer(struct compiler *c)
{
	fst_node node = gen_decision(c, -1, c->bound->foreign);

	for (unsigned abi = FLAGSTOP_ABI_COUNT; abi--;) {
		uint32_t arch = flagstop_abi_audit_arch(abi);
		bool first = true;

		for (unsigned other = 0; other < abi; other++)
			if (is_compiled(c, other) && flagstop_abi_audit_arch(other) == arch)
				first = false;
		if (is_compiled(c, abi) && first)
			node = fst_codegen_jump(c->code, BPF_JEQ, arch, gen_arch(c, arch), node);
	}
	return fst_codegen_load(c->code, offsetof(struct flagstop_data, arch), node);
}

static int append(struct flagstop_programs *programs, struct flagstop_insn *insns, size_t count)
{
	struct program *list = talloc_realloc(programs, programs->list, struct program, programs->count + 1);

	if (!list)
		return -ENOMEM;
	programs->list = list;
	list[programs->count++] = (struct program){ insns, count };
	return 0;
}

/* Compiles the calls first … end - 1 of the layer, halved as often as needed to fit. */
static int compile_calls(struct compiler *c, unsigned first, unsigned end, struct flagstop_programs *programs,
			 struct flagstop_error *error)
{
	struct flagstop_insn *insns;
	size_t count = 0;
	int r;

	c->code = fst_codegen_new(programs);
	if (!c->code)
		return fst_error_set(error, -ENOMEM, "no memory");
	c->first_call = first;
	c->end_call = end;
	r = fst_codegen_finish(c->code, gen_layer(c), programs, &insns, &count);
	talloc_free(c->code);
	if (!r)
		r = append(programs, insns, count);
	if (r == -ENOMEM)
		return fst_error_set(error, r, "no memory");
	if (r == -E2BIG && end - first > 1) {
		r = compile_calls(c, first, first + (end - first) / 2, programs, error);
		return r ? r : compile_calls(c, first + (end - first) / 2, end, programs, error);
	}
	if (r)
		fst_error_set(error, r, "the rules for %s need %zu instructions; a filter has at most %d",
			      flagstop_call_name(first), count, FLAGSTOP_PROGRAM_MAX_INSNS);
	return r;
}

/* The kernel counts what it converts the programs to, and all but the one it is adding are charged some more. */
static int check_total(const struct flagstop_programs *programs, struct flagstop_error *error)
{
	size_t total = 0;

	for (size_t i = 0; i < programs->count; i++)
		total += fst_check_converted_insns(programs->list[i].insns, programs->list[i].count) +
			 (i ? FST_THREAD_FILTER_INSNS : 0);
	if (total <= FST_THREAD_MAX_INSNS)
		return 0;
	return fst_error_set(error, -E2BIG, "the policy needs %zu instructions in %zu filters; a thread carries at most %d",
			     total, programs->count, FST_THREAD_MAX_INSNS);
}

int fst_compile(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
		const struct fst_session_keys *keys, struct flagstop_programs **ret_programs,
		struct flagstop_error *reterr_error)
{
	struct compiler c = { .policy = policy, .options = options, .keys = keys };
	struct flagstop_programs *programs = talloc_zero(NULL, struct flagstop_programs);
	int r = 0;

	if (!programs)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	for (unsigned i = 0; i < policy->layer_count && !r; i++) {
		c.bound = policy->layers[i];
		c.poison = keys && policy->guarded && i == policy->layer_count - 1 ? keys->poison : 0;
		r = compile_calls(&c, 0, flagstop_call_count(), programs, reterr_error);
	}
	if (!r)
		r = check_total(programs, reterr_error);
	if (!r)
		r = fst_validate(policy, options, keys, programs, reterr_error);
	if (r) {
		talloc_free(programs);
		return r;
	}
	*ret_programs = programs;
	return 0;
}

int flagstop_policy_compile(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
			    struct flagstop_programs **ret_programs, struct flagstop_error *reterr_error)
{
	if (!policy || !options || options->struct_bytes < sizeof(*options) || !ret_programs)
		return fst_error_set(reterr_error, -EINVAL, "no policy, or options of another version");
	return fst_compile(policy, options, NULL, ret_programs, reterr_error);
}

void flagstop_programs_free(struct flagstop_programs *programs)
{
	talloc_free(programs);
}

struct flagstop_programs *fst_programs_new(void)
{
	return talloc_zero(NULL, struct flagstop_programs);
}

int fst_programs_add(struct flagstop_programs *programs, const struct flagstop_insn *insns, size_t count)
{
	struct flagstop_insn *copy = talloc_memdup(programs, insns, count * sizeof(*insns));

	return copy ? append(programs, copy, count) : -ENOMEM;
}

int flagstop_programs_read(const void *bytes, size_t byte_count, struct flagstop_programs **ret_programs,
			   struct flagstop_error *reterr_error)
{
	const struct flagstop_insn *insns = bytes;
	struct flagstop_programs *programs;
	int r = 0;

	if (!bytes || !ret_programs)
		return fst_error_set(reterr_error, -EINVAL, "no program");
	if (byte_count % sizeof(*insns))
		return fst_error_set(reterr_error, -EINVAL, "%zu bytes are no filter program: an instruction has %zu",
				     byte_count, sizeof(*insns));
	programs = fst_programs_new();
	if (programs)
		r = fst_programs_add(programs, insns, byte_count / sizeof(*insns));
	if (!programs || r) {
		talloc_free(programs);
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	}
	r = flagstop_program_check(programs->list->insns, programs->list->count, reterr_error);
	if (r) {
		talloc_free(programs);
		return r;
	}
	*ret_programs = programs;
	return 0;
}

size_t flagstop_programs_count(const struct flagstop_programs *programs)
{
	return programs->count;
}

const struct flagstop_insn *flagstop_programs_get(const struct flagstop_programs *programs, size_t index,
						  size_t *ret_count)
{
	*ret_count = programs->list[index].count;
	return programs->list[index].insns;
}
