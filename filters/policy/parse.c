/* SPDX-License-Identifier: MIT */
/*
 * Policy text to a layer: decides what a statement is, in which order statements may come, and what is implied when
 * they do not. Does not know which arguments calls have, nor what a verdict does: bind.c gives the layer its meaning.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/parse.h>
#include <filters/policy/spell.h>

bool fst_parse_is_word(const struct fst_token *token, const char *word)
{
	size_t bytes = strlen(word);

	return (token->kind == FST_LEX_WORD || token->kind == FST_LEX_GROUP) && token->bytes == bytes &&
		!memcmp(token->text, word, bytes);
}

int fst_parse_fail(struct fst_parser *parser, const struct fst_place *place, int code, const char *format, ...)
{
	char message[sizeof(parser->error->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fst_error_set(parser->error, code, "%s", message);
	if (place)
		fst_error_place(parser->error, place->file, place->line, place->column, place->columns,
				place->source, place->source_bytes);
	return code;
}

void fst_parse_hint(struct fst_parser *parser, const char *format, ...)
{
	char hint[sizeof(parser->error->hint)];
	va_list args;

	va_start(args, format);
	vsnprintf(hint, sizeof(hint), format, args);
	va_end(args);
	fst_error_hint(parser->error, "%s", hint);
}

int fst_parse_no_memory(struct fst_parser *parser)
{
	return fst_error_set(parser->error, -ENOMEM, "no memory");
}

struct fst_quote fst_parse_quote(const char *text, unsigned bytes)
{
	struct fst_quote quote;
	unsigned i, shown = bytes < sizeof(quote.text) ? bytes : sizeof(quote.text) - 4;

	for (i = 0; i < shown; i++)
		quote.text[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	for (; shown < bytes && i < shown + 3; i++)
		quote.text[i] = '.';
	quote.text[i] = '\0';
	return quote;
}

static const char *what_to_write(enum fst_lex_kind kind)
{
	switch (kind) {
	case FST_LEX_AND_AND:
		return "write 'and'";
	case FST_LEX_OR_OR:
		return "write 'or'";
	case FST_LEX_BANG:
		return "write 'not'";
	case FST_LEX_ASSIGN:
		return "equality is written '=='";
	default:
		return NULL;
	}
}

int fst_parse_unexpected(struct fst_parser *parser, const char *expected)
{
	const struct fst_lex *lex = &parser->source->lex;
	const struct fst_token *token = &parser->source->token;
	unsigned char byte = token->bytes ? (unsigned char)*token->text : 0;
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	const char *hint = what_to_write(token->kind);

	if (token->kind == FST_LEX_LINE || token->kind == FST_LEX_END)
		fst_parse_fail(parser, &token->place, -EBADMSG, "expected %s, but the %s ends", expected,
			       lex->at == lex->end ? "text" : "line");
	else if (token->kind == FST_LEX_OTHER && (byte < 0x20 || byte > 0x7e))
		fst_parse_fail(parser, &token->place, -EBADMSG, "expected %s, not byte 0x%02x", expected, byte);
	else
		fst_parse_fail(parser, &token->place, -EBADMSG, "expected %s, not '%s%s'", expected,
			       token->kind == FST_LEX_GROUP ? "@" : "", quote.text);
	if (hint)
		fst_parse_hint(parser, "%s", hint);
	return -EBADMSG;
}

int fst_parse_advance(struct fst_parser *parser)
{
	struct fst_source *source = parser->source;

	source->previous = source->token.place;
	return fst_lex_next(&source->lex, &source->token, parser->error);
}

int fst_parse_take(struct fst_parser *parser, enum fst_lex_kind kind, const char *expected)
{
	if (parser->source->token.kind != kind)
		return fst_parse_unexpected(parser, expected);
	return fst_parse_advance(parser);
}

int fst_parse_enter(struct fst_parser *parser)
{
	if (parser->nesting == FST_LEX_MAX_DEPTH)
		return fst_parse_fail(parser, &parser->source->token.place, -E2BIG, "nested deeper than %d levels",
				      FST_LEX_MAX_DEPTH);
	parser->nesting++;
	return 0;
}

struct fst_place fst_parse_span(const struct fst_parser *parser, const struct fst_place *start)
{
	const struct fst_place *last = &parser->source->previous;
	struct fst_place span = *start;

	if (last->line == start->line && last->column >= start->column)
		span.columns = last->column + last->columns - start->column;
	else if (last->line > start->line)
		span.columns = start->source_bytes + 1 - start->column;
	return span;
}

const char *fst_parse_keep(struct fst_parser *parser, const struct fst_token *token)
{
	return talloc_strndup(parser->layer, token->text, token->bytes);
}

/* Copies a statement that runs over several lines as one: comments, backslashes and indentation become one blank. */
static size_t join_lines(const char *text, const char *end, char *joined)
{
	bool quoted = false, blank = false;
	size_t bytes = 0;

	for (; text < end; text++) {
		if (*text == '"')
			quoted = !quoted;
		if (!quoted && *text == '#')
			while (text < end && *text != '\n')
				text++;
		if (text == end)
			break;
		if (!quoted && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
			blank = true;
			continue;
		}
		if (!quoted && *text == '\\')
			continue;
		if (blank && bytes)
			joined[bytes++] = ' ';
		blank = false;
		joined[bytes++] = *text;
	}
	return bytes;
}

/* The statement that began at `start` and ended with the token before the current one. */
static int finish_rule(struct fst_parser *parser, const struct fst_place *start, struct fst_rule *rule)
{
	const struct fst_place *last = &parser->source->previous;
	const char *text = start->source + start->column - 1;
	const char *end = last->source + last->column - 1 + last->columns;
	size_t bytes = (size_t)(end - text);
	char *copy = talloc_size(parser->layer, bytes + 1);

	if (!copy)
		return fst_parse_no_memory(parser);
	if (last->line == start->line)
		memcpy(copy, text, bytes);
	else
		bytes = join_lines(text, end, copy);
	copy[bytes] = '\0';
	rule->text = copy;
	rule->place = fst_parse_span(parser, start);
	rule->end = *last;
	return 0;
}

static int add_rule(struct fst_parser *parser, const struct fst_rule *rule)
{
	struct fst_layer *layer = parser->layer;

	if (layer->rule_count == FST_PARSE_MAX_RULES)
		return fst_parse_fail(parser, &rule->place, -E2BIG, "more than %d rules", FST_PARSE_MAX_RULES);
	if (layer->rule_count == parser->rules_size) {
		unsigned size = parser->rules_size ? 2 * parser->rules_size : 16;
		struct fst_rule *rules = talloc_realloc(layer, layer->rules, struct fst_rule, size);

		if (!rules)
			return fst_parse_no_memory(parser);
		layer->rules = rules;
		parser->rules_size = size;
	}
	layer->rules[layer->rule_count++] = *rule;
	return 0;
}

int fst_parse_rule_end(struct fst_parser *parser, const struct fst_place *start, struct fst_rule *rule,
		       const char *expected)
{
	int r = 0;

	if (fst_parse_is_word(&parser->source->token, "when")) {
		r = fst_parse_advance(parser);
		if (!r)
			r = fst_parse_when(parser, &rule->when);
		if (!r && parser->source->token.kind != FST_LEX_LINE)
			return fst_parse_unexpected(parser, "'and', 'or' or the end of the line");
	}
	if (!r && parser->source->token.kind != FST_LEX_LINE)
		return fst_parse_unexpected(parser, expected);
	if (!r)
		r = finish_rule(parser, start, rule);
	return r ? r : add_rule(parser, rule);
}

static int parse_rule(struct fst_parser *parser)
{
	struct fst_place start = parser->source->token.place;
	struct fst_rule rule = { 0 };
	int r = fst_parse_verdict(parser, &rule.verdict);

	if (!r)
		r = fst_parse_set(parser, false, &rule.set, &rule.set_place);
	return r ? r :
		   fst_parse_rule_end(parser, &start, &rule,
				      "a call, a @group, '+', '-', '&', 'when' or the end of the line");
}

static int parse_otherwise(struct fst_parser *parser, const char *word, struct fst_rule *rule)
{
	struct fst_place start = parser->source->previous;
	int r;

	if (rule->place.line)
		return fst_parse_fail(parser, &start, -EBADMSG, "'%s' was given before, at %s:%u", word,
				      rule->place.file, rule->place.line);
	r = fst_parse_verdict(parser, &rule->verdict);
	if (!r && parser->source->token.kind != FST_LEX_LINE)
		return fst_parse_unexpected(parser, "the end of the line");
	return r ? r : finish_rule(parser, &start, rule);
}

static int parse_default(struct fst_parser *parser)
{
	return parse_otherwise(parser, "default", &parser->layer->fallback);
}

static int parse_unknown(struct fst_parser *parser)
{
	return parse_otherwise(parser, "unknown", &parser->layer->unknown);
}

/* Rules are checked against the ABIs as they come, so that these must be known by then. */
static int parse_abi(struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;
	const struct fst_layer *layer = parser->layer;
	int r;

	if (layer->rule_count) {
		r = fst_parse_fail(parser, &parser->source->previous, -EBADMSG,
				   "'abi' must come before the first rule, which is at %s:%u",
				   layer->rules[0].place.file, layer->rules[0].place.line);
		return r;
	}
	do {
		if (token->kind != FST_LEX_WORD)
			return fst_parse_unexpected(parser, "an ABI's name");
		r = fst_parse_abi_name(parser, token);
		if (r < 0)
			return r;
		parser->layer->abis = (parser->abi_given ? layer->abis : 0) | 1u << r;
		parser->abi_given = true;
		r = fst_parse_advance(parser);
	} while (!r && token->kind != FST_LEX_LINE);
	return r;
}

static int fail_promise(struct fst_parser *parser, const struct fst_token *token)
{
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	struct fst_spell spell;
	unsigned i;

	fst_parse_fail(parser, &token->place, -EBADMSG, "no promise is named '%s'", quote.text);
	fst_spell_init(&spell, token->text, token->bytes);
	for (i = 0; i < fst_promises_count; i++)
		if (!strchr(fst_promises_table[i].name, '+'))
			fst_spell_offer(&spell, fst_promises_table[i].name);
	if (spell.best)
		fst_parse_hint(parser, "did you mean '%s'?", spell.best);
	return -EBADMSG;
}

static int add_promise(struct fst_parser *parser, unsigned index)
{
	const struct fst_piece *piece = &fst_promises_table[index];
	struct fst_source source = { .builtin = true };

	if (parser->promises >> index & 1)
		return 0;
	parser->promises |= UINT64_C(1) << index;
	return fst_parse_source(parser, &source, piece->file, piece->text, piece->text_bytes, piece->line);
}

/* Whether all promises of a name like "rpath+wpath" were given. */
static bool is_complete(const struct fst_parser *parser, const char *name)
{
	while (*name) {
		size_t bytes = strcspn(name, "+");
		int index = fst_groups_find_promise(name, (unsigned)bytes);

		if (index < 0 || !(parser->promises >> index & 1))
			return false;
		name += bytes + (name[bytes] == '+');
	}
	return true;
}

/* What promises allow together and neither does alone. */
static int add_joint_promises(struct fst_parser *parser)
{
	unsigned i;
	int r = 0;

	for (i = 0; !r && i < fst_promises_count; i++)
		if (strchr(fst_promises_table[i].name, '+') && is_complete(parser, fst_promises_table[i].name))
			r = add_promise(parser, i);
	return r;
}

static int parse_promise_names(struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;
	int r;

	do {
		int index;

		if (token->kind != FST_LEX_WORD)
			return fst_parse_unexpected(parser, "a promise");
		index = fst_groups_find_promise(token->text, token->bytes);
		if (index < 0)
			return fail_promise(parser, token);
		r = add_promise(parser, (unsigned)index);
		if (!r)
			r = fst_parse_advance(parser);
	} while (!r && token->kind != FST_LEX_LINE);
	return r ? r : add_joint_promises(parser);
}

static const struct {
	const char *word;
	int (*parse)(struct fst_parser *parser); /* the word itself was taken */
} statements[] = {
	{ "default", parse_default },
	{ "unknown", parse_unknown },
	{ "abi", parse_abi },
	{ "include", fst_load_include },
	{ "group", fst_parse_group },
	{ "promise", parse_promise_names },
	{ "rewrite", fst_parse_rewrite },
	{ "on", fst_parse_on_exec },
};

#define STATEMENTS (sizeof(statements) / sizeof(*statements))

static int fail_statement(struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	struct fst_spell spell;
	unsigned i;

	if (token->kind != FST_LEX_WORD && token->kind != FST_LEX_GROUP)
		return fst_parse_unexpected(parser, "a statement");
	fst_parse_fail(parser, &token->place, -EBADMSG, "no statement begins with '%s%s'",
		       token->kind == FST_LEX_GROUP ? "@" : "", quote.text);
	if (token->kind == FST_LEX_GROUP || flagstop_call_find(quote.text) >= 0) {
		fst_parse_hint(parser, "a rule begins with what is done, as in 'allow %s%s'",
			       token->kind == FST_LEX_GROUP ? "@" : "", quote.text);
		return -EBADMSG;
	}
	fst_spell_init(&spell, token->text, token->bytes);
	for (i = 0; i < STATEMENTS; i++)
		fst_spell_offer(&spell, statements[i].word);
	for (i = 0; fst_parse_verdict_word(i); i++)
		fst_spell_offer(&spell, fst_parse_verdict_word(i));
	if (spell.best)
		fst_parse_hint(parser, "did you mean '%s'?", spell.best);
	return -EBADMSG;
}

static int parse_statement(struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;
	unsigned i;
	int r;

	if (token->kind == FST_LEX_WORD && fst_parse_verdict_begins(token))
		return parse_rule(parser);
	for (i = 0; i < STATEMENTS; i++) {
		if (token->kind != FST_LEX_WORD || !fst_parse_is_word(token, statements[i].word))
			continue;
		r = fst_parse_advance(parser);
		return r ? r : statements[i].parse(parser);
	}
	return fail_statement(parser);
}

int fst_parse_begin(struct fst_parser *parser, struct fst_source *source, const char *file, const char *text,
		    size_t bytes, unsigned line)
{
	source->parent = parser->source;
	parser->source = source;
	fst_lex_init(&source->lex, file, text, bytes, line);
	return fst_parse_advance(parser);
}

void fst_parse_end(struct fst_parser *parser)
{
	parser->source = parser->source->parent;
}

int fst_parse_source(struct fst_parser *parser, struct fst_source *source, const char *file, const char *text,
		     size_t bytes, unsigned line)
{
	int r = fst_parse_begin(parser, source, file, text, bytes, line);

	while (!r && source->token.kind != FST_LEX_END) {
		r = parse_statement(parser);
		if (!r)
			r = fst_parse_take(parser, FST_LEX_LINE, "the end of the line");
	}
	fst_parse_end(parser);
	return r;
}

static int begin_layer(struct fst_parser *parser, void *parent, const char *name, struct flagstop_error *error)
{
	struct fst_layer *layer = talloc_zero(parent, struct fst_layer);

	*parser = (struct fst_parser){ .layer = layer, .error = error };
	if (!layer)
		return fst_parse_no_memory(parser);
	parser->scratch = talloc_new(layer);
	layer->name = talloc_strdup(layer, name);
	layer->abis = 1u << flagstop_abi_native();
	return parser->scratch && layer->name ? 0 : fst_parse_no_memory(parser);
}

static void imply(struct fst_layer *layer, struct fst_rule *rule, const char *text, const char *error_name)
{
	if (rule->place.line)
		return;
	rule->place.file = layer->name;
	rule->text = text;
	rule->verdict.action = FLAGSTOP_ACTION_DENY;
	rule->verdict.value = flagstop_errno_find(error_name);
}

/* Either hands the layer over, or frees all of it. */
static int finish_layer(struct fst_parser *parser, int r, struct fst_layer **ret_layer)
{
	struct fst_layer *layer = parser->layer;

	if (r) {
		talloc_free(layer);
		return r;
	}
	imply(layer, &layer->fallback, "implied: default deny EPERM", "EPERM");
	imply(layer, &layer->unknown, "implied: unknown deny ENOSYS", "ENOSYS");
	talloc_free(parser->scratch);
	*ret_layer = layer;
	return 0;
}

/* Checks and copies a text that the caller keeps no longer than the call. */
static int copy_text(struct fst_parser *parser, const char *text, size_t bytes, const char **ret_text)
{
	int r = fst_load_check(parser, parser->layer->name, text, bytes);

	if (r)
		return r;
	*ret_text = talloc_strndup(parser->layer, text, bytes);
	return *ret_text ? 0 : fst_parse_no_memory(parser);
}

int fst_parse_text(void *parent, const char *name, const char *text, size_t text_bytes, const char *directory,
		   struct fst_layer **ret_layer, struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct flagstop_error *error = reterr_error ? reterr_error : &unwanted;
	struct fst_source source = { .directory = directory };
	struct fst_parser parser;
	const char *copy;
	int r;

	if (!name || (!text && text_bytes) || !ret_layer)
		return fst_error_set(error, -EINVAL, "a policy needs a name and a text");
	r = begin_layer(&parser, parent, name, error);
	if (!r)
		r = copy_text(&parser, text ? text : "", text_bytes, &copy);
	if (!r)
		r = fst_parse_source(&parser, &source, parser.layer->name, copy, text_bytes, 1);
	return finish_layer(&parser, r, ret_layer);
}

int fst_parse_file(void *parent, const char *path, struct fst_layer **ret_layer, struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct flagstop_error *error = reterr_error ? reterr_error : &unwanted;
	struct fst_parser parser;
	int r;

	if (!path || !ret_layer)
		return fst_error_set(error, -EINVAL, "a policy file needs a path");
	r = begin_layer(&parser, parent, strcmp(path, "-") ? path : "<stdin>", error);
	if (!r)
		r = fst_load_top(&parser, path);
	return finish_layer(&parser, r, ret_layer);
}

int fst_parse_promises(void *parent, const char *promises, struct fst_layer **ret_layer,
		       struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct flagstop_error *error = reterr_error ? reterr_error : &unwanted;
	struct fst_source source = { 0 };
	struct fst_parser parser;
	const char *copy;
	int r;

	if (!promises || !ret_layer)
		return fst_error_set(error, -EINVAL, "no promises were given");
	r = begin_layer(&parser, parent, "<promises>", error);
	if (!r)
		r = copy_text(&parser, promises, strlen(promises), &copy);
	if (r)
		return finish_layer(&parser, r, ret_layer);
	r = fst_parse_begin(&parser, &source, parser.layer->name, copy, strlen(copy), 1);
	if (!r)
		r = parse_promise_names(&parser);
	if (!r && source.lex.at != source.lex.end)
		r = fst_parse_advance(&parser);
	if (!r && source.token.kind != FST_LEX_END && source.token.kind != FST_LEX_LINE)
		r = fst_parse_unexpected(&parser, "one line of promises");
	return finish_layer(&parser, r, ret_layer);
}
