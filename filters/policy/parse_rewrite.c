/* SPDX-License-Identifier: MIT */
/*
 * `rewrite SET ARGUMENT = VALUE`: what stands on the right of the sign. Does not know which arguments calls have.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/parse.h>

/* Whether the current token is what is assigned to: the set before it ends there. */
bool fst_parse_is_assigned(const struct fst_parser *parser)
{
	const struct fst_lex *lex = &parser->source->lex;
	const char *at = lex->at;

	while (at < lex->end && (*at == ' ' || *at == '\t'))
		at++;
	return parser->source->token.kind == FST_LEX_WORD && at < lex->end && *at == '=' &&
		(at + 1 == lex->end || at[1] != '=');
}

/* The argument itself, with bits set or taken away; or a constant. */
static int parse_value(struct fst_parser *parser, struct fst_rewrite *rewrite)
{
	const struct fst_token *token = &parser->source->token;
	int r;

	rewrite->op = FST_REWRITE_SET;
	if (!fst_parse_is_word(token, rewrite->argument))
		return fst_parse_const(parser, &rewrite->value);
	r = fst_parse_advance(parser);
	if (r)
		return r;
	if (token->kind != FST_LEX_OR && token->kind != FST_LEX_AND)
		return fst_parse_unexpected(parser, "'|' or '&'");
	rewrite->op = token->kind == FST_LEX_OR ? FST_REWRITE_OR : FST_REWRITE_AND;
	r = fst_parse_advance(parser);
	if (r)
		return r;
	/* Behind '&' a '|' would belong to the whole: only what stands in parentheses is one value there. */
	return rewrite->op == FST_REWRITE_OR ? fst_parse_const(parser, &rewrite->value) :
					       fst_parse_const_short(parser, &rewrite->value);
}

static int parse_assignment(struct fst_parser *parser, struct fst_rewrite *rewrite)
{
	const struct fst_token name = parser->source->token;
	int r;

	if (name.kind != FST_LEX_WORD)
		return fst_parse_unexpected(parser, "an argument's name");
	if (fst_parse_is_word(&name, "result") || fst_parse_is_word(&name, "number"))
		return fst_parse_fail(parser, &name.place, -EOPNOTSUPP,
				      "this version does not support rewriting the %s yet",
				      fst_parse_is_word(&name, "result") ? "result" : "number");
	*rewrite = (struct fst_rewrite){ .argument = fst_parse_keep(parser, &name), .argument_place = name.place };
	if (!rewrite->argument)
		return fst_parse_no_memory(parser);
	r = fst_parse_advance(parser);
	if (!r)
		r = fst_parse_take(parser, FST_LEX_ASSIGN, "'='");
	return r ? r : parse_value(parser, rewrite);
}

int fst_parse_rewrite(struct fst_parser *parser)
{
	struct fst_place start = parser->source->previous;
	struct fst_rule rule = { .verdict = { FLAGSTOP_ACTION_REWRITE, 0 } };
	int r;

	parser->rewriting = true;
	r = fst_parse_set(parser, false, &rule.set, &rule.set_place);
	parser->rewriting = false;
	rule.rewrites = talloc_array(parser->layer, struct fst_rewrite, FST_REWRITES_MAX);
	if (!r && !rule.rewrites)
		return fst_parse_no_memory(parser);
	while (!r) {
		if (rule.rewrite_count == FST_REWRITES_MAX)
			return fst_parse_unexpected(parser, "no more than 6 arguments");
		r = parse_assignment(parser, &rule.rewrites[rule.rewrite_count++]);
		if (r || parser->source->token.kind != FST_LEX_COMMA)
			break;
		r = fst_parse_advance(parser);
	}
	return r ? r : fst_parse_rule_end(parser, &start, &rule, "',', 'when' or the end of the line");
}
