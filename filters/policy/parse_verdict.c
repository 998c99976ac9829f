/* SPDX-License-Identifier: MIT */
/*
 * Actions and their values: `allow`, `deny EACCES`, `kill thread`, `return -1` …. Decides the ranges of the values.
 * Does not know what a rule applies to.
 */

#include <errno.h>
#include <string.h>

#include <filters/policy/parse.h>
#include <filters/policy/spell.h>

static int parse_nothing(struct fst_parser *parser, struct flagstop_verdict *verdict);
static int parse_errno(struct fst_parser *parser, struct flagstop_verdict *verdict);
static int parse_kill(struct fst_parser *parser, struct flagstop_verdict *verdict);
static int parse_trap(struct fst_parser *parser, struct flagstop_verdict *verdict);
static int parse_return(struct fst_parser *parser, struct flagstop_verdict *verdict);

static const struct {
	const char *word;
	enum flagstop_action action;
	int (*parse_value)(struct fst_parser *parser, struct flagstop_verdict *verdict);
} actions[] = {
	{ "allow", FLAGSTOP_ACTION_ALLOW, parse_nothing },
	{ "deny", FLAGSTOP_ACTION_DENY, parse_errno },
	{ "kill", FLAGSTOP_ACTION_KILL_PROCESS, parse_kill },
	{ "trap", FLAGSTOP_ACTION_TRAP, parse_trap },
	{ "log", FLAGSTOP_ACTION_LOG, parse_nothing },
	{ "trace", FLAGSTOP_ACTION_TRACE, parse_nothing },
	{ "ask", FLAGSTOP_ACTION_ASK, parse_nothing },
	{ "return", FLAGSTOP_ACTION_RETURN, parse_return },
};

#define ACTIONS (sizeof(actions) / sizeof(*actions))

static int parse_nothing(struct fst_parser *parser, struct flagstop_verdict *verdict)
{
	(void)parser;
	(void)verdict;
	return 0;
}

static int fail_errno(struct fst_parser *parser, const struct fst_token *token)
{
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	const char *nearest = flagstop_constant_nearest(quote.text, "errno");

	fst_parse_fail(parser, &token->place, -EBADMSG, "no errno is named '%s'", quote.text);
	if (nearest)
		fst_parse_hint(parser, "did you mean '%s'?", nearest);
	return -EBADMSG;
}

/* The number that stands here when there is one: 1, else 0. */
static int parse_range(struct fst_parser *parser, unsigned low, unsigned high, const char *what, int64_t *ret_value)
{
	struct fst_token token = parser->source->token;
	bool negative = token.kind == FST_LEX_MINUS;
	int r;

	if (!negative && token.kind != FST_LEX_NUMBER)
		return 0;
	if (negative) {
		r = fst_parse_advance(parser);
		if (r)
			return r;
		if (parser->source->token.kind != FST_LEX_NUMBER)
			return fst_parse_unexpected(parser, what);
		token.number = UINT64_MAX;
	}
	r = fst_parse_advance(parser);
	if (r)
		return r;
	if (token.number < low || token.number > high) {
		token.place = fst_parse_span(parser, &token.place);
		return fst_parse_fail(parser, &token.place, -EBADMSG, "%s is a number from %u to %u", what, low,
				      high);
	}
	*ret_value = (int64_t)token.number;
	return 1;
}

/* Calls are lower case and errnos upper case: no word can be meant as both. */
static int parse_errno(struct fst_parser *parser, struct flagstop_verdict *verdict)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_quote quote;
	int number;

	verdict->value = flagstop_errno_find("EPERM");
	if (token->kind != FST_LEX_WORD || *token->text < 'A' || *token->text > 'Z') {
		number = parse_range(parser, 1, 4095, "an errno", &verdict->value);
		return number < 0 ? number : 0;
	}
	quote = fst_parse_quote(token->text, token->bytes);
	number = flagstop_errno_find(quote.text);
	if (number <= 0)
		return fail_errno(parser, token);
	verdict->value = number;
	return fst_parse_advance(parser);
}

/* `kill thread` and `kill-thread` are one; `kill kill` is an action and a call. */
static int parse_kill(struct fst_parser *parser, struct flagstop_verdict *verdict)
{
	const struct fst_token *token = &parser->source->token;
	bool hyphen = token->kind == FST_LEX_MINUS;
	int r = hyphen ? fst_parse_advance(parser) : 0;

	if (r)
		return r;
	if (fst_parse_is_word(token, "thread"))
		verdict->action = FLAGSTOP_ACTION_KILL_THREAD;
	else if (!fst_parse_is_word(token, "process"))
		return hyphen ? fst_parse_unexpected(parser, "'thread' or 'process'") : 0;
	return fst_parse_advance(parser);
}

static int parse_trap(struct fst_parser *parser, struct flagstop_verdict *verdict)
{
	int r = parse_range(parser, 0, 65535, "the value of a trap", &verdict->value);

	return r < 0 ? r : 0;
}

static int parse_return(struct fst_parser *parser, struct flagstop_verdict *verdict)
{
	struct fst_value value;
	unsigned abi, first;
	int r;

	if (parser->source->token.kind == FST_LEX_LINE)
		return fst_parse_unexpected(parser, "the value to return");
	r = fst_parse_const_short(parser, &value);
	if (r)
		return r;
	first = (unsigned)__builtin_ctz(value.known);
	for (abi = first; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (value.known & 1u << abi && value.in[abi] != value.in[first])
			return fst_parse_fail(parser, &value.place, -EBADMSG,
					      "this constant differs between ABIs: return a number");
	verdict->value = value.in[first];
	return 0;
}

static int find(const struct fst_token *token)
{
	unsigned i;

	for (i = 0; i < ACTIONS; i++)
		if (fst_parse_is_word(token, actions[i].word))
			return (int)i;
	return -ENOENT;
}

bool fst_parse_verdict_begins(const struct fst_token *token)
{
	return find(token) >= 0;
}

const char *fst_parse_verdict_word(unsigned index)
{
	return index < ACTIONS ? actions[index].word : NULL;
}

static int fail_action(struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_spell spell;
	unsigned i;

	fst_parse_unexpected(parser, "an action (allow, deny, kill, trap, log, trace, ask, return)");
	if (token->kind != FST_LEX_WORD)
		return -EBADMSG;
	fst_spell_init(&spell, token->text, token->bytes);
	for (i = 0; i < ACTIONS; i++)
		fst_spell_offer(&spell, actions[i].word);
	if (spell.best)
		fst_parse_hint(parser, "did you mean '%s'?", spell.best);
	return -EBADMSG;
}

int fst_parse_verdict(struct fst_parser *parser, struct flagstop_verdict *ret_verdict)
{
	int i = find(&parser->source->token);
	int r;

	if (i < 0)
		return fail_action(parser);
	*ret_verdict = (struct flagstop_verdict){ .action = actions[i].action };
	r = fst_parse_advance(parser);
	return r ? r : actions[i].parse_value(parser, ret_verdict);
}
