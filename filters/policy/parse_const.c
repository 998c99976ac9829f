/* SPDX-License-Identifier: MIT */
/*
 * Constant expressions: numbers and named constants under | & << + - ~ and parentheses, with C's precedence. A value is
 * computed for every ABI at once, since O_DIRECT is not the same everywhere. Does not know what the value is for.
 */

#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/parse.h>

struct constant {
	struct fst_value value;
	unsigned names;
};

static int parse_level(struct fst_parser *parser, unsigned level, struct constant *ret);

static int parse_name(struct fst_parser *parser, struct constant *ret)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	const char *name = fst_parse_keep(parser, token);
	const char *nearest;
	unsigned abi;

	if (!name)
		return fst_parse_no_memory(parser);
	*ret = (struct constant){ .value.name = name, .names = 1 };
	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (!flagstop_constant_find(name, abi, &ret->value.in[abi]))
			ret->value.known |= 1u << abi;
	if (ret->value.known)
		return fst_parse_advance(parser);
	fst_parse_fail(parser, &token->place, -EBADMSG, "no constant is named '%s'", quote.text);
	nearest = flagstop_constant_nearest(name, NULL);
	if (nearest)
		fst_parse_hint(parser, "did you mean '%s'?", nearest);
	return -EBADMSG;
}

static int parse_number(struct fst_parser *parser, struct constant *ret)
{
	unsigned abi;

	*ret = (struct constant){ .value.known = (1u << FLAGSTOP_ABI_COUNT) - 1 };
	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		ret->value.in[abi] = (int64_t)parser->source->token.number;
	return fst_parse_advance(parser);
}

static int parse_unary(struct fst_parser *parser, struct constant *ret)
{
	enum fst_lex_kind kind = parser->source->token.kind;
	unsigned abi;
	int r;

	switch (kind) {
	case FST_LEX_NUMBER:
		return parse_number(parser, ret);
	case FST_LEX_WORD:
		return parse_name(parser, ret);
	case FST_LEX_OPEN:
		r = fst_parse_advance(parser);
		if (!r)
			r = parse_level(parser, 0, ret);
		return r ? r : fst_parse_take(parser, FST_LEX_CLOSE, "')'");
	case FST_LEX_MINUS:
	case FST_LEX_PLUS:
	case FST_LEX_TILDE:
		break;
	default:
		return fst_parse_unexpected(parser, "a number or a constant");
	}
	r = fst_parse_enter(parser);
	if (!r)
		r = fst_parse_advance(parser);
	if (!r)
		r = parse_unary(parser, ret);
	if (r)
		return r;
	parser->nesting--;
	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		uint64_t value = (uint64_t)ret->value.in[abi];

		if (kind != FST_LEX_PLUS)
			ret->value.in[abi] = (int64_t)(kind == FST_LEX_MINUS ? -value : ~value);
	}
	return 0;
}

/* C's: the higher binds tighter. -1: no operator of constants. */
static int level_of(enum fst_lex_kind kind)
{
	switch (kind) {
	case FST_LEX_OR:
		return 0;
	case FST_LEX_AND:
		return 1;
	case FST_LEX_SHIFT:
		return 2;
	case FST_LEX_PLUS:
	case FST_LEX_MINUS:
		return 3;
	default:
		return -1;
	}
}

static uint64_t compute(enum fst_lex_kind kind, uint64_t left, uint64_t right)
{
	switch (kind) {
	case FST_LEX_OR:
		return left | right;
	case FST_LEX_AND:
		return left & right;
	case FST_LEX_SHIFT:
		return right < 64 ? left << right : 0;
	case FST_LEX_PLUS:
		return left + right;
	default:
		return left - right;
	}
}

static void combine(struct constant *left, const struct constant *right, enum fst_lex_kind kind)
{
	unsigned abi;

	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		left->value.in[abi] = (int64_t)compute(kind, (uint64_t)left->value.in[abi],
						       (uint64_t)right->value.in[abi]);
	left->value.known &= right->value.known;
	left->names += right->names;
	left->value.name = !left->names ? NULL : left->value.name ? left->value.name :
								    right->value.name;
}

static int check_shift(struct fst_parser *parser, const struct fst_place *place, const struct constant *by)
{
	unsigned abi;

	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (by->value.known & 1u << abi && (by->value.in[abi] < 0 || by->value.in[abi] > 63))
			return fst_parse_fail(parser, place, -EBADMSG, "a shift by %lld is out of range 0..63",
					      (long long)by->value.in[abi]);
	return 0;
}

static int parse_level(struct fst_parser *parser, unsigned level, struct constant *ret)
{
	int r = parse_unary(parser, ret);

	while (!r) {
		enum fst_lex_kind kind = parser->source->token.kind;
		int found = level_of(kind);
		struct constant right;
		struct fst_place start;

		if (found < (int)level)
			return 0;
		r = fst_parse_advance(parser);
		start = parser->source->token.place;
		if (!r)
			r = parse_level(parser, (unsigned)found + 1, &right);
		if (!r && kind == FST_LEX_SHIFT) {
			start = fst_parse_span(parser, &start);
			r = check_shift(parser, &start, &right);
		}
		if (!r)
			combine(ret, &right, kind);
	}
	return r;
}

static int finish(struct fst_parser *parser, const struct fst_place *start, struct constant *constant,
		  struct fst_value *ret_value)
{
	if (constant->names != 1)
		constant->value.name = NULL;
	constant->value.place = fst_parse_span(parser, start);
	*ret_value = constant->value;
	if (!constant->value.known)
		return fst_parse_fail(parser, &ret_value->place, -EBADMSG,
				      "these constants exist together in no ABI");
	return 0;
}

int fst_parse_const(struct fst_parser *parser, struct fst_value *ret_value)
{
	struct fst_place start = parser->source->token.place;
	struct constant constant;
	int r = parse_level(parser, 0, &constant);

	return r ? r : finish(parser, &start, &constant, ret_value);
}

int fst_parse_const_short(struct fst_parser *parser, struct fst_value *ret_value)
{
	struct fst_place start = parser->source->token.place;
	struct constant constant;
	int r = parse_unary(parser, &constant);

	return r ? r : finish(parser, &start, &constant, ret_value);
}
