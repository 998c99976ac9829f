/* SPDX-License-Identifier: MIT */
/*
 * Gives a parsed layer its meaning, call by call. Decides which argument a name is, how wide it is, and which values a
 * comparison takes in; refuses rules that have no meaning or can never match. Knows nothing of files or of cBPF.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <arch/mux.h>
#include <filters/error.h>
#include <filters/policy/carried.h>
#include <filters/policy/pair.h>

/*
 * A rule is bound once for each of its calls in each ABI: what a short text can ask for is bounded here. Parts are
 * tests and the ranges of their values; effort is what finding contradictions may cost, in comparisons.
 */
#define PARTS_MAX (1u << 19)
#define EFFORT_MAX (UINT64_C(1) << 28)

struct binder {
	struct fst_bound *bound;
	struct flagstop_error *error;
	unsigned parts;
	uint64_t effort; /* what is left of it */
	enum flagstop_abi abi;
	unsigned call;
	const struct flagstop_arg *args;
	unsigned arg_count;
	/* The rules that name any of the calls that share a word of the sets with `call`, in their order. */
	unsigned *near_rules;
	unsigned near_count;
	const struct fst_decision *fallback; /* the default alone; made when a call first needs it */
	unsigned restart_syscall;
	int path; /* the argument that `path` means at the moment */
};

static int fail(struct binder *b, const struct fst_place *place, int code)
{
	fst_error_place(b->error, place->file, place->line, place->column, place->columns, place->source,
			place->source_bytes);
	return code;
}

/* ---- comparisons ------------------------------------------------------------------------------------------------ */

struct word {
	unsigned argument;
	unsigned bits;
	bool is_signed; /* how < and > compare */
	const char *set;
	uint64_t mask;
	bool is_pair; /* of registers */
	struct fst_pair pair;
	bool in_memory; /* it is this field; what `argument` points to has it */
	struct fst_field field;
};

static uint64_t all_ones(unsigned bits)
{
	return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static int no_such_argument(struct binder *b, const struct fst_expr *test)
{
	char names[160] = "";
	size_t used = 0;

	for (unsigned i = 0; i < b->arg_count && used < sizeof(names); i++)
		used += snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", b->args[i].name);
	fst_error_set(b->error, -EBADMSG, "%s has no argument '%s' in %s", flagstop_call_name(b->call), test->argument,
		      flagstop_abi_name(b->abi));
	if (b->arg_count)
		fst_error_hint(b->error, "its arguments are: %s", names);
	else
		fst_error_hint(b->error, "it takes no arguments; arg0 … arg5 compare the registers as they are");
	return fail(b, &test->argument_place, -EBADMSG);
}

static struct fst_asked asked_of(const struct binder *b)
{
	return (struct fst_asked){ b->abi, b->call, b->args, b->arg_count, b->path };
}

/* 1: it is a number in memory. */
static int find_field(struct binder *b, const struct fst_expr *test, struct word *ret_word)
{
	struct fst_asked asked = asked_of(b);
	struct fst_field field;
	int r = fst_fact_field(&asked, test, &field, b->error);

	if (r == 1)
		*ret_word = (struct word){
			.argument = field.argument,
			.bits = field.bits,
			.set = field.set,
			.mask = all_ones(field.bits),
			.in_memory = true,
			.field = field,
		};
	return r;
}

static int find_pair(struct binder *b, const struct fst_expr *test, struct word *ret_word)
{
	struct fst_asked asked = asked_of(b);
	struct fst_pair pair;

	if (!fst_pair_find(&asked, test->argument, &pair))
		return no_such_argument(b, test);
	*ret_word = (struct word){
		.argument = pair.low,
		.bits = 64,
		.is_signed = pair.is_signed,
		.set = pair.set,
		.mask = all_ones(64),
		.is_pair = true,
		.pair = pair,
	};
	return 0;
}

static int find_argument(struct binder *b, const struct fst_expr *test, struct word *ret_word)
{
	const char *name = test->argument;
	int r = find_field(b, test, ret_word);
	unsigned i;

	if (r)
		return r < 0 ? r : 0;
	*ret_word = (struct word){ .bits = 0 };
	if (!strncmp(name, "arg", 3) && name[3] >= '0' && name[3] <= '5' && !name[4]) {
		i = name[3] - '0';
	} else {
		for (i = 0; i < b->arg_count && strcmp(b->args[i].name, name); i++)
			;
		if (i == b->arg_count)
			return find_pair(b, test, ret_word);
	}
	enum flagstop_arg_type type = i < b->arg_count ? b->args[i].type : FLAGSTOP_ARG_UWORD;
	ret_word->argument = i;
	ret_word->bits = flagstop_arg_bits(b->abi, type);
	ret_word->is_signed = type == FLAGSTOP_ARG_S32 || type == FLAGSTOP_ARG_SWORD;
	ret_word->set = i < b->arg_count ? b->args[i].set : NULL;
	ret_word->mask = all_ones(ret_word->bits);
	return 0;
}

/* The bit pattern of a constant in a word of that width. */
static int bind_value(struct binder *b, const struct fst_expr *test, const struct word *word,
		      const struct fst_value *value, int64_t *ret_value)
{
	int64_t v = value->in[b->abi];

	if (!(value->known >> b->abi & 1)) {
		fst_error_set(b->error, -EBADMSG, "%s does not exist in %s",
			      value->name ? value->name : "a constant here",
			      flagstop_abi_name(b->abi));
		return fail(b, &value->place, -EBADMSG);
	}
	if (value->name && word->set && !flagstop_constant_in_set(value->name, word->set)) {
		const char *near = flagstop_constant_nearest(value->name, word->set);

		fst_error_set(b->error, -EBADMSG, "%s is no value of '%s' of %s", value->name, test->argument,
			      flagstop_call_name(b->call));
		if (near)
			fst_error_hint(b->error, "did you mean '%s'?", near);
		return fail(b, &value->place, -EBADMSG);
	}
	if (word->bits < 64 && (v < -(INT64_C(1) << (word->bits - 1)) || v > (int64_t)all_ones(word->bits))) {
		fst_error_set(b->error, -EBADMSG, "the value does not fit into '%s' of %s, which has %u bits",
			      test->part ? test->part : test->argument, flagstop_call_name(b->call), word->bits);
		return fail(b, &value->place, -EBADMSG);
	}
	*ret_value = v;
	return 0;
}

static int never_matches(struct binder *b, const struct fst_expr *test, const struct fst_value *value)
{
	fst_error_set(b->error, -EBADMSG, "this %s: the value has bits that the mask takes away",
		      test->relation == FST_RELATION_NE ? "always matches" : "can never match");
	return fail(b, value ? &value->place : &test->place, -EBADMSG);
}

struct range_list {
	struct fst_range *ranges;
	unsigned count;
};

static void add_range(struct range_list *list, uint64_t low, uint64_t high)
{
	list->ranges[list->count++] = (struct fst_range){ low, high };
}

/* An interval in the word's own order, as unsigned ranges: a signed one that holds both -1 and 0 is two. */
static void add_interval(struct range_list *list, const struct word *word, bool is_signed, int64_t low, int64_t high)
{
	uint64_t ones = all_ones(word->bits);

	if (is_signed && low < 0 && high >= 0) {
		add_range(list, 0, (uint64_t)high);
		add_range(list, (uint64_t)low & ones, ones);
	} else {
		add_range(list, (uint64_t)low & ones, (uint64_t)high & ones);
	}
}

static void sort_and_merge(struct range_list *list)
{
	for (unsigned i = 1; i < list->count; i++) {
		struct fst_range r = list->ranges[i];
		unsigned j = i;

		for (; j && list->ranges[j - 1].low > r.low; j--)
			list->ranges[j] = list->ranges[j - 1];
		list->ranges[j] = r;
	}
	unsigned kept = 0;
	for (unsigned i = 0; i < list->count; i++) {
		struct fst_range r = list->ranges[i];
		struct fst_range *last = kept ? &list->ranges[kept - 1] : NULL;

		if (last && (last->high == UINT64_MAX || r.low <= last->high + 1)) {
			if (r.high > last->high)
				last->high = r.high;
		} else {
			list->ranges[kept++] = r;
		}
	}
	list->count = kept;
}

static void complement(struct range_list *list, uint64_t ones)
{
	uint64_t next = 0;
	unsigned kept = 0;
	bool open = true;
	unsigned count = list->count;
	struct fst_range in[count ? count : 1];

	memcpy(in, list->ranges, count * sizeof(*in));
	for (unsigned i = 0; i < count; i++) {
		if (in[i].low > next)
			list->ranges[kept++] = (struct fst_range){ next, in[i].low - 1 };
		open = in[i].high < ones;
		next = in[i].high + 1;
	}
	if (open)
		list->ranges[kept++] = (struct fst_range){ next, ones };
	list->count = kept;
}

static int64_t smallest(const struct word *word, bool is_signed)
{
	return !is_signed ? 0 : word->bits == 64 ? INT64_MIN :
						   INT32_MIN;
}

static int64_t largest(const struct word *word, bool is_signed)
{
	if (is_signed)
		return word->bits == 64 ? INT64_MAX : INT32_MAX;
	return (int64_t)all_ones(word->bits);
}

/* a < b in the word's order; a pattern such as 0xffffffff is no signed 32-bit number, so it is taken as one. */
static int64_t as_ordered(const struct word *word, bool is_signed, int64_t v)
{
	if (word->bits == 64)
		return v;
	return is_signed ? (int64_t)(int32_t)v : (int64_t)((uint64_t)v & all_ones(word->bits));
}

static bool ordered_less(bool is_signed, int64_t a, int64_t b)
{
	return is_signed ? a < b : (uint64_t)a < (uint64_t)b;
}

/* Of patterns: an unsigned one may lie on either side of what INT64_MAX is. */
static int64_t next_to(int64_t v, int64_t step)
{
	return (int64_t)((uint64_t)v + (uint64_t)step);
}

static int bind_order(struct binder *b, const struct fst_expr *test, const struct word *word, bool is_signed,
		      struct range_list *list)
{
	const struct fst_value *value = &test->items[0].low;
	int64_t v;
	int r = bind_value(b, test, word, value, &v);

	if (r)
		return r;
	v = as_ordered(word, is_signed, v);
	int64_t least = smallest(word, is_signed), most = largest(word, is_signed);
	if ((test->relation == FST_RELATION_LT && v == least) || (test->relation == FST_RELATION_GT && v == most)) {
		fst_error_set(b->error, -EBADMSG, "this can never match: no value of '%s' is %s than that",
			      test->argument,
			      v == least ? "less" : "more");
		return fail(b, &test->place, -EBADMSG);
	}
	switch (test->relation) {
	case FST_RELATION_LT:
		add_interval(list, word, is_signed, least, next_to(v, -1));
		break;
	case FST_RELATION_LE:
		add_interval(list, word, is_signed, least, v);
		break;
	case FST_RELATION_GT:
		add_interval(list, word, is_signed, next_to(v, 1), most);
		break;
	default:
		add_interval(list, word, is_signed, v, most);
		break;
	}
	return 0;
}

static int bind_items(struct binder *b, const struct fst_expr *test, const struct word *word, bool is_signed,
		      struct range_list *list)
{
	for (unsigned i = 0; i < test->item_count; i++) {
		const struct fst_item *item = &test->items[i];
		int64_t low, high;
		int r = bind_value(b, test, word, &item->low, &low);

		if (!r)
			r = bind_value(b, test, word, &item->high, &high);
		if (r)
			return r;
		low = as_ordered(word, is_signed, low);
		high = as_ordered(word, is_signed, high);
		if (ordered_less(is_signed, high, low)) {
			fst_error_set(b->error, -EBADMSG, "this can never match: the range ends before it begins");
			return fail(b, &item->low.place, -EBADMSG);
		}
		if (low == high && test->masked && ((uint64_t)low & all_ones(word->bits) & ~word->mask))
			return never_matches(b, test, &item->low);
		add_interval(list, word, is_signed, low, high);
	}
	return 0;
}

static int bind_ranges(struct binder *b, const struct fst_expr *test, const struct word *word,
		       struct range_list *list)
{
	bool is_signed = word->is_signed && !test->masked;
	int r = 0;

	switch (test->relation) {
	case FST_RELATION_TRUE:
		add_range(list, 1, all_ones(word->bits));
		break;
	case FST_RELATION_LT:
	case FST_RELATION_LE:
	case FST_RELATION_GT:
	case FST_RELATION_GE:
		r = bind_order(b, test, word, is_signed, list);
		break;
	default:
		r = bind_items(b, test, word, is_signed, list);
		break;
	}
	if (r)
		return r;
	sort_and_merge(list);
	if (test->relation == FST_RELATION_NE)
		complement(list, all_ones(word->bits));
	if (!list->count || list->ranges[0].low > word->mask)
		return never_matches(b, test, NULL);
	return 0;
}

static int bind_test(struct binder *b, const struct fst_expr *test, struct fst_cond *cond,
		     const struct fst_cond **ret_cond)
{
	struct word word;
	int64_t mask;
	int r = find_argument(b, test, &word);

	if (!r && test->masked) {
		r = bind_value(b, test, &word, &test->mask, &mask);
		word.mask = r ? 0 : (uint64_t)mask & all_ones(word.bits);
	}
	if (r)
		return r;
	/* Two for each item (a signed interval around 0), and one more for what lies behind the last (complement). */
	struct range_list list = { .count = 0 };
	list.ranges = talloc_array(cond, struct fst_range, 2 * test->item_count + 2);
	if (!list.ranges)
		return fst_error_set(b->error, -ENOMEM, "no memory");
	r = bind_ranges(b, test, &word, &list);
	if (r)
		return r;
	cond->argument = word.argument;
	cond->bits = word.bits < 32 ? 32 : word.bits;
	cond->mask = word.mask;
	cond->ranges = list.ranges;
	cond->range_count = list.count;
	if (word.in_memory && fst_fact_set_field(cond, &word.field))
		return fst_error_set(b->error, -ENOMEM, "no memory");
	*ret_cond = word.is_pair ? fst_pair_split(b->bound, cond, &word.pair) : cond;
	return *ret_cond ? 0 : fst_error_set(b->error, -ENOMEM, "no memory");
}

/* One test, of a scalar or of a fact. */
static int bind_leaf(struct binder *b, const struct fst_expr *test, const struct fst_cond **ret_cond)
{
	struct fst_cond *cond = talloc_zero(b->bound, struct fst_cond);
	struct fst_asked asked = asked_of(b);
	int r = fst_fact_intent(&asked, test, b->bound, ret_cond, b->error);

	if (r)
		return r < 0 ? r : 0;
	if (!cond)
		return fst_error_set(b->error, -ENOMEM, "no memory");
	cond->op = FST_EXPR_TEST;
	cond->index = test->index;
	r = fst_fact_of(&asked, test, cond, b->error);
	if (!r)
		return bind_test(b, test, cond, ret_cond);
	if (r < 0)
		return r;
	*ret_cond = r == 1 && test->relation == FST_RELATION_NE ? fst_cond_negate(b->bound, cond) : cond;
	return *ret_cond ? 0 : fst_error_set(b->error, -ENOMEM, "no memory");
}

static int take_parts(struct binder *b, const struct fst_expr *expr)
{
	b->parts += 1 + 2 * expr->item_count + expr->pattern_count + expr->net_count;
	if (b->parts <= PARTS_MAX)
		return 0;
	fst_error_set(b->error, -E2BIG, "the conditions have more than %u parts over all calls and ABIs", PARTS_MAX);
	fst_error_hint(b->error, "conditions on large groups cost most: name fewer calls or ABIs");
	return fail(b, &expr->place, -E2BIG);
}

/* The parser bounds the depth of expressions. */
static int bind_expr(struct binder *b, const struct fst_expr *expr, const struct fst_cond **ret_cond)
{
	const struct fst_cond *left = NULL, *right = NULL;
	int r = take_parts(b, expr);

	if (r)
		return r;
	if (expr->op == FST_EXPR_TEST)
		return bind_leaf(b, expr, ret_cond);
	r = bind_expr(b, expr->left, &left);
	if (!r && expr->op != FST_EXPR_NOT)
		r = bind_expr(b, expr->right, &right);
	if (r)
		return r;
	*ret_cond = expr->op == FST_EXPR_NOT ? fst_cond_negate(b->bound, left) :
					       fst_cond_join(b->bound, expr->op, left, right);
	return *ret_cond ? 0 : fst_error_set(b->error, -ENOMEM, "no memory");
}

static bool asks_for_path(const struct fst_expr *expr)
{
	if (expr->op == FST_EXPR_TEST)
		return fst_fact_is_path_word(expr);
	return asks_for_path(expr->left) || (expr->op != FST_EXPR_NOT && asks_for_path(expr->right));
}

/* What permits must be true of each path of a call; what refuses, of one. */
static bool permits(struct flagstop_verdict verdict)
{
	return verdict.action < FLAGSTOP_ACTION_RETURN;
}

/* The whole condition once for each path of the call. */
static int bind_for_paths(struct binder *b, const struct fst_rule *rule, const struct fst_cond **ret_cond)
{
	enum fst_expr_op op = permits(rule->verdict) ? FST_EXPR_AND : FST_EXPR_OR;
	const struct fst_cond *all = NULL, *one;

	for (unsigned i = 0; i < b->arg_count; i++) {
		int r;

		if (b->args[i].role != FLAGSTOP_ROLE_PATH)
			continue;
		b->path = (int)i;
		r = bind_expr(b, rule->when, &one);
		if (r)
			return r;
		all = all ? fst_cond_join(b->bound, op, all, one) : one;
		if (!all)
			return fst_error_set(b->error, -ENOMEM, "no memory");
	}
	b->path = -1;
	*ret_cond = all;
	return all ? 0 : bind_expr(b, rule->when, ret_cond);
}

static int bind_when(struct binder *b, const struct fst_rule *rule, const struct fst_cond **ret_cond)
{
	b->path = -1;
	return asks_for_path(rule->when) ? bind_for_paths(b, rule, ret_cond) : bind_expr(b, rule->when, ret_cond);
}

static int set_step(struct binder *b, const struct fst_cond *when, const struct fst_rule *rule, struct fst_step *step)
{
	struct fst_asked asked = asked_of(b);

	*step = (struct fst_step){ .when = when == &fst_always ? NULL : when, .rule = rule };
	if (rule->rewrite_count) {
		int r = fst_rewrite_bind(&asked, rule, b->bound, step, b->error);

		if (r)
			return r;
	}
	if (!step->when || !fst_cond_facts(when))
		return 0;
	step->has_facts = true;
	step->may = fst_cond_may(b->bound, when);
	step->must = fst_cond_must(b->bound, when);
	return step->may && step->must ? 0 : fst_error_set(b->error, -ENOMEM, "no memory");
}

/* ---- layers ----------------------------------------------------------------------------------------------------- */

/* What is known of each rule once every call was bound. */
struct rule_use {
	bool used;                        /* some call reaches it */
	bool can_match;                   /* its condition holds for some call */
	const struct fst_rule *shadow;    /* decides before it, with another verdict */
	const struct fst_decision *alone; /* the rule for all arguments: one for all of its calls, made when needed */
};

static const struct fst_rule restart_rule = {
	.text = "implied: a call that was allowed may be restarted",
	.verdict = { FLAGSTOP_ACTION_ALLOW, 0 },
};

static const struct fst_rule foreign_rule = {
	.text = "implied: an ABI that the policy does not name is refused",
	.verdict = { FLAGSTOP_ACTION_KILL_PROCESS, 0 },
};

static struct fst_decision *only(void *parent, const struct fst_rule *rule)
{
	struct fst_decision *d = talloc_zero_size(parent, sizeof(*d) + sizeof(d->steps[0]));

	if (d) {
		d->count = 1;
		d->steps[0].rule = rule;
	}
	return d;
}

static bool same_verdict(struct flagstop_verdict a, struct flagstop_verdict b)
{
	return a.action == b.action && a.value == b.value;
}

/* Rules behind the one that always decides are noted: a rule that no call ever reaches is a mistake. */
static void note_shadowed(const struct fst_layer *layer, struct rule_use *uses, const struct binder *b,
			  unsigned decider)
{
	const struct fst_rule *by = &layer->rules[b->near_rules[decider]];

	for (unsigned i = decider + 1; i < b->near_count; i++) {
		const struct fst_rule *rule = &layer->rules[b->near_rules[i]];

		if (fst_callset_has(&rule->set, b->abi, b->call) && !same_verdict(rule->verdict, by->verdict))
			uses[b->near_rules[i]].shadow = by;
	}
}

static int bind_steps(struct binder *b, struct rule_use *uses, struct fst_step *steps, unsigned *ret_count)
{
	const struct fst_layer *layer = b->bound->layer;
	unsigned count = 0;

	for (unsigned near = 0; near < b->near_count; near++) {
		unsigned i = b->near_rules[near];
		const struct fst_rule *rule = &layer->rules[i];
		const struct fst_cond *when = NULL;

		if (!fst_callset_has(&rule->set, b->abi, b->call))
			continue;
		if (rule->when) {
			int r = bind_when(b, rule, &when);

			if (r)
				return r;
		}
		uses[i].used = true;
		if (when && (when == &fst_never || (when != &fst_always && !fst_cond_can_match(when, &b->effort))))
			continue;
		uses[i].can_match = true;
		int r = set_step(b, when, rule, &steps[count]);
		if (r)
			return r;
		if (!steps[count++].when) {
			note_shadowed(layer, uses, b, near);
			*ret_count = count;
			return 0;
		}
	}
	/* Without it, a policy that allows nanosleep would break it on SIGSTOP and SIGCONT (PITFALLS: restarts). */
	steps[count++] = (struct fst_step){ .rule = b->call == b->restart_syscall ? &restart_rule : &layer->fallback };
	*ret_count = count;
	return 0;
}

/* Where decisions of that one rule and no other are kept. NULL: nowhere, there are other steps before it. */
static const struct fst_decision **shared_decision(struct binder *b, struct rule_use *uses,
						   const struct fst_step *steps, unsigned count)
{
	const struct fst_layer *layer = b->bound->layer;

	if (count > 1 || steps->rule == &restart_rule || steps->change_count)
		return NULL;
	return steps->rule == &layer->fallback ? &b->fallback : &uses[steps->rule - layer->rules].alone;
}

static int bind_call(struct binder *b, struct rule_use *uses, struct fst_step *steps)
{
	unsigned count;
	int r;

	b->arg_count = flagstop_call_args(b->call, b->abi, &b->args);
	r = bind_steps(b, uses, steps, &count);
	if (r)
		return r;
	const struct fst_decision **shared = shared_decision(b, uses, steps, count);
	if (!shared || !*shared) {
		struct fst_decision *d = talloc_size(b->bound, sizeof(*d) + count * sizeof(*steps));

		if (!d)
			return fst_error_set(b->error, -ENOMEM, "no memory");
		d->count = count;
		d->has_facts = false;
		d->carried = 0;
		memcpy(d->steps, steps, count * sizeof(*steps));
		for (unsigned i = 0; i < count; i++)
			d->has_facts |= steps[i].has_facts;
		b->bound->has_facts |= d->has_facts;
		b->bound->by_abi[b->abi][b->call] = d;
		if (shared)
			*shared = d;
	} else {
		b->bound->by_abi[b->abi][b->call] = *shared;
	}
	return 0;
}

/* Most rules name a few calls: those that name none near this one are not asked for each call. */
static void find_near_rules(struct binder *b)
{
	const struct fst_layer *layer = b->bound->layer;

	b->near_count = 0;
	for (unsigned i = 0; i < layer->rule_count; i++)
		if (layer->rules[i].set.bits[b->abi][b->call / 64])
			b->near_rules[b->near_count++] = i;
}

static int bind_abi(struct binder *b, struct rule_use *uses, struct fst_step *steps)
{
	unsigned calls = flagstop_call_count();

	b->bound->by_abi[b->abi] = talloc_zero_array(b->bound, const struct fst_decision *, calls);
	if (!b->bound->by_abi[b->abi])
		return fst_error_set(b->error, -ENOMEM, "no memory");
	for (b->call = 0; b->call < calls; b->call++) {
		if (b->call % 64 == 0)
			find_near_rules(b);
		if (!fst_mux_knows(b->abi, b->call))
			continue;
		int r = bind_call(b, uses, steps);
		if (r)
			return r;
	}
	return fst_carried_bind(b->bound, b->abi, b->error);
}

static int refuse_useless_rules(struct binder *b, const struct rule_use *uses)
{
	const struct fst_layer *layer = b->bound->layer;

	for (unsigned i = 0; i < layer->rule_count; i++) {
		const struct fst_rule *rule = &layer->rules[i];
		const struct rule_use *use = &uses[i];

		if (use->used && !use->can_match) {
			fst_error_set(b->error, -EBADMSG,
				      "this rule can never match: its condition contradicts itself");
			return fail(b, &rule->when->place, -EBADMSG);
		}
		/* Groups overlap, and what is included may be narrowed before: a mistake is one in one file only. */
		if (!use->used && use->shadow && !strcmp(use->shadow->place.file, rule->place.file)) {
			fst_error_set(b->error, -EBADMSG,
				      "this rule can never match: line %u decides all of its calls before",
				      use->shadow->place.line);
			fst_error_hint(b->error, "the first rule that matches wins; move this one up or take it out");
			return fail(b, &rule->place, -EBADMSG);
		}
	}
	return 0;
}

static int bind_all(struct binder *b)
{
	const struct fst_layer *layer = b->bound->layer;
	struct rule_use *uses = talloc_zero_array(b->bound, struct rule_use, layer->rule_count + 1);
	struct fst_step *steps = talloc_array(b->bound, struct fst_step, layer->rule_count + 1);
	int r = 0;

	b->near_rules = talloc_array(b->bound, unsigned, layer->rule_count + 1);
	if (!uses || !steps || !b->near_rules)
		return fst_error_set(b->error, -ENOMEM, "no memory");
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++) {
		b->abi = abi;
		if (layer->abis >> abi & 1)
			r = bind_abi(b, uses, steps);
	}
	if (!r)
		r = refuse_useless_rules(b, uses);
	talloc_free(b->near_rules);
	talloc_free(steps);
	talloc_free(uses);
	return r;
}

int fst_bind(struct fst_layer *layer, struct fst_bound **ret_bound, struct flagstop_error *reterr_error)
{
	struct binder b = { .error = reterr_error,
			    .effort = EFFORT_MAX,
			    .restart_syscall = (unsigned)flagstop_call_find("restart_syscall") };
	int r;

	b.bound = talloc_zero(layer, struct fst_bound);
	if (!b.bound)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	b.bound->layer = layer;
	b.bound->unknown = only(b.bound, &layer->unknown);
	b.bound->foreign = only(b.bound, &foreign_rule);
	if (!b.bound->unknown || !b.bound->foreign)
		r = fst_error_set(reterr_error, -ENOMEM, "no memory");
	else
		r = bind_all(&b);
	if (r) {
		talloc_free(b.bound);
		return r;
	}
	*ret_bound = b.bound;
	return 0;
}

const struct fst_decision *fst_bound_decision(const struct fst_bound *bound, uint32_t audit_arch, uint32_t nr)
{
	int abi = flagstop_abi_of_call(audit_arch, nr);

	if (abi < 0 || !bound->by_abi[abi])
		return bound->foreign;
	int call = flagstop_call_from_number(abi, nr);
	return call < 0 ? bound->unknown : bound->by_abi[abi][call];
}
