/* SPDX-License-Identifier: MIT */
/*
 * One layer as nodes: by the architecture, by the number, by the arguments. Decides in which order these are looked
 * at; does not know what becomes of the nodes, nor of other layers.
 *
 * Calls decided by their number never have an argument loaded on their way, and no instruction computes with the
 * number: the kernel's action cache (kernel/seccomp.c, seccomp_is_const_allow, 5.11) then skips the program for
 * those that are allowed. It follows loads, jumps and `and`, nothing else; so there are no tables of bits that are
 * shifted into place, which would be shorter.
 */
#include <stddef.h>
#include <string.h>

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/generate.h>
#include <filters/bpf/numbers.h>
#include <filters/bpf/word.h>

/* What one more instruction may cost among the arguments of one call, in executed ones. */
static const double prices[] = {
	[FLAGSTOP_OPTIMIZE_BOTH] = 0.2,
	[FLAGSTOP_OPTIMIZE_SIZE] = 1000,
	[FLAGSTOP_OPTIMIZE_SPEED] = 0.05,
};

/* ---- one call --------------------------------------------------------------------------------------------------- */

static uint32_t action_of(const struct fst_generate *c, int call, struct flagstop_verdict v)
{
	if (fst_place_is_flagged(c->policy, c->bound, c->abi, call, v, c->options->report))
		return SECCOMP_RET_TRACE | c->options->trace_data;
	return fst_compile_action(v);
}

/* Calls next to each other often end alike. */
static fst_node gen_end(struct fst_generate *c, int call, const struct fst_step *step)
{
	uint32_t action = action_of(c, call, step->rule->verdict);

	if (!c->last.known || c->last.action != action) {
		c->last.action = action;
		c->last.node = fst_codegen_ret(c->code, action);
		c->last.known = true;
	}
	return c->last.node;
}

/* Forgets the conditions of the ABI before: their words lie elsewhere. */
static void begin_abi(struct fst_generate *c, enum flagstop_abi abi)
{
	c->abi = abi;
	talloc_free(c->order);
	c->order = NULL;
	c->alike.decision = NULL;
}

static fst_choice gen_when(struct fst_generate *c, const struct fst_cond *when, fst_choice yes, fst_choice no)
{
	if (when == &fst_always || when == &fst_never)
		return when == &fst_always ? yes : no;
	return fst_order_when(c->order, when, yes, no);
}

/*
 * A step that asks for facts decides where it must hold, whatever they are. Where it may, the tracer finds out, unless
 * the rest comes to the same.
 */
static fst_choice gen_step(struct fst_generate *c, const struct fst_step *step, fst_choice yes, fst_choice rest)
{
	if (!step->has_facts)
		return fst_order_when(c->order, step->when, yes, rest);
	fst_node trace = fst_codegen_ret(c->code, SECCOMP_RET_TRACE | c->options->trace_data);
	fst_choice perhaps = fst_order_unless(c->order, rest, yes, fst_order_end(c->order, trace));
	return gen_when(c, step->must, yes, gen_when(c, step->may, perhaps, rest));
}

static fst_node gen_decision(struct fst_generate *c, int call, const struct fst_decision *d)
{
	unsigned i = d->count - 1;
	fst_node last = gen_end(c, call, &d->steps[i]);

	if (!i)
		return last;
	if (!c->order)
		c->order = fst_order_new(c->code, c->code, c->abi, prices[c->options->optimize]);
	if (!c->order) {
		fst_codegen_fail(c->code);
		return last;
	}
	fst_choice choice = fst_order_end(c->order, last);
	while (i--) {
		fst_choice yes = fst_order_end(c->order, gen_end(c, call, &d->steps[i]));

		choice = gen_step(c, &d->steps[i], yes, choice);
	}
	return fst_order_emit(c->order, choice);
}

/* args[4] and args[5] are the secret: allow. */
static fst_node gen_secret(struct fst_generate *c, const uint64_t secret[2], fst_node otherwise)
{
	fst_node node = fst_codegen_ret(c->code, SECCOMP_RET_ALLOW);

	if (node == otherwise)
		return node;
	for (unsigned i = 0; i < 4; i++) {
		unsigned argument = 4 + i / 2;
		uint64_t word = secret[i / 2];
		uint32_t offset = i & 1 ? fst_word_high(c->abi, argument) : fst_word_low(c->abi, argument);

		fst_codegen_look_at(c->code, offset);
		node = fst_codegen_jump(c->code, BPF_JEQ, (uint32_t)(i & 1 ? word >> 32 : word), node, otherwise);
		node = fst_codegen_load(c->code, offset, node);
	}
	return node;
}

/* The secret that this call takes, or NULL. */
static const uint64_t *secret_of(const struct fst_generate *c, int call)
{
	if (c->keys && c->keys->narrow_abis >> c->abi & 1)
		return call == c->shmat ? c->keys->narrow_secret : NULL;
	if (!c->keys || c->abi != flagstop_abi_native())
		return NULL;
	if ((call == c->shmat || (call == c->shmdt && c->keys->parks)) &&
	    (c->keys->window_secret[0] || c->keys->window_secret[1]))
		return c->keys->window_secret;
	return call == c->execve || call == c->seccomp ? c->keys->secret : NULL;
}

/* Calls of an ABI that is not compiled are as foreign as those of one that the layer does not name. */
static bool is_compiled(const struct fst_generate *c, int abi)
{
	unsigned wanted = c->options->abis ? c->options->abis : ~0u;

	return abi >= 0 && c->bound->by_abi[abi] && wanted >> abi & 1;
}

/* ---- one layer -------------------------------------------------------------------------------------------------- */

#define DENSE_NUMBERS 1024
#define FAR_NUMBERS 64

struct sorted_calls {
	uint32_t number[DENSE_NUMBERS + FAR_NUMBERS];
	uint16_t call_plus_1[DENSE_NUMBERS + FAR_NUMBERS]; /* 0: none */
};

static void add_piece(struct fst_generate *c, struct fst_numbers *n, uint32_t low, fst_node target, double weight)
{
	struct fst_span *last = n->count ? &n->pieces[n->count - 1] : NULL;

	n->weight += weight;
	if (last && last->low == low) {
		n->count--;
	} else if (last && last->target == target && !c->weights) { /* hot calls stay apart */
		last->weight += (float)weight;
		return;
	}
	n->pieces[n->count++] = (struct fst_span){ low, target, (float)weight };
}

/* Numbers that no call has, of an ABI that is compiled or of one that is not. */
static fst_node gen_nobody(struct fst_generate *c, bool compiled)
{
	return gen_decision(c, -1, compiled ? c->bound->unknown : c->bound->foreign);
}

/* Most calls have the same decision: the default's. */
static fst_node gen_alike(struct fst_generate *c, unsigned call)
{
	const struct fst_decision *d = c->bound->by_abi[c->abi][call];
	unsigned contested = fst_place_contested(c->policy, c->abi, (int)call);

	if (c->alike.decision != d || c->alike.contested != contested) {
		c->alike.node = gen_decision(c, (int)call, d);
		c->alike.decision = d;
		c->alike.contested = contested;
	}
	return c->alike.node;
}

static fst_node gen_call(struct fst_generate *c, unsigned call)
{
	const uint64_t *secret = secret_of(c, (int)call);
	fst_node node;

	if (call < c->first_call || call >= c->end_call)
		node = fst_codegen_ret(c->code, SECCOMP_RET_ALLOW);
	else
		node = gen_alike(c, call);
	return secret ? gen_secret(c, secret, node) : node;
}

static double weight_of(const struct fst_generate *c, unsigned call)
{
	return c->weights ? c->weights[c->abi * flagstop_call_count() + call] : 1;
}

/* The calls of the ABI by their number: those of a dense table, and far from it arm's own few. */
static unsigned sort_calls(const struct fst_generate *c, struct sorted_calls *sorted)
{
	unsigned far = 0;

	memset(sorted->call_plus_1, 0, sizeof(sorted->call_plus_1));
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		int64_t nr = flagstop_call_number(call, c->abi);

		if (nr < 0)
			continue;
		nr &= ~(int64_t)FST_NUMBERS_X32;
		if (nr >= DENSE_NUMBERS && far == FAR_NUMBERS) {
			fst_codegen_fail(c->code); /* tables with more of them need a longer list here */
			break;
		}
		unsigned at = nr < DENSE_NUMBERS ? (unsigned)nr : DENSE_NUMBERS + far++;
		for (; at > DENSE_NUMBERS && sorted->number[at - 1] > nr; at--) {
			sorted->number[at] = sorted->number[at - 1];
			sorted->call_plus_1[at] = sorted->call_plus_1[at - 1];
		}
		sorted->number[at] = (uint32_t)nr;
		sorted->call_plus_1[at] = (uint16_t)(call + 1);
	}
	return DENSE_NUMBERS + far;
}

/* Every number of one ABI from `base` on; numbers between the known ones are unknown calls. */
static void list_calls(struct fst_generate *c, struct fst_numbers *n, uint32_t base)
{
	fst_node unknown = gen_nobody(c, true);
	struct sorted_calls sorted;
	unsigned count = sort_calls(c, &sorted);
	uint32_t next = base;

	for (unsigned i = 0; i < count; i++) {
		unsigned call = sorted.call_plus_1[i] - 1u;

		if (!sorted.call_plus_1[i])
			continue;
		if (base + sorted.number[i] > next)
			add_piece(c, n, next, unknown, 0);
		next = base + sorted.number[i];
		fst_node node = gen_call(c, call);
		n->others += node != unknown;
		add_piece(c, n, next++, node, weight_of(c, call));
	}
	add_piece(c, n, next, unknown, 0);
}

static void list_poison(struct fst_generate *c, struct fst_numbers *n, fst_node nobody)
{
	static const uint32_t actions[FST_POISON_COUNT] = {
		[FST_POISON_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[FST_POISON_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[FST_POISON_TRAP] = SECCOMP_RET_TRAP,
	};

	for (unsigned i = 0; i < FST_POISON_COUNT; i++)
		add_piece(c, n, c->poison + i, fst_codegen_ret(c->code, actions[i]), 0);
	add_piece(c, n, c->poison + FST_POISON_COUNT, nobody, 0);
}

/* Where the ABI of a number may change, somebody must say so: bit 30 is x32's, but in -1, which skips a call. */
static void list_numbers(struct fst_generate *c, struct fst_numbers *n, uint32_t audit_arch)
{
	static const uint32_t begins[] = { 0, FST_NUMBERS_X32, 0x80000000, 0xc0000000, UINT32_MAX };

	for (unsigned i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		int abi = flagstop_abi_of_call(audit_arch, begins[i]);
		bool compiled = is_compiled(c, abi);
		fst_node nobody = gen_nobody(c, compiled);

		add_piece(c, n, begins[i], nobody, 0);
		/* x32's calls begin where its numbers do; another ABI has all of its own from 0 on. */
		if (compiled && (i == 0 || (begins[i] == FST_NUMBERS_X32 && abi == FLAGSTOP_ABI_X32))) {
			begin_abi(c, abi);
			list_calls(c, n, begins[i]);
		}
		if (i == 0 && c->poison && compiled)
			list_poison(c, n, nobody);
	}
}

/* All numbers under one AUDIT_ARCH_*: x86_64's and x32's share one, told apart by bit 30. */
static fst_node gen_arch(struct fst_generate *c, uint32_t audit_arch, double *ret_weight)
{
	/* Each call and the gap before it, in two ABIs; the poison numbers, and the ends. */
	unsigned size = 4 * flagstop_call_count() + FST_POISON_COUNT + 8;
	struct fst_numbers n = {
		.code = c->code,
		.optimize = c->options->optimize,
		.weighted = c->weights,
		.unknown = gen_nobody(c, true),
		.foreign = gen_nobody(c, false),
		.pieces = talloc_array(c->code, struct fst_span, size),
	};
	fst_node node = 0;

	if (n.pieces) {
		list_numbers(c, &n, audit_arch);
		/* Of two ABIs that bit 30 tells apart, the one that has it is not compiled. */
		n.x32_is_foreign = flagstop_abi_of_call(audit_arch, 0) == FLAGSTOP_ABI_X86_64 &&
			is_compiled(c, FLAGSTOP_ABI_X86_64) && !is_compiled(c, FLAGSTOP_ABI_X32);
		*ret_weight = n.weight;
		node = fst_numbers_emit(&n);
	} else {
		fst_codegen_fail(c->code);
	}
	talloc_free(n.pieces);
	return node;
}

struct arch {
	uint32_t audit_arch;
	double weight;
	fst_node node;
};

static unsigned gen_archs(struct fst_generate *c, struct arch *archs)
{
	unsigned count = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		uint32_t audit_arch = flagstop_abi_audit_arch(abi);
		struct arch arch = { .audit_arch = audit_arch };
		unsigned at = 0;

		while (at < count && archs[at].audit_arch != audit_arch)
			at++;
		if (at < count || !is_compiled(c, abi))
			continue;
		arch.node = gen_arch(c, audit_arch, &arch.weight);
		for (at = count++; at && archs[at - 1].weight < arch.weight; at--)
			archs[at] = archs[at - 1];
		archs[at] = arch;
	}
	return count;
}

/* The heaviest is looked for first. */
fst_node fst_generate_layer(struct fst_generate *c)
{
	struct arch archs[FLAGSTOP_ABI_COUNT];
	unsigned count;
	fst_node node;

	c->order = NULL; /* what hung on another code is gone with it */
	c->last.known = false;
	count = gen_archs(c, archs);
	node = gen_nobody(c, false);
	fst_codegen_look_at(c->code, offsetof(struct flagstop_data, arch));
	while (count--)
		node = fst_codegen_jump(c->code, BPF_JEQ, archs[count].audit_arch, archs[count].node, node);
	return fst_codegen_load(c->code, offsetof(struct flagstop_data, arch), node);
}
