/* SPDX-License-Identifier: MIT */
/*
 * Conditions: or < and < not < tests of one argument against constants. Refuses by name what the grammar has room for
 * and this version does not judge. Does not know which arguments a call has, nor how wide they are.
 */

#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/parse.h>

static int parse_or(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr);

static int fail_unsupported(struct fst_parser *parser, const struct fst_place *place, const char *what)
{
	return fst_parse_fail(parser, place, -EOPNOTSUPP, "this version does not support %s yet", what);
}

static int new_expr(struct fst_parser *parser, enum fst_expr_op op, struct fst_expr **ret_expr)
{
	struct fst_expr *expr = talloc_zero(parser->layer, struct fst_expr);

	if (!expr)
		return fst_parse_no_memory(parser);
	expr->op = op;
	*ret_expr = expr;
	return 0;
}

static int relation_of(enum fst_lex_kind kind)
{
	switch (kind) {
	case FST_LEX_EQ:
		return FST_RELATION_EQ;
	case FST_LEX_NE:
		return FST_RELATION_NE;
	case FST_LEX_LT:
		return FST_RELATION_LT;
	case FST_LEX_LE:
		return FST_RELATION_LE;
	case FST_LEX_GT:
		return FST_RELATION_GT;
	case FST_LEX_GE:
		return FST_RELATION_GE;
	default:
		return -ENOENT;
	}
}

/*
 * Numbers below zero may mean the top of an unsigned argument: only what is backwards either way is. That of one ABI
 * alone, whose constants differ, concerns policies for it: these are refused when the rule is bound.
 */
static bool is_backwards(const struct fst_item *item, unsigned abi)
{
	int64_t low = item->low.in[abi], high = item->high.in[abi];

	return low > high && (low < 0) == (high < 0);
}

static int check_range(struct fst_parser *parser, const struct fst_item *item)
{
	unsigned known = item->low.known & item->high.known, backwards = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (known >> abi & 1 && is_backwards(item, abi))
			backwards |= 1u << abi;
	if (!known || backwards != known)
		return 0;
	struct fst_place place = fst_parse_span(parser, &item->low.place);
	unsigned abi = (unsigned)__builtin_ctz(known);
	return fst_parse_fail(parser, &place, -EBADMSG, "never matches: the range runs from %lld down to %lld",
			      (long long)item->low.in[abi], (long long)item->high.in[abi]);
}

static int parse_item(struct fst_parser *parser, struct fst_item *ret_item)
{
	int r = fst_parse_const(parser, &ret_item->low);

	if (r)
		return r;
	ret_item->high = ret_item->low;
	if (parser->source->token.kind != FST_LEX_RANGE)
		return 0;
	r = fst_parse_advance(parser);
	if (!r)
		r = fst_parse_const(parser, &ret_item->high);
	return r ? r : check_range(parser, ret_item);
}

static int add_item(struct fst_parser *parser, struct fst_expr *expr, unsigned *size)
{
	struct fst_item *items = expr->items;
	int r;

	if (expr->item_count == FST_PARSE_MAX_LIST)
		return fst_parse_fail(parser, &parser->source->token.place, -E2BIG, "more than %d values in one list",
				      FST_PARSE_MAX_LIST);
	if (parser->items++ == FST_PARSE_MAX_ITEMS)
		return fst_parse_fail(parser, &parser->source->token.place, -E2BIG,
				      "more than %d values in the policy's lists", FST_PARSE_MAX_ITEMS);
	if (expr->item_count == *size) {
		*size = *size ? 2 * *size : 4;
		items = talloc_realloc(expr, items, struct fst_item, *size);
		if (!items)
			return fst_parse_no_memory(parser);
		expr->items = items;
	}
	r = parse_item(parser, &items[expr->item_count]);
	expr->item_count += !r;
	return r;
}

/* After `in`: { ITEM, … } or one ITEM. */
static int parse_in(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	unsigned size = 0;
	int r;

	expr->relation = FST_RELATION_IN;
	if (token->kind == FST_LEX_STRING)
		return fst_parse_patterns(parser, expr);
	if (token->kind != FST_LEX_OPEN_BRACE)
		return add_item(parser, expr, &size);
	r = fst_parse_advance(parser);
	if (!r && token->kind == FST_LEX_STRING)
		return fst_parse_pattern_list(parser, expr);
	while (!r) {
		r = add_item(parser, expr, &size);
		if (r || token->kind != FST_LEX_COMMA)
			break;
		r = fst_parse_advance(parser);
		if (r || token->kind == FST_LEX_CLOSE_BRACE)
			break;
	}
	return r ? r : fst_parse_take(parser, FST_LEX_CLOSE_BRACE, "',' or '}'");
}

/* What may stand behind ARG or ARG & CONST. */
static int parse_relation(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	int relation = relation_of(token->kind);
	unsigned size = 0;
	int r;

	if (fst_parse_is_word(token, "in")) {
		r = fst_parse_advance(parser);
		return r ? r : parse_in(parser, expr);
	}
	if (token->kind == FST_LEX_ASSIGN) {
		fst_parse_unexpected(parser, "a comparison");
		fst_parse_hint(parser, "equality is written '=='");
		return -EBADMSG;
	}
	if (relation < 0)
		return 0;
	expr->relation = (enum fst_relation)relation;
	r = fst_parse_advance(parser);
	if (!r && token->kind == FST_LEX_STRING)
		return fst_parse_pattern(parser, expr);
	return r ? r : add_item(parser, expr, &size);
}

static int check_supported(struct fst_parser *parser, const struct fst_token *name)
{
	if (fst_parse_is_word(name, "caller"))
		return fail_unsupported(parser, &name->place, "conditions on the caller");
	return 0;
}

static bool is_reserved(const struct fst_token *token)
{
	static const char *const words[] = { "when", "and", "or", "not", "in", "under", "is", "matches" };
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (fst_parse_is_word(token, words[i]))
			return true;
	return false;
}

/* Behind the name. */
static int parse_comparison(struct fst_parser *parser, struct fst_expr *expr)
{
	int r = 0;

	if (!strcmp(expr->argument, "addr") && parser->source->token.kind == FST_LEX_DOT)
		r = fst_parse_addr_part(parser, expr);
	if (!r && expr->part && !strcmp(expr->part, "ip"))
		return fst_parse_addr_ip(parser, expr);
	if (!r)
		r = fst_parse_string_relation(parser, expr);
	if (r)
		return r < 0 ? r : 0;
	if (parser->source->token.kind == FST_LEX_AND) {
		expr->masked = true;
		r = fst_parse_advance(parser);
		if (!r)
			r = fst_parse_const(parser, &expr->mask);
	}
	return r ? r : parse_relation(parser, expr);
}

static int parse_test(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr)
{
	const struct fst_token name = parser->source->token;
	struct fst_expr *expr = NULL;
	int r;

	if (name.kind != FST_LEX_WORD || is_reserved(&name))
		return fst_parse_unexpected(parser, "an argument's name");
	if (*tests == FST_PARSE_MAX_TESTS)
		return fst_parse_fail(parser, &name.place, -E2BIG, "more than %d tests in one condition",
				      FST_PARSE_MAX_TESTS);
	r = new_expr(parser, FST_EXPR_TEST, &expr);
	if (r)
		return r;
	expr->index = (*tests)++;
	expr->argument = fst_parse_keep(parser, &name);
	if (!expr->argument)
		return fst_parse_no_memory(parser);
	expr->argument_place = name.place;
	r = fst_parse_advance(parser);
	if (!r)
		r = check_supported(parser, &name);
	if (!r)
		r = parse_comparison(parser, expr);
	expr->place = fst_parse_span(parser, &name.place);
	*ret_expr = expr;
	return r;
}

/* (flags & O_ACCMODE) == O_RDONLY is what C made people write: the relation joins the test in the parentheses. */
static int parse_parenthesised(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr)
{
	struct fst_place start = parser->source->token.place;
	struct fst_expr *expr = NULL;
	int r = fst_parse_advance(parser);

	if (!r)
		r = parse_or(parser, tests, &expr);
	if (!r)
		r = fst_parse_take(parser, FST_LEX_CLOSE, "'and', 'or' or ')'");
	if (!r && expr->op == FST_EXPR_TEST && expr->relation == FST_RELATION_TRUE) {
		r = parse_relation(parser, expr);
		if (expr->relation != FST_RELATION_TRUE)
			expr->place = fst_parse_span(parser, &start);
	}
	if (!r)
		*ret_expr = expr;
	return r;
}

static int parse_not(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_place start = token->place;
	struct fst_expr *expr = NULL;
	int r;

	if (token->kind == FST_LEX_OPEN)
		return parse_parenthesised(parser, tests, ret_expr);
	if (!fst_parse_is_word(token, "not"))
		return parse_test(parser, tests, ret_expr);
	r = fst_parse_enter(parser);
	if (!r)
		r = new_expr(parser, FST_EXPR_NOT, &expr);
	if (!r)
		r = fst_parse_advance(parser);
	if (!r)
		r = parse_not(parser, tests, &expr->left);
	if (r)
		return r;
	parser->nesting--;
	expr->place = fst_parse_span(parser, &start);
	*ret_expr = expr;
	return 0;
}

/* What `and` and `or` share: operands from the left, joined while the word comes. */
static int parse_joined(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr, const char *word,
			enum fst_expr_op op,
			int (*parse_operand)(struct fst_parser *, unsigned *, struct fst_expr **))
{
	struct fst_place start = parser->source->token.place;
	int r = parse_operand(parser, tests, ret_expr);

	while (!r && fst_parse_is_word(&parser->source->token, word)) {
		struct fst_expr *joined = NULL;

		r = new_expr(parser, op, &joined);
		if (!r)
			r = fst_parse_advance(parser);
		if (r)
			break;
		joined->left = *ret_expr;
		r = parse_operand(parser, tests, &joined->right);
		joined->place = fst_parse_span(parser, &start);
		*ret_expr = joined;
	}
	return r;
}

static int parse_and(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr)
{
	return parse_joined(parser, tests, ret_expr, "and", FST_EXPR_AND, parse_not);
}

static int parse_or(struct fst_parser *parser, unsigned *tests, struct fst_expr **ret_expr)
{
	return parse_joined(parser, tests, ret_expr, "or", FST_EXPR_OR, parse_and);
}

int fst_parse_when(struct fst_parser *parser, struct fst_expr **ret_expr)
{
	unsigned tests = 0;

	return parse_or(parser, &tests, ret_expr);
}
