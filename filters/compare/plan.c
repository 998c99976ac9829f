/* SPDX-License-Identifier: MIT */
/*
 * What several policies say together of one call, as rules in the order they are tried.
 *
 * Every layer of every policy is an ordered list of conditions. Their combinations in lexicographic order are an
 * ordered list again, of conditions joined by `and`, and the first that holds is the combination of what each layer
 * decides. A combination that no arguments bring about is left out, and so is a rule without which nothing would
 * change.
 */
#include <errno.h>

#include <talloc.h>

#include <arch/mux.h>
#include <filters/bpf/points.h>
#include <filters/compare/decision.h>
#include <filters/compare/merge.h>
#include <filters/error.h>

#define EFFORT (1u << 23) /* steps of building one call's diagrams: half a second */
#define LINES_MAX 4096u   /* for one call */

/* ---- verdicts --------------------------------------------------------------------------------------------------- */

static int rank(struct flagstop_verdict v)
{
	return v.action == FLAGSTOP_ACTION_RETURN ? FLAGSTOP_ACTION_DENY : v.action;
}

static bool is_same(struct flagstop_verdict a, struct flagstop_verdict b)
{
	return a.action == b.action && a.value == b.value;
}

struct flagstop_verdict fst_merge_decide(const struct fst_merge *m, const struct flagstop_data *call)
{
	struct flagstop_verdict together = flagstop_policy_decide(m->policies[0], call, NULL);

	for (size_t i = 1; i < m->count; i++) {
		struct flagstop_verdict v = flagstop_policy_decide(m->policies[i], call, NULL);
		int over = rank(v) - rank(together);

		if (m->how == FLAGSTOP_MERGE_UNION ? over <= 0 : over >= 0)
			together = v;
	}
	return together;
}

static struct flagstop_data call_of(enum flagstop_abi abi, uint32_t nr)
{
	return (struct flagstop_data){ .arch = flagstop_abi_audit_arch(abi), .nr = nr };
}

/* The verdict on numbers that no call of that ABI has. */
static struct flagstop_verdict unknown_in(const struct fst_merge *m, enum flagstop_abi abi)
{
	uint32_t nr = abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0;
	struct flagstop_data call;

	while (flagstop_call_from_number(abi, nr) >= 0)
		nr++;
	call = call_of(abi, nr);
	return fst_merge_decide(m, &call);
}

static int merge_unknown(struct fst_merge *m)
{
	int first = -1;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!(m->abis >> abi & 1))
			continue;
		if (first < 0) {
			first = (int)abi;
			m->unknown = unknown_in(m, abi);
		} else if (!is_same(m->unknown, unknown_in(m, abi))) {
			fst_error_set(m->error, -EOPNOTSUPP, "'unknown' would have to differ between %s and %s",
				      flagstop_abi_name(first), flagstop_abi_name(abi));
			fst_error_hint(m->error, "a policy has one for all ABIs; say the same in all that are merged");
			return -EOPNOTSUPP;
		}
	}
	if (first >= 0)
		return 0;
	fst_error_set(m->error, -EOPNOTSUPP, "no ABI is named by all of the policies");
	fst_error_hint(m->error, "what is left would refuse every call");
	return -EOPNOTSUPP;
}

/* Any verdict would do, as every call that is decided otherwise gets a rule: what their defaults say reads best. */
static void merge_fallback(struct fst_merge *m)
{
	bool first = true;

	for (size_t i = 0; i < m->count; i++)
		for (unsigned k = 0; k < m->policies[i]->layer_count; k++) {
			const struct fst_bound *bound = m->policies[i]->layers[k];
			struct flagstop_verdict v = bound->layer->fallback.verdict;
			int over = rank(v) - rank(m->fallback);

			if (bound->in_kernel)
				continue;
			if (first || (m->how == FLAGSTOP_MERGE_UNION ? over <= 0 : over >= 0))
				m->fallback = v;
			first = false;
		}
}

int fst_merge_frame(struct fst_merge *m)
{
	m->abis = flagstop_policy_abis(m->policies[0]);
	for (size_t i = 1; i < m->count; i++) {
		unsigned abis = flagstop_policy_abis(m->policies[i]);

		m->abis = m->how == FLAGSTOP_MERGE_UNION ? m->abis | abis : m->abis & abis;
	}
	merge_fallback(m);
	return merge_unknown(m);
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

struct planner {
	struct fst_merge *m;
	enum flagstop_abi abi;
	unsigned index;
	struct flagstop_data call;             /* of that index, if it has a number of its own */
	const struct fst_decision **decisions; /* of each layer of each policy */
	unsigned decision_count;
	const struct fst_rule **taken; /* with a condition, by the layers so far */
	fst_branch *conditions;        /* theirs */
	unsigned taken_count;
	struct fst_merge_line *lines;
	unsigned count;
};

static int no_memory(const struct fst_merge *m)
{
	return fst_error_set(m->error, -ENOMEM, "no memory");
}

static int too_much(const struct fst_merge *m, const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);

	return fst_error_set(m->error, -E2BIG, "the conditions on %s are too many to be merged",
			     index < 0 ? "calls that no table has" : flagstop_call_name(index));
}

static fst_branch both(struct fst_diagram *d, fst_branch a, fst_branch b)
{
	return fst_diagram_choose(d, a, b, fst_diagram_leaf(d, 0));
}

/* All of the conditions so far but one (`except` may be none of them). */
static fst_branch all_but(const struct planner *p, const bool *dropped, unsigned except)
{
	fst_branch all = fst_diagram_leaf(p->m->diagram, 1);

	for (unsigned i = 0; i < p->taken_count; i++)
		if (i != except && !dropped[i])
			all = both(p->m->diagram, all, p->conditions[i]);
	return all;
}

/* A condition that follows from the others is not repeated. */
static int keep_needed(struct planner *p, struct fst_merge_line *line)
{
	bool *dropped = talloc_zero_array(p->m->pool, bool, p->taken_count + 1);
	fst_branch all;

	line->rules = talloc_array(p->m->pool, const struct fst_rule *, p->taken_count + 1);
	if (!dropped || !line->rules)
		return no_memory(p->m);
	all = all_but(p, dropped, p->taken_count);
	for (unsigned i = p->taken_count; i--;)
		dropped[i] = all_but(p, dropped, i) == all;
	for (unsigned i = 0; i < p->taken_count; i++)
		if (!dropped[i])
			line->rules[line->rule_count++] = p->taken[i];
	line->condition = all;
	talloc_free(dropped);
	return 0;
}

/* What socketcall gets also follows from what it carries, which is merged by its own name, and may have no number. */
static bool follows_from_others(const struct planner *p)
{
	bool follows = flagstop_call_number(p->index, p->abi) < 0;

	for (unsigned i = 0; i < p->decision_count && !follows; i++)
		follows = p->decisions[i]->carried > 0;
	return follows;
}

static struct flagstop_verdict written(const struct fst_decision *d, const uint64_t args[6])
{
	unsigned i = d->carried;

	while (d->steps[i].when && fst_cond_truth(d->steps[i].when, args, ~0u, NULL) != FST_TRUE)
		i++;
	return d->steps[i].rule->verdict;
}

static struct flagstop_verdict decide_as_written(const struct planner *p)
{
	struct flagstop_verdict together = { FLAGSTOP_ACTION_ALLOW, 0 };
	unsigned next = 0;

	for (size_t i = 0; i < p->m->count; i++) {
		struct flagstop_verdict strictest = { FLAGSTOP_ACTION_ALLOW, 0 };

		for (unsigned k = 0; k < p->m->policies[i]->layer_count; k++) {
			struct flagstop_verdict v = written(p->decisions[next++], p->call.args);

			strictest = !k || rank(v) >= rank(strictest) ? v : strictest;
		}
		int over = rank(strictest) - rank(together);
		if (!i || (p->m->how == FLAGSTOP_MERGE_UNION ? over <= 0 : over >= 0))
			together = strictest;
	}
	return together;
}

static int add_line(struct planner *p, fst_branch region)
{
	struct fst_merge_line line = { 0 };
	uint64_t fields[FST_FIELDS];
	int r;

	if (p->count == LINES_MAX)
		return too_much(p->m, &p->call);
	if (!(p->count & (p->count - 1)) || !p->count) {
		struct fst_merge_line *lines = talloc_realloc(p->m->pool, p->lines, struct fst_merge_line,
							      p->count ? 2 * p->count : 1);

		if (!lines)
			return no_memory(p->m);
		p->lines = lines;
	}
	fst_diagram_smallest(p->m->diagram, region, fields);
	for (unsigned i = 0; i < FST_FIELD_ARGS; i++)
		p->call.args[i] = fields[i];
	line.verdict = follows_from_others(p) ? decide_as_written(p) : fst_merge_decide(p->m, &p->call);
	r = keep_needed(p, &line);
	if (!r)
		p->lines[p->count++] = line;
	return r;
}

/* `region`: the arguments with which the layers before `layer` took the steps that led here. */
static int combine(struct planner *p, unsigned layer, fst_branch region)
{
	struct fst_diagram *d = p->m->diagram;
	const struct fst_decision *decision;
	int r = 0;

	if (layer == p->decision_count)
		return add_line(p, region);
	decision = p->decisions[layer];
	for (unsigned i = decision->carried; i < decision->count && !r && region != fst_diagram_leaf(d, 0); i++) {
		const struct fst_step *step = &decision->steps[i];

		if (!step->when)
			return combine(p, layer + 1, region);
		fst_branch condition = fst_cond_diagram(d, step->when);
		fst_branch inside = both(d, condition, region);
		if (fst_diagram_error(d))
			return fst_diagram_error(d) == -ENOMEM ? no_memory(p->m) : too_much(p->m, &p->call);
		p->taken[p->taken_count] = step->rule;
		p->conditions[p->taken_count++] = condition;
		if (inside != fst_diagram_leaf(d, 0))
			r = combine(p, layer + 1, inside);
		p->taken_count--;
		region = fst_diagram_choose(d, condition, fst_diagram_leaf(d, 0), region);
	}
	return r;
}

/* What a policy says of a call that none of its rules names. */
static struct flagstop_verdict implied(const struct planner *p)
{
	if ((int)p->index == flagstop_call_find("restart_syscall"))
		return (struct flagstop_verdict){ FLAGSTOP_ACTION_ALLOW, 0 };
	return p->m->fallback;
}

/* A number for each verdict: that of the first line that gives it. */
static uint32_t number_of(const struct planner *p, struct flagstop_verdict verdict)
{
	uint32_t i = 0;

	while (i < p->count && !is_same(p->lines[i].verdict, verdict))
		i++;
	return i;
}

/* From the last to the first: a line that changes nothing of what those behind it decide is left out. */
static void prune(struct planner *p)
{
	struct fst_diagram *d = p->m->diagram;
	fst_branch rest = fst_diagram_leaf(d, number_of(p, implied(p)));
	bool kept[LINES_MAX];
	unsigned count = 0;

	for (unsigned i = p->count; i--;) {
		fst_branch verdict = fst_diagram_leaf(d, number_of(p, p->lines[i].verdict));
		fst_branch with = fst_diagram_choose(d, p->lines[i].condition, verdict, rest);

		kept[i] = with != rest;
		rest = with;
	}
	for (unsigned i = 0; i < p->count; i++)
		if (kept[i])
			p->lines[count++] = p->lines[i];
	p->count = count;
}

static const struct fst_decision *decision_of(const struct fst_bound *bound, enum flagstop_abi abi, unsigned call)
{
	return bound->by_abi[abi] ? bound->by_abi[abi][call] : bound->foreign;
}

static int list_decisions(struct planner *p)
{
	unsigned size = 0;

	for (size_t i = 0; i < p->m->count; i++)
		size += p->m->policies[i]->layer_count;
	p->decisions = talloc_array(p->m->pool, const struct fst_decision *, size + 1);
	p->taken = talloc_array(p->m->pool, const struct fst_rule *, size + 1);
	p->conditions = talloc_array(p->m->pool, fst_branch, size + 1);
	if (!p->decisions || !p->taken || !p->conditions)
		return no_memory(p->m);
	for (size_t i = 0; i < p->m->count; i++)
		for (unsigned k = 0; k < p->m->policies[i]->layer_count; k++)
			p->decisions[p->decision_count++] =
				decision_of(p->m->policies[i]->layers[k], p->abi, p->index);
	return 0;
}

int fst_merge_plan(struct fst_merge *m, enum flagstop_abi abi, unsigned call, struct fst_merge_line **ret_lines,
		   unsigned *ret_count)
{
	struct planner p = { .m = m,
			     .abi = abi,
			     .index = call,
			     .call = call_of(abi, (uint32_t)flagstop_call_number(call, abi)) };
	int r = list_decisions(&p);

	fst_diagram_begin(m->diagram, EFFORT);
	if (!r)
		r = combine(&p, 0, fst_diagram_leaf(m->diagram, 1));
	if (!r)
		prune(&p);
	if (!r && fst_diagram_error(m->diagram))
		r = fst_diagram_error(m->diagram) == -ENOMEM ? no_memory(m) : too_much(m, &p.call);
	*ret_lines = p.lines;
	*ret_count = p.count;
	return r;
}

/* ---- the proof -------------------------------------------------------------------------------------------------- */

struct proof {
	const struct fst_merge *m;
	const struct flagstop_policy *made;
	struct flagstop_data call;
};

static int prove_at(const uint64_t fields[FST_FIELDS], void *context)
{
	struct proof *p = context;
	struct flagstop_verdict wanted, got;
	char text[160], says[40], ought[40];
	int abi = flagstop_abi_of_call(p->call.arch, p->call.nr);

	for (unsigned i = 0; i < FST_FIELD_ARGS; i++)
		p->call.args[i] = fields[i];
	/* It, and its parts, are merged by their names. */
	if (abi >= 0 && fst_mux_carried(abi, p->call.nr, p->call.args[0]))
		return 0;
	wanted = fst_merge_decide(p->m, &p->call);
	got = flagstop_policy_decide(p->made, &p->call, NULL);
	if (is_same(wanted, got))
		return 0;
	flagstop_verdict_format(got, says, sizeof(says));
	flagstop_verdict_format(wanted, ought, sizeof(ought));
	flagstop_call_format(abi < 0 ? 0 : abi, p->call.nr, p->call.args, text, sizeof(text));
	return fst_error_set(p->m->error, -EPROTO, "internal error: the merged policy says '%s', not '%s', to %s in %s",
			     says, ought, text, abi < 0 ? "another architecture" : flagstop_abi_name(abi));
}

static int prove_call(struct proof *p)
{
	struct fst_diagram *d = p->m->diagram;
	fst_branch all;

	fst_diagram_begin(d, EFFORT);
	all = fst_policy_diagram(d, p->made, p->call.arch, p->call.nr);
	for (size_t i = 0; i < p->m->count; i++)
		all = fst_diagram_refine(d, all, fst_policy_diagram(d, p->m->policies[i], p->call.arch, p->call.nr));
	if (fst_diagram_error(d))
		return fst_diagram_error(d) == -ENOMEM ? no_memory(p->m) : too_much(p->m, &p->call);
	return fst_diagram_visit(d, all, prove_at, p);
}

static int prove_arch(struct proof *p, const struct fst_cuts *cuts, uint32_t audit_arch)
{
	uint32_t *numbers;
	size_t count;
	int r = fst_cuts_numbers(cuts, p->m->pool, audit_arch, ~0u, &numbers, &count);

	if (r)
		return no_memory(p->m);
	for (size_t i = 0; i < count && !r; i++) {
		p->call = (struct flagstop_data){ .arch = audit_arch, .nr = numbers[i] };
		r = prove_call(p);
	}
	talloc_free(numbers);
	return r;
}

int fst_merge_prove(struct fst_merge *m, const struct flagstop_policy *made)
{
	struct proof p = { .m = m, .made = made };
	struct fst_cuts *cuts = fst_cuts_new(m->pool);
	uint32_t *archs;
	size_t count;
	int r;

	if (!cuts || fst_cuts_archs(cuts, m->pool, &archs, &count))
		return no_memory(m);
	r = 0;
	for (size_t i = 0; i < count && !r; i++)
		r = prove_arch(&p, cuts, archs[i]);
	return r;
}
