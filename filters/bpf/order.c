/* SPDX-License-Identifier: MIT */
/*
 * Decides in which order a call's conditions look at its arguments, and what is left to look at once a value is
 * known: a word is sorted into the ranges that any test of it makes a difference between, and for each range the
 * rest is simplified (what is decided is gone) before the next word is chosen. All orders of a few words are tried,
 * and the plain one as the rules were written; the cheapest is taken. Knows nothing of calls; how a value becomes
 * instructions is word.c's.
 */
#include <float.h>
#include <stdlib.h>

#include <talloc.h>

#include <filters/bpf/intern.h>
#include <filters/bpf/order.h>
#include <filters/bpf/word.h>

#define VARIABLES_MAX 64 /* bits of `variables`; tests of more are taken as they were written */
#define TRIED_MAX 4      /* words that are tried as the first one */
#define DEPTH_MAX 512    /* choices that may follow each other: the walks here are recursive */
#define PLAIN_MAX 12     /* choices behind each other, up to which the order as written is tried, too */
#define NOT_YET UINT32_MAX

/* Steps that one call's decision may take, and all together; behind that the order as written has to be good enough. */
#define EFFORT (1u << 18)
#define EFFORT_OF_ALL (1u << 20)

struct test {
	unsigned variable;
	const struct fst_cond *cond;
};

struct choice {
	unsigned test; /* NOT_YET: none, an end */
	fst_choice yes, no;
	uint64_t variables; /* a bit for each that is tested from here on */
	unsigned depth;
	fst_node node;    /* what it became; NOT_YET */
	unsigned walk;    /* of walks: seen in the one of this number, ... */
	fst_choice image; /* ... and became that */
};

struct fst_order {
	struct fst_codegen *code;
	enum flagstop_abi abi;
	double price;
	struct fst_variable *variables;
	struct test *tests;
	struct choice *choices;
	unsigned variable_count, test_count, choice_count;
	struct fst_intern known_tests, known_choices;
	unsigned walk;
	unsigned effort, effort_of_all;
};

struct fst_order *fst_order_new(void *parent, struct fst_codegen *g, enum flagstop_abi abi, double price)
{
	struct fst_order *o = talloc_zero(parent, struct fst_order);

	if (!o)
		return NULL;
	*o = (struct fst_order){ .code = g, .abi = abi, .price = price, .effort_of_all = EFFORT_OF_ALL };
	if (!fst_intern_init(&o->known_tests, o) || !fst_intern_init(&o->known_choices, o)) {
		talloc_free(o);
		return NULL;
	}
	return o;
}

/* Room for one more in an array that doubles. NULL: no memory, and the program is lost. */
static void *room(struct fst_order *o, void *array, size_t bytes, unsigned count)
{
	void *larger = array;

	if (!(count & (count - 1))) /* full: a power of two, or nothing yet */
		larger = talloc_realloc_size(o, array, bytes * (count ? 2 * count : 1));
	if (!larger)
		fst_codegen_fail(o->code);
	return larger;
}

/* ---- choices ---------------------------------------------------------------------------------------------------- */

static unsigned find_variable(struct fst_order *o, const struct fst_cond *cond)
{
	struct fst_variable wanted = { cond->argument, cond->bits, cond->mask };
	struct fst_variable *list;

	for (unsigned i = 0; i < o->variable_count; i++)
		if (o->variables[i].argument == wanted.argument && o->variables[i].mask == wanted.mask &&
		    o->variables[i].bits == wanted.bits)
			return i;
	if (o->variable_count == VARIABLES_MAX)
		return VARIABLES_MAX;
	list = room(o, o->variables, sizeof(*list), o->variable_count);
	if (!list)
		return 0;
	o->variables = list;
	list[o->variable_count] = wanted;
	return o->variable_count++;
}

static bool is_same_test(const struct fst_cond *a, const struct fst_cond *b)
{
	if (a->argument != b->argument || a->bits != b->bits || a->mask != b->mask ||
	    a->range_count != b->range_count)
		return false;
	for (unsigned i = 0; i < a->range_count; i++)
		if (a->ranges[i].low != b->ranges[i].low || a->ranges[i].high != b->ranges[i].high)
			return false;
	return true;
}

static uint32_t hash_test(const struct fst_cond *cond)
{
	uint32_t hash = fst_intern_mix(8 * cond->bits + cond->argument, cond->range_count);

	hash = fst_intern_mix(fst_intern_mix(hash, (uint32_t)cond->mask), cond->mask >> 32);
	for (unsigned i = 0; i < cond->range_count; i++) {
		hash = fst_intern_mix(fst_intern_mix(hash, (uint32_t)cond->ranges[i].low),
				      cond->ranges[i].low >> 32);
		hash = fst_intern_mix(fst_intern_mix(hash, (uint32_t)cond->ranges[i].high),
				      cond->ranges[i].high >> 32);
	}
	return hash;
}

static unsigned find_test(struct fst_order *o, const struct fst_cond *cond)
{
	uint32_t hash = hash_test(cond);
	struct test *list;
	unsigned found;

	for (unsigned at = fst_intern_first(&o->known_tests, hash); (found = o->known_tests.slots[at].index_plus_1);
	     at = fst_intern_next(&o->known_tests, at))
		if (is_same_test(o->tests[found - 1].cond, cond))
			return found - 1;
	list = room(o, o->tests, sizeof(*list), o->test_count);
	if (!list)
		return 0;
	o->tests = list;
	list[o->test_count] = (struct test){ find_variable(o, cond), cond };
	fst_intern_put(&o->known_tests, o, hash, o->test_count);
	return o->test_count++;
}

static fst_choice make(struct fst_order *o, struct choice made)
{
	uint32_t hash = fst_intern_mix(fst_intern_mix(made.test, made.yes), made.test == NOT_YET ? made.node : made.no);
	struct choice *list;
	unsigned found;

	for (unsigned at = fst_intern_first(&o->known_choices,
					    hash);
	     (found = o->known_choices.slots[at].index_plus_1);
	     at = fst_intern_next(&o->known_choices, at)) {
		const struct choice *c = &o->choices[found - 1];

		if (c->test == made.test && c->yes == made.yes && c->no == made.no &&
		    (made.test != NOT_YET || c->node == made.node))
			return found - 1;
	}
	list = room(o, o->choices, sizeof(*list), o->choice_count);
	if (!list)
		return 0;
	o->choices = list;
	list[o->choice_count] = made;
	fst_intern_put(&o->known_choices, o, hash, o->choice_count);
	return o->choice_count++;
}

fst_choice fst_order_end(struct fst_order *o, fst_node node)
{
	return make(o, (struct choice){ .test = NOT_YET, .node = node });
}

static fst_choice if_test(struct fst_order *o, unsigned test, fst_choice yes, fst_choice no)
{
	struct choice made = { .test = test, .yes = yes, .no = no, .node = NOT_YET };

	if (yes == no || !o->choices || !o->tests)
		return yes;
	const struct choice *y = &o->choices[yes], *n = &o->choices[no];
	made.variables = y->variables | n->variables;
	if (o->tests[test].variable < VARIABLES_MAX)
		made.variables |= UINT64_C(1) << o->tests[test].variable;
	made.depth = 1 + (y->depth > n->depth ? y->depth : n->depth);
	return make(o, made);
}

fst_choice fst_order_when(struct fst_order *o, const struct fst_cond *cond, fst_choice yes, fst_choice no)
{
	switch (cond->op) {
	case FST_EXPR_NOT:
		return fst_order_when(o, cond->left, no, yes);
	case FST_EXPR_AND:
		return fst_order_when(o, cond->left, fst_order_when(o, cond->right, yes, no), no);
	case FST_EXPR_OR:
		return fst_order_when(o, cond->left, yes, fst_order_when(o, cond->right, yes, no));
	default:
		return if_test(o, find_test(o, cond), yes, no);
	}
}

/* Choices are made behind their successors: those that are reached are found downwards, and made anew upwards. */
fst_choice fst_order_unless(struct fst_order *o, fst_choice choice, fst_choice end, fst_choice other)
{
	fst_choice *images = talloc_zero_array(o, fst_choice, choice + 1), image = 0;

	if (!images || !o->choices || end >= o->choice_count) {
		fst_codegen_fail(o->code);
		talloc_free(images);
		return 0;
	}
	images[choice] = 1;
	for (fst_choice i = choice + 1; i--;)
		if (images[i] && o->choices[i].test != NOT_YET)
			images[o->choices[i].yes] = images[o->choices[i].no] = 1;
	for (fst_choice i = 0; i <= choice; i++) {
		struct choice c = o->choices[i]; /* a copy: the list moves when it grows */

		if (images[i])
			images[i] = c.test != NOT_YET          ? if_test(o, c.test, images[c.yes], images[c.no]) :
				c.node == o->choices[end].node ? i :
								 other;
	}
	image = images[choice];
	talloc_free(images);
	return image;
}

/* ---- what is left once a value is known ------------------------------------------------------------------------- */

static void spend(struct fst_order *o, unsigned steps)
{
	o->effort -= steps < o->effort ? steps : o->effort;
}

static bool tests_variable(const struct fst_order *o, const struct choice *c, unsigned variable)
{
	return c->test != NOT_YET && o->tests[c->test].variable == variable;
}

static fst_choice with_value(struct fst_order *o, fst_choice choice, unsigned variable, uint64_t value)
{
	while (tests_variable(o, &o->choices[choice], variable)) {
		const struct choice *c = &o->choices[choice];

		spend(o, 1);
		choice = fst_cond_takes(o->tests[c->test].cond, value) ? c->yes : c->no;
	}
	struct choice c = o->choices[choice]; /* a copy: the list moves when it grows */
	if (!(c.variables >> variable & 1))
		return choice;
	if (c.walk == o->walk)
		return c.image;
	spend(o, 1);
	fst_choice yes = with_value(o, c.yes, variable, value);
	fst_choice no = with_value(o, c.no, variable, value);
	fst_choice image = yes == c.yes && no == c.no ? choice : if_test(o, c.test, yes, no);
	o->choices[choice].walk = o->walk;
	o->choices[choice].image = image;
	return image;
}

/* ---- the values at which tests of one variable change their mind ------------------------------------------------ */

struct cuts {
	uint64_t *values;
	unsigned count;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void add_cut(struct fst_order *o, struct cuts *cuts, uint64_t value)
{
	uint64_t *values = room(o, cuts->values, sizeof(*values), cuts->count);

	if (!values)
		return;
	cuts->values = values;
	values[cuts->count++] = value;
}

static void add_cuts_of_test(struct fst_order *o, struct cuts *cuts, const struct fst_cond *cond)
{
	uint64_t most = cond->bits == 64 ? UINT64_MAX : UINT32_MAX;

	for (unsigned i = 0; i < cond->range_count; i++) {
		add_cut(o, cuts, cond->ranges[i].low);
		if (cond->ranges[i].high < most)
			add_cut(o, cuts, cond->ranges[i].high + 1);
	}
}

static void add_cuts(struct fst_order *o, struct cuts *cuts, fst_choice choice, unsigned variable)
{
	struct choice *c;

	/* Down the longer side without recursion: a list of rules on one argument is as deep as it is long. */
	while (c = &o->choices[choice], c->variables >> variable & 1 && c->walk != o->walk) {
		c->walk = o->walk;
		if (tests_variable(o, c, variable))
			add_cuts_of_test(o, cuts, o->tests[c->test].cond);
		bool yes_is_deeper = o->choices[c->yes].depth > o->choices[c->no].depth;
		add_cuts(o, cuts, yes_is_deeper ? c->no : c->yes, variable);
		choice = yes_is_deeper ? c->yes : c->no;
	}
}

static void sort_cuts(struct cuts *cuts)
{
	unsigned kept = 0;

	if (cuts->count)
		qsort(cuts->values, cuts->count, sizeof(*cuts->values), by_value);
	for (unsigned i = 0; i < cuts->count; i++)
		if (!kept || cuts->values[kept - 1] != cuts->values[i])
			cuts->values[kept++] = cuts->values[i];
	cuts->count = kept;
}

static struct cuts find_cuts(struct fst_order *o, fst_choice choice, unsigned variable)
{
	struct cuts cuts = { 0 };

	add_cut(o, &cuts, 0);
	o->walk++;
	add_cuts(o, &cuts, choice, variable);
	sort_cuts(&cuts);
	return cuts;
}

/* ---- choices as nodes ------------------------------------------------------------------------------------------- */

static fst_node best(struct fst_order *o, fst_choice choice);

/* The first test alone: its values are cut where later ones will want them cut, too, so that all count alike. */
static fst_node emit_plain(struct fst_order *o, unsigned test, fst_node yes, fst_node no, const struct cuts *cuts)
{
	const struct fst_cond *cond = o->tests[test].cond;
	const struct fst_variable variable = { cond->argument, cond->bits, cond->mask };
	struct fst_piece64 *pieces = talloc_array(o, struct fst_piece64, cuts->count + 1);
	fst_node node;

	if (!pieces || !cuts->count) {
		fst_codegen_fail(o->code);
		return 0;
	}
	for (unsigned i = 0; i < cuts->count; i++)
		pieces[i] = (struct fst_piece64){ cuts->values[i], fst_cond_takes(cond, cuts->values[i]) ? yes : no };
	node = fst_word_emit(o->code, o->abi, &variable, pieces, cuts->count, o->price);
	talloc_free(pieces);
	return node;
}

static fst_node emit_first(struct fst_order *o, fst_choice choice, fst_node yes, fst_node no)
{
	unsigned test = o->choices[choice].test;
	struct cuts cuts = { 0 };
	fst_node node;

	if (o->effort && o->tests[test].variable < VARIABLES_MAX) {
		cuts = find_cuts(o, choice, o->tests[test].variable);
		spend(o, 4 * cuts.count);
	} else {
		add_cut(o, &cuts, 0);
		add_cuts_of_test(o, &cuts, o->tests[test].cond);
		sort_cuts(&cuts);
	}
	node = emit_plain(o, test, yes, no, &cuts);
	talloc_free(cuts.values);
	return node;
}

static fst_node emit_variable(struct fst_order *o, fst_choice choice, unsigned variable)
{
	struct cuts cuts = find_cuts(o, choice, variable);
	struct fst_piece64 *pieces = talloc_array(o, struct fst_piece64, cuts.count + 1);
	fst_node node = 0;

	if (!pieces || !cuts.count) {
		fst_codegen_fail(o->code);
	} else {
		for (unsigned i = 0; i < cuts.count; i++) {
			o->walk++;
			pieces[i].low = cuts.values[i];
			pieces[i].target = best(o, with_value(o, choice, variable, cuts.values[i]));
		}
		spend(o, 8 * cuts.count);
		node = fst_word_emit(o->code, o->abi, &o->variables[variable], pieces, cuts.count, o->price);
	}
	talloc_free(pieces);
	talloc_free(cuts.values);
	return node;
}

static void keep_cheaper(struct fst_order *o, fst_node *node, double *cost, fst_node other)
{
	double others = fst_word_cost(o->code, other, o->price);

	if (others < *cost) {
		*node = other;
		*cost = others;
	}
	spend(o, 64);
}

static bool is_one_variable(const struct fst_order *o, const struct choice *c)
{
	return c->variables && !(c->variables & (c->variables - 1)) && o->variable_count < VARIABLES_MAX;
}

static void try_variables(struct fst_order *o, fst_choice choice, fst_node *node, double *cost)
{
	struct choice c = o->choices[choice];
	unsigned first = o->tests[c.test].variable, tried = 0;

	for (unsigned i = 0; i < o->variable_count && o->effort && tried < TRIED_MAX; i++) {
		unsigned v = (first + i) % o->variable_count;

		if (!(c.variables >> v & 1))
			continue;
		tried++;
		keep_cheaper(o, node, cost, emit_variable(o, choice, v));
	}
}

static fst_node best(struct fst_order *o, fst_choice choice)
{
	struct choice c = o->choices[choice];
	double cost = DBL_MAX;
	fst_node node = NOT_YET;

	if (c.node != NOT_YET)
		return c.node;
	if (is_one_variable(o, &c) && o->effort) {
		node = emit_variable(o, choice, o->tests[c.test].variable);
	} else {
		try_variables(o, choice, &node, &cost);
		/* As written is better where sorting gives many rests; to see that in long lists costs too much. */
		if (c.depth <= PLAIN_MAX || !o->effort) {
			fst_node yes = best(o, c.yes), no = best(o, c.no);
			keep_cheaper(o, &node, &cost, emit_first(o, choice, yes, no));
		}
	}
	o->choices[choice].node = node;
	return node;
}

/* As written, for what is too much to be thought about: choices are made behind their successors, so upwards. */
static fst_node as_written(struct fst_order *o, fst_choice choice)
{
	o->effort = 0;
	for (fst_choice i = 0; i <= choice; i++) {
		struct choice *c = &o->choices[i];

		if (c->node == NOT_YET)
			c->node = emit_first(o, i, o->choices[c->yes].node, o->choices[c->no].node);
	}
	return o->choices[choice].node;
}

static fst_node emit(struct fst_order *o, fst_choice choice)
{
	const struct choice *c = &o->choices[choice];

	if (c->node != NOT_YET)
		return c->node;
	if (c->depth <= DEPTH_MAX)
		return best(o, choice);
	if (is_one_variable(o, c) && c->depth <= 8 * DEPTH_MAX)
		return emit_variable(o, choice, (unsigned)__builtin_ctzll(c->variables));
	return as_written(o, choice);
}

/* Makes room for other variables. Nodes stay. */
static void forget(struct fst_order *o)
{
	o->variable_count = o->test_count = o->choice_count = 0;
	TALLOC_FREE(o->variables);
	TALLOC_FREE(o->tests);
	TALLOC_FREE(o->choices);
	fst_intern_clear(&o->known_tests);
	fst_intern_clear(&o->known_choices);
}

fst_node fst_order_emit(struct fst_order *o, fst_choice choice)
{
	unsigned granted = o->effort_of_all < EFFORT ? o->effort_of_all : EFFORT;
	fst_node node;

	if (!o->choices || fst_codegen_has_failed(o->code)) /* a choice may then refer to what could not be made */
		return 0;
	o->effort = granted;
	node = emit(o, choice);
	o->effort_of_all -= granted - o->effort;
	if (o->variable_count > VARIABLES_MAX / 2)
		forget(o);
	else
		o->choices[choice].node = node;
	return node;
}
