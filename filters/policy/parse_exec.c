/* SPDX-License-Identifier: MIT */
/*
 * `on exec PATTERN… use POLICY`. Decides what may stand there; the policy is loaded when the layer joins the others
 * (exec.c).
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/fact.h>
#include <filters/policy/parse.h>

#define EXECS_MAX FLAGSTOP_POLICY_MAX_LAYERS

static int take_word(struct fst_parser *parser, const char *word)
{
	char expected[16] = "'";

	if (fst_parse_is_word(&parser->source->token, word))
		return fst_parse_advance(parser);
	for (unsigned i = 0; word[i]; i++) {
		expected[i + 1] = word[i];
		expected[i + 2] = '\'';
	}
	return fst_parse_unexpected(parser, expected);
}

static int check_patterns(struct fst_parser *parser, const struct fst_expr *expr)
{
	for (unsigned i = 0; i < expr->pattern_count; i++) {
		const struct fst_pattern *p = &expr->patterns[i];
		const char *complaint = fst_path_complaint(p->text, strlen(p->text));

		if (complaint)
			return fst_parse_fail(parser, &p->place, -EBADMSG, "this can never match: the path %s",
					      complaint);
	}
	return 0;
}

static int parse_policy_name(struct fst_parser *parser, struct fst_exec *exec)
{
	const struct fst_token name = parser->source->token;
	int r;

	if (name.kind != FST_LEX_STRING)
		return fst_parse_unexpected(parser, "a policy file's name in quotes");
	if (!name.bytes)
		return fst_parse_fail(parser, &name.place, -EBADMSG, "the file's name is empty");
	r = fst_load_name(parser, &name, &exec->policy);
	return r ? r : fst_parse_advance(parser);
}

static int add(struct fst_parser *parser, const struct fst_exec *exec)
{
	struct fst_layer *layer = parser->layer;
	struct fst_exec *execs = talloc_realloc(layer, layer->execs, struct fst_exec, layer->exec_count + 1);

	if (!execs)
		return fst_parse_no_memory(parser);
	layer->execs = execs;
	execs[layer->exec_count++] = *exec;
	return 0;
}

int fst_parse_on_exec(struct fst_parser *parser)
{
	struct fst_place start = parser->source->previous;
	struct fst_expr *expr = talloc_zero(parser->layer, struct fst_expr);
	struct fst_exec exec = { 0 };
	int r;

	if (!expr)
		return fst_parse_no_memory(parser);
	if (parser->layer->exec_count == EXECS_MAX)
		return fst_parse_fail(parser, &start, -E2BIG, "more than %d 'on exec' statements", EXECS_MAX);
	expr->relation = FST_RELATION_MATCHES;
	r = take_word(parser, "exec");
	if (!r)
		r = fst_parse_patterns(parser, expr);
	if (!r)
		r = check_patterns(parser, expr);
	if (!r)
		r = take_word(parser, "use");
	if (!r)
		r = parse_policy_name(parser, &exec);
	if (r)
		return r;
	exec.patterns = expr->patterns;
	exec.pattern_count = expr->pattern_count;
	exec.place = fst_parse_span(parser, &start);
	return add(parser, &exec);
}
