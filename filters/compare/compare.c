/* SPDX-License-Identifier: MIT */
/*
 * What two sides do differently. Decides which answers count as the same and which is stricter; the calls to ask about
 * come from points.h and diagrams.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/compile.h>
#include <filters/bpf/points.h>
#include <filters/compare/decision.h>
#include <filters/compare/program.h>
#include <filters/error.h>
#include <flagstop/compare.h>

#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U /* linux/seccomp.h 5.0 */
#endif

/* Steps of building diagrams, some 50 ns each: for one call, and for all. */
#define CALL_EFFORT (1u << 22)
#define EFFORT (1u << 25)
#define ALL_ABIS ((1u << FLAGSTOP_ABI_COUNT) - 1)
#define ERRNO_MAX 4095 /* MAX_ERRNO; the kernel caps */

/* How a side answers: the larger the rank, the stricter. */
struct answer {
	int64_t rank, value;
};

struct flagstop_comparison {
	struct flagstop_difference *list;
	size_t count;
	bool proven;
	bool narrower, wider, neither; /* occur */
};

struct comparing {
	const struct flagstop_side *sides[2];
	bool by_verdict; /* both are policies */
	bool trace_data; /* both are programs */
	enum flagstop_report report;
	unsigned abis;
	struct flagstop_comparison *result;
	struct fst_cuts *cuts;
	struct fst_diagram *diagram;
	size_t call_first; /* the differences from here on are of the call that is looked at */
	size_t arch_first; /* … of its architecture */
	struct flagstop_data call;
	int abi, index;
	bool narrow;
	unsigned effort;
};

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static struct answer answer_of_verdict(struct flagstop_verdict verdict)
{
	struct answer answer = { verdict.action, 0 };

	switch (verdict.action) {
	case FLAGSTOP_ACTION_RETURN:
		answer = (struct answer){ FLAGSTOP_ACTION_DENY, verdict.value };
		break;
	case FLAGSTOP_ACTION_DENY: /* what the program sees of `deny EPERM` is `return -1` */
		answer.value = -verdict.value;
		break;
	case FLAGSTOP_ACTION_TRAP:
		answer.value = verdict.value;
		break;
	default:
		break;
	}
	return answer;
}

static struct answer answer_of_action(const struct comparing *c, uint32_t action)
{
	uint32_t data = action & SECCOMP_RET_DATA;
	struct answer answer = { -(int64_t)(int32_t)(action & SECCOMP_RET_ACTION_FULL), 0 };

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		answer.value = data < ERRNO_MAX ? data : ERRNO_MAX;
		break;
	case SECCOMP_RET_TRACE:
		answer.value = c->trace_data ? data : 0;
		break;
	case SECCOMP_RET_TRAP:
		answer.value = data;
		break;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
		break;
	default: /* what the kernel does not know kills the process */
		answer.rank = -(int64_t)INT32_MIN;
	}
	return answer;
}

/* What its compiled program does. */
static uint32_t action_of_policy(const struct comparing *c, const struct flagstop_policy *policy)
{
	struct flagstop_verdict verdict;

	if (fst_place_is_tracer(policy, &c->call, c->report, &verdict))
		return SECCOMP_RET_TRACE;
	return fst_compile_action(verdict);
}

static struct answer answer_of(const struct comparing *c, const struct flagstop_side *side, char *text, size_t size)
{
	struct flagstop_verdict verdict;
	uint32_t action, loads;

	if (c->by_verdict) {
		verdict = flagstop_policy_decide(side->policy, &c->call, NULL);
		flagstop_verdict_format(verdict, text, size);
		return answer_of_verdict(verdict);
	}
	action = side->policy ? action_of_policy(c, side->policy) : fst_programs_run(side->programs, &c->call, &loads);
	flagstop_action_format(action, text, size);
	return answer_of_action(c, action);
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

static bool is_listed(const struct comparing *c, const struct flagstop_difference *found)
{
	/* All numbers that no call has are one. */
	for (size_t i = c->index < 0 ? c->arch_first : c->call_first; i < c->result->count; i++) {
		const struct flagstop_difference *listed = &c->result->list[i];

		if (listed->abi == found->abi && listed->index == found->index && !strcmp(listed->a, found->a) &&
		    !strcmp(listed->b, found->b))
			return true;
	}
	return false;
}

static int list_difference(struct comparing *c, const struct flagstop_difference *found)
{
	struct flagstop_comparison *r = c->result;

	/* In powers of two. */
	if (!(r->count & (r->count - 1)) || !r->count) {
		struct flagstop_difference *list = talloc_realloc(r, r->list, struct flagstop_difference,
								  r->count ? 2 * r->count : 1);

		if (!list)
			return -ENOMEM;
		r->list = list;
	}
	r->list[r->count++] = *found;
	r->narrower |= found->relation == FLAGSTOP_RELATION_NARROWER;
	r->wider |= found->relation == FLAGSTOP_RELATION_WIDER;
	r->neither |= found->relation == FLAGSTOP_RELATION_NEITHER;
	return 0;
}

static int compare_here(struct comparing *c)
{
	struct flagstop_difference found = { .abi = c->abi, .index = c->index, .call = c->call };
	struct answer a = answer_of(c, c->sides[0], found.a, sizeof(found.a));
	struct answer b = answer_of(c, c->sides[1], found.b, sizeof(found.b));

	if (a.rank == b.rank && a.value == b.value)
		return 0;
	found.relation = a.rank > b.rank ? FLAGSTOP_RELATION_NARROWER :
		a.rank < b.rank          ? FLAGSTOP_RELATION_WIDER :
					   FLAGSTOP_RELATION_NEITHER;
	return is_listed(c, &found) ? 0 : list_difference(c, &found);
}

static int compare_at(const uint64_t fields[FST_FIELDS], void *context)
{
	struct comparing *c = context;

	memcpy(c->call.args, fields, sizeof(c->call.args));
	c->call.instruction_pointer = fields[FST_FIELD_IP];
	return compare_here(c);
}

static int side_diagram(struct comparing *c, const struct flagstop_side *side, fst_branch *ret_branch)
{
	if (!side->policy)
		return fst_programs_diagram(c->diagram, side->programs, c->call.arch, c->call.nr, c->narrow,
					    ret_branch);
	*ret_branch = fst_policy_diagram(c->diagram, side->policy, c->call.arch, c->call.nr);
	return fst_diagram_error(c->diagram);
}

static int compare_sample(struct comparing *c)
{
	struct fst_sample *sample = fst_sample_new(c->cuts);
	int r;

	if (!sample)
		return -ENOMEM;
	c->result->proven = false;
	for (unsigned i = 0; i < 2; i++) {
		const struct flagstop_policy *policy = c->sides[i]->policy;

		for (unsigned k = 0; policy && k < policy->layer_count; k++)
			fst_sample_add_decision(sample,
						fst_bound_decision(policy->layers[k], c->call.arch, c->call.nr));
		if (!policy)
			fst_sample_add_programs(sample, c->sides[i]->programs);
	}
	r = fst_sample_visit(sample, c->narrow, compare_at, c);
	talloc_free(sample);
	return r;
}

static int compare_arguments(struct comparing *c)
{
	unsigned effort = c->effort < CALL_EFFORT ? c->effort : CALL_EFFORT;
	fst_branch a = 0, b = 0, both;
	int r;

	fst_diagram_begin(c->diagram, effort);
	r = side_diagram(c, c->sides[0], &a);
	if (!r)
		r = side_diagram(c, c->sides[1], &b);
	both = r ? 0 : fst_diagram_refine(c->diagram, a, b);
	if (!r)
		r = fst_diagram_error(c->diagram);
	c->effort -= effort - fst_diagram_effort(c->diagram);
	if (r == -ENOMEM)
		return r;
	return r ? compare_sample(c) : fst_diagram_visit(c->diagram, both, compare_at, c);
}

static bool asks_for_arguments(const struct comparing *c, const struct flagstop_side *side)
{
	uint32_t loads;

	if (side->policy)
		return fst_policy_asks_for_arguments(side->policy, c->call.arch, c->call.nr);
	fst_programs_run(side->programs, &c->call, &loads);
	return loads & ~(FST_LOADS_NR | FST_LOADS_ARCH);
}

static int compare_number(struct comparing *c, uint32_t nr)
{
	c->call = (struct flagstop_data){ .arch = c->call.arch, .nr = nr };
	c->abi = flagstop_abi_of_call(c->call.arch, nr);
	c->index = c->abi < 0 ? -ENOENT : flagstop_call_from_number(c->abi, nr);
	c->narrow = c->abi >= 0 && flagstop_arg_bits(c->abi, FLAGSTOP_ARG_UWORD) == 32;
	c->call_first = c->result->count;
	if (c->abis && (c->abi < 0 || !(c->abis >> c->abi & 1)))
		return 0;
	if (asks_for_arguments(c, c->sides[0]) || asks_for_arguments(c, c->sides[1]))
		return compare_arguments(c);
	return compare_here(c);
}

/* ---- all calls -------------------------------------------------------------------------------------------------- */

static int compare_arch(struct comparing *c, uint32_t audit_arch)
{
	uint32_t *numbers;
	size_t count;
	int r = fst_cuts_numbers(c->cuts, c->cuts, audit_arch, c->abis ? c->abis : ALL_ABIS, &numbers, &count);

	c->call.arch = audit_arch;
	c->arch_first = c->result->count;
	for (size_t i = 0; !r && i < count; i++)
		r = compare_number(c, numbers[i]);
	if (!r)
		talloc_free(numbers);
	return r;
}

static int by_place(const void *a, const void *b)
{
	const struct flagstop_difference *x = a, *y = b;
	/* What is none of ours (negative) comes last. */
	unsigned of_x = (unsigned)x->abi, of_y = (unsigned)y->abi;

	if (of_x != of_y)
		return of_x < of_y ? -1 : 1;
	if (x->call.arch != y->call.arch)
		return x->call.arch < y->call.arch ? -1 : 1;
	if (x->call.nr != y->call.nr)
		return x->call.nr < y->call.nr ? -1 : 1;
	for (unsigned i = 0; i < 6; i++)
		if (x->call.args[i] != y->call.args[i])
			return x->call.args[i] < y->call.args[i] ? -1 : 1;
	return 0;
}

static int compare_all(struct comparing *c)
{
	uint32_t *archs;
	size_t count;
	int r = 0;

	c->cuts = fst_cuts_new(c->result);
	c->diagram = fst_diagram_new(c->result);
	if (!c->cuts || !c->diagram)
		return -ENOMEM;
	for (unsigned i = 0; i < 2 && !r; i++)
		if (c->sides[i]->programs)
			r = fst_cuts_add(c->cuts, c->sides[i]->programs);
	if (!r)
		r = fst_cuts_archs(c->cuts, c->cuts, &archs, &count);
	c->result->proven = c->cuts->whole;
	for (size_t i = 0; !r && i < count; i++)
		r = compare_arch(c, archs[i]);
	talloc_free(c->diagram);
	talloc_free(c->cuts);
	return r;
}

static bool is_side(const struct flagstop_side *side)
{
	return side && !side->policy != !side->programs;
}

/* Than verdicts by registers. */
static bool asks_for_more(const struct flagstop_policy *policy)
{
	return fst_policy_has_facts(policy) || fst_policy_has_rewrites(policy);
}

int flagstop_compare(const struct flagstop_side *a, const struct flagstop_side *b,
		     const struct flagstop_compare_options *options, struct flagstop_comparison **ret_comparison,
		     struct flagstop_error *reterr_error)
{
	struct comparing c = { .sides = { a, b }, .effort = EFFORT };
	int r;

	if (!is_side(a) || !is_side(b) || !options || options->struct_bytes < sizeof(*options) || !ret_comparison)
		return fst_error_set(reterr_error, -EINVAL,
				     "a side is a policy or programs; or options of another version");
	c.by_verdict = a->policy && b->policy;
	if (c.by_verdict && (asks_for_more(a->policy) || asks_for_more(b->policy)))
		return fst_error_set(reterr_error, -EOPNOTSUPP,
				     "policies with rules on strings, or rewrites, cannot be compared yet");
	c.trace_data = a->programs && b->programs;
	c.report = options->report;
	c.abis = options->abis;
	c.result = talloc_zero(NULL, struct flagstop_comparison);
	r = c.result ? compare_all(&c) : -ENOMEM;
	if (r) {
		talloc_free(c.result);
		return fst_error_set(reterr_error, r, "no memory");
	}
	if (c.result->count)
		qsort(c.result->list, c.result->count, sizeof(*c.result->list), by_place);
	*ret_comparison = c.result;
	return 0;
}

enum flagstop_relation flagstop_comparison_relation(const struct flagstop_comparison *c)
{
	if (!c->count)
		return FLAGSTOP_RELATION_EQUAL;
	if (c->neither || (c->narrower && c->wider))
		return FLAGSTOP_RELATION_NEITHER;
	return c->narrower ? FLAGSTOP_RELATION_NARROWER : FLAGSTOP_RELATION_WIDER;
}

int flagstop_comparison_is_proven(const struct flagstop_comparison *comparison)
{
	return comparison->proven;
}

size_t flagstop_comparison_count(const struct flagstop_comparison *comparison)
{
	return comparison->count;
}

const struct flagstop_difference *flagstop_comparison_get(const struct flagstop_comparison *comparison, size_t index)
{
	return &comparison->list[index];
}

void flagstop_comparison_free(struct flagstop_comparison *comparison)
{
	talloc_free(comparison);
}

const char *flagstop_relation_name(enum flagstop_relation relation)
{
	static const char *const names[] = {
		[FLAGSTOP_RELATION_EQUAL] = "equal",
		[FLAGSTOP_RELATION_NARROWER] = "narrower",
		[FLAGSTOP_RELATION_WIDER] = "wider",
		[FLAGSTOP_RELATION_NEITHER] = "neither",
	};

	return (unsigned)relation < sizeof(names) / sizeof(*names) ? names[relation] : NULL;
}
