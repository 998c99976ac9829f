/* SPDX-License-Identifier: MIT */
/*
 * Strings in conditions: `under`, `is` and `matches`, and lists of them. Does not know whether what they are compared
 * with is a path.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/glob.h>
#include <filters/policy/parse.h>

static int fail_glob(struct fst_parser *parser, const struct fst_pattern *pattern, int code, size_t at)
{
	if (code == -ENOMEM)
		return fst_parse_no_memory(parser);
	if (code == -E2BIG)
		return fst_parse_fail(parser, &pattern->place, code, "a pattern has at most %d parts",
				      FST_GLOB_MAX_TOKENS);
	fst_parse_fail(parser, &pattern->place, code, "the '[' at byte %zu of this pattern has no ']'",
		       pattern->literal_bytes + at + 1);
	fst_parse_hint(parser, "a '[' itself is written '[[]'");
	return code;
}

/* Only whole components are literal, so that a directory's other name can be put in their place. */
static int compile_glob(struct fst_parser *parser, struct fst_pattern *pattern)
{
	size_t bytes = strlen(pattern->text), plain = fst_glob_plain_bytes(pattern->text, bytes), at;
	struct fst_glob *glob;
	int r;

	if (plain == bytes)
		return 0;
	while (plain && pattern->text[plain - 1] != '/')
		plain--;
	pattern->literal_bytes = (unsigned)plain;
	r = fst_glob_new(parser->layer, pattern->text + plain, bytes - plain, &glob, &at);
	if (r)
		return fail_glob(parser, pattern, r, at);
	pattern->rest = glob;
	return 0;
}

int fst_parse_pattern(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_pattern *pattern = talloc_realloc(expr, expr->patterns, struct fst_pattern, expr->pattern_count + 1);
	int r = 0;

	if (!pattern)
		return fst_parse_no_memory(parser);
	expr->patterns = pattern;
	if (expr->pattern_count == FST_PARSE_MAX_LIST || parser->items++ == FST_PARSE_MAX_ITEMS)
		return fst_parse_fail(parser, &token->place, -E2BIG, "more than %d strings in one list, or %d in all",
				      FST_PARSE_MAX_LIST, FST_PARSE_MAX_ITEMS);
	pattern += expr->pattern_count++;
	*pattern = (struct fst_pattern){ .literal_bytes = token->bytes, .place = token->place };
	pattern->text = pattern->literal = fst_parse_keep(parser, token);
	if (!pattern->text)
		return fst_parse_no_memory(parser);
	if (expr->relation == FST_RELATION_MATCHES)
		r = compile_glob(parser, pattern);
	return r ? r : fst_parse_advance(parser);
}

/* Behind the '{'. */
int fst_parse_pattern_list(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	int r = 0;

	while (!r && token->kind == FST_LEX_STRING) {
		r = fst_parse_pattern(parser, expr);
		if (r || token->kind != FST_LEX_COMMA)
			break;
		r = fst_parse_advance(parser);
	}
	return r ? r : fst_parse_take(parser, FST_LEX_CLOSE_BRACE, "',' or '}'");
}

int fst_parse_patterns(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	bool braces = token->kind == FST_LEX_OPEN_BRACE;
	int r = braces ? fst_parse_advance(parser) : 0;

	if (!r && token->kind != FST_LEX_STRING)
		return fst_parse_unexpected(parser, "a string in quotes");
	if (!r && braces)
		return fst_parse_pattern_list(parser, expr);
	while (!r && token->kind == FST_LEX_STRING)
		r = fst_parse_pattern(parser, expr);
	return r;
}

static const struct {
	const char *word;
	enum fst_relation relation;
} string_relations[] = {
	{ "under", FST_RELATION_UNDER },
	{ "is", FST_RELATION_IS },
	{ "matches", FST_RELATION_MATCHES },
};

int fst_parse_string_relation(struct fst_parser *parser, struct fst_expr *expr)
{
	for (unsigned i = 0; i < sizeof(string_relations) / sizeof(*string_relations); i++) {
		int r;

		if (!fst_parse_is_word(&parser->source->token, string_relations[i].word))
			continue;
		expr->relation = string_relations[i].relation;
		r = fst_parse_advance(parser);
		if (!r)
			r = fst_parse_patterns(parser, expr);
		return r ? r : 1;
	}
	return 0;
}
