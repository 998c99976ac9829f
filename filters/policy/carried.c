/* SPDX-License-Identifier: MIT */
/*
 * What a layer says of socketcall and ipc, by what they carry. Decides which part each rule is about and what is said
 * of it; who fetches arguments is the tracer's.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <arch/mux.h>
#include <filters/error.h>
#include <filters/policy/carried.h>
#include <filters/policy/policy.h>

const struct fst_rule fst_rule_carried = {
	.text = "implied: what socketcall carries is judged as the direct call",
	.verdict = { FLAGSTOP_ACTION_TRACE, 0 },
};

/* What a rewrite would change, or an answer would be given to, is not what the program made. */
static const struct fst_rule refused = {
	.text = "implied: what socketcall and ipc carry is neither rewritten nor asked about",
	.verdict = { FLAGSTOP_ACTION_DENY, EACCES },
};

struct carrier {
	struct fst_bound *bound;
	enum flagstop_abi abi;
	bool is_ipc;
	const struct fst_decision *own; /* of socketcall, or ipc, by itself */
	struct fst_step *steps;
	unsigned count;
	bool no_memory;
};

static enum flagstop_action strictness(const struct fst_rule *rule)
{
	return rule->verdict.action == FLAGSTOP_ACTION_RETURN ? FLAGSTOP_ACTION_DENY : rule->verdict.action;
}

static const struct fst_rule *stricter(const struct fst_rule *a, const struct fst_rule *b)
{
	return strictness(b) > strictness(a) ? b : a;
}

static bool refuses(const struct fst_rule *rule)
{
	return strictness(rule) >= FLAGSTOP_ACTION_DENY;
}

/* What is said of a part, whatever its arguments are. */
struct said {
	const struct fst_rule *strictest; /* of all that may decide */
	bool by_arguments;
	bool by_alias; /* a rule names the part by a name that its direct call has not */
	bool by_one;   /* all that may decide permit it alike */
};

static struct said look_up(const struct carrier *c, const struct fst_mux_part *part)
{
	const struct fst_layer *layer = c->bound->layer;
	int direct = fst_mux_direct(c->abi, part);
	unsigned name = (unsigned)flagstop_call_find(part->name);
	struct said said = { .strictest = NULL };

	for (unsigned i = 0; i <= layer->rule_count; i++) {
		const struct fst_rule *rule = i < layer->rule_count ? &layer->rules[i] : &layer->fallback;
		bool is_last = i == layer->rule_count;
		bool by_name = is_last || fst_callset_has(&rule->set, c->abi, name);
		bool by_direct = is_last || fst_callset_has(&rule->set, c->abi, direct < 0 ? name : (unsigned)direct);

		if (!by_name && !by_direct)
			continue;
		said.by_alias |= !by_direct;
		said.by_arguments |= rule->when || rule->rewrite_count;
		rule = rule->rewrite_count ? &refused : rule;
		said.by_one = !said.strictest || (said.by_one && strictness(said.strictest) == strictness(rule));
		said.strictest = said.strictest ? stricter(said.strictest, rule) : rule;
		if (is_last || (!layer->rules[i].when && !layer->rules[i].rewrite_count))
			break;
	}
	return said;
}

static const struct fst_cond *is_part(struct carrier *c, const struct fst_mux_part *part)
{
	struct fst_cond *cond = talloc_zero(c->bound, struct fst_cond);
	struct fst_range *range = cond ? talloc(cond, struct fst_range) : NULL;

	if (!range)
		return NULL;
	*range = (struct fst_range){ part->number, part->number };
	*cond = (struct fst_cond){
		.op = FST_EXPR_TEST,
		.bits = 32,
		.mask = part->is_ipc ? FST_MUX_IPC_MASK : UINT32_MAX,
		.ranges = range,
		.range_count = 1,
	};
	return cond;
}

static void add_step(struct carrier *c, const struct fst_cond *when, const struct fst_rule *rule)
{
	struct fst_step *step = &c->steps[c->count];

	if (when == &fst_never)
		return;
	*step = (struct fst_step){ .when = when == &fst_always ? NULL : when, .rule = rule };
	c->count++;
}

static const struct fst_cond *when_of(const struct fst_step *step)
{
	return step->when ? step->when : &fst_always;
}

/* What is watched alone is so by the rule on the carried call. What was asked about would not be what is made. */
static const struct fst_rule *joined(const struct fst_rule *own, const struct fst_rule *rule,
				     const struct fst_rule *instead)
{
	if (strictness(own) <= FLAGSTOP_ACTION_TRACE)
		return strictness(own) > strictness(rule) ? own : rule;
	return stricter(own, instead);
}

/* Each of its own steps, for this part alone. */
static void add_by_number(struct carrier *c, const struct fst_mux_part *part, const struct fst_rule *rule,
			  const struct fst_rule *instead)
{
	for (unsigned i = 0; i < c->own->count && !c->no_memory; i++) {
		const struct fst_step *own = &c->own->steps[i];
		const struct fst_cond *when =
			fst_cond_join(c->bound, FST_EXPR_AND, is_part(c, part), when_of(own));

		c->no_memory = !when;
		if (when)
			add_step(c, when, joined(own->rule, rule, instead));
	}
}

static const struct fst_cond *moved(void *parent, const struct fst_cond *cond, const char *registers)
{
	struct fst_cond *copy = talloc(parent, struct fst_cond);

	if (!copy)
		return NULL;
	*copy = *cond;
	if (cond->op == FST_EXPR_TEST) {
		copy->argument = (unsigned)(registers[cond->argument] - '0');
		return copy;
	}
	copy->left = moved(parent, cond->left, registers);
	copy->right = cond->op == FST_EXPR_NOT ? NULL : moved(parent, cond->right, registers);
	return copy->left && (copy->right || cond->op == FST_EXPR_NOT) ? copy : NULL;
}

static bool asks_beyond(const struct fst_cond *cond, unsigned count)
{
	if (cond->op == FST_EXPR_TEST)
		return cond->argument >= count;
	return cond->op == FST_EXPR_FACT || asks_beyond(cond->left, count) ||
		(cond->op != FST_EXPR_NOT && asks_beyond(cond->right, count));
}

static const struct fst_decision *liftable(const struct carrier *c, const struct fst_mux_part *part)
{
	const struct fst_decision *d =
		part->registers ? c->bound->by_abi[c->abi][flagstop_call_find(part->name)] : NULL;

	for (unsigned i = 0; d && i < d->count; i++)
		if (d->steps[i].when && asks_beyond(d->steps[i].when, (unsigned)strlen(part->registers)))
			return NULL;
	return d;
}

static void add_by_registers(struct carrier *c, const struct fst_mux_part *part, const struct fst_decision *carried)
{
	for (unsigned i = 0; i < carried->count && !c->no_memory; i++) {
		const struct fst_step *step = &carried->steps[i];
		const struct fst_cond *when = is_part(c, part);
		const struct fst_rule *rule = step->change_count ? &refused : step->rule;

		if (step->when)
			when = fst_cond_join(c->bound, FST_EXPR_AND, when,
					     moved(c->bound, step->when, part->registers));
		for (unsigned k = 0; k < c->own->count && !c->no_memory; k++) {
			const struct fst_step *own = &c->own->steps[k];
			const struct fst_cond *both = fst_cond_join(c->bound, FST_EXPR_AND, when, when_of(own));

			c->no_memory = !both;
			if (both)
				add_step(c, both, stricter(own->rule, rule));
		}
	}
}

static void add_part(struct carrier *c, const struct fst_mux_part *part)
{
	struct said said = look_up(c, part);
	const struct fst_decision *registers = liftable(c, part);

	bool matters = said.by_arguments && !(said.by_one && !refuses(said.strictest));

	if (matters && !said.by_alias && registers) {
		add_by_registers(c, part, registers);
		return;
	}
	if (matters && !said.by_alias && !part->is_ipc && fst_mux_direct(c->abi, part) >= 0) {
		add_by_number(c, part, &fst_rule_carried, &refused);
		return;
	}
	for (unsigned i = 0; i < c->own->count; i++) {
		if (stricter(c->own->steps[i].rule, said.strictest) == c->own->steps[i].rule)
			continue;
		add_by_number(c, part, said.strictest, said.strictest);
		return;
	}
}

static unsigned most_steps(const struct carrier *c)
{
	unsigned count = 0;

	for (unsigned i = 0; i < fst_mux_part_count; i++) {
		const struct fst_mux_part *part = &fst_mux_parts[i];
		const struct fst_decision *d = part->is_ipc == c->is_ipc ? liftable(c, part) : NULL;

		count += d ? d->count : 1;
	}
	return count * c->own->count;
}

/* Which part it is must not change once that was judged. */
static int check_own(const struct carrier *c, struct flagstop_error *error)
{
	for (unsigned i = 0; i < c->own->count; i++) {
		const struct fst_place *place = &c->own->steps[i].rule->place;

		if (!c->own->steps[i].change_count)
			continue;
		fst_error_set(error, -EOPNOTSUPP, "a call that carries others cannot be rewritten");
		fst_error_place(error, place->file, place->line, place->column, place->columns, place->source,
				place->source_bytes);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int bind_one(struct fst_bound *bound, enum flagstop_abi abi, bool is_ipc, struct flagstop_error *error)
{
	int call = flagstop_call_find(is_ipc ? "ipc" : "socketcall");
	struct carrier c = { .bound = bound, .abi = abi, .is_ipc = is_ipc, .own = bound->by_abi[abi][call] };
	struct fst_decision *d;
	int r = check_own(&c, error);

	if (r)
		return r;
	c.steps = talloc_array(bound, struct fst_step, most_steps(&c));
	c.no_memory = !c.steps;
	for (unsigned i = 0; i < fst_mux_part_count && !c.no_memory; i++)
		if (fst_mux_parts[i].is_ipc == is_ipc)
			add_part(&c, &fst_mux_parts[i]);
	d = c.no_memory || !c.count ?
		NULL :
		talloc_size(bound, sizeof(*d) + (c.count + c.own->count) * sizeof(*d->steps));
	if (d) {
		*d = (struct fst_decision){ .count = c.count + c.own->count,
					    .has_facts = c.own->has_facts,
					    .carried = c.count };
		memcpy(d->steps, c.steps, c.count * sizeof(*d->steps));
		memcpy(d->steps + c.count, c.own->steps, c.own->count * sizeof(*d->steps));
		bound->by_abi[abi][call] = d;
	}
	talloc_free(c.steps);
	return c.no_memory || (c.count && !d) ? fst_error_set(error, -ENOMEM, "no memory") : 0;
}

int fst_carried_bind(struct fst_bound *bound, enum flagstop_abi abi, struct flagstop_error *error)
{
	for (int is_ipc = 0; is_ipc < 2; is_ipc++) {
		int r = fst_mux_is_in(abi, is_ipc) ? bind_one(bound, abi, is_ipc, error) : 0;

		if (r)
			return r;
	}
	return 0;
}

bool fst_policy_carries(const struct flagstop_policy *policy, const struct flagstop_data *call, uint32_t layers)
{
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;

	facts.layers_known = 1;
	facts.layers = layers;
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_decision *d = fst_bound_decision(policy->layers[i], call->arch, call->nr);

		if (fst_decision_outcome(d, call->args, ~0u, &facts).rule == &fst_rule_carried)
			return true;
	}
	return false;
}

bool fst_policy_has_carried(const struct flagstop_policy *policy)
{
	int call = flagstop_call_find("socketcall");

	for (unsigned i = 0; i < policy->layer_count; i++) {
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
			const struct fst_decision *const *calls = policy->layers[i]->by_abi[abi];
			const struct fst_decision *d = calls ? calls[call] : NULL;

			for (unsigned k = 0; d && k < d->count; k++)
				if (d->steps[k].rule == &fst_rule_carried)
					return true;
		}
	}
	return false;
}
